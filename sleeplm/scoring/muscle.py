"""Tone of the chin muscle in REM sleep: the REM atonia index."""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import minimum_filter1d
from scipy.signal import butter, sosfilt

from sleeplm.kinds.bands import EMG_HZ
from sleeplm.kinds.stages import Stage
from sleeplm.scoring.derivations import MIN_SFREQ_HZ, per_sample

ATONIC_UV, TONIC_UV = 1.0, 2.0
NOISE_WINDOW_S = 61  # half a minute on both sides
MIN_REM_S = 300


def rem_atonia_index(chin_uv: np.ndarray, sfreq_hz: float, hypnogram: Sequence[str]) -> float | None:
    """REM atonia index, corrected for noise.

    The EMG of 10 to 100 Hz is rectified and averaged over each second; the lowest of these within half a minute on
    both sides is the noise, and is taken off. The index is the share of REM sleep's seconds at 1 uV or less, over
    the share of those that are not between 1 and 2 uV: 1 is complete atonia (Ferri et al. 2008, Sleep Med 9:669;
    the correction is that of Ferri et al. 2010, Sleep Med 11:947). Tone that holds unchanged for a minute passes
    for noise, as it does in the original.

    Parameters
    ----------
    chin_uv : ndarray
        Chin EMG in microvolts, ``[samples]``; NaN where it is not usable. Its unit must be known: the limits are
        absolute.
    sfreq_hz : float
        Its rate.
    hypnogram : sequence of str
        One stage an epoch.

    Returns
    -------
    float or None
        0 to 1; None with under five minutes of usable REM sleep, a rate under 60 Hz, or where all of it lies
        between 1 and 2 uV.
    """
    if sfreq_hz < MIN_SFREQ_HZ:
        return None
    amplitude_uv = _per_second(chin_uv, sfreq_hz)
    rem = per_sample(hypnogram, (Stage.R,), len(amplitude_uv), 1) & np.isfinite(amplitude_uv)
    if rem.sum() < MIN_REM_S:
        return None
    noise_uv = minimum_filter1d(np.where(np.isfinite(amplitude_uv), amplitude_uv, np.inf), NOISE_WINDOW_S)
    corrected_uv = amplitude_uv[rem] - noise_uv[rem]
    atonic = np.mean(corrected_uv <= ATONIC_UV)
    between = np.mean((corrected_uv > ATONIC_UV) & (corrected_uv <= TONIC_UV))
    return float(atonic / (1 - between)) if between < 1 else None


def _per_second(chin_uv: np.ndarray, sfreq_hz: float) -> np.ndarray:
    """Mean of the rectified EMG in each second, NaN where any of it is."""
    low_hz, high_hz = EMG_HZ
    band = EMG_HZ if high_hz < 0.45 * sfreq_hz else low_hz
    sos = butter(2, band, "bandpass" if band is EMG_HZ else "highpass", fs=sfreq_hz, output="sos")
    usable = np.isfinite(chin_uv)
    rectified = np.abs(sosfilt(sos, np.where(usable, chin_uv, 0).astype(np.float64)))
    seconds = int(len(rectified) / sfreq_hz)
    edges = np.round(np.arange(seconds + 1) * sfreq_hz).astype(int)
    total, known = (np.concatenate([[0.0], np.cumsum(x)]) for x in (rectified, usable))
    lengths = np.diff(edges)
    whole = np.diff(known[edges]) == lengths
    return np.where(whole, np.diff(total[edges]) / np.maximum(lengths, 1), np.nan)

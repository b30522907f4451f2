"""What the EEG and the eyes do in each epoch: band powers, amplitude, spindles, slow waves, eye movements."""

import numpy as np
from scipy.signal import welch

from sleeplm.captions.rounding import rounded
from sleeplm.epochs import Epochs
from sleeplm.night import Scoring
from sleeplm.vocabulary import CHANNEL_NAMES, EPOCH_S, MODEL_SFREQ_HZ, SAMPLES_PER_EPOCH, Stage

# Band edges in Hz are YASA's (Vallat & Walker 2021, eLife 10:e70092). Power above 30 Hz is left out: it is near
# the Nyquist frequency of the epochs.
BANDS_HZ = {"delta": (0.5, 4), "theta": (4, 8), "alpha": (8, 12), "sigma": (12, 16), "beta": (16, 30)}
_WINDOW_S = 4
_TOO_LARGE_UV = 500  # a peak beyond this is movement or a loose electrode, not brain
_NREM = (Stage.N1, Stage.N2, Stage.N3)
_YASA_CODE = {Stage.W: 0, Stage.N1: 1, Stage.N2: 2, Stage.N3: 3, Stage.R: 4, Stage.UNSCORED: -2}


def brain_features(recording, epochs: Epochs, scoring: Scoring) -> list[dict]:
    """Attributes of the brain facet, one dict an epoch.

    Keys, each only where its signal was recorded: ``C3`` and ``C4``, each with `<band>_pct` (relative power, %
    of .5 to 30 Hz, see `relative_powers`), ``rms_uv`` (root mean square about the mean) or only
    ``artifact: True`` where the signal is too large to be brain; ``spindles`` and ``slow_waves`` (lists of
    ``start_s, end_s`` within the epoch; only in scored NREM sleep); ``rapid_eye_movements`` (times in s; not in
    scored NREM sleep); and the count of each, ``<kind>_n``.
    """
    rows: list[dict] = [{} for _ in range(len(epochs))]
    leads = [
        n for n in ("C3", "C4") if n in recording.channels and recording.channels[n].sfreq_hz >= MODEL_SFREQ_HZ
    ]
    for name in leads:
        _add_derivation(rows, epochs, name)
    if leads:
        _add_graphoelements(rows, epochs, scoring, leads[0])
    if {"EOG_L", "EOG_R"} <= set(recording.channels):
        _add_eye_movements(rows, epochs, scoring)
    return rows


def relative_powers(signals: np.ndarray) -> dict[str, np.ndarray]:
    """Relative band powers, by Welch's method (4-s Hann windows, half overlapping, mean of windows).

    Parameters
    ----------
    signals : ndarray ``[epochs, 1920]`` at 64 Hz

    Returns
    -------
    dict of ndarray ``[epochs]``
        Each band's share of the power between .5 and 30 Hz, 0 to 1. A bin on an edge belongs to the higher band.
    """
    freqs, psd = welch(signals, MODEL_SFREQ_HZ, nperseg=_WINDOW_S * MODEL_SFREQ_HZ, axis=-1)
    low, high = BANDS_HZ["delta"][0], BANDS_HZ["beta"][1]
    total = psd[:, (freqs >= low) & (freqs < high)].sum(axis=1)
    total = np.where(total > 0, total, np.nan)
    return {b: psd[:, (freqs >= lo) & (freqs < hi)].sum(axis=1) / total for b, (lo, hi) in BANDS_HZ.items()}


def _add_derivation(rows: list[dict], epochs: Epochs, name: str) -> None:
    channel = CHANNEL_NAMES.index(name)
    here = np.flatnonzero(epochs.present[:, channel])
    if not len(here):
        return
    signal = epochs.signals[here, channel]
    powers = relative_powers(signal)
    centred = signal - signal.mean(axis=1, keepdims=True)
    rms, peak = centred.std(axis=1), np.abs(centred).max(axis=1)
    for i, e in enumerate(here):
        if peak[i] > _TOO_LARGE_UV:
            rows[e][name] = {"artifact": True}
        elif np.isfinite(powers["delta"][i]):
            values = {f"{band}_pct": rounded(100 * p[i]) for band, p in powers.items()}
            rows[e][name] = {**values, "rms_uv": rounded(rms[i])}


def _add_graphoelements(rows: list[dict], epochs: Epochs, scoring: Scoring, lead: str) -> None:
    """Spindles and slow waves: the scorer's where there are any, else YASA's on one derivation."""
    channel = CHANNEL_NAMES.index(lead)
    hypnogram = scoring.hypnogram[: len(epochs)]
    nrem = [e for e, stage in enumerate(hypnogram) if stage in _NREM and epochs.present[e, channel]]
    if not nrem:
        return
    signal = epochs.signals[:, channel].ravel()
    codes = [_YASA_CODE[s] for s in hypnogram] + [-2] * (len(epochs) - len(hypnogram))
    for kind, event_type in (("spindles", "spindle"), ("slow_waves", "slow_wave")):
        if scoring.was_scored(event_type):
            found = np.array([(e.start_s, e.end_s) for e in scoring.events_of(event_type)]).reshape(-1, 2)
        else:
            found = _detected(event_type, signal, np.repeat(codes, SAMPLES_PER_EPOCH))
        for e in nrem:
            if "artifact" not in rows[e].get(lead, {}):
                rows[e][kind] = _starting_in(found, e)
                rows[e][f"{kind}_n"] = len(rows[e][kind])


def _detected(event_type: str, signal: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Start and end in seconds ``[n, 2]`` of YASA's spindles (12 to 15 Hz) or slow waves (Massimini's criteria)."""
    import yasa

    detect = yasa.spindles_detect if event_type == "spindle" else yasa.sw_detect
    found = detect(signal.astype(float), MODEL_SFREQ_HZ, hypno=codes, include=(1, 2, 3), verbose="ERROR")
    return np.empty((0, 2)) if found is None else found.summary()[["Start", "End"]].to_numpy()


def _add_eye_movements(rows: list[dict], epochs: Epochs, scoring: Scoring) -> None:
    """Rapid eye movements by YASA (opposite deflections of both EOGs, 50 to 325 uV, .5 to 5 Hz).

    Not in scored NREM sleep, whose slow rolling eyes and slow waves pass for them.
    """
    import yasa

    left, right = CHANNEL_NAMES.index("EOG_L"), CHANNEL_NAMES.index("EOG_R")
    both = epochs.present[:, left] & epochs.present[:, right]
    if not both.any():
        return
    loc, roc = (epochs.signals[:, c].astype(float).ravel() for c in (left, right))
    found = yasa.rem_detect(loc, roc, MODEL_SFREQ_HZ, verbose="ERROR")
    peaks = np.empty(0) if found is None else found.summary()["Peak"].to_numpy()
    nrem = [e for e, stage in enumerate(scoring.hypnogram[: len(epochs)]) if stage in _NREM]
    both[nrem] = False
    for e in np.flatnonzero(both):
        first, last = np.searchsorted(peaks, (e * EPOCH_S, (e + 1) * EPOCH_S))
        rows[e]["rapid_eye_movements"] = [rounded(p - e * EPOCH_S, 1) for p in peaks[first:last]]
        rows[e]["rapid_eye_movements_n"] = int(last - first)


def _starting_in(found: np.ndarray, e: int) -> list[dict]:
    """Those of ``[n, 2]`` that start in the epoch of index `e`, as seconds within it (an end may lie beyond)."""
    first, last = np.searchsorted(found[:, 0], (e * EPOCH_S, (e + 1) * EPOCH_S))
    return [
        {"start_s": rounded(a - e * EPOCH_S, 1), "end_s": rounded(min(b - e * EPOCH_S, EPOCH_S), 1)}
        for a, b in found[first:last]
    ]

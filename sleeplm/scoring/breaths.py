"""The rhythm of a breathing signal: rate by spectrum and by cycles, regularity, breath by breath."""

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, find_peaks, hilbert, sosfiltfilt

from sleeplm.units import EPOCH_S

SFREQ_HZ = 8  # at which breathing is read
RATE_HZ = (0.1, 0.6)  # 6 to 36 breaths a minute
_FREQS_HZ = np.arange(0.08, 0.8, 0.005)
_MIN_PEAK_SHARE = 0.35  # of the power .08 to .8 Hz must lie within .05 Hz of the peak, or there is no rate
_MIN_RHYTHM = 0.15  # white noise with such a peak goes beyond this in less than 2% of epochs
_COUNTED_HZ = (0.08, 1.0)  # with the overtones that make a breath's peak stand out
_PROMINENCE, _AROUND_S, _WITHIN_S, _APART_S = 0.2, 30, 12, 1.0  # of the size around; no two breaths within a second
# Cycles, and the highest peak or the count of breaths, further apart: one of them follows something else. Chosen on
# simulated nights and a real one on CPAP, whose device tells its own rate.
_PEAK_HZ, _COUNT_HZ = 1.5 / 60, 0.6 / 60
_MIN_BREATHS = 4  # whole breaths, without which an epoch has no variability


def spectral_rates(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Breathing rate by the highest spectral peak, and clearness of its rhythm.

    Parameters
    ----------
    x : ndarray ``[epochs, 240]`` at 8 Hz

    Returns
    -------
    rate_hz : ndarray ``[epochs]``
        NaN where no peak stands out.
    rhythm : ndarray ``[epochs]``
        Autocorrelation at the lag of one breath, -1 to 1.
    """
    n = x.shape[1]
    times = np.arange(n) / SFREQ_HZ
    centred = x - x.mean(axis=1, keepdims=True)
    slope = centred @ (times - times.mean()) / np.sum((times - times.mean()) ** 2)
    centred = centred - slope[:, None] * (times - times.mean())
    spectrum = (centred * np.hanning(n)) @ np.exp(-2j * np.pi * np.outer(times, _FREQS_HZ))
    power = np.abs(spectrum) ** 2
    inside = (_FREQS_HZ >= RATE_HZ[0]) & (_FREQS_HZ <= RATE_HZ[1])
    peak = np.argmax(np.where(inside, power, -1), axis=1)
    each = np.arange(len(x))
    left, top, right = (power[each, np.clip(peak + d, 0, len(_FREQS_HZ) - 1)] for d in (-1, 0, 1))
    near = np.abs(_FREQS_HZ[None] - _FREQS_HZ[peak][:, None]) <= 0.05
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (power * near).sum(axis=1) / power.sum(axis=1)
        shift = 0.5 * (left - right) / (left - 2 * top + right)
    clear = (top >= left) & (top >= right) & (share >= _MIN_PEAK_SHARE)
    rate_hz = np.where(clear, _FREQS_HZ[peak] + shift * 0.005, np.nan)
    rhythm = _autocorrelation(centred, rate_hz)
    return np.where(rhythm >= _MIN_RHYTHM, rate_hz, np.nan), rhythm


def _autocorrelation(x: np.ndarray, rate_hz: np.ndarray) -> np.ndarray:
    """Autocorrelation of each row at the lag of one breath, NaN where there is no rate."""
    n = x.shape[1]
    power = np.abs(np.fft.rfft(x, 2 * n, axis=1)) ** 2
    correlation = np.fft.irfft(power, axis=1)[:, :n]
    overlap = 1 - np.arange(n) / n
    known = np.isfinite(rate_hz)
    lag = np.where(known, np.rint(SFREQ_HZ / np.where(known, rate_hz, 1)), 0).astype(int)
    lag = np.minimum(lag, n - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        at_lag = correlation[np.arange(len(x)), lag] / (correlation[:, 0] * overlap[lag])
    return np.where(known, at_lag, np.nan)


def phase_of(x: np.ndarray) -> np.ndarray:
    """Phase of breathing in cycles, unwrapped over the night.

    Of the analytic signal (Hilbert transform) of .1 to .6 Hz.

    Parameters
    ----------
    x : ndarray ``[epochs, 240]`` at 8 Hz, epochs in a row

    Returns
    -------
    ndarray ``[epochs * 240]``
    """
    flat = x.ravel()
    sos = butter(2, RATE_HZ, "bandpass", fs=SFREQ_HZ, output="sos")
    return np.unwrap(np.angle(hilbert(sosfiltfilt(sos, flat - flat.mean())))) / (2 * np.pi)


def cycle_rates(phase: np.ndarray) -> np.ndarray:
    """Mean breathing rate of each epoch in Hz ``[epochs]``: the cycles that pass from its beginning to its end.

    Where breaths follow each other unevenly this is their mean, which the highest spectral peak is not.
    """
    size = EPOCH_S * SFREQ_HZ
    n_epochs = len(phase) // size
    ends = phase[np.minimum(np.arange(n_epochs + 1) * size, len(phase) - 1)]
    seconds = np.full(n_epochs, float(EPOCH_S))
    seconds[-1:] -= 1 / SFREQ_HZ
    return np.diff(ends) / seconds


def counted_rates(x: np.ndarray) -> np.ndarray:
    """Mean breathing rate of each epoch in Hz ``[epochs]``, by counting the peaks of breaths.

    A peak counts where it stands out by a fifth of the usual breath of the 30 s around; between two peaks the count
    goes on evenly. Uneven breathing whose cycles and peaks are as many is breathing; where they are not, one of
    them follows something else.

    Parameters
    ----------
    x : ndarray ``[epochs, 240]`` at 8 Hz, epochs in a row
    """
    flat = x.ravel()
    sos = butter(2, _COUNTED_HZ, "bandpass", fs=SFREQ_HZ, output="sos")
    y = sosfiltfilt(sos, flat - flat.mean())
    usual = 2 * np.sqrt(2 * np.maximum(uniform_filter1d(y * y, _AROUND_S * SFREQ_HZ), 1e-18))  # of a sine
    peaks, _ = find_peaks(
        y, prominence=_PROMINENCE * usual, wlen=_WITHIN_S * SFREQ_HZ, distance=round(_APART_S * SFREQ_HZ)
    )
    if len(peaks) < 2:
        return np.full(len(x), np.nan)
    left, top, right = (y[peaks + i] for i in (-1, 0, 1))
    at = peaks + 0.5 * (left - right) / (left - 2 * top + right)  # the vertex of a parabola
    return np.diff(np.interp(np.arange(len(x) + 1) * x.shape[1], at, np.arange(len(at)))) / EPOCH_S


def agreed_rates(x: np.ndarray, peak_hz: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """Breathing rate of each epoch in Hz ``[epochs]`` by its cycles, NaN where spectrum and count do not agree.

    Parameters
    ----------
    x : ndarray ``[epochs, 240]`` at 8 Hz, epochs in a row
    peak_hz : ndarray ``[epochs]``
        As `spectral_rates` gives it.
    phase : ndarray ``[epochs * 240]``
        As `phase_of` gives it.
    """
    cycles = cycle_rates(phase)
    agree = (np.abs(cycles - peak_hz) <= _PEAK_HZ) & (np.abs(cycles - counted_rates(x)) <= _COUNT_HZ)
    return np.where(agree, cycles, np.nan)


def breaths_per_min(x: np.ndarray) -> np.ndarray:
    """Breaths a minute of each epoch, NaN where no rate stands out; `x` is ``[epochs, 240]`` at 8 Hz."""
    return 60 * agreed_rates(x, spectral_rates(x)[0], phase_of(x))


def onset_of(phase: np.ndarray, clear: np.ndarray, is_flow: bool) -> float:
    """Where in its cycle a signal begins an inspiration, in cycles.

    Flow that is upright does so where it rises through zero, three quarters of a cycle after its peak; a belt at
    its lowest, half a cycle after. Inspiration is the shorter half of a breath: where it is not, the signal is
    upside down.

    Parameters
    ----------
    phase : ndarray ``[epochs * 240]``
    clear : ndarray of bool ``[epochs]``
        Epochs to judge by.
    is_flow : bool
    """
    upright = 0.75 if is_flow else 0.5
    after = (phase.reshape(len(clear), -1)[clear] - upright) % 1
    return upright if not after.size or np.mean(after < 0.5) <= 0.5 else upright - 0.5


def variability(phase: np.ndarray, onset: float) -> np.ndarray:
    """Breath-to-breath variability of each epoch in % ``[epochs]``: the coefficient of variation of the durations.

    A breath lasts from the beginning of one inspiration to the next (see `onset_of`; from peak to peak the end of a
    breath would count with the next), and counts in the epoch that holds both; NaN where an epoch holds under four
    (the measure of Tobin et al. 1988, J Appl Physiol 65:309).
    """
    size = EPOCH_S * SFREQ_HZ
    n_epochs = len(phase) // size
    onwards = np.maximum.accumulate(phase) - onset
    whole = np.arange(np.ceil(onwards[0]), onwards[-1])
    after = np.searchsorted(onwards, whole)
    step = onwards[after] - onwards[after - 1]
    at = after - np.divide(onwards[after] - whole, step, out=np.zeros(len(whole)), where=step > 0)
    epoch = (at // size).astype(int)
    within = epoch[1:] == epoch[:-1]
    where, durations = epoch[1:][within], np.diff(at)[within]
    counts, total, squares = (np.bincount(where, durations**p, n_epochs) for p in (0, 1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / counts
        spread = np.sqrt(np.maximum(squares - counts * mean**2, 0) / (counts - 1))
        return np.where(counts >= _MIN_BREATHS, 100 * spread / mean, np.nan)

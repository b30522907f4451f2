"""Power spectra of epochs."""

import numpy as np
from scipy.fft import rfft
from scipy.signal.windows import hann


def densities(signals: np.ndarray, sfreq_hz: float, window_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Power spectral density by Welch's method: Hann windows, half overlapping, each without its mean; their mean.

    As `scipy.signal.welch` gives it, several times faster for many epochs.

    Parameters
    ----------
    signals : ndarray ``[epochs, samples]``
    sfreq_hz : float
    window_s : float
        No longer than an epoch.

    Returns
    -------
    freqs_hz : ndarray ``[bins]``
    density : ndarray of float32 ``[epochs, bins]``
        In the square of the signal's unit per Hz.
    """
    size = round(window_s * sfreq_hz)
    shape = hann(size, sym=False).astype(np.float32)
    starts = range(0, signals.shape[1] - size + 1, size - size // 2)
    total = np.zeros((len(signals), size // 2 + 1), dtype=np.float32)
    for start in starts:
        part = signals[:, start : start + size].astype(np.float32)
        part -= part.mean(axis=1, keepdims=True)
        part *= shape
        spectrum = rfft(part, axis=1)
        total += spectrum.real**2 + spectrum.imag**2
    total *= 2 / (len(starts) * sfreq_hz * float(np.sum(shape**2)))
    total[:, 0] /= 2
    if size % 2 == 0:
        total[:, -1] /= 2
    return np.fft.rfftfreq(size, 1 / sfreq_hz), total


def power(freqs_hz: np.ndarray, density: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    """Power of a band ``[epochs]``; a bin on an edge belongs to the higher band."""
    return density[:, (freqs_hz >= low_hz) & (freqs_hz < high_hz)].sum(axis=1) * (freqs_hz[1] - freqs_hz[0])

"""The bricks of all simulated signals: shaped noise, slow wander, gates in time, waves laid at places."""

from collections.abc import Callable, Iterable

import numpy as np
from scipy import fft
from scipy.signal import lfilter

from sleeplm.units import EPOCH_S

CONTROL_HZ = 4  # rate at which envelopes are made before they are brought to a channel's own rate


def white_spectrum(n: int, rng: np.random.Generator) -> np.ndarray:
    """Fourier transform of `n` samples of white noise with unit variance, complex64; drawn as what it is."""
    drawn = rng.standard_normal(2 * (n // 2 + 1), dtype=np.float32).view(np.complex64)
    return drawn * np.float32(np.sqrt(n / 2))


def shaped(spectrum: np.ndarray, n: int, sfreq_hz: float, shape: Callable) -> np.ndarray:
    """Noise of unit RMS whose amplitude spectrum is ``shape(frequencies in Hz)``, float32 ``[n]``."""
    freqs = np.linspace(0, sfreq_hz / 2, len(spectrum), dtype=np.float32)
    weights = np.asarray(shape(freqs), dtype=np.float32)
    weights /= np.sqrt(np.mean(weights**2))
    return fft.irfft(spectrum * weights, n)


def band(low_hz: float, high_hz: float, slope: float = 0.5) -> Callable:
    """Amplitude shape of a band with soft edges that falls as ``f ** -slope`` within."""

    def shape(freqs: np.ndarray) -> np.ndarray:
        rise, fall = 0.15 * low_hz + 0.05, 0.15 * high_hz
        edges = 1 / (1 + np.exp(-np.clip((freqs - low_hz) / rise * 4, -30, 30)))
        edges /= 1 + np.exp(np.clip((freqs - high_hz) / fall * 4, -30, 30))
        return edges * np.maximum(freqs, 0.1) ** -slope

    return shape


def peak(centre_hz: float, width_hz: float) -> Callable:
    """Amplitude shape of a Gaussian peak."""
    return lambda freqs: np.exp(-0.5 * ((freqs - centre_hz) / width_hz) ** 2)


def wander(n: int, rate_hz: float, tau_s: float, sd: float, rng: np.random.Generator) -> np.ndarray:
    """Ornstein-Uhlenbeck process with time constant `tau_s` and standard deviation `sd`, float32 ``[n]``."""
    keep = np.exp(-1 / (rate_hz * tau_s))
    drive = rng.standard_normal(n) * np.sqrt(1 - keep**2)
    drive[:1] /= np.sqrt(1 - keep**2)
    return (sd * lfilter([1], [1, -keep], drive)).astype(np.float32)


def per_epoch(values: np.ndarray, smooth_s: float = 3.0) -> np.ndarray:
    """Values of epochs ``[epochs]`` at `CONTROL_HZ`, with soft changes of `smooth_s` seconds."""
    steps = np.repeat(np.asarray(values, dtype=np.float32), EPOCH_S * CONTROL_HZ)
    kernel = np.hanning(max(3, int(smooth_s * CONTROL_HZ)) + 2)
    kernel /= kernel.sum()
    pad = len(kernel) // 2
    return np.convolve(np.pad(steps, pad, mode="edge"), kernel, "same")[pad : pad + len(steps)].astype(np.float32)


def at_rate(control: np.ndarray, n: int, sfreq_hz: float) -> np.ndarray:
    """Bring an envelope at `CONTROL_HZ` to `n` samples at `sfreq_hz`, linearly."""
    factor = int(sfreq_hz // CONTROL_HZ)
    following = np.append(control[1:], control[-1])
    ramp = np.arange(factor, dtype=np.float32) / factor
    return (control[:, None] + (following - control)[:, None] * ramp).astype(np.float32).ravel()[:n]


def gate(n: int, rate_hz: float, spans: Iterable[tuple], rise_s: float = 0.5) -> np.ndarray:
    """Envelope of the ``(start_s, duration_s, height)`` with cosine flanks: the highest that holds, else 0."""
    out = np.zeros(n, dtype=np.float32)
    rise = max(1, int(rise_s * rate_hz))
    flank = 0.5 - 0.5 * np.cos(np.pi * (np.arange(rise) + 0.5) / rise)
    for start_s, duration_s, height in spans:
        first, last = int(start_s * rate_hz), int((start_s + duration_s) * rate_hz)
        length = last - first
        if length < 1 or first < 0 or first >= n:
            continue
        shape = np.full(length, height, dtype=np.float32)
        edge = min(rise, length // 2)
        if edge:
            ramp = flank[:: max(1, rise // edge)][:edge]
            shape[:edge] *= ramp
            shape[-edge:] *= ramp[::-1]
        part = out[first:last]
        np.maximum(part, shape[: len(part)], out=part)
    return out


def lay(signal: np.ndarray, starts: Iterable[int], waves: Iterable[np.ndarray]) -> None:
    """Add each wave to `signal` from its start sample on, cut at the ends."""
    for start, wave in zip(starts, waves, strict=True):
        if 0 <= start < len(signal):
            part = signal[start : start + len(wave)]
            part += wave[: len(part)]

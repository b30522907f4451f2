"""How deep the breathing is at each moment, against what it was before, and where it is reduced."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d, percentile_filter, uniform_filter1d

from sleeplm.intervals import true_intervals

MIN_DURATION_S, MAX_DURATION_S = 10.0, 120.0  # what is flat for longer than two minutes is a sensor that is off
BASELINE_S = 120.0
WINDOW_S = 4.0  # holds an inspiration or an expiration of the slowest breathing
SMOOTH_S = 0.5  # the pulse of the heart and the pressure pulses of a device are no breath
_RETURN_S, _RETURN_TO = 15.0, 0.5  # within which flow is back at half its baseline; else the sensor has slipped
_NOTHING = 1e-9
_CONNECTED = 0.05  # of the night's usual amplitude: a baseline under it is no breathing


@dataclass(frozen=True)
class Amplitude:
    """Depth of breathing.

    Attributes
    ----------
    peak_to_peak : ndarray
        Within `WINDOW_S` around each sample, ``[samples]``.
    baseline : ndarray
        75th percentile of this over the 120 s of usable signal before, ``[samples]``.
    usable : ndarray of bool
        Where the sensor is on: ``[samples]``.
    """

    peak_to_peak: np.ndarray
    baseline: np.ndarray
    usable: np.ndarray

    def share(self, where: slice) -> np.ndarray:
        """What is left of the baseline."""
        return self.peak_to_peak[where] / np.maximum(self.baseline[where], _NOTHING)


def amplitude_of(signal: np.ndarray, sfreq_hz: float) -> Amplitude:
    """Depth of breathing in a flow or belt signal.

    Parameters
    ----------
    signal : ndarray
        Any unit, ``[samples]``; what is no finite number is unusable and enters no baseline.
    sfreq_hz : float
        Its rate, 4 Hz or more.
    """
    size = max(2, round(WINDOW_S * sfreq_hz))
    x = np.asarray(signal, dtype=np.float32)
    on = np.isfinite(x)
    x = np.where(on, x, np.float32(0))
    if len(x) < size:
        return Amplitude(np.zeros(len(x)), np.zeros(len(x)), np.zeros(len(x), dtype=bool))
    smooth = uniform_filter1d(x, max(1, round(SMOOTH_S * sfreq_hz)))
    peak_to_peak = maximum_filter1d(smooth, size) - minimum_filter1d(smooth, size)
    step = max(1, round(sfreq_hz))
    coarse, coarse_on = peak_to_peak[::step], on[::step]
    baseline = np.repeat(_before(coarse, coarse_on, round(BASELINE_S * sfreq_hz / step)), step)[: len(x)]
    usual = float(np.median(coarse[coarse_on])) if coarse_on.any() else 0.0
    return Amplitude(peak_to_peak, baseline, on & (baseline > max(_CONNECTED * usual, _NOTHING)))


def _before(coarse: np.ndarray, on: np.ndarray, window: int) -> np.ndarray:
    """75th percentile of the last `window` usable values at each place; zero where none came before."""
    baseline = np.zeros(len(coarse), dtype=np.float32)
    if not on.any():
        return baseline
    kept = percentile_filter(coarse[on], 75, size=window, origin=(window - 1) // 2, mode="nearest")
    last = np.cumsum(on) - 1
    return np.where(last >= 0, kept[np.maximum(last, 0)], baseline)


def reductions(amplitude: Amplitude, drop: float, sfreq_hz: float, widen_s: float) -> list[tuple[int, int]]:
    """Half-open intervals of samples of reduced amplitude as long as an event is, after which it comes back.

    Parameters
    ----------
    amplitude : Amplitude
        Of flow.
    drop : float
        Share of the baseline by which it must fall.
    sfreq_hz : float
        Its rate.
    widen_s : float
        By which the event is longer than the run on both sides, where the window still holds normal breathing.
    """
    low = ~amplitude.usable | (amplitude.peak_to_peak <= (1 - drop) * amplitude.baseline)
    half = round(widen_s * sfreq_hz)
    soon = round(_RETURN_S * sfreq_hz)
    spans = []
    for first, last in true_intervals(low).tolist():
        seconds = (last - first + 2 * half) / sfreq_hz
        if not MIN_DURATION_S <= seconds <= MAX_DURATION_S or not amplitude.usable[first:last].all():
            continue
        after = amplitude.peak_to_peak[last : last + soon]
        if after.size and after.max() > max(1 - drop, _RETURN_TO) * amplitude.baseline[first]:
            spans.append((max(first - half, 0), min(last + half, len(low))))
    return spans


def core(span: tuple[int, int], sfreq_hz: float) -> slice:
    """Samples of an event whose window lies wholly within it."""
    half = round(WINDOW_S * sfreq_hz) // 2
    return slice(span[0] + half, max(span[1] - half, span[0] + half + 1))

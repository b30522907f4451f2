"""A whole signal at another rate: no block edges, no ringing of codes."""

from fractions import Fraction

import numpy as np

# Largest term of the ratio of two rates. The rates of labs are met exactly; the worst that a header may hold
# drifts by a third of a second over a night, for a filter of two million taps that takes a second to design.
_MAX_TERM = 100_000
MAX_RATE_HZ = 1e5  # that anybody may ask for: twice that of sound
_OFFSET_SAMPLES = 50_000  # of which the median is taken: a millisecond of work, and near enough for an offset
HELD_KINDS = ("position", "spo2", "pulse")  # of channels: between two samples of these nothing may be made up


def resample(values: np.ndarray, from_hz: float, to_hz: float, n_samples: int) -> np.ndarray:
    """Resample a continuous signal, low-passed first where the rate falls.

    A polyphase FIR filter runs once over the whole signal, whose ends are extended along the line through
    them (`scipy.signal.resample_poly`). Samples that are not finite are bridged for the filter and are NaN
    again in the result.

    Parameters
    ----------
    values : ndarray of float32
        ``[samples]`` at `from_hz`.
    n_samples : int
        Length of the result; what the rounding of lengths leaves open at the end is held.

    Returns
    -------
    ndarray of float32
        ``[n_samples]`` at `to_hz`.
    """
    from scipy.signal import resample_poly

    if values.size == 0 or from_hz == to_hz:
        return _fit(values, n_samples)
    bad = ~np.isfinite(values)
    if bad.all():
        return np.full(n_samples, np.nan, np.float32)
    if bad.any():
        at = np.arange(values.size)
        values = np.interp(at, at[~bad], values[~bad]).astype(np.float32)
    up, down = _ratio(from_hz, to_hz)
    if values.size == 1 or min(up, down) == 0:
        return hold(values, from_hz, to_hz, n_samples)
    # The gains of the filter's phases differ by 1e-5: too much for a large offset, which a sample of values shows.
    middle = np.median(values[:: max(1, values.size // _OFFSET_SAMPLES)])
    out = _fit(resample_poly(values - middle, up, down, padtype="line"), n_samples) + middle
    if bad.any():
        out[hold(bad, from_hz, to_hz, n_samples)] = np.nan
    return out


def _ratio(from_hz: float, to_hz: float) -> tuple[int, int]:
    """``up, down`` with ``up / down`` nearest to the ratio of the rates, neither over `_MAX_TERM`."""
    if to_hz > from_hz:
        return _ratio(to_hz, from_hz)[::-1]
    ratio = (Fraction(to_hz) / Fraction(from_hz)).limit_denominator(_MAX_TERM)
    return ratio.numerator, ratio.denominator


def hold(values: np.ndarray, from_hz: float, to_hz: float, n_samples: int) -> np.ndarray:
    """Resample codes or percentages: each new sample is the last one that had been measured by then."""
    at = np.floor(np.arange(n_samples) * (from_hz / to_hz) + 1e-6).astype(np.int64)
    return values[np.minimum(at, values.size - 1)]


def _fit(values: np.ndarray, n_samples: int) -> np.ndarray:
    """Cut or hold the end, so that the length is `n_samples`."""
    if values.size < n_samples and values.size:
        values = np.pad(values, (0, n_samples - values.size), mode="edge")
    return np.ascontiguousarray(values[:n_samples], dtype=np.float32)

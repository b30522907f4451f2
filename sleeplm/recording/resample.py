"""A whole signal at another rate: no block edges, no ringing of codes."""

from fractions import Fraction

import numpy as np

_MAX_TERM = 2000  # of the ratio of rates; its error over a night stays under a twentieth of a second


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
    ratio = (Fraction(to_hz) / Fraction(from_hz)).limit_denominator(_MAX_TERM)
    if ratio == 0:
        return hold(values, from_hz, to_hz, n_samples)
    out = _fit(resample_poly(values, ratio.numerator, ratio.denominator, padtype="line"), n_samples)
    if bad.any():
        out[hold(bad, from_hz, to_hz, n_samples)] = np.nan
    return out


def hold(values: np.ndarray, from_hz: float, to_hz: float, n_samples: int) -> np.ndarray:
    """Resample codes or percentages: each new sample is the last one that had been measured by then."""
    at = np.floor(np.arange(n_samples) * (from_hz / to_hz) + 1e-6).astype(np.int64)
    return values[np.minimum(at, values.size - 1)]


def _fit(values: np.ndarray, n_samples: int) -> np.ndarray:
    """Cut or hold the end, so that the length is `n_samples`."""
    if values.size < n_samples and values.size:
        values = np.pad(values, (0, n_samples - values.size), mode="edge")
    return np.ascontiguousarray(values[:n_samples], dtype=np.float32)

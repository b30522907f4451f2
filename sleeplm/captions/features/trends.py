"""Where within an epoch a rate or a saturation rises, falls and stays: stretches between its turning points."""

from itertools import pairwise

import numpy as np

from sleeplm.captions.features.rounding import rounded
from sleeplm.units import EPOCH_S

_LEAST_STABLE_S = 5  # a shorter level between two changes is part of a turn


def trends(values: np.ndarray, least: float, level: float, unit: str) -> list[list[dict]]:
    """Rising, falling and stable stretches of every epoch.

    An epoch is cut at its turning points: a turn counts where the values come back from it by `least`. A stretch
    between two turns that changes by `least` or more rises or falls; it begins where the values leave the level of
    its first (within `level`) and ends where they reach that of its last. What remains before, between and after is
    stable.

    Parameters
    ----------
    values : ndarray ``[epochs, 30]``
        One value a second; an epoch with a NaN has no stretches.
    least, level : float
        In the unit of `values`.
    unit : str
        ``bpm`` or ``pct``: how the keys of the values end.

    Returns
    -------
    list of list of dict
        By epoch: ``start_s, end_s, trend`` (rising, falling, stable) and ``from_<unit>, to_<unit>``.
    """
    known = np.isfinite(values).all(axis=1)
    out: list[list[dict]] = [[] for _ in values]
    moving = known & (np.ptp(np.where(known[:, None], values, 0), axis=1) >= least)
    for e in np.flatnonzero(known):
        spans = _spans(values[e], least, level) if moving[e] else [(0, EPOCH_S, "stable")]
        for first, last, trend in spans:
            begin, end = (rounded(values[e, min(s, EPOCH_S - 1)]) for s in (first, last))
            stretch = {"start_s": first, "end_s": last, "trend": trend}
            out[e].append({**stretch, f"from_{unit}": begin, f"to_{unit}": end})
    return out


def _spans(values: np.ndarray, least: float, level: float) -> list[tuple[int, int, str]]:
    """Stretches of one epoch, in seconds."""
    changes = []
    turns = _turns(values.tolist(), least)
    for a, b in pairwise(turns):
        change = values[b] - values[a]
        if abs(change) < least:
            continue
        part = values[a : b + 1] if change > 0 else -values[a : b + 1]
        begin = a + int(np.flatnonzero(part <= part[0] + level)[-1])
        end = a + int(np.flatnonzero(part >= part[-1] - level)[0])
        end = EPOCH_S if end == EPOCH_S - 1 else max(end, begin + 1)
        changes.append((begin, end, "rising" if change > 0 else "falling"))
    spans, at = [], 0
    for begin, end, trend in [*changes, (EPOCH_S, EPOCH_S, "")]:
        if begin - at >= _LEAST_STABLE_S:
            spans.append((at, begin, "stable"))
        if trend:
            spans.append((begin, end, trend))
        at = end
    return spans


def _turns(values: list[float], least: float) -> list[int]:
    """The first and the last second, and between them those of the extremes that `least` is come back from."""
    turns, way, low, high = [0], 0, 0, 0
    for i, value in enumerate(values):
        low = i if value < values[low] else low
        high = i if value > values[high] else high
        if way <= 0 and value - values[low] >= least:
            turns += [low] if low else []
            way, high = 1, i
        elif way >= 0 and values[high] - value >= least:
            turns += [high] if high else []
            way, low = -1, i
        if way > 0:
            low = i
        elif way < 0:
            high = i
    last = high if way > 0 else low if way < 0 else len(values) - 1
    return sorted({*turns, last, len(values) - 1})

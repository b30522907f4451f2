"""How well found events agree with true ones."""

from collections.abc import Sequence

import numpy as np

from benchmarks.report import Figure
from sleeplm.night import Event

LEAST_IOU = 0.2


def matches(found: Sequence[Event], true: Sequence[Event], least_iou: float = LEAST_IOU) -> int:
    """Pairs of a one-to-one match, best overlap first (overlap: what both share of what either covers)."""
    if not found or not true:
        return 0
    a, b = (np.array([(e.start_s, e.end_s) for e in events]) for events in (found, true))
    b_order = np.argsort(b[:, 0])
    b = b[b_order]
    longest = (b[:, 1] - b[:, 0]).max()
    first, last = np.searchsorted(b[:, 0], a[:, 0] - longest), np.searchsorted(b[:, 0], a[:, 1])
    pairs = []
    for i, (start, end) in enumerate(a):
        near = b[first[i] : last[i]]
        shared = np.minimum(end, near[:, 1]) - np.maximum(start, near[:, 0])
        iou = shared / (np.maximum(end, near[:, 1]) - np.minimum(start, near[:, 0]))
        pairs += [(iou[j], i, first[i] + j) for j in np.flatnonzero(iou >= least_iou)]
    used_found, used_true = set(), set()
    for _, i, j in sorted(pairs, reverse=True):
        if i not in used_found and j not in used_true:
            used_found.add(i)
            used_true.add(j)
    return len(used_true)


def figures(name: str, matched: int, n_found: int, n_true: int, conditions: str) -> list[Figure]:
    """Precision, recall and F1, with how many there were."""
    conditions = f"{conditions}, n = {n_true}, found {n_found}"
    return [
        Figure(f"{name}: precision", matched / max(n_found, 1), "", conditions),
        Figure(f"{name}: recall", matched / max(n_true, 1), "", conditions),
        Figure(f"{name}: F1", 2 * matched / max(n_found + n_true, 1), "", conditions),
    ]


def near(found_s: np.ndarray, true_s: np.ndarray, within_s: float) -> int:
    """True moments that have a found one of their own within a tolerance (both in order)."""
    matched, j = 0, 0
    for t in true_s:
        while j < len(found_s) and found_s[j] < t - within_s:
            j += 1
        if j < len(found_s) and found_s[j] <= t + within_s:
            matched += 1
            j += 1
    return matched

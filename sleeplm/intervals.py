"""Intervals of time: where a mask holds, and stretches of epochs, which count from 1 with both ends included."""

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import TypeVar

import numpy as np

from sleeplm.units import EPOCH_S

T = TypeVar("T")


def true_intervals(mask: np.ndarray, gap: int = 1) -> np.ndarray:
    """Half-open intervals ``[intervals, 2]`` in which a mask is True, joined across less than `gap` samples.

    >>> true_intervals(np.array([True, True, False, True, False, False, True]), 2).tolist()
    [[0, 4], [6, 7]]
    """
    spans = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(mask, np.int8), [0]]))).reshape(-1, 2)
    if len(spans) < 2:
        return spans
    apart = spans[1:, 0] - spans[:-1, 1] >= gap
    return np.stack([spans[np.append(True, apart), 0], spans[np.append(apart, True), 1]], axis=1)


def mask_of(intervals: Iterable[Sequence[int]], length: int) -> np.ndarray:
    """The mask of which `true_intervals` gives these intervals.

    >>> mask_of([[0, 2], [3, 4]], 5).tolist()
    [True, True, False, True, False]
    """
    mask = np.zeros(length, dtype=bool)
    for first, last in intervals:
        mask[first:last] = True
    return mask


def epoch_ranges(epochs: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Fold epoch numbers into ``(first, last)`` ranges, both ends included.

    >>> epoch_ranges([1, 2, 3, 7, 8])
    ((1, 3), (7, 8))
    """
    numbers = sorted(set(int(e) for e in epochs))
    if not numbers:
        return ()
    breaks = [i for i, (a, b) in enumerate(pairwise(numbers)) if b != a + 1]
    firsts = [numbers[0], *(numbers[i + 1] for i in breaks)]
    lasts = [*(numbers[i] for i in breaks), numbers[-1]]
    return tuple(zip(firsts, lasts, strict=True))


def union_of(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Spans of time in order, those that overlap or touch made one.

    >>> union_of([(5, 9), (0, 2), (1, 4)])
    [(0, 4), (5, 9)]
    """
    joined: list[tuple[float, float]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def epochs_between(start_s: float, end_s: float, n_epochs: int) -> tuple[int, int]:
    """First and last epoch (from 1) that the half-open interval ``[start_s, end_s)`` touches, kept in the night."""
    first = int(start_s // EPOCH_S) + 1
    last = max(first, int(np.ceil(end_s / EPOCH_S)))
    return min(max(first, 1), n_epochs), min(max(last, 1), n_epochs)


def constant_ranges(values: Sequence[T], first: int = 1, last: int | None = None) -> list[tuple[T, int, int]]:
    """Ranges of one value, such as a stage, between two epochs (both included), as ``(value, first, last)``.

    >>> constant_ranges(["W", "W", "N1"])
    [('W', 1, 2), ('N1', 3, 3)]
    """
    last = len(values) if last is None else min(last, len(values))
    numbered = ((values[n - 1], n) for n in range(first, last + 1))
    groups = [(value, [n for _, n in group]) for value, group in groupby(numbered, key=lambda pair: pair[0])]
    return [(value, numbers[0], numbers[-1]) for value, numbers in groups]

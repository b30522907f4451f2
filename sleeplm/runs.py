"""Runs of a mask: what events over time begin as."""

import numpy as np


def runs(mask: np.ndarray, gap: int = 1) -> np.ndarray:
    """First and one past the last index ``[runs, 2]`` of the runs of True, joined across less than `gap` samples.

    >>> runs(np.array([True, True, False, True, False, False, True]), 2).tolist()
    [[0, 4], [6, 7]]
    """
    spans = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(mask, np.int8), [0]]))).reshape(-1, 2)
    if len(spans) < 2:
        return spans
    apart = spans[1:, 0] - spans[:-1, 1] >= gap
    return np.stack([spans[np.append(True, apart), 0], spans[np.append(apart, True), 1]], axis=1)

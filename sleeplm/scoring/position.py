"""Body position: how long each was held, and when it changed."""

from itertools import pairwise

import numpy as np

from sleeplm.intervals import true_intervals

UNKNOWN = -1
LEAST_S = 15.0  # a shorter one is a movement on the way, or the sensor's jitter


def position_spells(codes: np.ndarray, sfreq_hz: float, least_s: float = LEAST_S) -> list[tuple[float, float, int]]:
    """Stretches of one body position: start and end in seconds, and code.

    What is shorter than `least_s` belongs to no stretch, and parts of one position that it interrupts are one.

    Parameters
    ----------
    codes : ndarray
        Codes of `kinds.channels.POSITIONS`, ``[samples]``; unknown (-1) and NaN belong to no stretch.
    sfreq_hz : float
        Their rate.
    least_s : float
        Shortest stretch in seconds.

    >>> position_spells(np.repeat([2, 0, 2, 1], [60, 5, 60, 30]), 1.0)
    [(0.0, 125.0, 2), (125.0, 155.0, 1)]
    """
    known = np.where(np.isfinite(codes), codes, UNKNOWN).astype(int)
    spans = [
        (a / sfreq_hz, b / sfreq_hz, int(code))
        for code in np.unique(known[known != UNKNOWN])
        for a, b in true_intervals(known == code)
        if (b - a) / sfreq_hz >= least_s
    ]
    held: list[tuple[float, float, int]] = []
    for start_s, end_s, code in sorted(spans):
        if held and held[-1][2] == code and start_s - held[-1][1] < least_s:
            held[-1] = (held[-1][0], end_s, code)
        else:
            held.append((start_s, end_s, code))
    return held


def position_changes(codes: np.ndarray, sfreq_hz: float, least_s: float = LEAST_S) -> np.ndarray:
    """Seconds at which one held position gives way to another, ``[changes]`` (see `position_spells`)."""
    held = position_spells(codes, sfreq_hz, least_s)
    return np.array([b[0] for a, b in pairwise(held) if a[2] != b[2]])

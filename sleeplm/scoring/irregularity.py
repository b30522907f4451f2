"""Where the heart beats without a rhythm, as in atrial fibrillation, so that none is premature."""

import numpy as np

from sleeplm.intervals import true_intervals
from sleeplm.scoring.heart import HeartRate

BEATS = 128  # intervals of a window (Dash et al. 2009, Ann Biomed Eng 37:1701): about two minutes
_NEAR_S = 0.03  # two intervals as long as each other (Lake & Moorman 2011)
IRREGULAR_COSEN = -1.4  # fibrillation lies above (Lake & Moorman 2011, Am J Physiol 300:H319)
IRREGULAR_RMSSD = 0.1  # of the mean interval; fibrillation lies above (Dash et al. 2009)
TURNING = (0.54, 0.77)  # share of intervals that are longer or shorter than both neighbours; 2/3 of noise (Dash)


def irregular_stretches(heart: HeartRate, start_s: float = 0.0, end_s: float = np.inf) -> tuple[np.ndarray, float]:
    """Stretches of time in which the rhythm is irregular, and how long the rhythm is known at all.

    A window of 128 intervals is irregular where the coefficient of sample entropy of its intervals is over -1.4
    (the next interval does not follow from the one before), the root mean square of their successive differences is
    over a tenth of their mean, and as many are turning points as of noise. Premature beats move the heart rate as
    much, but all alike; deep breathing does in waves, which turn less often.

    Parameters
    ----------
    heart : HeartRate
        As `heart_rate` gives it.
    start_s, end_s : float
        Beats between which are judged.

    Returns
    -------
    stretches : ndarray ``[n, 2]``
        In seconds.
    known_s : float
        Seconds of the windows over which the signal was there throughout.
    """
    inside = (heart.beats_s >= start_s) & (heart.beats_s < end_s)
    beats_s = heart.beats_s[inside]
    rr_s = np.diff(beats_s)
    n = len(rr_s) // BEATS
    whole = np.ones(len(rr_s), dtype=bool) if heart.whole is None else heart.whole[inside[:-1] & inside[1:]]
    windows = rr_s[: n * BEATS].reshape(n, BEATS)
    known = whole[: n * BEATS].reshape(n, BEATS).all(axis=1)
    edges = beats_s[np.arange(n + 1) * BEATS] if n else np.empty(0)
    known_s = float(np.diff(edges)[known].sum()) if n else 0.0
    if not known.any():
        return np.empty((0, 2)), known_s
    kept = windows[known]
    turning = turning_share(kept)
    irregular = np.zeros(n, dtype=bool)
    irregular[known] = (
        (cosen(kept) > IRREGULAR_COSEN)
        & (relative_rmssd(kept) > IRREGULAR_RMSSD)
        & (turning > TURNING[0])
        & (turning < TURNING[1])
    )
    return edges[true_intervals(irregular)].reshape(-1, 2), known_s


def cosen(windows: np.ndarray) -> np.ndarray:
    """Coefficient of sample entropy of intervals in seconds ``[windows, intervals]``, of one interval's memory.

    The natural logarithm of how many pairs of intervals are alike over how many of these are followed by intervals
    that are alike, plus that of twice the tolerance (30 ms) over the mean interval. A window none of whose pairs is
    followed so counts as having one.
    """
    alike = np.abs(windows[:, :, None] - windows[:, None, :]) <= _NEAR_S
    pairs = np.triu(np.ones((windows.shape[1] - 1,) * 2, dtype=bool), 1)
    first, then = alike[:, :-1, :-1] & pairs, alike[:, 1:, 1:] & pairs
    matches = np.maximum(first.sum(axis=(1, 2)), 1)
    followed = np.maximum((first & then).sum(axis=(1, 2)), 1)
    return np.log(matches / followed) + np.log(2 * _NEAR_S / windows.mean(axis=1))


def relative_rmssd(windows: np.ndarray) -> np.ndarray:
    """Root mean square of successive differences over the mean, of intervals ``[windows, intervals]``."""
    return np.sqrt(np.mean(np.diff(windows, axis=1) ** 2, axis=1)) / windows.mean(axis=1)


def turning_share(windows: np.ndarray) -> np.ndarray:
    """Share of intervals ``[windows, intervals]`` that are longer, or shorter, than both of their neighbours."""
    steps = np.sign(np.diff(windows, axis=1))
    return np.mean(steps[:, 1:] * steps[:, :-1] < 0, axis=1)

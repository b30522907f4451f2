"""Hypoxic burden: how much oxygen saturation the apneas and hypopneas of a night cost."""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import uniform_filter1d

from sleeplm.facts.events import basis_of, evidence_of
from sleeplm.facts.finding import Finding
from sleeplm.facts.reasons import why_no_sleep_fact, why_not_counted
from sleeplm.facts.timeline import Timeline
from sleeplm.kinds.events import APNEAS_HYPOPNEAS
from sleeplm.night import Scoring
from sleeplm.recording.quality.windows import HALF, share_of

BASELINE_S = 100  # before the end of an event: the highest saturation there is its baseline (Azarbarzin 2019)
_REACH_S = 120  # on both sides of the end of an event, in which the average curve is looked at
_NADIR_S = (-10, 90)  # from the end of an event, where the oximeter's delay of 10 to 60 s puts the lowest value
_SMOOTH_S = 9  # so that whole percents make no tops of their own in the average
_LEVEL_PCT = 0.1  # within which the average is level
_LEAST_EVENTS = 5  # whose average shows when the saturation falls; the paper's people had 15 per hour and more


def hypoxic_burden(night: Timeline, saturation: np.ndarray, scoring: Scoring, recorded: Sequence[str]) -> Finding:
    """Area of the desaturations that go with apneas and hypopneas, per hour of sleep.

    Azarbarzin et al. 2019 (Eur Heart J 40:1149): the saturation is averaged over all events, aligned at their ends;
    the window runs from the top of this average before its lowest value to the top after it. Each event adds the
    area between the highest saturation of the 100 s before its end and the saturation within the window. A second
    that two windows share counts once, with the first of them.

    Parameters
    ----------
    night : Timeline
    saturation : ndarray
        Cleaned saturation in percent, ``[seconds]``, NaN where invalid.
    scoring : Scoring
        Its apneas and hypopneas that touch sleep count.
    recorded : sequence of str
        Canonical channels of the recording.

    Returns
    -------
    Finding
        In percent times minutes per hour; the hours are those of sleep in which events could be looked for and the
        saturation is valid.
    """
    if why := why_not_counted(APNEAS_HYPOPNEAS, scoring, recorded):
        return Finding(why=why)
    evidence = evidence_of(APNEAS_HYPOPNEAS, night, scoring, recorded)
    evidence["signals"] = tuple(dict.fromkeys((*evidence["signals"], "SPO2")))
    if not night.asleep.any():
        return Finding(why=why_no_sleep_fact(night), **evidence)
    valid = share_of(np.isfinite(saturation), 1.0, night.n_epochs) >= HALF
    searched = night.asleep & valid & scoring.searched_for(APNEAS_HYPOPNEAS, night.n_epochs)
    if not searched.any():
        return Finding(why="No sleep has a valid oxygen saturation", **evidence)
    events = [e for e in scoring.events_of(*APNEAS_HYPOPNEAS) if night.touches(e, searched)]
    basis = basis_of(events, searched, night.asleep, "sleep")
    if not events:
        return Finding(0.0, basis=basis, **evidence)
    if len(events) < _LEAST_EVENTS:
        why = f"Under {_LEAST_EVENTS} apneas and hypopneas do not show when the saturation falls after them"
        return Finding(why=why, basis=basis, **evidence)
    ends = np.array([round(e.end_s) for e in events])
    window = search_window(saturation, ends)
    if window is None:
        return Finding(why="The saturation does not fall after apneas and hypopneas", basis=basis, **evidence)
    area = _area(saturation, ends, window)
    return Finding(area / basis.searched_min, epochs=night.epochs_of(events), basis=basis, **evidence)


def search_window(saturation: np.ndarray, ends_s: np.ndarray) -> tuple[int, int] | None:
    """Seconds from the end of an event at which the average fall begins and is over; None without a fall."""
    around = _around(saturation, ends_s)
    known = np.isfinite(around)
    counts = known.sum(axis=0)
    average = np.divide(np.where(known, around, 0).sum(axis=0), counts, out=np.zeros(len(counts)), where=counts > 0)
    average = uniform_filter1d(average, _SMOOTH_S, mode="nearest")
    lowest = _REACH_S + _NADIR_S[0] + int(np.argmin(average[_REACH_S + _NADIR_S[0] : _REACH_S + _NADIR_S[1]]))
    first, last = lowest - _climb(average[lowest::-1]), lowest + _climb(average[lowest:])
    return (first - _REACH_S, last - _REACH_S) if first < lowest < last else None


def _climb(rising: np.ndarray) -> int:
    """How far it is from a low to its first top, where the average is level or turns down again."""
    highest = np.maximum.accumulate(rising)
    turned = np.flatnonzero(highest - rising > _LEVEL_PCT)
    until = rising[: turned[0]] if turned.size else rising
    return int(np.argmax(until >= until.max() - _LEVEL_PCT))


def _around(saturation: np.ndarray, ends_s: np.ndarray) -> np.ndarray:
    """The saturation around each end, ``[events, 2 * reach + 1]``; NaN outside of the recording."""
    padded = np.concatenate([np.full(_REACH_S, np.nan), saturation, np.full(_REACH_S + 1, np.nan)])
    at = np.clip(ends_s, 0, len(saturation))[:, None] + np.arange(2 * _REACH_S + 1)
    return padded[at]


def _area(saturation: np.ndarray, ends_s: np.ndarray, window: tuple[int, int]) -> float:
    """Percent times seconds; divided by minutes of sleep it is percent times minutes per hour."""
    counted = np.zeros(len(saturation), dtype=bool)
    total = 0.0
    for end in ends_s.tolist():
        before = saturation[max(end - BASELINE_S, 0) : end]
        at = slice(max(end + window[0], 0), max(end + window[1], 0))
        within = saturation[at]
        if not np.isfinite(before).any() or not within.size:
            continue
        lost = np.where(counted[at], 0.0, np.nan_to_num(np.nanmax(before) - within, nan=0.0))
        total += float(np.maximum(lost, 0.0).sum())
        counted[at] = True
    return total

"""How sure the numbers of an automatic staging are: 90% intervals from hypnograms that its probabilities allow."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sleeplm.facts.finding import Finding
from sleeplm.facts.sleep import PERSISTENT_EPOCHS
from sleeplm.facts.timeline import EPOCH_MIN, Timeline
from sleeplm.kinds.stages import STAGES, Stage
from sleeplm.night import Interval
from sleeplm.scoring.sampled_stages import sample_hypnograms

LEVEL = 0.9
_WAKE, _DEEP, _REM = (STAGES.index(stage) for stage in (Stage.W, Stage.N3, Stage.R))


def intervals(night: Timeline, probabilities: np.ndarray) -> dict[str, Interval]:
    """90% intervals by id of the fact.

    Parameters
    ----------
    night : Timeline
        Its time in bed is taken as known.
    probabilities : ndarray
        Of `STAGES`, ``[epochs, 5]``.
    """
    samples = sample_hypnograms(np.asarray(probabilities)[: night.n_epochs])
    samples = samples[:, night.in_bed[: samples.shape[1]]]
    edges = [50 * (1 - LEVEL), 50 * (1 + LEVEL)]
    found = {}
    for id_, values in measures(samples, night.tib_min).items():
        known = values[np.isfinite(values)]
        if len(known) > len(values) / 2:  # a latency to a stage that most samples lack is no interval
            low, high = np.percentile(known, edges)
            found[id_] = Interval(float(low), float(high), LEVEL)
    return found


def with_intervals(night: Timeline, found: Mapping[str, Finding]) -> dict[str, Finding]:
    """Findings of an automatic staging with their intervals, each wide enough to hold its value."""
    if night.probabilities is None or not night.staged:
        return dict(found)
    known = {id_: i for id_, i in intervals(night, night.probabilities).items() if id_ in found}
    held = {id_: i.holding(found[id_].number) for id_, i in known.items() if found[id_].value is not None}
    return {id_: replace(f, interval=held.get(id_)) for id_, f in found.items()}


def measures(hypnograms: np.ndarray, tib_min: float) -> dict[str, np.ndarray]:
    """Numbers of many hypnograms at once.

    Parameters
    ----------
    hypnograms : ndarray of int
        Indices of `STAGES` in bed, ``[samples, epochs]``; -1 where there is no stage.
    tib_min : float
        Time in bed.

    Returns
    -------
    dict of str to ndarray
        ``[samples]`` by id of the fact, in its unit; NaN where it does not exist.
    """
    if not hypnograms.shape[1]:
        return {}
    asleep = hypnograms > _WAKE
    wake = hypnograms == _WAKE
    slept = asleep.any(axis=1)
    onset = np.argmax(asleep, axis=1)
    last = asleep.shape[1] - 1 - np.argmax(asleep[:, ::-1], axis=1)
    at = np.arange(asleep.shape[1])
    after = wake & (at > onset[:, None])
    within = after & (at < last[:, None])
    tst = asleep.sum(axis=1) * EPOCH_MIN
    known = np.maximum.accumulate(np.where(hypnograms >= 0, at, 0), axis=1)  # the last epoch with a stage
    before = np.take_along_axis(asleep, known, axis=1)[:, :-1]
    began = within[:, 1:] & before
    none = np.where(slept, 0.0, np.nan)
    spt = (last + 1 - onset) * EPOCH_MIN + none
    found = {
        "tst_min": tst,
        "se_pct": 100 * np.minimum(tst, tib_min) / tib_min,
        "sol_min": onset * EPOCH_MIN + none,
        "waso_min": after.sum(axis=1) * EPOCH_MIN + none,
        "awakenings_n": began.sum(axis=1) + none,
        "spt_min": spt,
        "sme_pct": 100 * tst / spt,
        "wake_in_sleep_period_min": within.sum(axis=1) * EPOCH_MIN + none,
        "lps_min": _first(_persistent(asleep)) * EPOCH_MIN,
        "rem_latency_min": (_first(hypnograms == _REM) - onset) * EPOCH_MIN,
        "n3_latency_min": (_first(hypnograms == _DEEP) - onset) * EPOCH_MIN,
    }
    with np.errstate(invalid="ignore", divide="ignore"):
        for index, stage in enumerate(STAGES):
            minutes = (hypnograms == index).sum(axis=1) * EPOCH_MIN
            found[f"{Stage(stage).key}_min"] = minutes
            if index != _WAKE:
                found[f"{Stage(stage).key}_pct"] = np.where(slept, 100 * minutes / tst, np.nan)
    return found


def _first(mask: np.ndarray) -> np.ndarray:
    """Index of the first True of each row of ``[samples, epochs]``; NaN where there is none."""
    return (
        np.where(mask.any(axis=1), np.argmax(mask, axis=1), np.nan) if mask.shape[1] else np.full(len(mask), np.nan)
    )


def _persistent(asleep: np.ndarray) -> np.ndarray:
    """Where ten minutes of sleep without an epoch of wake begin, bool ``[samples, first epochs]``."""
    total = np.cumsum(np.pad(asleep, ((0, 0), (1, 0))), axis=1)
    return total[:, PERSISTENT_EPOCHS:] - total[:, :-PERSISTENT_EPOCHS] == PERSISTENT_EPOCHS

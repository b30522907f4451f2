"""Sleep from the hypnogram: times, latencies, shares, longest bouts."""

import numpy as np

from sleeplm.night import clock_at, stretches
from sleeplm.statistics.finding import Finding, share_pct
from sleeplm.statistics.timeline import EPOCH_MIN, Timeline, longest_run, runs
from sleeplm.vocabulary import EPOCH_S, Stage

STAGE_KEYS = {"n1": Stage.N1, "n2": Stage.N2, "n3": Stage.N3, "r": Stage.R}
NOT_STAGED = "No sleep stages were scored"
NO_SLEEP = "No epoch was scored as sleep"
NO_CLOCK = "The recording does not say at what time it began"


def sleep_findings(night: Timeline, signals: tuple[str, ...] = ()) -> dict[str, Finding]:
    """All facts that rest on the hypnogram alone.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    signals : tuple of str
        Channels that the staging rests on, where it was automatic.
    """
    if not night.staged:
        return {}
    evidence = {"source": night.source or "measured", "signals": signals}
    return {
        **_amounts(night, evidence),
        **_period(night, evidence),
        **_longest(night, evidence),
    }


def why_no_sleep_fact(night: Timeline) -> str:
    """Why a fact of the hypnogram does not exist in this night."""
    return NOT_STAGED if not night.staged else NO_SLEEP


def _minutes(mask: np.ndarray) -> float:
    return float(mask.sum()) * EPOCH_MIN


def _of_epochs(mask: np.ndarray) -> tuple[tuple[int, int], ...]:
    return stretches(np.flatnonzero(mask) + 1)


def _amounts(night: Timeline, evidence: dict) -> dict[str, Finding]:
    """Total sleep, efficiency, minutes and shares of the stages."""
    tst_min = _minutes(night.asleep)
    wake = night.of_stage(Stage.W)
    found = {
        "tst_min": Finding(tst_min, epochs=_of_epochs(night.asleep), **evidence),
        "se_pct": Finding(share_pct(tst_min, night.tib_min), epochs=_of_epochs(night.asleep), **evidence),
        "w_min": Finding(_minutes(wake), epochs=_of_epochs(wake), **evidence),
    }
    for key, stage in STAGE_KEYS.items():
        mask = night.of_stage(stage)
        epochs = _of_epochs(mask)
        share = share_pct(_minutes(mask), tst_min)
        found[f"{key}_min"] = Finding(_minutes(mask), epochs=epochs, **evidence)
        found[f"{key}_pct"] = Finding(share, NO_SLEEP, epochs=epochs, **evidence)
    return found


def _period(night: Timeline, evidence: dict) -> dict[str, Finding]:
    """Onset, latencies, wake after onset, awakenings."""
    if night.sleep_period is None:
        return {}
    onset, end = night.sleep_period
    wake = night.of_stage(Stage.W)
    wake_within = wake & night.in_sleep_period
    wake_after = wake & (np.arange(night.n_epochs) >= onset)
    awakenings = runs(wake_within)
    before_onset = night.in_bed & (np.arange(night.n_epochs) < onset)
    shifts = _stage_shifts(night, onset, end)
    found = {
        "sol_min": Finding(
            max(0.0, onset * EPOCH_S - night.start_s) / 60, epochs=_of_epochs(before_onset), **evidence
        ),
        "waso_min": Finding(_minutes(wake_after), epochs=_of_epochs(wake_after), **evidence),
        "wake_in_sleep_period_min": Finding(_minutes(wake_within), epochs=_of_epochs(wake_within), **evidence),
        "awakenings_n": Finding(len(awakenings), epochs=tuple(awakenings), **evidence),
        "stage_shifts_n": Finding(len(shifts), epochs=stretches(shifts), **evidence),
        "sleep_onset_clock": _clock(night, onset * EPOCH_S, onset + 1, evidence),
        "final_awakening_clock": _clock(night, end * EPOCH_S, end, evidence),
        "rem_latency_min": Finding(why="No REM sleep was scored", **evidence),
    }
    rem = np.flatnonzero(night.of_stage(Stage.R))
    if rem.size:
        first = int(rem[0])
        epochs = stretches([onset + 1, first + 1])
        found["rem_latency_min"] = Finding((first - onset) * EPOCH_MIN, epochs=epochs, **evidence)
    return found


def _stage_shifts(night: Timeline, onset: int, end: int) -> list[int]:
    """Numbers of the epochs that begin with a change of stage, unscored epochs apart."""
    before, after = night.stages[onset : end - 1], night.stages[onset + 1 : end]
    scored = (before != Stage.UNSCORED) & (after != Stage.UNSCORED)
    return [int(i) + onset + 2 for i in np.flatnonzero(scored & (before != after))]


def _clock(night: Timeline, seconds: float, epoch: int, evidence: dict) -> Finding:
    return Finding(clock_at(night.start_clock, seconds), NO_CLOCK, epochs=((epoch, epoch),), **evidence)


def _longest(night: Timeline, evidence: dict) -> dict[str, Finding]:
    """The longest bouts, with where in the night they lie."""
    wake = night.of_stage(Stage.W)
    masks = {
        "longest_sleep_min": (night.asleep, NO_SLEEP),
        "longest_wake_min": (wake, "No epoch was scored as wake"),
        "longest_wake_in_sleep_min": (
            wake & night.in_sleep_period,
            "There was no wake between sleep onset and final awakening",
        ),
        "longest_n3_min": (night.of_stage(Stage.N3), "No deep sleep was scored"),
        "longest_r_min": (night.of_stage(Stage.R), "No REM sleep was scored"),
    }
    if night.sleep_period is None:
        masks["longest_wake_in_sleep_min"] = (np.zeros_like(wake), NO_SLEEP)
    found = {}
    for id_, (mask, why) in masks.items():
        run = longest_run(mask)
        if run is None:
            found[id_] = Finding(why=why, **evidence)
            continue
        where = night.span_words(*run)
        if id_ == "longest_wake_min":
            where += _place_of_wake(night, run)
        found[id_] = Finding((run[1] - run[0] + 1) * EPOCH_MIN, where=where, epochs=(run,), **evidence)
    return found


def _place_of_wake(night: Timeline, run: tuple[int, int]) -> str:
    """Where a period awake lies: before, within or after the sleep of the night."""
    if night.sleep_period is None:
        return ""
    onset, end = night.sleep_period
    if run[1] <= onset:
        return ", before sleep onset"
    return ", after the final awakening" if run[0] > end else ", between sleep onset and the final awakening"

"""Sleep from the hypnogram: times, latencies, shares, longest bouts."""

import numpy as np

from sleeplm.facts.finding import Finding, share_pct
from sleeplm.facts.reasons import NO_CLOCK, NO_SLEEP
from sleeplm.facts.timeline import EPOCH_MIN, Timeline, longest_range
from sleeplm.intervals import epoch_ranges
from sleeplm.kinds.stages import DEPTHS, Stage
from sleeplm.night import clock_at
from sleeplm.units import EPOCH_S

ASLEEP_BEFORE = "the lights went off after sleep onset"
PERSISTENT_EPOCHS = 20  # ten minutes
CYCLE_GAP_EPOCHS, CYCLE_REM_EPOCHS = 30, 10  # 15 and 5 min (Feinberg & Floyd 1979)


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
        **_cycles(night, evidence),
        **_thirds(night, evidence),
    }


def _minutes(mask: np.ndarray) -> float:
    return float(mask.sum()) * EPOCH_MIN


def _of_epochs(mask: np.ndarray) -> tuple[tuple[int, int], ...]:
    return epoch_ranges(np.flatnonzero(mask) + 1)


def _amounts(night: Timeline, evidence: dict) -> dict[str, Finding]:
    """Total sleep, efficiency, minutes and shares of wake, NREM sleep and the stages."""
    tst_min = _minutes(night.asleep)
    slept_min = min(tst_min, night.tib_min)  # whole epochs may reach a few seconds past the lights
    wake = night.of_stage(Stage.W)
    nrem = night.asleep & ~night.of_stage(Stage.R)
    found = {
        "tst_min": Finding(tst_min, epochs=_of_epochs(night.asleep), **evidence),
        "se_pct": Finding(share_pct(slept_min, night.tib_min), epochs=_of_epochs(night.asleep), **evidence),
        "w_min": Finding(_minutes(wake), epochs=_of_epochs(wake), **evidence),
        "nrem_min": Finding(_minutes(nrem), epochs=_of_epochs(nrem), **evidence),
    }
    for stage in (*DEPTHS, Stage.R):
        mask = night.of_stage(stage)
        epochs = _of_epochs(mask)
        share = share_pct(_minutes(mask), tst_min)
        found[f"{stage.key}_min"] = Finding(_minutes(mask), epochs=epochs, **evidence)
        found[f"{stage.key}_pct"] = Finding(share, NO_SLEEP, epochs=epochs, **evidence)
    return found


def _period(night: Timeline, evidence: dict) -> dict[str, Finding]:
    """Onset, latencies, wake after onset, awakenings."""
    if night.sleep_period is None:
        return {}
    onset, end = night.sleep_period
    wake = night.of_stage(Stage.W)
    wake_within = wake & night.in_sleep_period
    wake_after = wake & (np.arange(night.n_epochs) >= onset)
    before_onset = night.in_bed & (np.arange(night.n_epochs) < onset)
    shifts = _stage_shifts(night, onset, end)
    spt_min = (end - onset) * EPOCH_MIN
    tst_min = _minutes(night.asleep)
    found = {
        "spt_min": Finding(spt_min, epochs=((onset + 1, end),), **evidence),
        "sme_pct": Finding(share_pct(tst_min, spt_min), epochs=_of_epochs(night.asleep), **evidence),
        "lps_min": _persistent(night, evidence),
        "sol_min": Finding(
            max(0.0, onset * EPOCH_S - night.start_s) / 60,
            note=ASLEEP_BEFORE if night.asleep_at_lights_off else "",
            epochs=_of_epochs(before_onset),
            **evidence,
        ),
        "waso_min": Finding(_minutes(wake_after), epochs=_of_epochs(wake_after), **evidence),
        "wake_in_sleep_period_min": Finding(_minutes(wake_within), epochs=_of_epochs(wake_within), **evidence),
        "awakenings_n": Finding(_awakenings(night), epochs=_of_epochs(wake_within), **evidence),
        "stage_shifts_n": Finding(len(shifts), epochs=epoch_ranges(shifts), **evidence),
        "sleep_onset_clock": _clock(night, onset * EPOCH_S, onset + 1, evidence),
        "final_awakening_clock": _clock(night, end * EPOCH_S, end, evidence),
        "rem_latency_min": _latency(night.credible_rem, onset, _why_no_rem(night), evidence),
        "n3_latency_min": _latency(night.of_stage(Stage.N3), onset, "No deep sleep was scored", evidence),
    }
    return found


def _why_no_rem(night: Timeline) -> str:
    """Why there is no latency of REM sleep: none, or none that the automatic staging is sure enough of."""
    any_rem = night.of_stage(Stage.R).any()
    return "The automatic staging is not sure of any REM period" if any_rem else "No REM sleep was scored"


def _latency(mask: np.ndarray, onset: int, why: str, evidence: dict) -> Finding:
    """From sleep onset to the first epoch of a mask."""
    at = np.flatnonzero(mask)
    if not at.size:
        return Finding(why=why, **evidence)
    first = int(at[0])
    return Finding((first - onset) * EPOCH_MIN, epochs=epoch_ranges([onset + 1, first + 1]), **evidence)


def _persistent(night: Timeline, evidence: dict) -> Finding:
    """From the start of time in bed to the first epoch of persistent sleep."""
    ranges = epoch_ranges(np.flatnonzero(night.asleep) + 1)
    run = next((r for r in ranges if r[1] - r[0] + 1 >= PERSISTENT_EPOCHS), None)
    if run is None:
        return Finding(why="No sleep lasted for ten minutes", **evidence)
    return Finding(max(0.0, (run[0] - 1) * EPOCH_S - night.start_s) / 60, epochs=(run,), **evidence)


def _cycles(night: Timeline, evidence: dict) -> dict[str, Finding]:
    """Complete NREM-REM cycles: how many, and how long."""
    if night.sleep_period is None:
        return {}
    found = sleep_cycles(night)
    none = Finding(why="The night has no complete sleep cycle", **evidence)
    lengths = [b - a + 1 for a, b in found]
    return {
        "cycles_n": Finding(len(found), epochs=tuple(found), **evidence),
        "cycle_mean_min": Finding(float(np.mean(lengths)) * EPOCH_MIN, epochs=tuple(found), **evidence)
        if found
        else none,
    }


def sleep_cycles(night: Timeline) -> list[tuple[int, int]]:
    """First and last epoch (from 1) of each complete NREM-REM cycle, as `cycles_n` defines it."""
    begin = night.sleep_period[0] if night.sleep_period else 0
    at = np.flatnonzero(night.of_stage(Stage.R))
    parts = np.split(at, np.flatnonzero(np.diff(at) > CYCLE_GAP_EPOCHS) + 1) if at.size else []
    cycles: list[tuple[int, int]] = []
    for part in parts:
        first, last = int(part[0]), int(part[-1])
        long_enough = not cycles or last - first + 1 >= CYCLE_REM_EPOCHS
        if first - begin >= CYCLE_GAP_EPOCHS and long_enough:
            cycles.append((begin + 1, last + 1))
            begin = last + 1
    return cycles


def _thirds(night: Timeline, evidence: dict) -> dict[str, Finding]:
    """Wake, deep sleep and REM sleep in each third of the sleep period."""
    if night.sleep_period is None:
        return {}
    onset, end = night.sleep_period
    third = ((np.arange(night.n_epochs) + 0.5 - onset) * 3 // (end - onset)).astype(int)
    third[~night.in_sleep_period] = -1
    found = {}
    for stage in (Stage.W, Stage.N3, Stage.R):
        for i, name in enumerate(("first", "second", "last")):
            mask = night.of_stage(stage) & (third == i)
            found[f"{stage.key}_{name}_third_min"] = Finding(_minutes(mask), epochs=_of_epochs(mask), **evidence)
    return found


def _awakenings(night: Timeline) -> int:
    """Changes from sleep to W within the sleep period; epochs without a stage are passed over."""
    stages = night.stages[night.in_sleep_period & (night.stages != Stage.UNSCORED)]
    return int(np.sum((stages[1:] == Stage.W) & (stages[:-1] != Stage.W)))


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
        run = longest_range(mask)
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

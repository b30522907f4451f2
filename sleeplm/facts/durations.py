"""How long apneas and hypopneas last: the longest with its place, mean and median."""

from collections.abc import Callable, Sequence

import numpy as np

from sleeplm.facts.events import evidence_of
from sleeplm.facts.finding import Finding
from sleeplm.facts.reasons import why_not_counted
from sleeplm.facts.timeline import Timeline
from sleeplm.kinds.facts.durations import LASTING
from sleeplm.night import Scoring

_STATISTICS: dict[str, Callable] = {"mean": np.mean, "median": np.median}


def duration_findings(night: Timeline, scoring: Scoring, recorded: Sequence[str]) -> dict[str, Finding]:
    """Durations in seconds of the apneas, and of the hypopneas, that touch sleep; without stages of those in bed.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    scoring : Scoring
        Its apneas and hypopneas.
    recorded : sequence of str
        Canonical channels of the recording.
    """
    found: dict[str, Finding] = {}
    within = night.asleep if night.staged else night.in_bed
    for key, types in LASTING.items():
        ids = [f"{key}_{name}_s" for name in ("longest", *_STATISTICS)]
        if why := why_not_counted(types, scoring, recorded):
            found |= dict.fromkeys(ids, Finding(why=why))
            continue
        evidence = evidence_of(types, night, scoring, recorded)
        events = [e for e in scoring.events_of(*types) if night.touches(e, within)]
        if not events:
            where = "sleep" if night.staged else "bed"
            found |= dict.fromkeys(ids, Finding(why=f"No {key} was found in {where}", **evidence))
            continue
        longest = max(events, key=lambda e: e.duration_s)
        found[f"{key}_longest_s"] = Finding(
            longest.duration_s,
            where=night.moment_words(longest.start_s),
            epochs=night.epochs_of([longest]),
            **evidence,
        )
        for name, statistic in _STATISTICS.items():
            value = float(statistic([e.duration_s for e in events]))
            found[f"{key}_{name}_s"] = Finding(value, epochs=night.epochs_of(events), **evidence)
    return found

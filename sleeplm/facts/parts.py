"""The apnea-hypopnea index by part of the night, by position and stage, of a split night, and its ratios."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sleeplm.facts.events import breathing_in, evidence_of, per_hour_of_sleep
from sleeplm.facts.finding import Finding
from sleeplm.facts.reasons import NO_CLOCK, why_no_sleep_fact, why_not_counted
from sleeplm.facts.timeline import Timeline
from sleeplm.intervals import epoch_ranges
from sleeplm.kinds.events import APNEAS_HYPOPNEAS
from sleeplm.kinds.facts import Rate
from sleeplm.kinds.facts.parts import PARTS, PLACES
from sleeplm.kinds.stages import NREM_STAGES, Stage
from sleeplm.night import LEAST_BASIS_MIN, Scoring, clock_at
from sleeplm.units import EPOCH_S, format_value

APNEA_FROM_PER_H = 5.0  # an AHI under it is no sleep apnea (ICSD-3), of whatever position or stage
RATIO_FROM = 2.0  # Cartwright 1984; Haba-Rubio et al. 2005
HOUR_EPOCHS = 3600 // EPOCH_S
_IN_STAGES = {"rem": ((Stage.R,), "REM sleep"), "nrem": (NREM_STAGES, "NREM sleep")}


def part_findings(night: Timeline, scoring: Scoring, recorded: Sequence[str]) -> dict[str, Finding]:
    """The index by half and third of the sleep period and by hour, and of both sides of a split night.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    scoring : Scoring
        Its apneas and hypopneas, and the begin of treatment where there is one.
    recorded : sequence of str
        Canonical channels of the recording.
    """
    ids = [*(f"ahi_{part}_per_h" for part, _ in PARTS), "ahi_worst_hour_per_h"]
    found = _split(night, scoring, recorded)
    why = why_not_counted(APNEAS_HYPOPNEAS, scoring, recorded)
    if not why and night.sleep_period is None:
        why = why_no_sleep_fact(night)
    if why or night.sleep_period is None:
        return found | dict.fromkeys(ids, Finding(why=why))
    onset, end = night.sleep_period
    place = (np.arange(night.n_epochs) + 0.5 - onset) / (end - onset)
    place[~night.in_sleep_period] = -1
    for part, words in PARTS:
        which, _, whole = part.partition("_")
        n = 2 if whole == "half" else 3
        i = {"first": 0, "second": 1, "last": n - 1}[which]
        mask = np.floor(place * n) == i
        found[f"ahi_{part}_per_h"] = ahi_within(night, scoring, recorded, mask, f"sleep {words}")
    found["ahi_worst_hour_per_h"] = _by_hour(night, scoring, recorded)
    return found


def ahi_within(
    night: Timeline,
    scoring: Scoring,
    recorded: Sequence[str],
    mask: np.ndarray,
    of: str,
    **evidence,
) -> Finding:
    """Apneas and hypopneas whose first epoch of sleep is one of these, per hour of sleep in them.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    scoring : Scoring
        Its apneas and hypopneas, which somebody looked for.
    recorded : sequence of str
        Canonical channels of the recording.
    mask : ndarray of bool
        ``[epochs]``.
    of : str
        What the hours are of: ``"sleep in the first half"``.
    **evidence
        Passed on to `Finding`.
    """
    events = _beginning_in(night, scoring, mask).events_of(*APNEAS_HYPOPNEAS)
    searched = scoring.searched_for(APNEAS_HYPOPNEAS, night.n_epochs)
    evidence = evidence_of(APNEAS_HYPOPNEAS, night, scoring, recorded) | evidence
    return per_hour_of_sleep(night.within(mask), events, Rate(of=of), searched, **evidence)


def _beginning_in(night: Timeline, scoring: Scoring, mask: np.ndarray) -> Scoring:
    """The scoring with those events alone whose first epoch of sleep is one of these."""
    first = [night.first_sleep_epoch(e) for e in scoring.events]
    events = tuple(e for e, at in zip(scoring.events, first, strict=True) if at is not None and mask[at])
    return replace(scoring, events=events)


def _by_hour(night: Timeline, scoring: Scoring, recorded: Sequence[str]) -> Finding:
    """The hour with the highest index, counted from lights off, and the index of each hour beside it."""
    first = int(night.start_s // EPOCH_S)
    hours = [(a, min(a + HOUR_EPOCHS, night.n_epochs)) for a in range(first, night.n_epochs, HOUR_EPOCHS)]
    hours = [(a, b) for a, b in hours if night.in_bed[a:b].any()]
    by_hour = []
    for a, b in hours:
        mask = np.zeros(night.n_epochs, dtype=bool)
        mask[a:b] = True
        by_hour.append(ahi_within(night, scoring, recorded, mask, "sleep in that hour"))
    told = [f for f in by_hour if f.basis is not None and f.basis.enough]
    if not told:
        return Finding(why=f"No hour holds {LEAST_BASIS_MIN:g} min of sleep that could be searched")
    worst = max(told, key=lambda f: f.number)
    a, b = hours[by_hour.index(worst)]
    values = [format_value(round(f.number, 1), "") if f in told else "too little sleep" for f in by_hour]
    note = f"by hour from {'lights off' if scoring.lights_off_s is not None else 'the start'}: {', '.join(values)}"
    return replace(worst, where=night.span_words(a + 1, b).removeprefix(","), note=note)


def _split(night: Timeline, scoring: Scoring, recorded: Sequence[str]) -> dict[str, Finding]:
    """The begin of treatment in a split night, and the index before and after it."""
    ids = ("ahi_before_split_per_h", "ahi_after_split_per_h")
    why = why_not_counted(APNEAS_HYPOPNEAS, scoring, recorded)
    if not why and not night.asleep.any():
        why = why_no_sleep_fact(night)
    if scoring.split_s is None:
        none = "No begin of treatment within the night was given or annotated"
        return {"split_clock": Finding(why=none), **dict.fromkeys(ids, Finding(why=why or none))}
    at = int(scoring.split_s // EPOCH_S) + 1
    clock = clock_at(night.start_clock, scoring.split_s)
    found = {"split_clock": Finding(clock, NO_CLOCK, source="expert", epochs=epoch_ranges([at]))}
    if why:
        return found | dict.fromkeys(ids, Finding(why=why))
    after = (np.arange(night.n_epochs) + 0.5) * EPOCH_S >= scoring.split_s
    for id_, mask, words in zip(ids, (~after, after), ("before", "on"), strict=True):
        found[id_] = ahi_within(night, scoring, recorded, mask, f"sleep {words} treatment")
    return found


def position_by_stage_findings(
    night: Timeline,
    scoring: Scoring,
    recorded: Sequence[str],
    there: Mapping[str, np.ndarray],
    sfreq_hz: float,
) -> dict[str, Finding]:
    """The index on and off the back, in REM and in NREM sleep.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    scoring : Scoring
        Its apneas and hypopneas.
    recorded : sequence of str
        Canonical channels of the recording.
    there : mapping of str to ndarray of bool
        ``"supine"`` and ``"nonsupine"``: where the person lies so in bed, ``[samples]`` of the position signal.
    sfreq_hz : float
        Its rate.
    """
    found = {}
    for place, words in PLACES:
        epoch = (np.arange(len(there[place])) / sfreq_hz // EPOCH_S).astype(int)
        for group, (stages, name) in _IN_STAGES.items():
            mask = night.of_stage(*stages)
            asleep = there[place] & np.append(mask, False)[np.minimum(epoch, night.n_epochs)]
            inside = _beginning_in(night, scoring, mask)
            part = breathing_in(night.within(mask), inside, recorded, asleep, there[place], sfreq_hz, words)
            if part.basis is None and night.staged and not why_not_counted(APNEAS_HYPOPNEAS, scoring, recorded):
                none = (
                    "was scored"
                    if not mask.any()
                    else f"lies {words}"
                    if not asleep.any()
                    else "has a usable signal"
                )
                part = replace(part, why=f"No {name} {none}")
            elif part.basis is not None:
                part = replace(part, basis=replace(part.basis, of=f"{name} {words}"))
            found[f"ahi_{place}_{group}_per_h"] = part
    return found


def ratio_findings(found: Mapping[str, Finding]) -> dict[str, Finding]:
    """How many times higher the index is on the back than off it, and in REM than in NREM sleep.

    Parameters
    ----------
    found : mapping of str to Finding
        The indices themselves; a ratio is left out where one of them was not looked for.
    """
    ratios = {
        "ahi_position_ratio": ("ahi_supine_per_h", "ahi_nonsupine_per_h", "positional apnea"),
        "ahi_rem_ratio": ("ahi_rem_per_h", "ahi_nrem_per_h", "REM-predominant apnea"),
    }
    whole = found["ahi_per_h"]
    return {
        id_: _ratio(found[over], found[under], whole, what)
        for id_, (over, under, what) in ratios.items()
        if over in found and under in found
    }


def _ratio(over: Finding, under: Finding, whole: Finding, what: str) -> Finding:
    for part in (over, under):
        if part.value is None or part.basis is None:
            return Finding(why=part.why, signals=part.signals)
        if not part.basis.enough:
            minutes = format_value(part.basis.searched_min, "min")
            return Finding(why=f"Only {minutes} of {part.basis.of} could be searched", signals=part.signals)
    if not under.number:
        of = under.basis.of if under.basis else ""
        return Finding(why=f"Not one apnea or hypopnea lies in {of}", signals=under.signals)
    ratio = over.number / under.number
    if whole.value is None or whole.number < APNEA_FROM_PER_H:
        note = f"no {what}: the whole night's index is under {APNEA_FROM_PER_H:g}"
    else:
        note = what if ratio >= RATIO_FROM else f"no {what}, which takes {RATIO_FROM:g} or more"
    return Finding(ratio, signals=over.signals, source=over.source, epochs=over.epochs, rule=over.rule, note=note)

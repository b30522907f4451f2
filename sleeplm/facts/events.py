"""Breathing, arousals, limbs and heart from scored events: counts, and indices per hour of sleep."""

from collections.abc import Callable, Sequence

import numpy as np

from sleeplm.facts.finding import Finding, share_pct
from sleeplm.facts.reasons import NOT_STAGED, why_no_sleep_fact, why_not_counted, why_not_scored
from sleeplm.facts.timeline import EPOCH_MIN, Timeline
from sleeplm.intervals import epoch_ranges
from sleeplm.kinds.events import APNEAS, APNEAS_HYPOPNEAS, EVENT_CHANNELS
from sleeplm.kinds.facts import FACT_KINDS, Count, Density, Duration, Needs, Rate, ShareOfSleep
from sleeplm.kinds.sources import EXPERT
from sleeplm.kinds.stages import SLEEP_STAGES, STAGE_KINDS, Stage
from sleeplm.night import Event, Scoring
from sleeplm.scoring.arousals import NREM_ALONE
from sleeplm.units import EPOCH_S

PLM_AROUSAL_S = 0.5  # between a leg movement and the arousal that goes with it (AASM Manual 2.6)
_EXPERTS_RULE = "the expert's rule for hypopneas, which the file does not name"
_NO_HYPOPNEAS = "apneas alone: the expert scored no hypopneas"
_NO_APNEAS = "; no apneas were scored"
# A RERA is no apnea or hypopnea (AASM Manual 2.6), and a movement that is marked as periodic too is one movement.
_AS_WELL = {"leg_movement": ("plm",), "rera": APNEAS_HYPOPNEAS}


def event_findings(
    night: Timeline,
    scoring: Scoring,
    recorded: Sequence[str],
    usable: Callable[[str], np.ndarray | np.bool] = lambda name: np.True_,
) -> dict[str, Finding]:
    """Counts of events by type, and their indices per hour of sleep.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    scoring : Scoring
        Its events, and who looked for which type.
    recorded : sequence of str
        Canonical channels of the recording.
    usable : callable
        Gives the epochs, bool ``[epochs]``, in which a channel holds a signal.
    """
    found = {}
    for kind in FACT_KINDS.values():
        if isinstance(kind.measure, Count):
            found[kind.id] = _count(night, scoring, kind.needs.events[0], recorded)
        elif isinstance(kind.measure, Rate):
            found[kind.id] = _rate(night, scoring, kind.needs.events, kind.measure, recorded)
        elif isinstance(kind.measure, Density):
            found[kind.id] = _density(night, scoring, kind.needs, recorded, usable)
        elif isinstance(kind.measure, Duration):
            found[kind.id] = _minutes_of(night, scoring, kind.needs.events[0], recorded)
        elif isinstance(kind.measure, ShareOfSleep):
            found[kind.id] = _share_of_sleep(night, scoring, kind.needs.events[0], recorded)
    found["plm_arousal_per_h"] = _plm_with_arousal(night, scoring, recorded)
    return found


def _once(scoring: Scoring, types: Sequence[str]) -> list[Event]:
    """Events of these types; what is another of them as well (see `_AS_WELL`) is counted as that one alone."""
    events = scoring.events_of(*types)
    for weaker, stronger in _AS_WELL.items():
        if weaker in types:
            spans = np.array([(e.start_s, e.end_s) for e in scoring.events_of(*stronger)]).reshape(-1, 2)
            events = [
                e
                for e in events
                if e.type != weaker or not np.any((spans[:, 0] < e.end_s) & (spans[:, 1] > e.start_s))
            ]
    return events


def _rate(
    night: Timeline, scoring: Scoring, types: tuple[str, ...], rate: Rate, recorded: Sequence[str]
) -> Finding:
    """Events per hour of sleep, or of some stages of it."""
    why = why_not_counted(types, scoring, recorded)
    if not why and types == ("arousal",) and rate.stages == (Stage.R,):
        why = _why_no_arousals_in_rem(scoring)
    if why:
        return Finding(why=why)
    evidence = _evidence(types, night, scoring, recorded)
    return per_hour_of_sleep(night, _once(scoring, types), rate.stages, rate.awake_too, **evidence)


def _why_no_arousals_in_rem(scoring: Scoring) -> str:
    """Why arousals of REM sleep are not known where others are: the rule asks for a rise of chin EMG."""
    nrem_alone = scoring.rules.get("arousal") == NREM_ALONE
    return "Without a chin EMG arousals are not scored in REM sleep" if nrem_alone else ""


def _evidence(types: Sequence[str], night: Timeline, scoring: Scoring, recorded: Sequence[str]) -> dict:
    """Signals and source of a number that rests on these types, and the rule that they were scored by."""
    looked_for = [t for t in types if scoring.was_scored(t)]
    sources = {scoring.event_sources[t] for t in looked_for}
    rule = scoring.rules.get("arousal", "") if "arousal" in looked_for else ""
    if "hypopnea" in types:
        rule = scoring.rules.get("hypopnea", _EXPERTS_RULE) if "hypopnea" in looked_for else _NO_HYPOPNEAS
        rule += "" if set(looked_for) & set(APNEAS) else _NO_APNEAS
    return {"signals": _seen_on(looked_for, recorded), "source": both_sources(sources, night.source), "rule": rule}


def _density(
    night: Timeline,
    scoring: Scoring,
    needs: Needs,
    recorded: Sequence[str],
    usable: Callable[[str], np.ndarray | np.bool],
) -> Finding:
    """Events that begin in the epochs of a stage that could be searched, per minute of these."""
    (type_,), stage = needs.events, needs.stage
    if stage is None:
        raise ValueError(f"a density of {type_} needs a stage")
    if why := why_not_counted((type_,), scoring, recorded):
        return Finding(why=why)
    evidence = _evidence((type_,), night, scoring, recorded)
    events = scoring.events_of(type_)
    searched = {c for e in events for c in e.channels if scoring.event_sources[type_] != EXPERT}
    mask = np.logical_and.reduce([night.of_stage(stage), *map(usable, searched & set(recorded))])
    if not mask.any():
        if night.of_stage(stage).any():
            return Finding(why=f"No {STAGE_KINDS[stage].plain} has a usable signal", **evidence)
        why = f"No {STAGE_KINDS[stage].plain} was scored" if night.staged else NOT_STAGED
        return Finding(why=why, **evidence)
    epoch = np.array([e.start_s // EPOCH_S for e in events], dtype=int)
    epoch = epoch[(epoch >= 0) & (epoch < night.n_epochs)]
    epoch = epoch[mask[epoch]]
    return Finding(len(epoch) / (mask.sum() * EPOCH_MIN), epochs=epoch_ranges(epoch + 1), **evidence)


def _minutes_of(night: Timeline, scoring: Scoring, type_: str, recorded: Sequence[str]) -> Finding:
    """How long all events of a type lasted."""
    if not scoring.was_scored(type_):
        return Finding(why=why_not_scored(type_, recorded))
    events = scoring.events_of(type_)
    return Finding(
        sum(e.duration_s for e in events) / 60,
        signals=_seen_on([type_], recorded),
        source=scoring.event_sources[type_],
        epochs=night.epochs_of(events),
    )


def _share_of_sleep(night: Timeline, scoring: Scoring, type_: str, recorded: Sequence[str]) -> Finding:
    """Share of total sleep time that events of a type fill."""
    if not scoring.was_scored(type_):
        return Finding(why=why_not_scored(type_, recorded))
    if not night.asleep.any():
        return Finding(why=why_no_sleep_fact(night))
    filled = np.zeros(night.n_epochs * EPOCH_S * 10, dtype=bool)  # tenths of a second; events may overlap
    for e in scoring.events_of(type_):
        filled[round(max(e.start_s, 0) * 10) : round(max(e.end_s, 0) * 10)] = True
    by_epoch = filled.reshape(night.n_epochs, -1).sum(axis=1) * night.asleep
    return Finding(
        share_pct(float(by_epoch.sum()) / 10, float(night.asleep.sum()) * EPOCH_S),
        signals=_seen_on([type_], recorded),
        source=both_sources({scoring.event_sources[type_]}, night.source),
        epochs=epoch_ranges(np.flatnonzero(by_epoch) + 1),
    )


def _plm_with_arousal(night: Timeline, scoring: Scoring, recorded: Sequence[str]) -> Finding:
    """Periodic leg movements that an arousal goes with, per hour of sleep."""
    for type_ in ("plm", "arousal"):
        if not scoring.was_scored(type_):
            return Finding(why=why_not_scored(type_, recorded))
    spans = np.array([(e.start_s, e.end_s) for e in scoring.events_of("arousal")]).reshape(-1, 2)
    near = [
        e
        for e in scoring.events_of("plm")
        if np.any((spans[:, 0] < e.end_s + PLM_AROUSAL_S) & (spans[:, 1] > e.start_s - PLM_AROUSAL_S))
    ]
    return per_hour_of_sleep(night, near, **_evidence(("plm", "arousal"), night, scoring, recorded))


def per_hour_of_sleep(
    night: Timeline,
    events: Sequence[Event],
    stages: Sequence[str] | None = None,
    awake_too: bool = False,
    **evidence,
) -> Finding:
    """Events that touch sleep, per hour of it.

    An event counts when any epoch that it touches is sleep, as the AASM manual rules for respiratory events, and
    belongs to the stage of the first such epoch.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    events : sequence of Event
        Of the types that the index counts.
    stages : sequence of str, optional
        Sleep stages to which the index is restricted.
    awake_too : bool
        Whether events in bed that touch no sleep count as well.
    **evidence
        Passed on to `Finding`.
    """
    hours = (night.asleep if stages is None else night.of_stage(*stages)).sum() * EPOCH_S / 3600
    if not hours:
        rem = stages is not None and tuple(stages) == (Stage.R,)
        why = "No REM sleep was scored" if rem and night.staged else why_no_sleep_fact(night)
        return Finding(why=why, **evidence)
    allowed = set(stages or SLEEP_STAGES)
    counted = [e for e in events if night.first_sleep_stage(e) in allowed or (awake_too and night.touches_bed(e))]
    return Finding(len(counted) / hours, epochs=night.epochs_of(counted), **evidence)


def breathing_in(
    night: Timeline,
    scoring: Scoring,
    recorded: Sequence[str],
    asleep: np.ndarray,
    there: np.ndarray,
    sfreq_hz: float,
) -> Finding:
    """Apneas and hypopneas that touch sleep and begin in a body position, per hour of sleep in it.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    scoring : Scoring
        Its apneas and hypopneas.
    recorded : sequence of str
        Canonical channels of the recording.
    asleep, there : ndarray of bool
        ``[samples]`` of the position signal: where the person sleeps in the position, and where they are in it.
    sfreq_hz : float
        Rate of the position signal.
    """
    if why := why_not_counted(APNEAS_HYPOPNEAS, scoring, recorded):
        return Finding(why=why)
    evidence = _evidence(APNEAS_HYPOPNEAS, night, scoring, recorded)
    evidence["signals"] += ("POS",)
    hours = asleep.sum() / sfreq_hz / 3600
    if not hours:
        return Finding(why="There was no sleep in that position" if night.staged else NOT_STAGED, **evidence)
    events = [
        e
        for e in scoring.events_of(*APNEAS_HYPOPNEAS)
        if night.first_sleep_stage(e) and there[min(int(e.start_s * sfreq_hz), len(there) - 1)]
    ]
    return Finding(len(events) / hours, epochs=night.epochs_of(events), **evidence)


def both_sources(events: set[str], stages: str | None) -> str:
    """Who scored what an index rests on, events and stages: each name once, joined by "and"."""
    return " and ".join(sorted(events | ({stages} if stages else set())))


def _count(night: Timeline, scoring: Scoring, event_type: str, recorded: Sequence[str]) -> Finding:
    if not scoring.was_scored(event_type):
        return Finding(why=why_not_scored(event_type, recorded))
    events = scoring.events_of(event_type)
    signals = _seen_on([event_type], recorded)
    return Finding(
        len(events), signals=signals, source=scoring.event_sources[event_type], epochs=night.epochs_of(events)
    )


def _seen_on(types: Sequence[str], recorded: Sequence[str]) -> tuple[str, ...]:
    """Channels of the recording on which these types of event show."""
    channels = dict.fromkeys(c for t in types for c in EVENT_CHANNELS.get(t, ()))
    return tuple(c for c in channels if c in recorded)

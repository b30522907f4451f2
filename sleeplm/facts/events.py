"""Breathing, arousals, limbs and heart from scored events: counts, and indices per hour of sleep."""

from collections.abc import Callable, Sequence

import numpy as np

from sleeplm.facts.finding import Finding, share_pct
from sleeplm.facts.reasons import NOT_STAGED, why_no_sleep_fact, why_not_counted, why_not_scored
from sleeplm.facts.timeline import EPOCH_MIN, Timeline
from sleeplm.intervals import epoch_ranges, union_of
from sleeplm.kinds.channels import CHANNEL
from sleeplm.kinds.events import APNEAS, APNEAS_HYPOPNEAS, EVENT_CHANNELS, EVENT_KINDS
from sleeplm.kinds.facts import FACT_KINDS, Count, Density, Duration, Needs, Rate, RecordingRate, ShareOfSleep
from sleeplm.kinds.sources import EXPERT
from sleeplm.kinds.stages import SLEEP_STAGES, STAGE_KINDS, Stage
from sleeplm.night import Basis, Event, Scoring
from sleeplm.scoring.arousals import NREM_ALONE
from sleeplm.units import EPOCH_S, duration_words

Usable = Callable[[str], "np.ndarray | np.bool"]
SLEEP_RATE, EVENTS = Rate(), ("event", "events")
_LOST_EPOCHS = 10  # 5 min of lost signal: under 2% of a night's sleep, which changes no index that is rounded
PLM_AROUSAL_S = 0.5  # between a leg movement and the arousal that goes with it (AASM Manual 2.6)
_EXPERTS_RULE = "the expert's rule for hypopneas, which the file does not name"
_NO_HYPOPNEAS = "apneas alone: the expert scored no hypopneas"
_NO_APNEAS = "; no apneas were scored"
# A movement that is marked as periodic too is one movement. A RERA is no apnea or hypopnea (AASM Manual 2.6): where
# more than half of it lies within one, it is that event; what overlaps less is its neighbour (duplicates overlap by
# .83 to 1, neighbours by .06 to .22: psgscoring, CHANGELOG 0.14.9).
_AS_WELL = {"leg_movement": (("plm",), 0.0), "rera": (APNEAS_HYPOPNEAS, 0.5)}


def event_findings(
    night: Timeline,
    scoring: Scoring,
    recorded: Sequence[str],
    usable: Usable = lambda name: np.True_,
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
        Gives the epochs, bool ``[epochs]``, in which a channel holds a signal: what an expert scored counts in all
        of the sleep, and the signal that was lost meanwhile is noted.
    """
    found = {}
    for kind in FACT_KINDS.values():
        if isinstance(kind.measure, Count):
            found[kind.id] = _count(night, scoring, kind.needs.events[0], recorded)
        elif isinstance(kind.measure, Rate):
            found[kind.id] = _rate(night, scoring, kind.needs.events, kind.measure, recorded, usable)
        elif isinstance(kind.measure, RecordingRate):
            found[kind.id] = _recording_rate(night, scoring, kind.needs.events, recorded, usable)
        elif isinstance(kind.measure, Density):
            found[kind.id] = _density(night, scoring, kind.needs, recorded)
        elif isinstance(kind.measure, Duration):
            found[kind.id] = _minutes_of(night, scoring, kind.needs.events[0], recorded)
        elif isinstance(kind.measure, ShareOfSleep):
            found[kind.id] = _share_of_sleep(night, scoring, kind.needs.events[0], recorded)
    found["plm_arousal_per_h"] = _plm_with_arousal(night, scoring, recorded)
    return found


def counted_once(scoring: Scoring, types: Sequence[str]) -> list[Event]:
    """Events of these types; what is another of them as well (see `_AS_WELL`) is counted as that one alone."""
    events = scoring.events_of(*types)
    for weaker, (stronger, share) in _AS_WELL.items():
        if weaker in types:
            spans = _joined([(e.start_s, e.end_s) for e in scoring.events_of(*stronger)])
            events = [e for e in events if e.type != weaker or not _lies_within(e, spans, share)]
    return events


def _joined(spans: Sequence[tuple[float, float]]) -> np.ndarray:
    """Spans ``[n, 2]`` in order, those that overlap made one."""
    joined: list[list[float]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return np.array(joined).reshape(-1, 2)


def _lies_within(event: Event, spans: np.ndarray, share: float) -> bool:
    """Whether more than a share of an event lies within spans; of share 0, whether any of it touches them."""
    touched = (spans[:, 0] < event.end_s) & (spans[:, 1] > event.start_s)
    shared = np.minimum(spans[touched, 1], event.end_s) - np.maximum(spans[touched, 0], event.start_s)
    return bool(touched.any() and (not share or shared.sum() > share * event.duration_s + 1e-6))


def _rate(
    night: Timeline,
    scoring: Scoring,
    types: tuple[str, ...],
    rate: Rate,
    recorded: Sequence[str],
    usable: Usable,
) -> Finding:
    """Events per hour of sleep, or of some stages of it."""
    why = why_not_counted(types, scoring, recorded)
    if not why and types == ("arousal",) and rate.stages == (Stage.R,):
        why = _why_no_arousals_in_rem(scoring)
    if why:
        return Finding(why=why)
    of = night.asleep if rate.stages is None else night.of_stage(*rate.stages)
    evidence = evidence_of(types, night, scoring, recorded)
    return per_hour_of_sleep(
        night,
        counted_once(scoring, types),
        rate,
        scoring.searched_for(types, night.n_epochs),
        noun=_noun(types),
        note=lost_signal(types, of, scoring, recorded, usable),
        **evidence,
    )


def _recording_rate(
    night: Timeline, scoring: Scoring, types: tuple[str, ...], recorded: Sequence[str], usable: Usable
) -> Finding:
    """Events in bed per hour of it that could be searched: the index of a study without stages."""
    if why := why_not_counted(types, scoring, recorded):
        return Finding(why=why)
    if night.staged:
        return Finding(why="Sleep was staged, and events are counted per hour of it")
    searched = night.in_bed & scoring.searched_for(types, night.n_epochs)
    evidence = evidence_of(types, night, scoring, recorded)
    if not searched.any():
        return Finding(why="No epoch in bed has a usable signal", **evidence)
    counted = [e for e in counted_once(scoring, types) if night.touches(e, searched)]
    basis = basis_of(counted, searched, night.in_bed, "recording in bed", _noun(types))
    return Finding(
        60 * len(counted) / basis.searched_min,
        epochs=night.epochs_of(counted),
        basis=basis,
        note=lost_signal(types, night.in_bed, scoring, recorded, usable),
        **evidence,
    )


def _noun(types: Sequence[str]) -> tuple[str, str]:
    """What one and several of these types are called."""
    kind = EVENT_KINDS[types[0]]
    return (kind.noun, kind.plural) if len(types) == 1 else ("event", "events")


def basis_of(
    counted: Sequence[Event], searched: np.ndarray, of: np.ndarray, what: str, noun: tuple[str, str] = EVENTS
) -> Basis:
    """What an index rests on: `searched` and `of` are epochs, bool ``[epochs]``."""
    return Basis(len(counted), float(searched.sum()) * EPOCH_MIN, float(of.sum()) * EPOCH_MIN, what, noun)


def lost_signal(
    types: Sequence[str], of: np.ndarray, scoring: Scoring, recorded: Sequence[str], usable: Usable
) -> str:
    """What an index of an expert's events must say: how long their first signal was lost in these epochs."""
    of_experts = [t for t in types if scoring.event_sources.get(t) == EXPERT]
    channels = [c for t in of_experts for c in EVENT_CHANNELS.get(t, ()) if c in recorded]
    if not channels:
        return ""
    lost = of & ~usable(channels[0])
    if lost.sum() < _LOST_EPOCHS:
        return ""
    minutes = duration_words(float(lost.sum()) * EPOCH_MIN)
    return f"{CHANNEL[channels[0]].words} holds no usable signal in {minutes} of it"


def _why_no_arousals_in_rem(scoring: Scoring) -> str:
    """Why arousals of REM sleep are not known where others are: the rule asks for a rise of chin EMG."""
    nrem_alone = scoring.rules.get("arousal") == NREM_ALONE
    return "Without a chin EMG arousals are not scored in REM sleep" if nrem_alone else ""


def evidence_of(types: Sequence[str], night: Timeline, scoring: Scoring, recorded: Sequence[str]) -> dict:
    """Signals and source of a number that rests on these types, and the rule that they were scored by."""
    looked_for = [t for t in types if scoring.was_scored(t)]
    sources = {scoring.source_of(t) for t in looked_for}
    rule = scoring.rules.get("arousal", "") if "arousal" in looked_for else ""
    if "hypopnea" in types:
        rule = scoring.rules.get("hypopnea", _EXPERTS_RULE) if "hypopnea" in looked_for else _NO_HYPOPNEAS
        rule += "" if not set(types) & set(APNEAS) or set(looked_for) & set(APNEAS) else _NO_APNEAS
    return {"signals": _seen_on(looked_for, recorded), "source": both_sources(sources, night.source), "rule": rule}


def _density(night: Timeline, scoring: Scoring, needs: Needs, recorded: Sequence[str]) -> Finding:
    """Events that begin in the epochs of a stage that could be searched, per minute of these."""
    (type_,), stage = needs.events, needs.stage
    if stage is None:
        raise ValueError(f"a density of {type_} needs a stage")
    if why := why_not_counted((type_,), scoring, recorded):
        return Finding(why=why)
    evidence = evidence_of((type_,), night, scoring, recorded)
    events = scoring.events_of(type_)
    of = night.of_stage(stage)
    mask = of & scoring.searched_for((type_,), night.n_epochs)
    if not mask.any():
        if night.of_stage(stage).any():
            return Finding(why=f"No {STAGE_KINDS[stage].plain} has a usable signal", **evidence)
        why = f"No {STAGE_KINDS[stage].plain} was scored" if night.staged else NOT_STAGED
        return Finding(why=why, **evidence)
    epoch = np.array([e.start_s // EPOCH_S for e in events], dtype=int)
    epoch = epoch[(epoch >= 0) & (epoch < night.n_epochs)]
    epoch = epoch[mask[epoch]]
    minutes = float(mask.sum()) * EPOCH_MIN
    basis = Basis(len(epoch), minutes, float(of.sum()) * EPOCH_MIN, STAGE_KINDS[stage].plain, _noun((type_,)))
    return Finding(len(epoch) / minutes, epochs=epoch_ranges(epoch + 1), basis=basis, **evidence)


def _minutes_of(night: Timeline, scoring: Scoring, type_: str, recorded: Sequence[str]) -> Finding:
    """How long events of a type lasted in all; time that two of them share counts once."""
    if not scoring.was_scored(type_):
        return Finding(why=why_not_scored(type_, recorded))
    events = scoring.events_of(type_)
    return Finding(
        sum(last - first for first, last in union_of((e.start_s, e.end_s) for e in events)) / 60,
        signals=_seen_on([type_], recorded),
        source=scoring.source_of(type_),
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
    searched = night.asleep & scoring.searched_for((type_,), night.n_epochs)
    if not searched.any():
        return Finding(why="No sleep has a usable signal")
    by_epoch = filled.reshape(night.n_epochs, -1).sum(axis=1) * searched
    lasting = [e for e in scoring.events_of(type_) if night.touches(e, searched)]
    return Finding(
        share_pct(float(by_epoch.sum()) / 10, float(searched.sum()) * EPOCH_S),
        basis=basis_of(lasting, searched, night.asleep, "sleep", _noun((type_,))),
        signals=_seen_on([type_], recorded),
        source=both_sources({scoring.source_of(type_)}, night.source),
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
    searched = scoring.searched_for(("plm", "arousal"), night.n_epochs)
    evidence = evidence_of(("plm", "arousal"), night, scoring, recorded)
    return per_hour_of_sleep(night, near, searched=searched, noun=_noun(("plm",)), **evidence)


def per_hour_of_sleep(
    night: Timeline,
    events: Sequence[Event],
    rate: Rate = SLEEP_RATE,
    searched: np.ndarray | None = None,
    noun: tuple[str, str] = EVENTS,
    **evidence,
) -> Finding:
    """Events that touch sleep that could be searched, per hour of it.

    An event counts when any epoch that it touches is sleep, as the AASM manual rules for respiratory events, and
    belongs to the stage of the first such epoch.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    events : sequence of Event
        Of the types that the index counts.
    rate : Rate
        The stages to which the index is restricted, and whether events in bed that touch no sleep count as well.
    searched : ndarray of bool, optional
        Epochs ``[epochs]`` whose signals could be searched; all of them by default.
    noun : tuple of str
        What one and several of the events are called.
    **evidence
        Passed on to `Finding`.
    """
    of = night.asleep if rate.stages is None else night.of_stage(*rate.stages)
    if not of.any():
        why = f"No {rate.of} was scored" if night.asleep.any() else why_no_sleep_fact(night)
        return Finding(why=why, **evidence)
    searched = np.ones(night.n_epochs, dtype=bool) if searched is None else searched
    if not (of & searched).any():
        return Finding(why=f"No {rate.of} has a usable signal", **evidence)
    allowed = set(rate.stages or SLEEP_STAGES)
    counted = [
        e
        for e in events
        if night.touches(e, night.in_bed & searched) and (rate.awake_too or night.first_sleep_stage(e) in allowed)
    ]
    basis = basis_of(counted, of & searched, of, rate.of, noun)
    return Finding(60 * len(counted) / basis.searched_min, epochs=night.epochs_of(counted), basis=basis, **evidence)


def breathing_in(
    night: Timeline,
    scoring: Scoring,
    recorded: Sequence[str],
    asleep: np.ndarray,
    there: np.ndarray,
    sfreq_hz: float,
    words: str,
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
    words : str
        The position: ``"on the back"``.
    """
    if why := why_not_counted(APNEAS_HYPOPNEAS, scoring, recorded):
        return Finding(why=why)
    evidence = evidence_of(APNEAS_HYPOPNEAS, night, scoring, recorded)
    evidence["signals"] += ("POS",)
    if not asleep.any():
        return Finding(why="There was no sleep in that position" if night.staged else NOT_STAGED, **evidence)
    searched = scoring.searched_for(APNEAS_HYPOPNEAS, night.n_epochs)
    epoch = (np.arange(len(asleep)) / sfreq_hz // EPOCH_S).astype(int)
    found = asleep & np.append(searched, False)[np.minimum(epoch, night.n_epochs)]
    if not found.any():
        return Finding(why=f"No sleep {words} has a usable signal", **evidence)
    events = [
        e
        for e in scoring.events_of(*APNEAS_HYPOPNEAS)
        if night.first_sleep_stage(e)
        and night.touches(e, searched)
        and there[min(int(e.start_s * sfreq_hz), len(there) - 1)]
    ]
    searched_min, of_min = (float(mask.sum()) / sfreq_hz / 60 for mask in (found, asleep))
    basis = Basis(len(events), searched_min, of_min, f"sleep {words}")
    return Finding(60 * len(events) / basis.searched_min, epochs=night.epochs_of(events), basis=basis, **evidence)


def both_sources(events: set[str], stages: str | None) -> str:
    """Who scored what an index rests on, events and stages: each name once, joined by "and".

    Who was not understood in part stands there so alone.

    >>> both_sources({"expert", "expert, 2 words not understood"}, "expert")
    'expert, 2 words not understood'
    """
    names = events | ({stages} if stages else set())
    doubted = {name.partition(", ")[0] for name in names if ", " in name}
    return " and ".join(sorted(names - doubted))


def _count(night: Timeline, scoring: Scoring, event_type: str, recorded: Sequence[str]) -> Finding:
    if not scoring.was_scored(event_type):
        return Finding(why=why_not_scored(event_type, recorded))
    events = scoring.events_of(event_type)
    asleep = sum(night.touches(e, night.asleep) for e in events)
    return Finding(
        len(events),
        signals=_seen_on([event_type], recorded),
        source=scoring.source_of(event_type),
        epochs=night.epochs_of(events),
        note=f"in the whole recording, {asleep} of them in sleep" if night.staged and asleep < len(events) else "",
    )


def _seen_on(types: Sequence[str], recorded: Sequence[str]) -> tuple[str, ...]:
    """Channels of the recording on which these types of event show."""
    channels = dict.fromkeys(c for t in types for c in EVENT_CHANNELS.get(t, ()))
    return tuple(c for c in channels if c in recorded)

"""Breathing, arousals, limbs and heart from scored events: counts, and indices per hour of sleep."""

from collections.abc import Sequence

from sleeplm.night import Event, Scoring
from sleeplm.statistics.finding import Finding
from sleeplm.statistics.kinds import COUNTED
from sleeplm.statistics.sleep import why_no_sleep_fact
from sleeplm.statistics.timeline import Timeline
from sleeplm.vocabulary import APNEAS, EPOCH_S, EVENT_CHANNELS, Stage

NREM = (Stage.N1, Stage.N2, Stage.N3)
_RECORDED = {
    "AF": "Breathing",
    "SPO2": "Oxygen saturation",
    "C3": "EEG",
    "LEG_L": "Leg movement",
    "SNORE": "Snoring",
    "ECG": "The electrocardiogram",
}


def event_findings(night: Timeline, scoring: Scoring, recorded: Sequence[str]) -> dict[str, Finding]:
    """Counts of events by type, and their indices per hour of sleep.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    scoring : Scoring
        Its events, and who looked for which type.
    recorded : sequence of str
        Canonical channels of the recording.
    """
    found = {f"{t}_n": _count(night, scoring, t, recorded) for t in COUNTED}
    rates = {
        "ahi_per_h": ((*APNEAS, "hypopnea"), None),
        "ahi_rem_per_h": ((*APNEAS, "hypopnea"), (Stage.R,)),
        "ahi_nrem_per_h": ((*APNEAS, "hypopnea"), NREM),
        "arousal_index_per_h": (("arousal",), None),
        "plmi_per_h": (("plm",), None),
    }
    for id_, (types, stages) in rates.items():
        looked_for = [t for t in types if scoring.was_scored(t)]
        if not looked_for:
            why = why_not_scored(types[0], recorded)
            found[id_] = Finding(why=why.replace(COUNTED["apnea_obstructive"], "Apneas and hypopneas"))
            continue
        sources = {scoring.event_sources[t] for t in looked_for}
        if "hypopnea" in types and "hypopnea" not in looked_for and "expert" not in sources:
            found[id_] = Finding(why="Hypopneas were not scored, for want of oxygen saturation")
            continue
        evidence = {"signals": _seen_on(looked_for, recorded), "source": both_sources(sources, night.source)}
        found[id_] = per_hour_of_sleep(night, scoring.events_of(*looked_for), stages, **evidence)
    return found


def per_hour_of_sleep(
    night: Timeline, events: Sequence[Event], stages: Sequence[str] | None = None, **evidence
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
    **evidence
        Passed on to `Finding`.
    """
    hours = (night.asleep if stages is None else night.of_stage(*stages)).sum() * EPOCH_S / 3600
    if not hours:
        rem = stages is not None and tuple(stages) == (Stage.R,)
        why = "No REM sleep was scored" if rem and night.staged else why_no_sleep_fact(night)
        return Finding(why=why, **evidence)
    allowed = set(stages or (*NREM, Stage.R))
    counted = [e for e in events if night.first_sleep_stage(e) in allowed]
    return Finding(len(counted) / hours, epochs=night.epochs_of(counted), **evidence)


def why_not_scored(event_type: str, recorded: Sequence[str]) -> str:
    """Why nothing is known of a type of event: its signal was not recorded, or nobody looked."""
    channels = EVENT_CHANNELS.get(event_type, ())
    if channels and not set(channels) & set(recorded):
        return f"{_RECORDED[channels[0]]} was not recorded"
    return f"{COUNTED[event_type]} were not scored"


def both_sources(events: set[str], stages: str | None) -> str:
    """Who scored what an index rests on, events and stages: each name once, joined by "and"."""
    return " and ".join(sorted(events | ({stages} if stages else set())))


def _count(night, scoring, event_type, recorded) -> Finding:
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

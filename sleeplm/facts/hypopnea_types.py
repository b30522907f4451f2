"""Obstructive and central hypopneas per hour of sleep, alone and with the apneas of their type."""

from collections.abc import Sequence

from sleeplm.facts.events import EVENTS, evidence_of, per_hour_of_sleep
from sleeplm.facts.finding import Finding
from sleeplm.facts.reasons import why_no_sleep_fact, why_not_scored
from sleeplm.facts.timeline import Timeline
from sleeplm.kinds.events import EVENT_KINDS
from sleeplm.kinds.facts.hypopnea_types import APNEAS_OF, HYPOPNEA_TYPES
from sleeplm.kinds.sources import EXPERT
from sleeplm.night import Scoring
from sleeplm.scoring.hypopnea_types import type_of

_MOST = 0.5  # of the hypopneas: where fewer are of a known type, an index of one type says little of the night
_NOUN = EVENT_KINDS["hypopnea"].noun, EVENT_KINDS["hypopnea"].plural


def hypopnea_type_findings(night: Timeline, scoring: Scoring, recorded: Sequence[str]) -> dict[str, Finding]:
    """Indices of hypopneas by type; where the type of most is not known, there are none.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    scoring : Scoring
        Its hypopneas, with the words or rules that tell their type, and its apneas.
    recorded : sequence of str
        Canonical channels of the recording.
    """
    hypopneas = [e for e in scoring.events_of("hypopnea") if night.touches(e, night.asleep)]
    types = [type_of(e) for e in hypopneas]
    unknown = types.count("")
    note = f"{unknown} of {len(types)} hypopneas are of no known type" if unknown else ""
    why = _why_no_types(night, scoring, recorded, unknown, len(types))
    found = {}
    for kind in HYPOPNEA_TYPES:
        of_kind = [e for e, its in zip(hypopneas, types, strict=True) if its == kind]
        of_types: tuple[tuple[str, tuple[str, ...]], ...] = (
            (f"hypopnea_{kind}_per_h", ()),
            (f"ahi_{kind}_per_h", APNEAS_OF[kind]),
        )
        for id_, apneas in of_types:
            lacking = [t for t in apneas if not scoring.was_scored(t)]
            reason = why or (why_not_scored(lacking[0], recorded) if lacking else "")
            if reason:
                found[id_] = Finding(why=reason)
                continue
            counted = ("hypopnea", *apneas)
            evidence = evidence_of(counted, night, scoring, recorded)
            events = [*of_kind, *scoring.events_of(*apneas)]
            searched = scoring.searched_for(counted, night.n_epochs)
            noun = EVENTS if apneas else (f"{kind} {_NOUN[0]}", f"{kind} {_NOUN[1]}")
            found[id_] = per_hour_of_sleep(night, events, searched=searched, noun=noun, note=note, **evidence)
    return found


def _why_no_types(night: Timeline, scoring: Scoring, recorded: Sequence[str], unknown: int, n: int) -> str:
    if not scoring.was_scored("hypopnea"):
        return why_not_scored("hypopnea", recorded)
    if not night.asleep.any():
        return why_no_sleep_fact(night)
    if unknown > _MOST * n:
        by_expert = scoring.event_sources["hypopnea"] == EXPERT
        whose = "The expert did not tell the type" if by_expert else "Flow, belts and snoring do not tell the type"
        return f"{whose} of {unknown} of {n} hypopneas"
    return ""

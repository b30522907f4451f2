"""The apnea-hypopnea index by the 3% and by the 4% rule, of one automatic scoring."""

import re
from dataclasses import replace

from sleeplm.facts.events import evidence_of, per_hour_of_sleep
from sleeplm.facts.finding import Finding
from sleeplm.facts.reasons import why_no_sleep_fact, why_not_counted
from sleeplm.facts.timeline import Timeline
from sleeplm.kinds.events import APNEAS_HYPOPNEAS
from sleeplm.kinds.facts.rules import RULES
from sleeplm.kinds.sources import EXPERT
from sleeplm.night import Scoring
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.respiration import respiration
from sleeplm.units import format_value

_IDS = (*(id_ for id_, _, _ in RULES.values()), "ahi_between_rules_per_h")


def rule_findings(night: Timeline, scoring: Scoring, recording: NightSignals) -> dict[str, Finding]:
    """The index by either rule, and the difference between them.

    Apneas and reductions of flow are the same by both; what makes a reduction a hypopnea is not. The rule in force
    gives the events of the scoring itself; by the other one they are found again.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    scoring : Scoring
        Its apneas and hypopneas.
    recording : Recording
        It has a channel of oxygen saturation.
    """
    recorded = tuple(recording.channels)
    if why := why_not_counted(APNEAS_HYPOPNEAS, scoring, recorded) or (
        "" if night.asleep.any() else why_no_sleep_fact(night)
    ):
        return dict.fromkeys(_IDS, Finding(why=why))
    if EXPERT in {scoring.event_sources.get(t) for t in APNEAS_HYPOPNEAS}:
        return dict.fromkeys(_IDS, Finding(why=_why_not_of_experts(scoring), source=EXPERT))
    found = {}
    for rule, (id_, _, _) in RULES.items():
        ruled = _by_rule(rule, scoring, recording)
        if ruled is None:
            found[id_] = Finding(why="Oxygen saturation holds no value that desaturations could be found in")
            continue
        evidence = evidence_of(APNEAS_HYPOPNEAS, night, ruled, recorded)
        evidence["signals"] = tuple(dict.fromkeys((*evidence["signals"], "SPO2")))
        searched = ruled.searched_for(APNEAS_HYPOPNEAS, night.n_epochs)
        found[id_] = per_hour_of_sleep(night, ruled.events_of(*APNEAS_HYPOPNEAS), searched=searched, **evidence)
    by3, by4 = (found[id_] for id_ in _IDS[:2])
    if by3.value is None or by4.value is None:
        return found | {_IDS[2]: Finding(why=by3.why or by4.why)}
    words = [format_value(round(f.number, 1), "") for f in (by4, by3)]
    where = f", from {words[0]} by the 4% rule to {words[1]} by the 3% rule"
    return found | {_IDS[2]: replace(by3, value=by3.number - by4.number, where=where, rule="", basis=None)}


def _why_not_of_experts(scoring: Scoring) -> str:
    """Why an expert's events give no index by a rule of one's choice."""
    if not scoring.was_scored("hypopnea"):
        return "The expert scored no hypopneas"
    return "The file does not say by which rule hypopneas were scored: this is not computable of an expert's events"


def _by_rule(rule: str, scoring: Scoring, recording: NightSignals) -> Scoring | None:
    """The scoring with apneas and hypopneas by a rule; None where no saturation could tell."""
    if re.search(rf"\b{rule}", scoring.rules.get("hypopnea", "")):
        return scoring
    detected = respiration(recording, scoring, rule)
    name = detected.rules.get("hypopnea", "")
    if rule not in name:
        return None
    others = [e for e in scoring.events if e.type not in APNEAS_HYPOPNEAS]
    events = sorted([*others, *detected.events], key=lambda e: (e.start_s, e.type))
    return replace(scoring, events=tuple(events), rules={**scoring.rules, "hypopnea": name})

"""Why a fact has no value in a night: what it needs (`sleeplm.kinds.facts.Needs`) and is not there."""

from collections.abc import Collection, Sequence

from sleeplm.facts.timeline import Timeline
from sleeplm.kinds.channels import MODALITIES
from sleeplm.kinds.events import APNEAS_HYPOPNEAS, EVENT_KINDS
from sleeplm.kinds.facts import FactKind
from sleeplm.kinds.sources import EXPERT
from sleeplm.night import Scoring

NOT_STAGED = "No sleep stages were scored"
NO_DEPTH = "The staging does not tell N1, N2 and N3 apart"
NO_SLEEP = "No epoch was scored as sleep"
NO_CLOCK = "The recording does not say at what time it began"


def why_unknown(kind: FactKind, night: Timeline, scoring: Scoring, recorded: Collection[str]) -> str:
    """Why a fact has no value where nothing else is known of it: the first of its needs that is not met.

    Parameters
    ----------
    kind : FactKind
    night : Timeline
    scoring : Scoring
    recorded : collection of str
        Canonical channels of the recording.
    """
    needs = kind.needs
    if needs.modality:
        modality = MODALITIES[needs.modality]
        if not set(modality.channels) & set(recorded):
            return f"{modality.subject} was not recorded"
    if needs.events and (why := why_not_counted(needs.events, scoring, recorded)):
        return why
    if needs.modality:
        return f"The {MODALITIES[needs.modality].noun} channel holds no valid value in bed"
    return why_no_sleep_fact(night)


def why_no_sleep_fact(night: Timeline) -> str:
    """Why a fact of the hypnogram does not exist in this night."""
    return NOT_STAGED if not night.staged else NO_SLEEP


def why_not_scored(event_type: str, recorded: Collection[str]) -> str:
    """Why nothing is known of a type of event: its signal was not recorded, or nobody looked."""
    kind = EVENT_KINDS[event_type]
    if kind.channels and not set(kind.channels) & set(recorded):
        return f"{MODALITIES[kind.modality].subject} was not recorded"
    return f"{kind.count} were not scored"


def why_not_counted(types: Sequence[str], scoring: Scoring, recorded: Collection[str]) -> str:
    """Why there is no index of these types of events; empty where there is one."""
    looked_for = [t for t in types if scoring.was_scored(t)]
    if not looked_for:
        why = why_not_scored(types[0], recorded)
        several = EVENT_KINDS["apnea_obstructive"].count
        return why.replace(several, "Apneas and hypopneas") if len(types) > 1 else why
    automatic = all(scoring.event_sources[t] != EXPERT for t in looked_for)
    if "hypopnea" in types and "hypopnea" not in looked_for and automatic:
        return "Hypopneas were not scored, for want of oxygen saturation"
    if "rera" in types and not set(looked_for) & set(APNEAS_HYPOPNEAS):
        return "Apneas and hypopneas were not scored"
    if "rera" in types and "rera" not in looked_for:
        return "RERAs were not scored"
    return ""

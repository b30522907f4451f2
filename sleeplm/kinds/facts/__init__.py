"""The facts of a night: one row says what a fact is called, its formula, what it needs, and how it is asked for.

Formulas follow the AASM Manual for the Scoring of Sleep and Associated Events (version 2.6) where it has one.
"""

from sleeplm.kinds.events import EVENT_KINDS
from sleeplm.kinds.facts.body import BODY
from sleeplm.kinds.facts.breathing import BREATHING
from sleeplm.kinds.facts.breaths import BREATHS
from sleeplm.kinds.facts.causes import AROUSAL_CAUSES
from sleeplm.kinds.facts.counts import count
from sleeplm.kinds.facts.durations import DURATIONS
from sleeplm.kinds.facts.heart import HEART
from sleeplm.kinds.facts.hypopnea_types import BY_TYPE
from sleeplm.kinds.facts.kind import (
    Asked,
    Count,
    Density,
    Duration,
    FactKind,
    Needs,
    Rate,
    RecordingRate,
    ShareOfSleep,
)
from sleeplm.kinds.facts.oxygen import OXYGEN
from sleeplm.kinds.facts.parts import BREATHING_PARTS
from sleeplm.kinds.facts.period import PERIOD
from sleeplm.kinds.facts.rules import AHI_BY_RULE
from sleeplm.kinds.facts.sleep import SLEEP

_WRITTEN = (
    *PERIOD,
    *SLEEP,
    *BREATHING,
    *BY_TYPE,
    *AHI_BY_RULE,
    *BREATHING_PARTS,
    *DURATIONS,
    *BREATHS,
    *OXYGEN,
    *HEART,
    *BODY,
    *AROUSAL_CAUSES,
)
# A type of event whose count stands in no topic is counted last: its own row is enough.
_COUNTS = (count(event.id) for event in EVENT_KINDS.values() if event.count)
FACT_KINDS = {kind.id: kind for kind in _WRITTEN}
FACT_KINDS |= {kind.id: kind for kind in _COUNTS if kind.id not in FACT_KINDS}
FACT_IDS = tuple(FACT_KINDS)

__all__ = [
    "FACT_IDS",
    "FACT_KINDS",
    "Asked",
    "Count",
    "Density",
    "Duration",
    "FactKind",
    "Needs",
    "Rate",
    "RecordingRate",
    "ShareOfSleep",
]

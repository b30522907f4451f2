"""Obstructive and central hypopneas, and the index of all obstructive and of all central events."""

from sleeplm.kinds.facts.kind import AASM, IN_SLEEP, FactKind, Needs
from sleeplm.units import PER_HOUR

_TYPES = (
    "The type is the scorer's; of our detector's, it is told by snoring, flattened inspirations and paradox of the "
    "belts"
)
HYPOPNEA_TYPES = ("obstructive", "central")
# Apneas that an index of all obstructive, or of all central, events counts with the hypopneas of the type.
APNEAS_OF = {"obstructive": ("apnea_obstructive", "apnea_mixed"), "central": ("apnea_central",)}
_APNEAS = {"obstructive": "Obstructive and mixed apneas", "central": "Central apneas"}

BY_TYPE = (
    *(FactKind(f"hypopnea_{kind}_per_h", f"{kind.capitalize()} hypopnea index", PER_HOUR,
               f"The {kind} hypopnea index was {{value}} of sleep.",
               f"{kind.capitalize()} hypopneas ({IN_SLEEP}) / hours of total sleep time. {_TYPES} ({{source}}).",
               AASM, Needs(events=("hypopnea",), staging=True), names=rf"{kind} hypopn(?:ea|oea)")
      for kind in HYPOPNEA_TYPES),
    *(FactKind(f"ahi_{kind}_per_h", f"{kind.capitalize()} apnea-hypopnea index", PER_HOUR,
               f"The {kind} apnea-hypopnea index was {{value}} of sleep.",
               f"{_APNEAS[kind]} and {kind} hypopneas ({IN_SLEEP}) / hours of total sleep time. {_TYPES} "
               "({source}).", AASM, Needs(events=("hypopnea", *APNEAS_OF[kind]), staging=True),
               names=rf"{kind} (?:ahi|apnea.(?:and.)?hypopnea)|\b{kind[0]}ahi\b")
      for kind in HYPOPNEA_TYPES),
)  # fmt: skip

"""Respiratory rate by stage."""

from sleeplm.kinds.facts.kind import FactKind, Needs
from sleeplm.kinds.stages import STAGE_KINDS, STAGES, Stage
from sleeplm.units import PER_MINUTE

_RATE = r"(?:respiratory|respiration|breathing|breath) rate|breaths? (?:per|a|each) min"
_BY_STAGE = r"(?:by|each|per|every) (?:sleep )?stage|asleep|in sleep"
_ASKED = {Stage.W: r"awake|\bwake", Stage.N1: r"\bn1\b", Stage.N2: r"\bn2\b", Stage.N3: r"n3|deep sleep",
          Stage.R: r"\brem\b|stage r\b"}  # fmt: skip
_OTHER = "|".join(_ASKED.values())

BREATHS = (
    *(FactKind(f"breaths_{s.key}_per_min", f"Respiratory rate in {STAGE_KINDS[s].short}", PER_MINUTE,
               f"The respiratory rate in {STAGE_KINDS[s].short} was {{value}}.",
               "Breaths of each epoch of the stage in bed by the phase of flow and belts, where spectrum and count "
               "of the same signal agree and no apnea or hypopnea is scored; the median of 10 epochs or more.",
               needs=Needs("breathing", staging=True, stage=s),
               names=rf"(?:{_RATE})(?=.*(?:{_ASKED[s]}|{_BY_STAGE})|(?!.*(?:{_OTHER})))", rank=rank)
      for s, rank in zip(STAGES, (3, 4, 0, 1, 2), strict=True)),
)  # fmt: skip

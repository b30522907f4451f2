"""The numbers of a night as facts: the same ids for every night, each with formula, unit, source and evidence."""

from sleeplm.facts.night_facts import night_facts
from sleeplm.kinds.facts import FACT_IDS, FACT_KINDS, FactKind

__all__ = ["FACT_IDS", "FACT_KINDS", "FactKind", "night_facts"]

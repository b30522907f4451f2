"""The numbers of a night as facts: the same ids for every night, each with formula, unit, source and evidence."""

from sleeplm.statistics.kinds import FACT_IDS, FACT_KINDS, FactKind
from sleeplm.statistics.night import night_facts

__all__ = ["FACT_IDS", "FACT_KINDS", "FactKind", "night_facts"]

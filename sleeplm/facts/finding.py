"""What was found for one fact in one night, before it is put into words."""

from dataclasses import dataclass, replace

import numpy as np

from sleeplm.kinds.facts import FactKind
from sleeplm.night import Basis, Fact, Interval
from sleeplm.units import CLOCK, COUNT, RATIO, format_value

TOO_LITTLE = "which is too little to tell"
_OF = {COUNT: "number of ", CLOCK: "time of "}


@dataclass(frozen=True)
class Finding:
    """A value with its evidence, or the reason why there is none.

    Attributes
    ----------
    value : float, int, str or None
        Not rounded yet.
    why : str
        Where `value` is None: the reason, as a clause that "so ... is not known" can follow.
    where : str
        Words about the place in the night, for sentences that have room for them.
    signals, source, epochs, rule, basis, note, interval
        As in `Fact`.
    """

    value: float | int | str | None = None
    why: str = ""
    where: str = ""
    signals: tuple[str, ...] = ()
    source: str = "measured"
    epochs: tuple[tuple[int, int], ...] = ()
    rule: str = ""
    basis: Basis | None = None
    note: str = ""
    interval: Interval | None = None

    @property
    def number(self) -> float:
        """The value, where it is a number."""
        if not isinstance(self.value, int | float | np.number):
            raise TypeError(f"{self.value!r} is no number")
        return float(self.value)


def as_fact(kind: FactKind, found: Finding) -> Fact:
    """Round a finding and put it into the words of its kind."""
    value = _rounded(found.value, kind.unit)
    text = f"{found.why}, so {fact_subject(kind)} is not known."
    evidence = (found.signals, found.source, found.epochs, found.rule, found.basis, found.note, found.interval)
    fact = Fact(kind.id, kind.name, value, kind.unit, text, kind.definition, *evidence)
    if value is None:
        return fact
    sentence = kind.sentence.format(value=format_value(value, kind.unit), where=found.where)
    return replace(fact, text=with_details(sentence, fact))


def with_details(sentence: str, fact: Fact) -> str:
    """A fact's sentence with what must be shown beside its value."""
    doubt = f", {TOO_LITTLE}" if fact.basis and not fact.basis.enough else ""
    details = f" ({'; '.join(fact.details)})" if fact.details else ""
    return f"{sentence.removesuffix('.')}{doubt}{details}." if doubt or details else sentence


def _rounded(value: float | int | str | None, unit: str) -> float | int | str | None:
    if value is None or isinstance(value, str):
        return value
    if not np.isfinite(value):
        return None
    return int(value) if unit == COUNT else round(float(value), 2 if unit == RATIO else 1)


def fact_subject(kind: FactKind) -> str:
    """What a sentence calls a fact that has no value."""
    first = kind.name.split()[0]
    name = kind.name if not first[1:].islower() else kind.name[0].lower() + kind.name[1:]
    return f"the {_OF.get(kind.unit, '')}{name}"


def share_pct(part: float, whole: float) -> float | None:
    """Percent of a whole; None of nothing."""
    return 100 * part / whole if whole else None

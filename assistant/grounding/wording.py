"""The words in which a fact may be stated: every clause is true of the fact whose place it holds."""

import json
import re
from functools import lru_cache
from pathlib import Path

from sleeplm.kinds.facts import FACT_KINDS
from sleeplm.night import Fact


@lru_cache
def _table() -> dict:
    return json.loads((Path(__file__).parent / "wording.json").read_text(encoding="utf-8"))


def clauses(fact: Fact, before: Fact | None = None) -> list[str]:
    """All clauses that may state a fact, each with its id in braces where the value belongs.

    A clause names the fact itself, so that no value can stand under another's name; only a share that directly
    follows its minutes may go without.

    Parameters
    ----------
    fact : Fact
        With a value.
    before : Fact or None
        The fact stated before it.
    """
    table = _table()
    if is_statement(fact):
        known = table["statements"]
        forms = known[max((p for p in known if fact.id.startswith(p)), key=len)]
    else:
        forms = [*table["quantities"].get(fact.id, ()), *_own_sentence(fact)]
        if before is not None and is_share_of(fact, before):
            forms = table["shares"] + forms
        forms = forms or table["counts" if isinstance(fact.value, int) and not fact.unit else "others"]
    name = re.sub(r"[{}]", "", fact.name)
    return [form.replace("{name}", name).replace("{}", f"{{{fact.id}}}") for form in forms]


def _own_sentence(fact: Fact) -> list[str]:
    """The sentence of a fixed fact as a clause, where its place in the night is not part of it."""
    kind = FACT_KINDS.get(fact.id)
    if kind is None:
        return []
    clause = kind.sentence.replace("{where}", "").replace("{value}", "{}").rstrip(".")
    return [clause[0].lower() + clause[1:] if clause[1] == " " or clause[1].islower() else clause]


def openings() -> list[str]:
    """What may stand before the first clause where that is not a statement."""
    return _table()["openings"]


def joins(fact: Fact, before: Fact) -> tuple[str, ...]:
    """What may stand between two clauses: a statement is a sentence of its own, unless it says when."""
    if is_statement(before) or (is_statement(fact) and not fact.id.endswith("_when")):
        return (". ",)
    if is_statement(fact) or is_share_of(fact, before):
        return (", ",)
    return (", ", ", and ", "; ", ". ")


def is_statement(fact: Fact) -> bool:
    """Whether a fact's value is a clause rather than a quantity."""
    return isinstance(fact.value, str) and not fact.unit


def is_share_of(fact: Fact, before: Fact) -> bool:
    """Whether a fact is the share of total sleep time of the minutes stated before it."""
    return fact.id in FACT_KINDS and FACT_KINDS[fact.id].share_of == before.id

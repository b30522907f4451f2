"""What a written answer must keep to, the check that it does, and the filling in of values."""

import json
import re
from collections.abc import Sequence

from assistant.grounding.wording import clauses, is_statement, joins, openings
from assistant.llm.prompt import WRITE, Prompt
from assistant.question import Question
from sleeplm.kinds.facts import FACT_KINDS
from sleeplm.kinds.sources import source_phrase
from sleeplm.night import Fact
from sleeplm.units import format_value

MAX_FACTS = 10  # in one answer
SYSTEM = (
    "Answer the question about a sleep study in plain short sentences. Name each fact and put its id in braces "
    "where its value belongs, every id once, in the order given. Write no number yourself. "
    "Example: 'how long did they sleep?' with tst_min, se_pct -> 'the person slept {tst_min}, sleep efficiency was "
    "{se_pct}.'"
)
_PLACE = re.compile(r"\{([a-z0-9_]+)\}")
_FIXED = re.compile(r"\b(?:N[123]|SpO2|T90|ODI[34])\b")
_NUMBER_WORDS = re.compile(
    r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|"
    r"seventy|eighty|ninety|hundred|thousand|dozen|half|third|quarter|once|twice|double|most|few|several|many|none|no|"
    r"never|always)\b",
    re.IGNORECASE,
)


def write_prompt(question: Question, facts: Sequence[Fact]) -> Prompt:
    """Ask for the answer: the question and the ids of the facts, without their values."""
    return Prompt(WRITE, f"{question.asked}\n{' '.join(f.id for f in facts)}", SYSTEM)


def write_grammar(facts: Sequence[Fact]) -> str:
    """Write the grammar of all answers that name these facts, each once and in order, in Lark's form."""
    # One terminal for all: a lexer that saw the parts apart would be misled where one choice begins like another.
    names, lines = [], []
    for i, choices in enumerate(parts(facts)):
        names.append(f"P{i}?" if "" in choices else f"P{i}")
        lines.append(f"P{i}: " + " | ".join(json.dumps(c, ensure_ascii=False) for c in choices if c))
    return "\n".join(["start: ANSWER", f"ANSWER: {' '.join(names)}", *lines]) + "\n"


def parts(facts: Sequence[Fact]) -> list[list[str]]:
    """An answer as a row of choices: opening, clause, join, clause and so on, and the full stop."""
    parts = [["", *(f"{o}, " for o in openings())]] if not is_statement(facts[0]) else []
    for fact, before in zip(facts, [None, *facts], strict=False):
        if before is not None:
            parts.append(list(joins(fact, before)))
        parts.append(clauses(fact, before))
    return [*parts, ["."]]


def check(text: str, facts: Sequence[Fact]) -> str | None:
    """Say what is wrong with a written answer before its values are filled in; None where nothing is.

    It must cite all its facts, each once and in order, and every clause must be one that is true of the fact it
    cites: so it can hold no digit outside ids and definitions, no number word, and no judgement.
    """
    ids = _PLACE.findall(text)
    if ids != [f.id for f in facts]:
        return f"cites {', '.join(ids) or 'nothing'} instead of {', '.join(f.id for f in facts)}"
    pattern = "".join("(?:" + "|".join(map(re.escape, choices)) + ")" for choices in parts(facts))
    if re.fullmatch(pattern, text):
        return None
    words = _FIXED.sub(" ", _PLACE.sub(" ", text))
    if re.search(r"\d", words):
        return "writes a digit of its own"
    number = _NUMBER_WORDS.search(words)
    if number:
        return f"writes the number word {number[0]!r}"
    return "says more than its facts do"


def fill(text: str, facts: Sequence[Fact]) -> str:
    """Put values and units where the ids stand, and begin sentences with capitals.

    A placeholder that is not finished yet is left out, so that a growing text can be shown.
    """
    values = {f.id: shown_value(f) for f in facts}
    text = re.sub(r"\{[^}]*$", "", text)
    filled = _PLACE.sub(lambda m: values.get(m[1], ""), text)
    return re.sub(r"(^|\. )([a-z])", lambda m: m[1] + m[2].upper(), filled)


def shown_value(fact: Fact) -> str:
    """Value and unit of a fact as the answer shows them."""
    return format_value(fact.value, fact.unit).rstrip(".")


def in_plain_sentences(facts: Sequence[Fact]) -> str:
    """The facts' own sentences: what is said where nothing better was written."""
    with_place = {f"{id}_when" for id, kind in FACT_KINDS.items() if kind.has_place}
    return " ".join(f.text for f in facts if f.id not in with_place)


def basis_sentence(fact: Fact) -> str:
    """What an index rests on, and whether that is enough."""
    if fact.basis is None:
        return ""
    doubt = "" if fact.basis.enough else ", too little to tell"
    return f"{fact.name}: {fact.basis.words}{doubt}."


def source_clause(facts: Sequence[Fact], simulated: bool) -> str:
    """Who scored what the facts rest on, and by which rule, as it is added to every answer."""
    names = dict.fromkeys(part for f in facts for part in f.source.split(" and "))
    words = [source_phrase(name) for name in names]
    clause = f"Source: {'; '.join(words)}." if words else ""
    known = [f for f in facts if f.value is not None]
    clause += "".join(f" {basis_sentence(f)}" for f in known if f.basis)
    clause += "".join(f" {f.name}: {f.interval.words(f.unit)}." for f in known if f.interval)
    clause += "".join(f" Note: {note}." for note in dict.fromkeys(f.note for f in known if f.note))
    clause += "".join(f" Rule: {rule}." for rule in dict.fromkeys(f.rule for f in known if f.rule))
    return f"{clause} This night is simulated.".strip() if simulated else clause

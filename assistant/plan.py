"""From a question to tool calls: the language model picks, within a grammar made from this study and question."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.prompt import MAX_QUESTION, PLAN, Prompt
from assistant.slots import Slots, read_slots
from assistant.timeline import EVENT_GROUPS
from assistant.tools import DECLINES, TOOLS, Call
from assistant.topics import Topic, topics_of
from sleeplm.vocabulary import EVENT_TYPES, STAGES

MAX_FACTS = 3  # ids in one call
MAX_TOKENS = 60
SLOT_TOOLS = ("at", "window", "epoch", "look", "similar")
_EVENT_COUNTS = {f"{event}_n" for event in EVENT_TYPES}
_CALL = re.compile(r'(\w+)\(("[^"]*"|[^)]*)\)')

SYSTEM = (
    "You plan how to answer a question about one sleep study. Write one tool call, or two split by '; '. Tools:\n"
    + "\n".join(f"{tool.name}: {tool.use}" for tool in TOOLS.values())
    + "\nExamples: 'how long was deep sleep' -> facts(n3_min); 'when was REM' -> stages(R); "
    "'longest time awake' -> longest(W); 'number of apneas' -> events(apnea); "
    "'will it rain' -> decline(out_of_scope)"
)


@dataclass(frozen=True)
class Scope:
    """What a plan may name: the study's fact ids, and the question's own moments, epochs, topics and words."""

    fact_ids: tuple[str, ...]
    slots: Slots
    inherited: bool
    topics: tuple[Topic, ...]
    words: str


def read_scope(question: str, study, before: str | None = None) -> Scope:
    """Read what a question names; a follow-up without times or epochs inherits those of the question before it."""
    duration_s = study.recording["duration_s"]
    slots = read_slots(question, study.start_clock, duration_s)
    inherited = before is not None and not slots.moments and not slots.epochs
    if inherited:
        slots = read_slots(before, study.start_clock, duration_s)
    ids = tuple(f.id for f in study.facts if is_asked_by_id(f.id))
    words = " ".join(re.findall(r"[\w'-]+", question.lower()))[:MAX_QUESTION]
    return Scope(ids, slots, inherited, tuple(topics_of(question)), words)


def is_asked_by_id(id: str) -> bool:
    """Whether a plan names a fact by its id: bouts and counts of events have tools of their own."""
    return re.fullmatch(r"[a-z0-9_]+", id) is not None and not id.startswith("longest_") and id not in _EVENT_COUNTS


def plan_prompt(question: str, before: Sequence[Call] = ()) -> Prompt:
    """Ask for a plan; a question that follows another is put behind the calls that answered that one."""
    asked = " ".join(question.split())[:MAX_QUESTION]
    context = f"[{'; '.join(str(c) for c in before)}] " if before else ""
    return Prompt(PLAN, context + asked, SYSTEM)


def plan_grammar(scope: Scope) -> str:
    """Write the grammar of all plans that make sense for a question, in Lark's form.

    A time or an epoch can only be one that the question names. Where it names any, the first call looks there;
    where it names a topic that rests on a signal, the first call is about that topic.
    """
    rules = {name: _rule(name, scope) for name in TOOLS}
    rules = {name: rule for name, rule in rules.items() if rule}
    first = dict(rules)
    if (scope.slots.moments or scope.slots.epochs) and not scope.inherited:
        first = {n: r for n, r in rules.items() if n in (*SLOT_TOOLS, "decline")}
    elif scope.topics:
        first = {n: r for n, r in rules.items() if n in ("find", "signals", "decline", *_slot_rules(rules))}
        first |= _topic_rules(scope)
    lines = ['start: first ("; " call)?']
    lines.append("first: " + " | ".join(first.values()))
    lines.append("call: " + " | ".join(r for n, r in rules.items() if n != "decline"))
    lines.append("FACT: " + _choice(scope.fact_ids))
    lines.append("EVENT: " + _choice(dict.fromkeys((*EVENT_GROUPS, *EVENT_TYPES))))
    lines.append("STAGE: " + _choice(STAGES))
    lines.append(f'PHRASE: %regex {{ "substring_words": "{scope.words}" }}')
    return "\n".join(lines) + "\n"


def _rule(tool: str, scope: Scope) -> str | None:
    moments, epochs = [m.text for m in scope.slots.moments], [str(n) for n in scope.slots.epochs]
    if tool == "facts":
        return f'"facts(" FACT ("," FACT){{0,{MAX_FACTS - 1}}} ")"' if scope.fact_ids else None
    if tool == "window":
        pairs = [f"window({p[0]},{p[1]})" for p in (moments, epochs) if len(p) > 1]
        return " | ".join(f'"{p}"' for p in pairs) or None
    if tool in SLOT_TOOLS:
        values = moments if tool == "at" else epochs
        return " | ".join(f'"{tool}({v})"' for v in values) or None
    arguments = {
        "stages": "STAGE",
        "events": 'EVENT ("," STAGE)?',
        "longest": '("sleep" | STAGE)',
        "find": r'"\"" PHRASE "\""',
        "decline": "(" + _choice(DECLINES) + ")",
    }
    return f'"{tool}(" {arguments[tool]} ")"' if tool in arguments else f'"{tool}()"'


def _slot_rules(rules: dict[str, str]) -> list[str]:
    return [name for name in SLOT_TOOLS if name in rules]


def _topic_rules(scope: Scope) -> dict[str, str]:
    prefixes = tuple(p for t in scope.topics for p in t.fact_prefixes)
    ids = [id for id in scope.fact_ids if id.startswith(prefixes)]
    kinds = {e for t in scope.topics for e in t.events}
    kinds |= {g for g, members in EVENT_GROUPS.items() if g != "any" and kinds.issuperset(members)}
    found = {}
    if ids:
        one = f"({_choice(ids)})"
        found["facts"] = f'"facts(" {one} ("," {one}){{0,{MAX_FACTS - 1}}} ")"'
    if kinds:
        found["events"] = f'"events(" ({_choice(sorted(kinds))}) ("," STAGE)? ")"'
    return found


def _choice(words) -> str:
    return " | ".join(f'"{w}"' for w in words)


def parse_plan(text: str) -> list[Call]:
    """Read the calls that a model wrote within the grammar; a repeated one counts once."""
    calls = []
    for name, inside in _CALL.findall(text):
        quoted = inside.startswith('"')
        arguments = (inside.strip('"'),) if quoted else tuple(a for a in inside.split(",") if a)
        calls.append(Call(name, tuple(dict.fromkeys(arguments)) if name == "facts" else arguments))
    return list(dict.fromkeys(calls))

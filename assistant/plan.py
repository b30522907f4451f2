"""From a question to tool calls: the language model picks, within a grammar made from this study and question."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.named_facts import named_facts
from assistant.prompt import MAX_QUESTION, PLAN, Prompt
from assistant.slots import Slots, read_slots
from assistant.timeline import EVENT_GROUPS
from assistant.tools import DECLINES, TOOLS, Call
from assistant.topics import TOPICS, Topic, spelled, stages_of, topics_of
from sleeplm.kinds.events import EVENT_TYPES
from sleeplm.kinds.facts import FACT_KINDS, Asked
from sleeplm.kinds.stages import STAGES, Stage

MAX_FACTS = 4  # ids in one call
MAX_TOKENS = 60
UNITS = ("min", "pct")
SLOT_TOOLS = ("at", "window", "epoch", "look", "similar")
# "What does epoch 2 look like?" asks for its description, "what looks like epoch 2?" for its neighbours.
_LOOKS_HOW = re.compile(r"\blooks? like\b(?! (?:epoch|stretch|the|that|this|it)\b)")
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
    """What a plan may name: the study's fact ids, and the question's own moments, epochs, topics and words.

    `named` are the ids of the facts that the question names by names of their own.
    """

    fact_ids: tuple[str, ...]
    slots: Slots
    inherited: bool
    follows: bool
    topics: tuple[Topic, ...]
    stages: tuple[Stage, ...]
    words: str
    named: tuple[str, ...] = ()


def read_scope(question: str, study, before: str | None = None) -> Scope:
    """Read what a question names; a follow-up without times or epochs inherits those of the question before it."""
    duration_s = study.recording["duration_s"]
    slots = read_slots(spelled(question), study.start_clock, duration_s)
    inherited = before is not None and not slots.moments and not slots.epochs
    if inherited:
        slots = read_slots(spelled(before), study.start_clock, duration_s)
    asked = {id: FACT_KINDS[id].asked for id in (f.id for f in study.facts) if id in FACT_KINDS}
    words = " ".join(re.findall(r"[\w'-]+", question.lower()))[:MAX_QUESTION]
    return Scope(
        fact_ids=tuple(id for id, how in asked.items() if how is Asked.BY_ID),
        slots=slots,
        inherited=inherited,
        follows=before is not None,
        topics=tuple(topics_of(question)),
        stages=tuple(stages_of(question)),
        words=words,
        named=tuple(id for id in named_facts(question) if id in asked)[:MAX_FACTS],
    )


def plan_prompt(question: str, before: Sequence[Call] = ()) -> Prompt:
    """Ask for a plan; a question that follows another is put behind the calls that answered that one."""
    asked = " ".join(question.split())[:MAX_QUESTION]
    context = f"[{'; '.join(str(c) for c in before)}] " if before else ""
    return Prompt(PLAN, context + asked, SYSTEM)


def plan_grammar(scope: Scope) -> str:
    """Write the grammar of all plans that make sense for a question, in Lark's form.

    A time or an epoch can only be one that the question names, and where it names any, the first call looks there.
    Where it names facts by names of their own, the first call looks just these up.
    Where it names a topic that rests on a signal, the first call is about that topic, and otherwise no call is,
    unless it follows another question; where it names stages, no other stage is looked up.
    """
    allowed = _allowed(scope)
    rules = {name: rule for name in TOOLS if (rule := _rule(name, scope, *allowed))}
    if _LOOKS_HOW.search(scope.words):
        rules.pop("similar", None)
    first = rules
    if (scope.slots.moments or scope.slots.epochs) and not scope.inherited:
        first = {n: r for n, r in rules.items() if n in (*SLOT_TOOLS, "decline")}
    elif scope.named:
        first = {"facts": f'"facts({",".join(scope.named)})"'}
    elif scope.topics:
        first = {
            n: r for n, r in rules.items() if n in ("facts", "events", "find", "signals", "decline", *SLOT_TOOLS)
        }
    calls = {n: r for n, r in rules.items() if n != "decline"}
    return "\n".join([
        'start: first ("; " call)?',
        "first: " + " | ".join(first.values()),
        "call: " + " | ".join(calls.values()),
        "STAGE: " + _choice(scope.stages or STAGES),
        f'PHRASE: %regex {{ "substring_words": "{scope.words}" }}',
    ]) + "\n"  # fmt: skip


def _allowed(scope: Scope) -> tuple[list[str], list[str]]:
    """Fact ids and kinds of events that fit the question's topics and stages."""
    unwanted = {f"{s.lower()}_{unit}" for s in STAGES if scope.stages and s not in scope.stages for unit in UNITS}
    ids = [id for id in scope.fact_ids if id not in unwanted]
    if scope.follows and not scope.topics:
        return ids, _kinds(set(EVENT_TYPES))
    own = scope.topics or TOPICS
    facts, events = {id for t in own for id in t.fact_ids}, {e for t in own for e in t.events}
    if scope.topics:
        return [id for id in ids if id in facts], _kinds(events)
    return [id for id in ids if id not in facts], ["any", *_kinds(set(EVENT_TYPES) - events)]


def _kinds(types: set[str]) -> list[str]:
    groups = [group for group, members in EVENT_GROUPS.items() if types.issuperset(members)]
    return [*groups, *(e for e in EVENT_TYPES if e in types and e not in groups)]


def _rule(tool: str, scope: Scope, ids: Sequence[str], kinds: Sequence[str]) -> str | None:
    moments, epochs = [m.text for m in scope.slots.moments], [str(n) for n in scope.slots.epochs]
    if tool == "facts":
        one = f"({_choice(ids)})"
        return f'"facts(" {one} ("," {one}){{0,{MAX_FACTS - 1}}} ")"' if ids else None
    if tool == "events":
        stage = '"," STAGE' if scope.stages else '("," STAGE)?'
        return f'"events(" ({_choice(kinds)}) {stage} ")"' if kinds else None
    if tool == "window":
        pairs = [f"window({p[0]},{p[1]})" for p in (moments, epochs) if len(p) > 1]
        return " | ".join(f'"{p}"' for p in pairs) or None
    if tool in SLOT_TOOLS:
        values = moments if tool == "at" else epochs
        return " | ".join(f'"{tool}({v})"' for v in values) or None
    arguments = {
        "stages": "STAGE",
        "longest": '("sleep" | STAGE)',
        "find": r'"\"" PHRASE "\""',
        "decline": "(" + _choice(DECLINES) + ")",
    }
    return f'"{tool}(" {arguments[tool]} ")"' if tool in arguments else f'"{tool}()"'


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

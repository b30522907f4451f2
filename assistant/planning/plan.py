"""From a question to tool calls: the language model picks, within a grammar made from this study and question."""

import re
from collections.abc import Sequence

from assistant.llm.prompt import PLAN, Prompt
from assistant.question import Question
from assistant.question.topics import TOPICS
from assistant.timeline import EVENT_GROUPS
from assistant.tools import TOOLS, Call, Offer
from assistant.tools.arguments import MAX_FACTS, PHRASE, STAGE, choice
from sleeplm.kinds.events import EVENT_TYPES
from sleeplm.kinds.stages import STAGES

MAX_TOKENS = 60
UNITS = ("min", "pct")
_CALL = re.compile(r'(\w+)\(("[^"]*"|[^)]*)\)')

SYSTEM = (
    "You plan how to answer a question about one sleep study. Write one tool call, or two split by '; '. Tools:\n"
    + "\n".join(f"{tool.name}: {tool.use}" for tool in TOOLS.values())
    + "\nExamples: 'how long was deep sleep' -> facts(n3_min); 'when was REM' -> stages(R); "
    "'longest time awake' -> longest(W); 'number of apneas' -> events(apnea); "
    "'will it rain' -> decline(out_of_scope)"
)


def plan_prompt(question: Question, before: Sequence[Call] = ()) -> Prompt:
    """Ask for a plan; a question that follows another is put behind the calls that answered that one."""
    context = f"[{'; '.join(str(c) for c in before)}] " if before else ""
    return Prompt(PLAN, context + question.asked, SYSTEM)


def plan_grammar(question: Question) -> str:
    """Write the grammar of all plans that make sense for a question, in Lark's form.

    A time or an epoch can only be one that the question names, and where it names any, the first call looks there.
    Where it names facts by names of their own, the first call looks just these up.
    Where it names a topic that rests on a signal, the first call is about that topic, and otherwise no call is,
    unless it follows another question; where it names stages, no other stage is looked up.
    """
    offer = _offer(question)
    rules = {name: rule for name, tool in TOOLS.items() if (rule := tool.rule(offer))}
    if question.looks_how:
        rules.pop("similar", None)
    first = rules
    if (question.slots.moments or question.slots.epochs) and not question.inherited:
        first = {name: rule for name, rule in rules.items() if TOOLS[name].at_place}
    elif question.named:
        first = {"facts": f'"facts({",".join(question.named[:MAX_FACTS])})"'}
    elif question.topics:
        first = {name: rule for name, rule in rules.items() if TOOLS[name].on_topic}
    calls = {name: rule for name, rule in rules.items() if name != "decline"}
    return "\n".join([
        'start: first ("; " call)?',
        "first: " + " | ".join(first.values()),
        "call: " + " | ".join(calls.values()),
        f"{STAGE}: {choice(question.stages or STAGES)}",
        f'{PHRASE}: %regex {{ "substring_words": "{question.words}" }}',
    ]) + "\n"  # fmt: skip


def _offer(question: Question) -> Offer:
    """Fact ids and types of events that fit the question's topics and stages, and what else it names."""
    wanted = question.stages
    unwanted = {f"{s.key}_{unit}" for s in STAGES if wanted and s not in wanted for unit in UNITS}
    ids = [id for id in question.fact_ids if id not in unwanted]
    own = question.topics or TOPICS
    facts, events = {id for t in own for id in t.fact_ids}, {e for t in own for e in t.events}
    if question.follows and not question.topics:
        kinds = _kinds(set(EVENT_TYPES))
    elif question.topics:
        ids, kinds = [id for id in ids if id in facts], _kinds(events)
    else:
        ids, kinds = [id for id in ids if id not in facts], ["any", *_kinds(set(EVENT_TYPES) - events)]
    return Offer(question.slots, wanted, tuple(ids), tuple(kinds))


def _kinds(types: set[str]) -> list[str]:
    groups = [group for group, members in EVENT_GROUPS.items() if types.issuperset(members)]
    return [*groups, *(e for e in EVENT_TYPES if e in types and e not in groups)]


def parse_plan(text: str) -> list[Call]:
    """Read the calls that a model wrote within the grammar; a repeated one counts once."""
    calls = []
    for name, inside in _CALL.findall(text):
        quoted = inside.startswith('"')
        arguments = (inside.strip('"'),) if quoted else tuple(a for a in inside.split(",") if a)
        calls.append(Call(name, tuple(dict.fromkeys(arguments)) if name == "facts" else arguments))
    return list(dict.fromkeys(calls))

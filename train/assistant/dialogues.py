"""Dialogues to train the assistant on: questions with their plans, and evidence with its answers.

Questions are hand-written phrasings (`phrasings.txt`) whose slots are filled at random. Every sixth phrasing of a
plan is never trained on: what is measured on these is how well questions are understood that nobody foresaw.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from assistant.grounding import writing
from assistant.llm.prompt import Prompt
from assistant.planning import plan
from assistant.planning.turns import Turn
from assistant.question import Question, leans_on_before
from assistant.question.slots import read_slots
from assistant.question.topics import spelled, stages_of, topics_of
from assistant.tools import Call
from assistant.tools.numbers import COMPANIONS, OVERVIEW, longest_bouts
from sleeplm.facts import FACT_IDS, FACT_KINDS
from sleeplm.night import Fact
from sleeplm.units import CLOCK, COUNT

PHRASINGS = Path(__file__).parent / "phrasings.txt"
HELD_OUT_EVERY = 6
PEOPLE = "the person|the patient|he|she|they|this patient|the sleeper|the subject|I|the guy|this woman".split("|")
STAGE_PHRASES = {
    "N3": "deep sleep|N3|slow wave sleep|stage 3|N3 sleep|delta sleep|deep sleep|SWS".split("|"),
    "R": "REM|REM sleep|stage R|dream sleep|rem|REM sleep".split("|"),
    "N2": "N2|stage N2|stage 2|N2 sleep".split("|"),
    "N1": "N1|stage N1|N1 sleep|stage 1|light sleep N1".split("|"),
    "W": "wake|wakefulness|stage W|W".split("|"),
}
EVENT_PHRASES = {
    "apnea": "apneas|apnoeas|breathing pauses|apneas of any type".split("|"),
    "apnea_obstructive": "obstructive apneas|obstructive apnoeas|obstructive events".split("|"),
    "apnea_central": "central apneas|central apnoeas".split("|"),
    "apnea_mixed": "mixed apneas|mixed apnoeas".split("|"),
    "hypopnea": "hypopneas|hypopnoeas|shallow breathing events".split("|"),
    "respiratory": "respiratory events|breathing events|breathing problems|apneas and hypopneas".split("|"),
    "rera": "RERAs|respiratory effort related arousals".split("|"),
    "desaturation": "desaturations|oxygen drops|oxygen desaturations|desats".split("|"),
    "arousal": "arousals|EEG arousals|micro-arousals".split("|"),
    "leg_movement": "leg movements|limb movements|leg kicks".split("|"),
    "plm": "periodic leg movements|PLMs|periodic limb movements".split("|"),
    "snore": "snores|snoring events|snoring".split("|"),
    "bradycardia": "bradycardias|episodes of bradycardia|slow heart episodes".split("|"),
    "tachycardia": "tachycardias|episodes of tachycardia|fast heart episodes".split("|"),
    "spindle": "sleep spindles|spindles".split("|"),
    "slow_wave": "slow waves|slow oscillations".split("|"),
    "artifact": "artifacts|artefacts".split("|"),
    "any": "events|scored events|events of any kind".split("|"),
}
FOUND_PHRASES = (
    "sleep spindles with slow waves|strong slow waves|a fast heart|muscle twitches|eye movements|loud snoring|"
    "shallow breathing|alpha rhythm|theta waves|deep sleep with low muscle tone|heavy breathing|movement|"
    "rapid eye movements|quiet breathing|high chin tone|a slow heartbeat"
).split("|")
OPENERS = ("", "", "", "", "please, ", "can you tell me: ", "hey, ", "doctor here: ", "quick question: ", "ok, ")
WHEN_PHRASES = ("and when was it?", "when was that?", "when?", "and at what time?", "where is that in the night")
FOLLOW_UPS = ("and {x}?", "what about {x}?", "how about {x}", "and for {x}", "{x}?", "and {x}", "same for {x}")


@dataclass(frozen=True)
class Example:
    """What to learn: a prompt and the text that continues it."""

    prompt: Prompt
    target: str


@dataclass(frozen=True)
class Asked:
    """A question with the plan that answers it, in the study that it was asked about."""

    question: str
    calls: tuple[Call, ...]
    study: SimpleNamespace
    before: Turn | None = None

    def read(self) -> Question:
        """What stands in the question."""
        return Question.read(self.question, self.study, self.before.question if self.before else None)

    def example(self) -> Example:
        """As an example to learn."""
        earlier = self.before.calls if self.before else ()
        return Example(plan.plan_prompt(self.read(), earlier), "; ".join(written(c) for c in self.calls))


def written(call: Call) -> str:
    """A call as a plan writes it: a phrase stands in quotes."""
    return f'find("{call.arguments[0]}")' if call.tool == "find" else str(call)


def read_phrasings(path: Path = PHRASINGS) -> dict[str, list[str]]:
    """The phrasings by the plan that answers them."""
    found: dict[str, list[str]] = {}
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line.startswith("["):
            known = found.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            known.append(line)
    return found


def split_phrasings(held_out: bool) -> dict[str, list[str]]:
    """The phrasings to train on, or those that are held out."""
    last = HELD_OUT_EVERY - 1
    return {
        p: [line for i, line in enumerate(lines) if (i % HELD_OUT_EVERY == last) == held_out]
        for p, lines in read_phrasings().items()
    }


def questions(random: np.random.Generator, held_out: bool = False, repeats: int = 2) -> Iterator[Asked]:
    """Fill every phrasing several times: `repeats` times, and more where a stage or an event is named.

    Half of those that could lean on a question before them stand behind one that they have nothing to do with.
    """
    for pattern, lines in split_phrasings(held_out).items():
        more = 3 if "{event}" in pattern else 2 if "{stage}" in pattern.lower() else 1
        for line in lines:
            for _ in range(1 if held_out else repeats * more):
                one = filled(pattern, line, random, plain=held_out)
                names_none = not re.search(r"\{(stage|STAGE|event)\}", pattern)
                if names_none and leans_on_before(one.question) and random.random() < 0.5:
                    one = replace(one, before=_unrelated(random))
                yield one


def _unrelated(random: np.random.Generator) -> Turn:
    stage, event = _pick(list(STAGE_PHRASES), random), _pick(list(EVENT_PHRASES), random)
    calls = (
        Call("facts", ("tst_min",)), Call("facts", (f"{stage.lower()}_min",)), Call("stages", (stage,)),
        Call("events", (event,)), Call("at", ("01:00",)), Call("overview"), Call("longest", ("W",)),
    )  # fmt: skip
    return Turn("", (_pick(calls, random),))


def filled(pattern: str, line: str, random: np.random.Generator, plain: bool = False) -> Asked:
    """Fill one phrasing and its plan; unless plain, with an opener or a slip of the keyboard now and then."""
    study = _study(random)
    values = _values(pattern, study, random)
    while "{t2}" in pattern and len(_moments("at {t} and {t2}".format_map(values), study)) < 2:
        values = _values(pattern, study, random)
    question = line.format_map(values)
    if not plain and not pattern.startswith("find"):
        typed = _as_typed(OPENERS[random.integers(len(OPENERS))] + question, random)
        if _named(typed) == _named(question):  # else the slip hides what is asked about
            question = typed
    text = pattern.format_map(values)
    if "{t}" in pattern:
        text = f"{text.split('(')[0]}({','.join(_moments(question, study))})"
    return Asked(question, tuple(plan.parse_plan(text)), study)


def follow_ups(random: np.random.Generator, count: int) -> Iterator[Asked]:
    """Questions that lean on the one before: another stage, another event, another time."""
    for _ in range(count):
        kind = ("stage_min", "stage_when", "event", "event_stage", "time", "when")[random.integers(6)]
        stage, other = (str(s) for s in random.choice(list(STAGE_PHRASES)[:4], 2, replace=False))
        named = _pick(STAGE_PHRASES[other], random)
        event, second = (str(e) for e in random.choice(list(EVENT_PHRASES), 2, replace=False))
        study = _study(random)
        x = named
        if kind == "stage_min":
            before, after = Call("facts", (f"{stage.lower()}_min",)), Call("facts", (f"{other.lower()}_min",))
        elif kind == "stage_when":
            before, after = Call("stages", (stage,)), Call("stages", (other,))
        elif kind == "event":
            before, after = Call("events", (event,)), Call("events", (second,))
            x = _pick(EVENT_PHRASES[second], random)
        elif kind == "event_stage":
            before, after, x = Call("events", (event,)), Call("events", (event, other)), f"in {named}"
        elif kind == "time":
            x = _clock_phrase(study, random)
            before, after, x = Call("at", ("01:00",)), Call("at", (_moments(f"at {x}", study)[0],)), f"at {x}"
        else:
            before, after = Call("facts", (f"{stage.lower()}_min",)), Call("stages", (stage,))
        question = _pick(FOLLOW_UPS, random).format(x=x)
        if kind == "when":
            question = _pick(WHEN_PHRASES, random)
        if not leans_on_before(question):
            continue
        yield Asked(question, (after,), study, Turn("", (before,)))


def answers(asked: Iterator[Asked], random: np.random.Generator) -> Iterator[Example]:
    """Answers to questions: the terser the question, the shorter the clauses."""
    for one in asked:
        brought = [fact for call in one.calls for fact in facts_of(call, random)]
        facts = list({f.id: f for f in brought}.values())[: writing.MAX_FACTS]
        if facts:
            terse = len(one.question.split()) <= 3
            target = "".join(_choose(choices, terse, random) for choices in writing.parts(facts))
            yield Example(writing.write_prompt(one.read(), facts), target)


def facts_of(call: Call, random: np.random.Generator) -> list[Fact]:
    """The facts that a call would bring, without their values."""
    arguments = call.arguments
    if call.tool == "facts":
        placed = [id for id in arguments if id in FACT_KINDS and FACT_KINDS[id].has_place]
        with_others = ((id, COMPANIONS.get(id), f"{id}_when" if id in placed else None) for id in arguments)
        ids = [id for some in with_others for id in some if id]
    elif call.tool == "longest":
        fixed = longest_bouts(arguments[0]) or [f"longest_{arguments[0].lower()}_min"]
        ids = [i for id in fixed for i in (id, f"{id}_when")]
    elif call.tool == "overview":
        ids = list(OVERVIEW[: int(random.integers(5, len(OVERVIEW) + 1))])
    elif call.tool == "stages":
        ids = [f"{arguments[0].lower()}_min", f"{arguments[0].lower()}_min_when"]
    elif call.tool == "events":
        known = len(arguments) == 1 and f"{arguments[0]}_n" in FACT_KINDS
        id = f"{arguments[0]}_n" if known else f"{arguments[0]}_count"
        ids = [id, f"{id}_when"][: int(random.integers(1, 3))]
    elif call.tool == "similar":
        ids = ["span_1", "span_2", "span_3", f"epoch_{arguments[0]}"]
    elif call.tool == "epoch":
        ids = [f"epoch_{arguments[0]}", f"measured_{arguments[0]}"]
    else:
        return []
    return [stand_in(id) for id in ids]


def stand_in(id: str) -> Fact:
    """A fact that stands for one of this id, where only its wording matters."""
    kind = FACT_KINDS.get(id)
    if kind is not None:
        value = "02:00:00" if kind.unit == CLOCK else 3 if kind.unit == COUNT else 3.0
        return Fact(id, kind.name, value, kind.unit, "", "")
    if id.endswith("_count"):
        return Fact(id, EVENT_PHRASES[id.removesuffix("_count")][0], 3, "", "", "")
    if id.endswith("_min"):
        return Fact(id, "longest stretch", 3.0, "min", "", "")
    return Fact(id, id, "a statement", "", "", "")


def _choose(choices: list[str], terse: bool, random: np.random.Generator) -> str:
    if terse:
        return min(choices, key=len)
    return choices[min(int(random.geometric(0.6)) - 1, len(choices) - 1)]


def _study(random: np.random.Generator) -> SimpleNamespace:
    start = int(random.integers(20 * 3600, 25 * 3600)) % 86400
    clock = f"{start // 3600:02d}:{start // 60 % 60:02d}:{start % 60:02d}"
    facts = [SimpleNamespace(id=id) for id in FACT_IDS]
    return SimpleNamespace(start_clock=clock, recording={"duration_s": 8 * 3600.0}, facts=facts)


def _values(pattern: str, study: SimpleNamespace, random: np.random.Generator) -> dict[str, str]:
    asleep_only = "{stage}" in pattern or "longest(" in pattern  # wake has facts and a tool call of its own
    stage = _pick(list(STAGE_PHRASES)[: 4 if asleep_only else 5], random)
    event = _pick(list(EVENT_PHRASES), random)
    first = int(random.integers(1, 900))
    return {
        "who": _pick(PEOPLE, random),
        "stage": stage.lower(),
        "STAGE": stage,
        "S": _pick(STAGE_PHRASES[stage], random),
        "event": event,
        "E": _pick(EVENT_PHRASES[event], random),
        "t": _clock_phrase(study, random),
        "t2": _clock_phrase(study, random),
        "n": str(first),
        "n2": str(first + int(random.integers(1, 60))),
        "p": _pick(FOUND_PHRASES, random),
    }


def _moments(question: str, study: SimpleNamespace) -> list[str]:
    return [m.text for m in read_slots(question, study.start_clock, study.recording["duration_s"]).moments]


def _clock_phrase(study: SimpleNamespace, random: np.random.Generator) -> str:
    h, m, _ = (int(part) for part in study.start_clock.split(":"))
    minute = (h * 60 + m + int(random.integers(5, 470))) % 1440
    hour, minute = minute // 60, (0, 15, 30, minute % 60)[random.integers(4)]
    twelve = f"{(hour - 1) % 12 + 1}", "am" if hour < 12 else "pm"
    forms = [f"{hour:02d}:{minute:02d}", f"{hour}:{minute:02d}", f"{twelve[0]}:{minute:02d} {twelve[1]}"]
    if minute == 0:
        forms += [f"{twelve[0]} {twelve[1]}", f"{twelve[0]}{twelve[1]}", f"{twelve[0]} o'clock"]
    return _pick(forms, random)


def _named(question: str) -> tuple:
    return topics_of(spelled(question)), stages_of(question)


def _as_typed(question: str, random: np.random.Generator) -> str:
    if random.random() < 0.4:
        question = question.rstrip("?.")
    if random.random() < 0.3:
        question = question.lower()
    letters = [m.start() for m in re.finditer(r"(?<=[a-z])[a-z](?=[a-z])", question)]
    if letters and random.random() < 0.1 and not re.search(r"\d", question):
        at = letters[random.integers(len(letters))]
        question = question[:at] + question[at + 1 :]
    return question


def _pick(options, random: np.random.Generator):
    return options[int(random.integers(len(options)))]

"""Whatever the grammar of a plan can write can run: random plans of many questions, on studies of several kinds."""

from dataclasses import replace
from inspect import signature

import numpy as np
import pytest
from fakes_model import FakeEncoder
from llguidance import LLMatcher, LLTokenizer
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask
from study_fake import fake_study

from assistant.grounding.evidence import Evidence
from assistant.planning.plan import parse_plan, plan_grammar
from assistant.question import Question
from assistant.tools import TOOLS, Call, Offer, Tool
from assistant.tools.context import Context
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.kinds.events import EVENT_KINDS, EVENT_TYPES
from sleeplm.kinds.facts import FACT_KINDS
from sleeplm.kinds.stages import STAGES, Stage
from sleeplm.night import Event, Fact

_BYTES = LLTokenizer("byte")
WALKS = 12  # plans of each question on each study
QUESTIONS = {
    "nothing": ("how was the night?", None),
    "no words": ("???", None),
    "a moment": ("what happened around 23:06?", None),
    "two moments": ("what happened between 23:02 and 23:14?", None),
    "a moment outside": ("what happened at 05:00?", None),
    "the end": ("what happened in the last half hour?", None),
    "a time since the start": ("what was 10 minutes in?", None),
    "an epoch": ("describe epoch 2", None),
    "how an epoch looks": ("what does epoch 2 look like?", None),
    "epochs outside": ("compare epoch 0 and epoch 999999", None),
    "a moment and epochs": ("at 23:03 and in epochs 3 to 5?", None),
    "a topic": ("how many apneas were there?", None),
    "a topic and a stage": ("oxygen in REM?", None),
    "many topics": ("heart, oxygen, snoring, legs, eyes and breathing?", None),
    "a stage": ("when was deep sleep?", None),
    "stages": ("N1, N2, N3, REM and wake?", None),
    "a named fact": ("what was the HRV and the RDI?", None),
    "micro events": ("where are the spindles and slow waves?", None),
    "a follow-up": ("and in REM?", "how many apneas?"),
    "a follow-up in time": ("and what stage was that?", "what happened around 23:06 in epoch 3?"),
    "a follow-up of nothing": ("and then?", "how was the night?"),
}


def _all_facts(study):
    known = {fact.id: fact for fact in study.facts}
    blank = [Fact(id, kind.name, None, kind.unit, f"No {kind.name}.", "") for id, kind in FACT_KINDS.items()]
    study.facts = [known.get(fact.id, fact) for fact in blank]
    return study


def _nrem_only():
    study = fake_study()
    stages = tuple(Stage.NREM if s in ("N1", "N2", "N3") else s for s in study.scoring.hypnogram)
    study.scoring = replace(study.scoring, hypnogram=stages, hypnogram_source="sleepecg")
    return _all_facts(study)


def _many_events():
    study = fake_study(channels=CHANNEL_NAMES, start_clock="22:59:30")
    events = tuple(Event(t, 60.0 * i, 12.0, source="automatic") for i, t in enumerate(EVENT_TYPES))
    study.scoring = replace(study.scoring, events=events, event_sources=dict.fromkeys(EVENT_KINDS, "automatic"))
    return _all_facts(study)


def _short(epochs):
    study = fake_study()
    study.n_epochs, study.recording["duration_s"] = epochs, epochs * 30 + 12.5
    for name in ("embeddings", "patches", "tokens", "captions"):
        setattr(study, name, getattr(study, name)[:epochs])
    study.scoring = replace(study.scoring, hypnogram=study.scoring.hypnogram[:epochs], events=())
    return _all_facts(study)


def _no_dense():
    study = fake_study()
    study.patches = study.patches[:, :0]
    return _all_facts(study)


STUDIES = {
    "usual": lambda: _all_facts(fake_study()),
    "no stages": lambda: _all_facts(fake_study(staged=False)),
    "no events and no airflow": lambda: _all_facts(fake_study(channels=("C3",))),
    "an oximeter": lambda: _all_facts(fake_study(channels=("C3", "SPO2"))),
    "no clock": lambda: _all_facts(fake_study(start_clock=None)),
    "NREM of unknown depth": _nrem_only,
    "all types of events": _many_events,
    "three epochs": lambda: _short(3),
    "one epoch": lambda: _short(1),
    "not dense": _no_dense,
}


class _Encoder(FakeEncoder):
    dense = True

    def localize(self, phrase, patches):
        return np.zeros(len(patches)), [(0.0, 30.0 * len(patches), 0.8)]


def _walk(grammar, random):
    """A text of a grammar: every byte drawn among those that it allows."""
    matcher, mask = LLMatcher(_BYTES, grammar), allocate_token_bitmask(1, _BYTES.vocab_size)
    assert not matcher.get_error(), matcher.get_error()
    written = bytearray()
    while not matcher.is_stopped():
        fill_next_token_bitmask(matcher, mask)
        allowed = np.flatnonzero(np.unpackbits(mask[0].view(np.uint8), bitorder="little")[: _BYTES.vocab_size])
        token = int(random.choice(allowed))
        if (matcher.is_accepting() and random.random() < 0.5) or token == _BYTES.eos_token:
            break
        assert matcher.consume_token(token)
        written.append(token)
    return written.decode()


def _first_calls(grammar, text):
    matcher = LLMatcher(_BYTES, grammar)
    tokens = _BYTES.tokenize_str(text)
    return matcher.try_consume_tokens(tokens) == len(tokens)


@pytest.mark.parametrize("kind", STUDIES)
def test_whatever_a_plan_can_be_can_run(kind):
    random, called = np.random.default_rng(7), set()
    study = STUDIES[kind]()
    for name, (text, before) in QUESTIONS.items():
        question = Question.read(text, study, before)
        context = Context(study, None, lambda: _Encoder(8), lambda number: "wake", question.slots)
        for _ in range(WALKS):
            plan = _walk(plan_grammar(question), random)
            calls = parse_plan(plan)
            assert calls, (name, plan)
            for call in calls:
                found = _run(call, context, f"{plan!r}, asked by {name!r} of a study with {kind}")
                assert isinstance(found, Evidence) and (found.facts or found.declined), plan
                called.add(call.tool)
    assert called == set(TOOLS), f"no plan calls {set(TOOLS) - called}"


def _run(call, context, what):
    signature(TOOLS[call.tool].run).bind(context, *call.arguments)
    try:
        assert call.label and isinstance(call.named(), dict)
        return call.run(context)
    except Exception as error:
        error.add_note(f"the plan was {what}")
        raise


OFFER = Question.read("what was between 23:02 and 23:04 in epochs 3 to 5?", fake_study())


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_every_tool_takes_what_its_rule_lets_a_plan_write(tool):
    rule = tool.rule(Offer(OFFER.slots, STAGES, ("tst_min", "se_pct"), ("apnea", "arousal")))
    assert rule, f"{tool.name} has no rule"
    grammar = f'start: {rule}\nSTAGE: "R"\nPHRASE: "slow waves"\n'
    for seed in range(5):
        (call,) = parse_plan(_walk(grammar, np.random.default_rng(seed)))
        assert call.tool == tool.name
        signature(tool.run).bind(None, *call.arguments)
        assert call.label


def test_a_tool_without_a_rule_cannot_be_made():
    with pytest.raises(TypeError, match="arguments"):
        Tool(name="new", run=lambda context, size: Evidence(), use="new", label=lambda size: "new")
    assert Call("overview").label

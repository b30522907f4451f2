import json
import time

import pytest
from study_fake import fake_study

from assistant import Assistant
from assistant.grounding.answers import TextStep
from assistant.llm.model import WEIGHTS
from assistant.tools import Call
from sleeplm.network.encoder import model_of
from sleeplm.network.loading import SleepLM


@pytest.fixture(scope="module")
def assistant():
    return Assistant.load()


def test_the_projector_was_trained_with_the_network_that_is_shipped():
    config = json.loads((WEIGHTS / "config.json").read_text())
    assert config["encoder_sha256"] == model_of(SleepLM.from_pretrained())["sha256"]


def test_the_weights_are_small_and_come_with_a_card():
    assert sum(f.stat().st_size for f in WEIGHTS.glob("*.safetensors")) < 12e6
    config, card = json.loads((WEIGHTS / "config.json").read_text()), (WEIGHTS / "README.md").read_text()
    assert f"{config['evaluation']['plans_held_out_phrasings']['exact']:.1%}" in card


@pytest.mark.parametrize(
    ("question", "call", "words"),
    [
        ("How long did the person sleep?", Call("facts", ("tst_min",)), ["14 min"]),
        ("How much deep sleep was there?", Call("facts", ("n3_min",)), ["4 min", "28.6%"]),
        ("When was the longest period awake?", Call("longest", ("W",)), ["5 min", "before sleep onset", "1 min"]),
        ("What happened around 23:06?", Call("at", ("23:06",)), ["N2 for 3.5 min", "1 hypopnea"]),
        ("Which stretch is most like epoch 35?", Call("similar", ("35",)), ["epochs"]),
        ("Describe epoch 2.", Call("epoch", ("2",)), ["scored wake"]),
    ],
)
def test_main_questions_are_answered_right(assistant, question, call, words):
    *_, answer = assistant.answer(question, fake_study())
    assert answer.tools == [{"tool": call.tool, "arguments": call.named()}]
    assert all(w in answer.text for w in [*words, "Source: "])
    assert answer.citations
    assert answer.model["written_by"] == "llm"
    assert answer.model["adapter"].startswith("sleeplm-chat")


@pytest.mark.parametrize(
    "question", ["What was the lowest oxygen saturation?", "lowest spo2", "how low did o2 sat go"]
)
def test_oxygen_is_declined_where_it_was_not_recorded(assistant, question):
    *_, answer = assistant.answer(question, fake_study())
    assert answer.unavailable
    assert answer.text == "Oxygen saturation (SpO2) was not recorded in this study."


def test_first_words_come_soon(assistant):
    begin = time.perf_counter()
    for step in assistant.answer("How much REM sleep was there?", fake_study()):
        if isinstance(step, TextStep):
            break
    assert time.perf_counter() - begin < 20  # five seconds on two idle cores; the test machine may be busy

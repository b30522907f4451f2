import pytest
from study_fake import fake_study

from assistant.chat import Assistant
from assistant.grounding.answers import Answer, TextStep, ToolStep
from assistant.llm.prompt import PLAN
from assistant.llm.scripted import ScriptedModel
from assistant.planning.turns import last_turn
from assistant.question import leans_on_before
from assistant.tools import Call
from sleeplm.errors import UsageError

PLANS = {
    "how long did": "facts(tst_min,se_pct)",
    "deep sleep": "facts(n3_min)",
    "awake": "longest(W)",
    "around 23:06": "at(23:06)",
    "around 05:00": "at(05:00)",
    "like epoch": "similar(35)",
    "oxygen": "facts(spo2_min_pct)",
    "heart": "facts(hr_mean_bpm)",
    "recorded": "signals()",
    "and the rest": "overview()",
    "hypopneas": "events(hypopnea)",
    "looks": "look(25)",
}
PHRASES = {
    "tst_min": "the person slept {tst_min}",
    "se_pct": "sleep efficiency was {se_pct}",
    "n3_min": "the person had {n3_min} of deep sleep",
    "n3_pct": "that is {n3_pct} of total sleep time",
}


def _fluent(ids):
    return ", ".join(PHRASES[id] for id in ids) + "."


def _ask(question, study=None, write=None, reading=None, history=()):
    assistant = Assistant(ScriptedModel(PLANS, write, reading))
    return list(assistant.answer(question, study or fake_study(), history=history))


def test_an_answer_is_streamed_as_tool_text_and_answer():
    steps = _ask("how long did they sleep?", write=_fluent)
    assert steps[0] == ToolStep("facts", {"ids": ["tst_min", "se_pct"]}, "looked up tst_min, se_pct")
    texts = [s.text for s in steps if isinstance(s, TextStep)]
    assert all("{" not in t for t in texts)
    assert [len(t) for t in texts] == sorted(len(t) for t in texts)
    answer = steps[-1]
    assert isinstance(answer, Answer)
    assert answer.text == "The person slept 14 min, sleep efficiency was 70%. Source: expert scoring."
    assert answer.model["written_by"] == "llm"
    assert [(f.id, f.value) for f in answer.facts] == [("tst_min", 14.0), ("se_pct", 70.0)]
    assert answer.citations[0].epochs == (11, 28)
    assert not answer.unavailable


@pytest.mark.parametrize(
    "draft",
    ["the person slept 400 min.", "{tst_min}.", "the person slept {tst_min}, which is normal, {se_pct}.", ""],
)
def test_a_draft_that_fails_twice_is_replaced_by_the_evidence(draft):
    assistant = Assistant(ScriptedModel(PLANS, lambda ids: draft))
    *_, answer = assistant.answer("how long did they sleep?", fake_study())
    assert answer.text == "The person slept 14 min in all. Sleep efficiency was 70%. Source: expert scoring."
    assert answer.model["written_by"] == "evidence"
    assert [p.task for p in assistant.llm.prompts].count("write") == 2


def test_a_second_draft_may_pass():
    drafts = iter(
        [
            "the person slept 400 min.",
            "the person had {n3_min} of deep sleep, that is {n3_pct} of total sleep time.",
        ]
    )
    *_, answer = Assistant(ScriptedModel(PLANS, lambda ids: next(drafts))).answer("deep sleep?", fake_study())
    assert answer.text.startswith("The person had 4 min of deep sleep, that is 28.6% of total sleep time.")
    assert answer.model["written_by"] == "llm"


def test_oxygen_that_was_not_recorded_is_declined():
    answer = _ask("what was the lowest oxygen saturation?")[-1]
    assert answer.unavailable
    assert answer.text == "Oxygen saturation (SpO2) was not recorded in this study."
    assert answer.citations == []
    assert [(f.id, f.value) for f in answer.facts] == [("spo2_min_pct", None)]


def test_of_two_topics_the_recorded_one_is_told():
    answer = _ask("heart rate and oxygen?", study=fake_study())[-1]
    assert not answer.unavailable or "not recorded" in answer.text


def test_a_declined_plan_still_says_what_was_not_recorded():
    answer = _ask("did they snore?")[-1]
    assert (answer.unavailable, answer.text) == (True, "Snoring was not recorded in this study.")


def test_out_of_scope_is_declined():
    answer = _ask("will it rain?")[-1]
    assert answer.unavailable
    assert "only answer questions about this sleep recording" in answer.text


def test_a_time_outside_is_declined():
    answer = _ask("what happened around 05:00?")[-1]
    assert answer.unavailable
    assert "outside this study" in answer.text


def test_longest_wake_says_where_it_lies_and_gives_the_longest_within_sleep():
    answer = _ask("when was the longest time awake?")[-1]
    assert "before sleep onset" in answer.text
    values = {f.id: f.value for f in answer.facts}
    assert (values["longest_wake_min"], values["longest_wake_in_sleep_min"]) == (5.0, 1.0)
    assert (1, 10) in [c.epochs for c in answer.citations]


def test_the_stretch_most_like_an_epoch_is_cited():
    answer = _ask("which stretch is most like epoch 35?")[-1]
    assert answer.facts[0].id == "span_1"
    assert answer.citations[0].epochs == answer.facts[0].epochs[0]
    assert "not a scoring" in answer.text


def test_simulated_nights_say_so():
    answer = _ask("how long did they sleep?", fake_study(simulated=True), _fluent)[-1]
    assert answer.text.endswith("This night is simulated.")


def test_a_reading_is_named_as_the_networks_own():
    answer = _ask("how looks epoch 25?", fake_study(channels=("EOG_L", "C3", "EMG_CHIN")), reading="wake")[-1]
    assert "looks like wake" in answer.text
    assert "the network's own reading, not a scoring" in answer.text


def test_an_empty_question_is_refused():
    with pytest.raises(UsageError, match="question is empty"):
        _ask("  ")


def test_the_question_before_is_put_before_a_follow_up():
    first = _ask("deep sleep?")[-1]
    assistant = Assistant(ScriptedModel(PLANS))
    list(assistant.answer("and the rest?", fake_study(), history=[("deep sleep?", first)]))
    (prompt,) = [p for p in assistant.llm.prompts if p.task == PLAN]
    assert prompt.user == "[facts(n3_min)] and the rest?"


def test_a_question_that_stands_by_itself_is_planned_alone():
    first = _ask("deep sleep?")[-1]
    assistant = Assistant(ScriptedModel(PLANS))
    list(assistant.answer("what was recorded that night?", fake_study(), history=[("deep sleep?", first)]))
    assert assistant.llm.prompts[0].user == "what was recorded that night?"


@pytest.mark.parametrize(
    ("question", "leans"),
    [("and REM?", True), ("when was that?", True), ("REM?", True), ("how about deep sleep?", True),
     ("how long did the person sleep?", False), ("what was recorded?", False), ("when did he fall asleep?", False)],
)  # fmt: skip
def test_what_leans_on_the_question_before(question, leans):
    assert leans_on_before(question) is leans


def test_a_declined_turn_is_no_context():
    assert last_turn([("weather?", _ask("weather?")[-1])]) is None
    assert last_turn([]) is None
    assert last_turn([("deep sleep?", _ask("deep sleep?")[-1])]).calls == (Call("facts", ("n3_min",)),)


def test_the_answer_is_json():
    import json

    values = _ask("how many hypopneas?")[-1].as_json()
    assert set(values) == {"answer", "facts", "citations", "tools", "unavailable", "model", "seconds"}
    assert json.loads(json.dumps(values)) == values

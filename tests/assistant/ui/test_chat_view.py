from fakes_ui import HOSTILE, FakeStudy, ScriptedAssistant

from assistant.grounding.answers import Answer, TextStep, ToolStep
from assistant.ui import chat_view
from assistant.ui.chat_view import Turn
from sleeplm import RESEARCH_USE
from sleeplm.night import Fact


def finished(question="Longest wake?", **kwargs) -> Turn:
    turn = Turn(question)
    for step in ScriptedAssistant(**kwargs).answer(question, None):
        turn = chat_view.after(turn, step)
    return turn


def test_steps_grow_a_turn_until_it_is_done():
    turn = chat_view.after(Turn("q"), ToolStep("t", {}, "looked up"))
    assert turn.tools == ("looked up",) and turn.state == "answering"
    turn = chat_view.after(turn, TextStep("The"))
    assert turn.text == "The" and turn.answer is None
    turn = chat_view.after(turn, Answer("The end."))
    assert turn.state == "done" and turn.text == "The end."


def test_the_copied_answer_is_whole_without_the_page():
    text = chat_view.copy_text(FakeStudy(), finished())
    assert "Q: Longest wake?" in text and "A: The longest period awake was 4.5 min" in text
    assert "[1] epochs 557–566 · 03:27–03:32 · longest wake" in text
    assert "Source: expert" in text and "(SIMULATED)" in text and text.endswith(RESEARCH_USE)


def test_markup_in_questions_answers_and_tools_is_text():
    turn = finished(HOSTILE, fact_name=HOSTILE)
    turn = chat_view.after(turn, ToolStep("t", {}, HOSTILE))
    html = chat_view.conversation_html(FakeStudy(label=HOSTILE), [turn])
    assert "<img" not in html and "<script" not in html and "&lt;img" in html


def test_an_answer_that_declines_names_no_source():
    absent = Fact("spo2_min_pct", "Lowest SpO2", None, "%", "SpO2 was not recorded.", "d")
    turn = chat_view.after(Turn("q"), Answer("SpO2 was not recorded.", [absent], unavailable=True))
    assert "Source" not in chat_view.copy_text(FakeStudy(), turn)
    assert "Source" not in chat_view.conversation_html(FakeStudy(), [turn])


def test_only_the_turn_in_progress_is_stopped():
    turns = chat_view.stopped([finished(), Turn("next")])
    assert [t.state for t in turns] == ["done", "stopped"]


def test_only_answered_questions_are_history():
    assert chat_view.history([finished(), Turn("next")])[0][0] == "Longest wake?"
    assert len(chat_view.history([finished(), Turn("next")])) == 1


def test_example_questions_name_times_and_epochs_of_this_night():
    asked = chat_view.example_questions(FakeStudy(start_clock="22:49:02", n_epochs=960))
    assert "What happened around 03:00?" in asked and "Which stretch is most like epoch 480?" in asked
    short = chat_view.example_questions(FakeStudy(start_clock="22:10:00", n_epochs=4))
    assert not any("around" in q for q in short)
    assert not any("around" in q for q in chat_view.example_questions(FakeStudy(start_clock=None)))

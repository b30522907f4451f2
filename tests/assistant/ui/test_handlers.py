from types import SimpleNamespace

import pytest
from fakes_ui import NETWORK, FakeNights, FakeStudy, ScriptedAssistant

from app import LazyAssistant
from assistant.ui.handlers import Handlers, Shown, in_steps, sentence, show
from sleeplm.errors import ModelError, RecordingError, UsageError
from sleeplm.recording.annotations import UnknownWord
from sleeplm.recording.annotations.words import word_key
from sleeplm.recording.montage.questions import Question
from sleeplm.study.export import events_csv
from sleeplm.study.person import Person


def clicked(**data):
    return SimpleNamespace(_data=data)


class Failing:
    def __init__(self, error):
        self.error = error

    def answer(self, *args, **kwargs):
        raise self.error
        yield


@pytest.fixture
def handlers():
    return Handlers(FakeNights(), ScriptedAssistant(), "fake-1")


def test_a_night_that_is_gone_is_one_sentence_and_an_empty_page(handlers):
    *shown, stated = handlers.open("gone")
    assert shown[0] is None and "There is no study" in stated and "Traceback" not in stated


def test_each_click_moves_to_its_moment_and_nothing_else_is_believed(handlers):
    signals, length, _ = handlers.move("fake-1", 30, clicked(start_s=100.0))
    assert '"start_s":90.0' in signals and length == 30
    signals, length, _ = handlers.move("fake-1", 30, clicked(start_s=0, length_s=300, keep=True))
    assert length == 300
    _, length, _ = handlers.move("fake-1", 30, clicked(start_s="nonsense", length_s=10**9))
    assert length == 30


def test_a_citation_is_marked(handlers):
    signals, _, _ = handlers.cite("fake-1", 30, clicked(start_s=600.0, end_s=900.0))
    assert '"highlight":[600.0,900.0]' in signals and '"reveal":true' in signals


def test_a_model_that_cannot_answer_is_a_sentence_in_the_chat():
    handlers = Handlers(FakeNights(), Failing(ModelError("the weights are missing; run `make setup`")), "fake-1")
    *_, (turns, chat, _) = handlers.ask("fake-1", [], "How long?")
    assert turns[-1].state == "failed" and "The weights are missing" in chat


def test_an_unforeseen_error_is_not_swallowed():
    handlers = Handlers(FakeNights(), Failing(ZeroDivisionError()), "fake-1")
    with pytest.raises(ZeroDivisionError):
        list(handlers.ask("fake-1", [], "How long?"))


QUESTION = Question("C3", "C3 ('EEG <1>') has no unit by its file: in which unit is it?", ("uV", "mV"))


def test_what_only_a_person_can_say_is_asked_before_the_analysis_and_its_answer_is_used(tmp_path):
    (tmp_path / "night.edf").write_bytes(b"0       ")
    handlers = Handlers(FakeNights(asked=[QUESTION]), ScriptedAssistant(), "fake-1")
    form = ([tmp_path / "night.edf"], "", "", "", "p1", "54", "F")
    [(*_, asked)] = handlers.analyse(*form)
    assert '<select data-channel="C3">' in asked and '<option value="mV">' in asked and "EEG &lt;1&gt;" in asked
    assert len(handlers.nights.studies) == 1
    *_, (*_, stated) = handlers.answer(*form, clicked(units={"C3": "mV", "C4": ""}))
    assert handlers.nights.person == Person("p1", 54, "F")
    assert handlers.nights.units == {"C3": "mV"} and "is analysed and open" in stated
    *_, (*_, stated) = handlers.answer(*form, clicked(units="nonsense"))
    assert handlers.nights.units == {}


def test_unknown_words_of_a_scoring_are_asked_about_and_what_is_said_of_them_is_used(tmp_path):
    (tmp_path / "night.edf").write_bytes(b"0       ")
    word = UnknownWord("Resp <b>", 12, (60.0, 90.0, 120.0), True)
    handlers = Handlers(FakeNights(unknown=[word]), ScriptedAssistant(), "fake-1")
    form = ([tmp_path / "night.edf"], "", "", "", "", "", "")
    [(*_, asked)] = handlers.analyse(*form)
    assert "Resp &lt;b&gt;&#x27; 12 times (at 60 s, 90 s, 120 s, ...)" in asked and "<b>" not in asked
    assert f'<select data-word="{word_key(word.word)}">' in asked and '<option value="hypopnea">' in asked
    (*_, refused) = next(handlers.answer(*form, clicked(words={word_key(word.word): "nonsense"})))
    assert "cannot mean" in refused and len(handlers.nights.studies) == 1
    *_, (*_, stated) = handlers.answer(*form, clicked(words={word_key(word.word): "hypopnea", "x" * 64: ""}))
    assert handlers.nights.words_said == {word_key(word.word): "hypopnea"} and "is analysed and open" in stated


def test_an_age_that_is_none_is_a_sentence(tmp_path):
    (tmp_path / "night.edf").write_bytes(b"0       ")
    handlers = Handlers(FakeNights(), ScriptedAssistant(), "fake-1")
    [(*_, stated)] = handlers.analyse([tmp_path / "night.edf"], "", "", "", "", "old", "")
    assert "The age must be a whole number of years" in stated and len(handlers.nights.studies) == 1


def test_a_night_with_an_open_question_says_so():
    about = show(FakeStudy(questions=[QUESTION]), NETWORK).about
    assert "Add the recording again to answer" in about and "EEG &lt;1&gt;" in about
    assert "sl-open" not in show(FakeStudy(), NETWORK).about and "54 years, female" in about


def test_an_empty_question_changes_nothing(handlers):
    [(turns, _, _)] = handlers.ask("fake-1", [], "   ")
    assert not isinstance(turns, list)


def test_steps_are_named_once_each_and_the_result_comes_last():
    def work(progress):
        for step, fraction in (("reading", 0), ("scoring", 0.1), ("scoring", 0.4)):
            progress(step, fraction)
        return "study"

    assert list(in_steps(work)) == ["reading", "scoring", "study"]


def test_the_error_of_the_work_is_raised_to_the_handler():
    def work(progress):
        raise RecordingError("it is cut short")

    with pytest.raises(RecordingError, match="cut short"):
        list(in_steps(work))


def test_a_night_shows_its_header_numbers_and_events_as_csv():
    study = FakeStudy()
    shown = show(study, NETWORK)
    assert isinstance(shown, Shown) and shown.study_id == study.id
    assert events_csv(study).splitlines()[1].startswith("type,")
    assert "apnea_obstructive,307.0" in shown.numbers


def test_sentences_begin_and_end_as_sentences():
    assert sentence(UsageError("choose a file")) == "Choose a file."
    assert sentence(UsageError("What?")) == "What?"


def test_the_assistant_loads_in_the_background_and_says_so():
    import threading

    go_on = threading.Event()

    def load():
        go_on.wait(10)
        return ScriptedAssistant()

    steps = LazyAssistant(load).answer("q", FakeStudy())
    assert next(steps).tool == "load"
    go_on.set()
    assert next(steps).tool == "stage_bouts"


def test_an_assistant_that_cannot_load_says_why_at_the_first_question():
    def load():
        raise ModelError("the weights are missing")

    with pytest.raises(ModelError, match="missing"):
        list(LazyAssistant(load).answer("q", FakeStudy()))

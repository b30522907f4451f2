"""The page as a visitor meets it, in a real browser, on a made-up night."""

import threading

import numpy as np
import pytest
from fakes_ui import HOSTILE, FakeNights, FakeStudy, ScriptedAssistant

from assistant.ui.page import build_page
from sleeplm.kinds.stages import Stage
from sleeplm.night import Scoring
from sleeplm.recording.annotations import UnknownWord
from sleeplm.recording.annotations.words import word_key
from sleeplm.recording.montage.questions import Question

pytestmark = pytest.mark.browser
QUESTION = "When was the longest period awake?"


def made_up(*studies, assistant=None):
    nights = FakeNights(list(studies) or [FakeStudy()])
    return build_page(nights, assistant or ScriptedAssistant(), nights.studies[0].id), nights


def test_page_loads_without_errors_or_requests_to_others_and_says_what_it_is(serve, visit):
    page, _ = made_up()
    with visit(serve(page)) as v:
        assert v.errors == [] and v.outside == []
        assert "Research use only" in v.tab.inner_text("#header")
        assert v.tab.is_visible("#header .sl-badge") and v.tab.is_visible("#overview .sl-badge")
        assert v.tab.locator("#overview canvas").count() == 4  # hypnogram, events, SpO2, quality
        assert v.tab.title() == "SleepLM Chat"


def test_a_night_that_is_not_simulated_has_no_badge_and_says_that_spo2_is_missing(serve, visit):
    page, _ = made_up(FakeStudy(simulated=False, channels=["C3"]))
    with visit(serve(page)) as v:
        assert not v.tab.locator(".sl-badge:visible").count()
        assert "SpO₂ was not recorded" in v.tab.inner_text("#overview .sl-notes")
        assert v.tab.locator("#overview canvas").count() == 2


def test_an_automatic_staging_is_drawn_with_how_likely_it_is_and_hovering_tells_it(serve, visit):
    night = FakeStudy(channels=["C3", "C4"])
    shares = np.tile([0.05, 0.1, 0.55, 0.2, 0.1], (960, 1))
    night.__dict__["scoring"] = Scoring((Stage.N2,) * 960, "yasa", (), {}, shares)
    page, _ = made_up(night)
    with visit(serve(page)) as v:
        assert v.tab.locator("#overview canvas").count() == 3  # hypnogram, likelihood, quality
        assert "960 epochs whose likeliest stage" in v.tab.inner_text("#overview .sl-notes")
        box = v.tab.locator("#overview .u-over").first.bounding_box()
        v.tab.mouse.move(box["x"] + box["width"] * 750 / 960, box["y"] + 10)
        rendered = v.tab.inner_text("#overview .sl-readout")
        assert "N2 55%, N3 20%" in rendered and "C4: flat" in rendered
        assert v.errors == []


def test_a_question_about_a_recording_is_asked_and_its_answer_analyses_it(serve, visit, tmp_path):
    nights = FakeNights(asked=[Question("C3", "C3 has no unit by its file: in which unit is it?", ("uV", "mV"))])
    (tmp_path / "night.edf").write_bytes(b"0       ")
    with visit(serve(build_page(nights, ScriptedAssistant(), "fake-1"))) as v:
        v.tab.click("#add-open")
        v.tab.set_input_files("#files input[type=file]", [tmp_path / "night.edf"])
        v.tab.wait_for_selector("#files .file")
        v.tab.click("#analyse")
        v.tab.select_option("#notice select[data-channel=C3]", "mV")
        v.tab.click("#notice button[type=submit]")
        v.tab.wait_for_selector("text=is analysed and open")
        assert nights.units == {"C3": "mV"} and v.errors == []


def test_an_unknown_word_of_a_scoring_is_asked_about_and_its_meaning_is_used(serve, visit, tmp_path):
    word = UnknownWord("Resp <i>cluster</i>", 12, (60.0, 90.0), True)
    nights = FakeNights(unknown=[word])
    (tmp_path / "night.edf").write_bytes(b"0       ")
    with visit(serve(build_page(nights, ScriptedAssistant(), "fake-1"))) as v:
        v.tab.click("#add-open")
        v.tab.set_input_files("#files input[type=file]", [tmp_path / "night.edf"])
        v.tab.wait_for_selector("#files .file")
        v.tab.click("#analyse")
        v.tab.wait_for_selector("text=Resp <i>cluster</i>")
        v.tab.select_option("#notice select[data-word]", "hypopnea")
        v.tab.click("#notice button[type=submit]")
        v.tab.wait_for_selector("text=is analysed and open")
        assert nights.words_said == {word_key(word.word): "hypopnea"} and v.errors == []


def test_an_example_question_is_answered_and_its_citation_moves_the_signals(serve, visit):
    page, _ = made_up()
    with visit(serve(page)) as v:
        v.tab.click(f"text={QUESTION}")
        chip = v.tab.locator("#chat .sl-chip")
        chip.wait_for()
        assert "epochs 557–566 · 03:27–03:32 · longest wake" in chip.inner_text()
        assert "4.5 min" in v.tab.inner_text("#chat .sl-text")
        assert "looked up the stretches awake" in v.tab.inner_text("#chat .sl-tools")
        chip.click()
        v.wait_where("Epoch 557 · 03:27:02")
        assert v.tab.evaluate("SleepLM.place.highlight") == [16680, 16980]
        assert v.errors == [] and v.outside == []


def test_copying_an_answer_takes_its_citations_and_the_research_use_line_along(serve, visit):
    page, _ = made_up()
    with visit(serve(page)) as v:
        v.tab.fill("#question textarea", QUESTION)
        v.tab.press("#question textarea", "Enter")
        v.tab.click("#chat .sl-copy")
        v.tab.wait_for_selector("text=Copied")
        copied = v.tab.evaluate("navigator.clipboard.readText()")
        assert "4.5 min" in copied and "epochs 557–566" in copied and "SIMULATED" in copied
        assert "Source: expert" in copied and "Research use only" in copied


def test_a_second_question_carries_the_first_and_its_answer_as_history(serve, visit):
    assistant = ScriptedAssistant()
    page, _ = made_up(assistant=assistant)
    with visit(serve(page)) as v:
        v.tab.click(f"text={QUESTION}")
        v.tab.wait_for_selector("#chat .sl-copy")
        v.tab.wait_for_selector("#send", state="visible")
        v.tab.fill("#question textarea", "And the second longest?")
        v.tab.click("#send")
        v.tab.wait_for_function("document.querySelectorAll('#chat .sl-copy').length === 2")
    assert assistant.histories[0] == []
    [(question, answer)] = assistant.histories[1]
    assert question == QUESTION and "4.5 min" in answer.text


def test_stop_ends_the_answer_and_the_page_takes_the_next_question(serve, visit):
    go_on = threading.Event()
    page, _ = made_up(assistant=ScriptedAssistant(pause=lambda: go_on.wait(20)))
    with visit(serve(page)) as v:
        v.tab.click(f"text={QUESTION}")
        v.tab.wait_for_selector("#chat .sl-tools")
        v.tab.click("#stop")
        v.tab.wait_for_selector("#chat >> text=Stopped.")
        go_on.set()
        v.tab.wait_for_selector("#send", state="visible")
        v.tab.fill("#question textarea", QUESTION)
        v.tab.click("#send")
        v.tab.wait_for_selector("#chat .sl-copy")


def test_a_click_on_the_overview_and_the_buttons_move_the_window(serve, visit):
    page, _ = made_up()
    with visit(serve(page)) as v:
        box = v.tab.locator("#overview .u-over").first.bounding_box()
        v.tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
        v.wait_where("Epoch 48")  # the middle of 960 epochs, up to a pixel
        before = int(v.where.split()[1])
        v.tab.click("[data-role=next]")
        v.wait_where(f"Epoch {before + 1} ")
        v.tab.click("[data-role=prev]")
        v.wait_where(f"Epoch {before} ")
        v.tab.click("button[data-length='300']")
        v.wait_where(f"Epochs {before}–{before + 9}")
        v.tab.focus(".sl-overview")
        v.tab.keyboard.press("ArrowRight")
        v.wait_where("Epochs")
        assert v.errors == []


def test_a_bad_file_gets_one_sentence_is_removed_and_the_page_goes_on(serve, visit, uploads, tmp_path):
    bad = tmp_path / "bad.edf"
    bad.write_text("this is no recording")
    page, nights = made_up()
    with visit(serve(page)) as v:
        v.tab.click("#add-open")
        v.tab.set_input_files("#files input[type=file]", str(bad))
        v.tab.wait_for_selector("#files >> text=bad")
        v.tab.click("#analyse")
        v.tab.wait_for_selector("#notice .sl-notice-error")
        stated = v.tab.inner_text("#notice")
        assert "is in no format that we read" in stated and "Traceback" not in stated
        v.tab.click(f"text={QUESTION}")
        v.tab.wait_for_selector("#chat .sl-copy")
    assert not [f for f in uploads.rglob("*.edf")] and len(nights.studies) == 1


def test_a_recording_is_analysed_step_by_step_and_opened(serve, visit, tmp_path):
    good = tmp_path / "night.edf"
    good.write_bytes(b"0       " + b" " * 248)
    page, nights = made_up()
    with visit(serve(page)) as v:
        v.tab.click("#add-open")
        assert "/nowhere" in v.tab.inner_text(".sl-kept")
        v.tab.set_input_files("#files input[type=file]", str(good))
        v.tab.wait_for_selector("#files >> text=night")
        v.tab.fill("#name input, #name textarea", "My night")
        v.tab.click("#analyse")
        v.tab.wait_for_selector("#notice .sl-notice-done")
        assert "My night is analysed and open." in v.tab.inner_text("#notice")
        assert v.tab.input_value("#choice input") == "My night"
        assert not v.tab.locator(".sl-badge:visible").count()
    assert nights.studies[0].label == "My night"


def test_deleting_a_night_asks_first_and_says_what_was_removed(serve, visit):
    page, nights = made_up(FakeStudy(), FakeStudy(id="fake-2", label="Other night"))
    with visit(serve(page)) as v:
        v.tab.click("#delete-ask")
        v.tab.wait_for_selector("#delete", state="visible")
        assert len(nights.studies) == 2
        v.tab.click("#delete")
        v.tab.wait_for_selector("#notice .sl-notice-done")
        assert "960 rows of the index" in v.tab.inner_text("#notice")
        assert "Other night" in v.tab.input_value("#choice input")
    assert [s.id for s in nights.studies] == ["fake-2"]


def test_text_of_files_and_answers_is_never_run(serve, visit):
    study = FakeStudy(label=HOSTILE, warnings=[HOSTILE], event_label=HOSTILE)
    page, _ = made_up(study, assistant=ScriptedAssistant(fact_name=HOSTILE))
    with visit(serve(page)) as v:
        v.tab.fill("#question textarea", HOSTILE)
        v.tab.click("#send")
        v.tab.click("#chat .sl-chip")
        v.wait_where("Epoch 557")
        v.tab.click(".sl-warnings summary")
        assert HOSTILE in v.tab.inner_text(".sl-warnings")
        assert HOSTILE in v.tab.inner_text("#chat")
        assert v.tab.evaluate("window.hacked") is None
        assert not v.tab.locator("img[src=x]").count()


def test_two_visitors_do_not_see_each_others_conversation_or_night(serve, visit):
    page, _ = made_up(FakeStudy(), FakeStudy(id="fake-2", label="Other night"))
    url = serve(page)
    with visit(url) as first, visit(url) as second:
        second.tab.click("#choice input")
        second.tab.click("li:has-text('Other night'), [role=option]:has-text('Other night')")
        first.tab.click(f"text={QUESTION}")
        first.tab.wait_for_selector("#chat .sl-copy")
        assert not second.tab.locator("#chat .sl-question").count()
        assert "Made-up night" in first.tab.input_value("#choice input")


def test_narrow_screens_show_everything_without_scrolling_sideways(serve, visit):
    page, _ = made_up()
    with visit(serve(page), {"width": 390, "height": 844}) as v:
        assert v.tab.evaluate("document.documentElement.scrollWidth") <= 390
        assert v.tab.is_visible("#question textarea") and v.tab.is_visible("#signals canvas")


def test_the_page_stays_light_where_the_system_is_dark(serve, visit):
    page, _ = made_up()
    with visit(serve(page), color_scheme="dark") as v:
        ground = v.tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(244, 246, 248)"
        assert not v.tab.evaluate("document.body.classList.contains('dark')")


def test_two_minutes_that_nobody_staged_are_still_shown(serve, visit):
    study = FakeStudy(n_epochs=4, channels=["C3", "ECG"])
    study.__dict__["scoring"] = Scoring()
    page, _ = made_up(study)
    with visit(serve(page)) as v:
        assert "Stages: not scored" in v.tab.inner_text("#overview")
        assert v.where == "Epoch 1 · 22:49:02 · unscored"
        box = v.tab.locator("#overview .u-over").bounding_box()
        v.tab.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + 10)
        v.wait_where("Epoch 4 ")
        v.tab.click("button[data-length='300']")
        v.wait_where("Epochs 1–4")
        assert v.errors == []

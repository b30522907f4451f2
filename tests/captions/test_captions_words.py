import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.phrasing import frame_of, thousand, variety
from sleeplm.captions import Caption, attributes_of_night, caption_night, render_captions
from sleeplm.captions.features.rounding import coarse, printed, rounded
from sleeplm.captions.reading.claims import read_back
from sleeplm.captions.text.lexicon import EVENT_NOUNS
from sleeplm.captions.text.templates import Renderer, counted, listed, with_article
from sleeplm.kinds.channels import FACETS, SUMMARY
from sleeplm.kinds.events import EVENT_TYPES, MICRO_EVENTS
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring
from sleeplm.recording.epochs import cut_epochs

_NUMBER = re.compile(r"(?<![A-Za-z\d.])\d+(?:\.\d+)?")
_OXYGEN = re.compile(r"oxygen|spo2|satur", re.I)


@pytest.fixture(scope="module")
def night(made):
    recording, epochs, scoring = made
    return attributes_of_night(recording, epochs, scoring)


@pytest.fixture(scope="module")
def captions(night, made):
    """The made hour rendered eight times over, the last time as if it had been staged automatically."""
    rendered = [by_facet for seed in range(7) for by_facet in render_captions(night, seed)]
    recording, epochs, scoring = made
    sure = np.full((len(epochs), 5), 0.87)
    automatic = replace(scoring, hypnogram_source="yasa", probabilities=sure)
    return rendered + render_captions(attributes_of_night(recording, epochs, automatic), seed=7)


def numbers_in(value):
    if isinstance(value, bool) or value is None:
        return set()
    if isinstance(value, int | float):
        return {printed(value)}
    if isinstance(value, str):
        return set()
    values = value.values() if isinstance(value, dict) else value
    return set().union(*(numbers_in(v) for v in values))


def test_a_full_recording_gets_every_facet(captions):
    assert all(tuple(c) == (*FACETS, SUMMARY) for c in captions)


def test_every_number_in_a_text_is_among_its_attributes(captions):
    for by_facet in captions:
        everything = numbers_in([c.attributes for c in by_facet.values()])
        for facet, caption in by_facet.items():
            stated = set(_NUMBER.findall(caption.text))
            assert stated <= (everything if facet == SUMMARY else numbers_in(caption.attributes)), caption


def test_captions_are_clean_english(captions):
    for by_facet in captions:
        for caption in by_facet.values():
            text = caption.text
            assert text.endswith(".") and not text.endswith("..") and text[0] == text[0].upper()
            assert not re.search(
                r"  | [.,;:%]|\.\.|,,|;;|\( | \)|[\[\]{}|~]|\b(None|nan|inf|True|False)\b", text
            ), text
            assert not re.search(r"\ba [aeiou]|\ban (?!RMSSD)[^aeiouAEIOU]", text, re.I), text
            assert not re.search(r"\bone \w+s\b(?<!ss)", text.replace("one was", "")), text
            assert text.count("(") == text.count(")"), text
            assert all(s[0].isupper() or s[0].isdigit() for s in re.split(r"(?<=\.) ", text)), text


def test_the_same_seed_tells_the_same_and_another_seed_another(made):
    recording, epochs, scoring = made
    first = caption_night(recording, epochs, scoring, seed=3)
    assert first == caption_night(recording, epochs, scoring, seed=3)
    other = caption_night(recording, epochs, scoring, seed=4)
    same = np.mean([a[f].text == b[f].text for a, b in zip(first, other, strict=True) for f in a])
    assert same < 0.3


@pytest.mark.parametrize("facet", (*FACETS, SUMMARY))
@pytest.mark.parametrize("stage", ["W", "N1", "N2", "N3", "R"])
def test_a_thousand_captions_of_a_stage_have_many_frames_and_none_prevails(night, facet, stage):
    found = variety(thousand(night, stage, facet))
    assert found["captions"] == 1000
    assert found["frames"] >= 40 and found["commonest_pct"] <= 10
    assert found["sentence_frames"] >= 40 and found["commonest_sentence_pct"] <= 10


def test_a_frame_has_no_slots_left():
    assert frame_of("SpO2 93% and steady. No arousals or hypopneas scored.") == frame_of(
        "SpO2 88% and constant. No desaturations, leg movements or apneas scored."
    )
    assert frame_of("Three spindles at 3, 9.5 and 20 s.") == frame_of("One slow wave at 4 s.")
    assert frame_of("Theta is low (12%) and beta is high (30%).") == frame_of("Alpha is strong (20%).")
    assert frame_of("Theta is low.") != frame_of("Low theta.")


def test_what_is_not_recorded_is_not_mentioned(make_recording, signals_of, made):
    scoring = made[2]
    recording = make_recording({n: x for n, x in signals_of(120).items() if n in ("C3", "ECG")}, 120)
    for seed in range(3):
        for by_facet in caption_night(recording, cut_epochs(recording), scoring, seed):
            assert set(by_facet) == {"stage_event", "brain", "cardiac", SUMMARY}
            text = " ".join(c.text for c in by_facet.values()).lower()
            assert not _OXYGEN.search(text), text
            assert not re.search(
                r"chin|supine|lying|eye|airflow|belt", text.replace("rapid eye movement sleep", ""), re.I
            )


def test_automatic_staging_says_that_it_is(captions):
    stated = [c["stage_event"].text for c in captions[-120:] if re.search("YASA|automatic", c["stage_event"].text)]
    assert len(stated) >= 20 and any("87%" in text for text in stated)
    assert not any("expert" in c["stage_event"].text for c in captions[-120:])


def test_an_unstaged_recording_says_nothing_of_stages(make_recording, signals_of):
    recording = make_recording({"C3": signals_of(4)["C3"]}, 4)
    captions = caption_night(recording, cut_epochs(recording), Scoring())
    assert [set(c) for c in captions] == [{"brain", SUMMARY}] * 4
    assert not any("stage" in dict(c[SUMMARY].claims) for c in captions)


def test_wake_is_never_praised_for_what_only_sleep_can_have(captions, night):
    wake = [
        c["stage_event"].text for c, a in zip(captions, night * 8, strict=True) if a["stage_event"]["stage"] == "W"
    ]
    assert wake and not any(re.search(r"free of|without|no arousal", t, re.I) for t in wake)


@pytest.mark.parametrize("kind", [t for t in EVENT_TYPES if t not in MICRO_EVENTS])
def test_every_kind_of_event_can_be_told(made, kind):
    recording, epochs, _ = made
    events = (Event(kind, 33.0, 12.4), Event(kind, 70.0, 31.0), Event(kind, 80.5, 2.0))
    scoring = Scoring((Stage.N2,) * 120, "expert", events, {kind: "expert"})
    rendered = caption_night(recording, epochs, scoring)
    assert kind in EVENT_NOUNS
    assert re.search(r"33|12\.4|15\.4|3 ", rendered[1]["stage_event"].text)
    assert any(n.split()[0] in rendered[2]["stage_event"].text for n in EVENT_NOUNS[kind])


def test_a_caption_survives_its_dict():
    caption = Caption("Heart rate 62 bpm.", {"hr_mean_bpm": 62})
    assert Caption.from_dict(caption.as_dict()) == caption


def test_choices_nest_and_slots_fill():
    renderer = Renderer(0, {"x": 15.0, "name": "C3"})
    assert renderer.render("[a [b|b]|a b] {x} {name}") == "a b 15 C3"
    assert renderer.about == {}


def test_what_is_said_roughly_is_noted():
    renderer = Renderer(1, {"hr_mean_bpm": 62})
    assert renderer.render("{~hr_mean_bpm} bpm").endswith(" 60 bpm") and renderer.about == {"hr_mean_bpm": 60}


@given(st.floats(0.1, 300), st.sampled_from(["hr_mean_bpm", "flow_pct", "rms_uv", "rmssd_ms", "rate_per_min"]))
def test_a_rough_number_is_at_most_a_tenth_off(value, name):
    about = coarse(name, value)
    assert about is None or (about > 0 and abs(about - value) <= 0.1 * value)


@given(st.floats(-1e4, 1e4), st.integers(0, 2))
def test_rounding_is_to_the_nearest_and_is_printed_as_it_is(value, decimals):
    stated = rounded(value, decimals)
    assert abs(stated - value) <= 0.5 * 10**-decimals + 1e-9
    assert float(printed(round(stated, 1))) == round(stated, 1)


def test_lists_counts_and_articles():
    assert listed(["a"]) == "a" and listed(["a", "b"], "or") == "a or b" and listed(["1", "2", "3"]) == "1, 2 and 3"
    assert counted(0, "spindle") == "no spindles" and counted(13, "spindle") == "13 spindles"
    assert with_article("apnea") == "an apnea" and with_article("RERA") == "a RERA"


def test_a_summary_has_one_to_four_sentences_and_begins_with_what_tells_most(captions):
    starts = []
    for by_facet in captions:
        text = by_facet[SUMMARY].text
        assert 1 <= len(re.findall(r"\.(?: |$)", text)) <= 4, text
        starts.append("stage" in dict(read_back(re.split(r"[.;](?: |$)", text)[0], SUMMARY)))
    assert np.mean(starts) >= 0.7


def test_told_in_full_nothing_measured_of_a_facet_is_left_out(night):
    full, some = (
        [len(c.claims) for row in render_captions(night, 5, full=f) for c in row.values()] for f in (True, False)
    )
    assert sum(full) > sum(some)
    for row in render_captions(night, 5, full=True):
        stated = {name for name, _ in row["cardiac"].claims}
        assert any(name.startswith("hr_") for name in stated) and any("spo2" in name for name in stated)

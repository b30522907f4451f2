import numpy as np
import pytest

from sleeplm.captions import render_captions, spans_of, training_phrases
from sleeplm.kinds.events import EVENT_TYPES
from sleeplm.network.nano.measured import with_placeholders
from train.corpus.held_out import ASKED, CONCEPTS, DESCRIBED, NightWithoutConcepts, named_in, without
from train.corpus.night import Row

BANDS = {"delta_pct": 40, "theta_pct": 20, "alpha_pct": 10, "sigma_pct": 18, "beta_pct": 12, "rms_uv": 18}
INSIDE = {"from_before": False, "into_next": False}
EVENTS = [
    {"type": "cheyne_stokes", "start_s": 2.0, "end_s": 28.0, "duration_s": 26.0, **INSIDE},
    {"type": "bradycardia", "start_s": 4.0, "end_s": 20.0, "duration_s": 16.0, **INSIDE},
    {"type": "arousal", "start_s": 22.0, "end_s": 27.0, "duration_s": 5.0, **INSIDE},
]
ATTRIBUTES: dict[str, dict] = {
    "stage_event": {
        "stage": "N2", "stage_source": "truth", "previous_stage": "N2", "events": EVENTS,
        "looked_for": ["respiratory", "arousal", "desaturation"],
    },
    "brain": {
        "C3": BANDS, "C4": BANDS, "spindles": [{"start_s": 3.0, "end_s": 4.0}, {"start_s": 9.0, "end_s": 10.0}],
        "spindles_n": 2, "slow_waves": [], "slow_waves_n": 0,
    },
    "cardiac": {"hr_mean_bpm": 43, "hr_min_bpm": 39, "hr_max_bpm": 47, "hr_trend": "falling", "rmssd_ms": 30},
}  # fmt: skip


def row():
    calm = {**ATTRIBUTES, "stage_event": {**ATTRIBUTES["stage_event"], "events": EVENTS[2:]}}
    rendered = render_captions([ATTRIBUTES, calm] * 30, "words")
    captions = {f: [t[f].text for t in rendered] for f in rendered[0]}
    phrases = training_phrases(ATTRIBUTES)
    again = render_captions([with_placeholders(ATTRIBUTES)] * 30, "marks")
    marks, spans = {f: [t[f].text for t in again] for f in again[0]}, spans_of(ATTRIBUTES)
    return Row(0, [True] * 14, "N2", phrases, ["spindle", "snoring"], spans, captions, marks, {}, ATTRIBUTES)


class OneNight:
    signals = np.zeros(3)

    def rendered(self, seed):
        return self

    def rows(self):
        return [row()]


def texts_of(row):
    rendered = [t for texts in (*row.captions.values(), *row.templates.values()) for t in texts]
    return [*row.phrases, *row.unknown, *(p for _, _, p in row.spans), *rendered]


def test_no_text_of_a_silent_night_names_a_concept_and_the_rest_is_kept():
    before, (after,) = row(), NightWithoutConcepts(OneNight()).rows()
    assert {c for t in texts_of(before) for c in named_in(t)} == set(CONCEPTS)
    assert not [t for t in texts_of(after) if named_in(t)]
    assert set(after.captions) == {"stage_event", "brain", "cardiac"}
    assert any("arousal" in t for t in after.captions["stage_event"])
    assert any("slow waves" in t for t in after.captions["brain"])
    assert any("43" in t for t in after.captions["cardiac"])
    assert {"N2 sleep", "arousal", "asleep"} <= set(after.phrases) and after.unknown == ["snoring"]
    assert {p for _, _, p in after.spans} >= {"arousal"}
    assert not after.attributes


@pytest.mark.parametrize(
    ("concept", "kinds"),
    [
        ("Cheyne-Stokes breathing", ("cheyne_stokes",)),
        ("sleep spindles", ("spindle",)),
        ("bradycardia", ("bradycardia",)),
    ],
)
def test_the_list_holds_every_phrase_of_its_concepts_and_none_of_other_events(concept, kinds):
    for kind in EVENT_TYPES:
        event = {"type": kind, "start_s": 1.0, "end_s": 9.0, "duration_s": 8.0}
        waves = {"brain": {"spindles": [event, event]}} if kind == "spindle" else {}
        phrases = training_phrases({"stage_event": {"events": [event]}, **waves})
        assert all((concept in named_in(p)) == (kind in kinds) for p in phrases), phrases


@pytest.mark.parametrize("concept", CONCEPTS)
def test_the_questions_ask_for_their_own_concept(concept):
    assert all(named_in(text) == [concept] for text in ASKED[concept])


@pytest.mark.parametrize(
    "text",
    [
        "Slow-wave sleep.",
        "Low SpO2, 84%; steady pulse.",
        "Lowest heart rate 60 bpm",
        "Regular breathing.",
        "Low tone.",
    ],
)
def test_words_that_only_look_alike_stay(text):
    assert not named_in(text) or without(text)
    assert not any(named_in(clause) for clause in text.split("; "))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Sigma is prominent (12%).", ""),
        ("No slow waves; sigma bursts.", "No slow waves."),
        ("Two spindles; one slow wave.", "One slow wave."),
        ("Slow heart rate, 44 bpm. SpO2 93%.", "SpO2 93%."),
    ],
)
def test_clauses_that_name_a_concept_go_and_their_neighbours_stay(text, left):
    assert without(text) == left


def test_a_description_names_no_concept():
    assert set(DESCRIBED) == set(CONCEPTS)
    assert not [text for texts in DESCRIBED.values() for text in texts if named_in(text)]

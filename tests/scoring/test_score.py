import numpy as np
import pytest
from fakes import FakeRecording

from sleeplm.errors import UsageError
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring
from sleeplm.scoring import score

SPO2 = np.full(600, 96.0)
SPO2[100:140] = 96 - np.concatenate([np.linspace(0, 6, 20), np.linspace(6, 0, 20)])
NIGHT = FakeRecording({"SPO2": (SPO2, 1)})
STAGES = Scoring((Stage.N2,) * 20, "expert")


def events(*types, start_s=30.0):
    return Scoring(
        events=tuple(Event(t, start_s, 10.0) for t in types), event_sources=dict.fromkeys(types, "expert")
    )


def test_words_not_understood_count_where_the_expert_is_used_and_else_it_is_said_that_detectors_look():
    hypopneas = Scoring(event_sources={"hypopnea": "expert", "apnea": "expert"}, not_understood={"plm": 1})
    others = Scoring(not_understood={"hypopnea": 2, "apnea": 2, "snore": 1})
    found = score(FakeRecording(duration_s=300), [hypopneas, others])
    assert dict(found.not_understood) == {"hypopnea": 2, "apnea": 2}
    (said,) = [w for w in found.warnings if "none is understood" in w]
    assert "leg movement and snoring" in said
    again = Scoring(event_sources={"hypopnea": "expert"}, not_understood={"hypopnea": 5, "stages": 1})
    found = score(FakeRecording(duration_s=300), [hypopneas, again])  # whose hypopneas are not used
    assert not found.not_understood and any("sleep stages of which none" in w for w in found.warnings)


def test_stages_of_one_file_and_events_of_another_make_one_scoring():
    scoring = score(NIGHT, [STAGES, events("hypopnea")])
    assert scoring.hypnogram == STAGES.hypnogram
    assert scoring.hypnogram_source == "expert"
    assert scoring.event_sources == {"hypopnea": "expert", "desaturation": "automatic"}
    assert [e.type for e in scoring.events] == ["hypopnea", "desaturation"]
    assert scoring.warnings == ()


def test_expert_desaturations_keep_the_detector_out():
    scoring = score(NIGHT, [STAGES, events("desaturation")])
    assert [(e.start_s, e.source) for e in scoring.events_of("desaturation")] == [(30.0, "expert")]


def test_the_first_of_two_scorings_of_the_same_counts_and_it_is_said():
    other = Scoring((Stage.W,) * 20, "expert")
    scoring = score(NIGHT, [STAGES, other, events("arousal"), events("arousal", "rera", start_s=60.0)])
    assert set(scoring.hypnogram) == {Stage.N2}
    assert [(e.type, e.start_s) for e in scoring.events if e.source == "expert"] == [("arousal", 30), ("rera", 60)]
    assert any("sleep stages" in w for w in scoring.warnings)
    assert any("(arousal)" in w for w in scoring.warnings)


@pytest.mark.parametrize("length", [15, 25])
def test_a_hypnogram_of_another_length_is_fitted_and_it_is_said(length):
    scoring = score(NIGHT, [Scoring((Stage.N2,) * length, "expert")])
    assert len(scoring.hypnogram) == 20
    assert scoring.hypnogram.count(Stage.N2) == min(length, 20)
    assert f"{length} epochs" in scoring.warnings[0]


def test_an_oximeter_that_measured_nothing_is_not_scored():
    scoring = score(FakeRecording({"SPO2": (np.full(600, -1.0), 1)}), [STAGES])
    assert not scoring.was_scored("desaturation")
    assert "no valid value" in scoring.warnings[0]


@pytest.mark.parametrize(
    "lights", [(-1, None), (None, 601), (300, 300), (400, 200), (600, None), (float("nan"), None)]
)
def test_lights_outside_the_night_or_the_wrong_way_round_are_refused(lights):
    with pytest.raises(UsageError, match="ights"):
        score(NIGHT, [STAGES], *lights)


def breathing_night():
    t = np.arange(600 * 8) / 8
    flow = np.sin(2 * np.pi * t / 4) * np.where((t > 300) & (t < 320), 0.02, 1)
    return FakeRecording({"AF": (flow, 8.0), "SPO2": (SPO2, 1)})


def test_breathing_that_nobody_scored_is_scored_automatically():
    scoring = score(breathing_night(), [STAGES])
    assert [e.type for e in scoring.events if "AF" in e.channels] == ["apnea"]
    assert scoring.event_sources == dict.fromkeys(("apnea", "hypopnea", "desaturation"), "automatic")
    assert any("belt" in w for w in scoring.warnings)


def test_an_expert_who_scored_any_breathing_event_is_not_added_to():
    scoring = score(breathing_night(), [STAGES, events("apnea_obstructive")])
    assert [e.source for e in scoring.events if e.type.startswith("apnea")] == ["expert"]
    assert scoring.event_sources == {"apnea_obstructive": "expert", "desaturation": "automatic"}


def test_lights_that_are_given_count_before_those_of_a_file():
    noted = Scoring(lights_off_s=30.0, lights_on_s=500.0)
    scoring = score(NIGHT, [STAGES, noted], lights_off_s=60.0)
    assert (scoring.lights_off_s, scoring.lights_on_s) == (60.0, 500.0)

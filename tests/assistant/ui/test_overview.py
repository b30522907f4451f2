import json

import numpy as np
import pytest
from fakes_ui import FakeStudy

from assistant.ui.plots.overview import SPO2_POINTS, overview
from assistant.ui.plots.plot import to_json
from assistant.ui.plots.signals import window
from sleeplm.kinds.events import MICRO_EVENTS
from sleeplm.kinds.stages import STAGES, Stage
from sleeplm.night import Event, Scoring


@pytest.fixture
def study():
    return FakeStudy()


def test_the_overview_counts_each_lane_and_names_who_scored(study):
    shown = overview(study)
    counts = {lane["type"]: len(lane["spans"]) for lane in shown["lanes"]}
    for event_type, count in counts.items():
        assert count == len(study.scoring.events_of(event_type))
    assert shown["source_words"] == "Stages: expert"
    assert "Looked for and not found: central apnea." in shown["notes"]


def test_spo2_of_the_night_keeps_nadirs_and_is_absent_where_it_was_not_recorded(study):
    spo2 = overview(study)["spo2"]
    assert len(spo2["values"]) <= SPO2_POINTS
    assert min(v for v in spo2["values"] if v is not None) == pytest.approx(89.0, abs=0.1)
    without = overview(FakeStudy(channels=["C3"]))
    assert without["spo2"] is None and "SpO₂ was not recorded." in without["notes"]


def test_an_oximeter_that_gave_nothing_is_not_drawn_as_zero():
    class Off(FakeStudy):
        def signal(self, name, start_s, end_s):
            return np.zeros(0), np.full(int((end_s - start_s) * 64), -1.0, np.float32)

    shown = overview(Off(n_epochs=10, channels=["SPO2"]))
    assert shown["spo2"] is None
    assert "SpO₂ was recorded, but holds no valid value." in shown["notes"]


def test_a_night_without_staging_says_so():
    study = FakeStudy(n_epochs=4)
    study.__dict__["scoring"] = Scoring(events=(Event("arousal", 3.0, 4.0),), event_sources={"arousal": "expert"})
    shown = overview(study)
    assert shown["stages"] == [str(Stage.UNSCORED)] * 4
    assert shown["source_words"] == "Stages: not scored"
    assert "unscored" in window(study, 0.0, 30)["title"]


def staged_by_yasa(study, probabilities, events=()):
    stages = tuple(STAGES[i] for i in np.nan_to_num(probabilities).argmax(axis=1))
    study.__dict__["scoring"] = Scoring(
        stages, "yasa", tuple(events), dict.fromkeys((e.type for e in events), "yasa"), probabilities
    )
    return study


def test_an_automatic_staging_shows_how_likely_it_is_and_where_it_is_unsure():
    probabilities = np.array([[0.9, 0.1, 0, 0, 0], [0.2, 0.3, 0.5, 0, 0], [np.nan] * 5, [0, 0, 0, 0.004, 0.996]])
    shown = overview(staged_by_yasa(FakeStudy(n_epochs=4), probabilities))
    assert shown["likelihood"]["percents"][0] == [90, 20, None, 0]
    assert shown["likelihood"]["percents"][4] == [0, 0, None, 100] and shown["likelihood"]["unsure"] == [2]
    assert any("1 epochs whose likeliest" in note for note in shown["notes"])


def test_an_experts_staging_has_no_likelihood(study):
    assert overview(study)["likelihood"] is None


def test_quality_names_channels_stretches_and_reasons(study):
    shown = {lane["name"]: lane["spans"] for lane in overview(study)["quality"]}
    assert shown["AF"] == [[6, 40, "clipped", False]]
    assert shown["C4"] == [[301, 303, "movement", True], [701, 790, "flat", False]]  # the worse one is drawn last
    assert set(shown) == {"AF", "C4"}


def test_thousands_of_micro_events_are_told_as_counts_and_cost_nothing(study):
    events = [Event(t, float(s), 0.8) for s in range(0, 28_000, 4) for t in MICRO_EVENTS]
    shown = overview(staged_by_yasa(study, np.tile([0.9, 0.1, 0, 0, 0], (960, 1)), events))
    assert not [lane for lane in shown["lanes"] if lane["type"] in MICRO_EVENTS]
    assert (
        "Also found: 7,000 spindles, 7,000 slow waves, 7,000 rapid eye movements, drawn in the signals."
        in shown["notes"]
    )
    assert len(to_json(shown)) < 100_000 and json.loads(to_json(shown))["n_epochs"] == 960

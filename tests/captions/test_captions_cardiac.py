from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sleeplm.captions.features.cardiac import cardiac_features, heart_features, per_second
from sleeplm.captions.features.oxygen import oxygen_features, saturation
from sleeplm.captions.features.trends import trends
from sleeplm.night import Event, Scoring
from sleeplm.recording.epochs import cut_epochs
from sleeplm.scoring.heart import rate_of


def _heart(beats_s):
    """Attributes of one epoch with these beats."""
    return heart_features(rate_of(beats_s), 1)[0]


def test_the_heart_rate_of_a_simulated_night_is_within_a_beat_of_its_truth(simulated):
    night, recording, epochs, _ = simulated
    errors = []
    for e, row in enumerate(cardiac_features(recording, epochs, Scoring())):
        beats = night.beats_s[(night.beats_s >= 30 * e) & (night.beats_s < 30 * e + 30)]
        if "hr_mean_bpm" in row:
            errors.append(abs(row["hr_mean_bpm"] - 60 / np.diff(beats).mean()))
    assert len(errors) >= 0.95 * len(epochs)
    assert np.mean(np.array(errors) <= 1) >= 0.99


@given(st.floats(42, 130), st.floats(0, 0.04), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_heart_rate_is_within_one_beat_of_the_truth(bpm, jitter, seed):
    rr = 60 / bpm * (1 + jitter * np.random.default_rng(seed).uniform(-1, 1, 100))
    beats = np.cumsum(rr)
    beats = beats[beats < 30]
    values = _heart(beats)
    assert abs(values["hr_mean_bpm"] - 60 / np.diff(beats).mean()) <= 0.51
    assert values["hr_min_bpm"] <= values["hr_mean_bpm"] <= values["hr_max_bpm"]


def test_missed_and_extra_beats_neither_halve_nor_double_the_rate():
    beats = np.arange(0.2, 30, 1.0)
    assert _heart(np.delete(beats, [5, 12, 20]))["hr_mean_bpm"] == 60
    assert _heart(np.sort(np.append(beats, [7.5, 15.4])))["hr_mean_bpm"] == 60


def test_too_few_beats_give_no_heart_rate():
    assert _heart(np.array([])) == {}
    assert _heart(np.array([3.0])) == {}
    assert _heart(np.arange(0, 10, 1.0)) == {}


@pytest.mark.parametrize("last, word", [(80, "rising"), (50, "falling"), (65, "stable")])
def test_the_trend_of_the_heart_is_told(last, word):
    beats = np.cumsum(60 / np.linspace(65, last, 40))
    assert _heart(beats[beats < 30])["hr_trend"] == word


def test_rmssd_is_the_root_mean_square_of_successive_differences():
    rr = np.tile([0.95, 1.0], 20)
    assert _heart(np.cumsum(rr)[np.cumsum(rr) < 30])["rmssd_ms"] == 50


def test_the_heart_of_a_made_night_beats_at_its_rate(made):
    recording, epochs, _ = made
    rows = cardiac_features(recording, epochs, Scoring())
    assert {row["hr_mean_bpm"] for row in rows} == {63}
    spo2 = epochs.signals[7, 10]
    assert (rows[7]["spo2_min_pct"], rows[7]["spo2_max_pct"]) == (spo2.min(), spo2.max())


@given(st.floats(0.1, 0.33), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_a_heart_that_follows_the_breath_is_told_at_its_mean_rate(depth, seed):
    draw, beats = np.random.default_rng(seed), [0.0]
    while beats[-1] < 300:
        beats.append(beats[-1] + 1.1 * (1 + depth * np.sin(2 * np.pi * beats[-1] / 4.2)) + draw.normal(0, 0.01))
    beats_s = np.array(beats)
    for e, row in enumerate(heart_features(rate_of(beats_s), 10)):
        inside = beats_s[(beats_s >= 30 * e) & (beats_s < 30 * e + 30)]
        assert abs(row["hr_mean_bpm"] - 60 / np.diff(inside).mean()) <= 1


def test_early_beats_with_their_pauses_leave_the_mean_as_it_is():
    beats_s = np.arange(0.2, 30, 1.0)
    beats_s[[6, 15, 22]] -= 0.35
    values = _heart(beats_s)
    assert values["hr_mean_bpm"] == 60 and values["rmssd_ms"] == 0


def test_a_heart_that_falls_and_rises_is_told_in_stretches():
    bpm = np.interp(np.arange(0, 90, 0.5), [0, 38, 44, 48, 54, 90], [70, 70, 56, 56, 76, 76])
    beats_s = np.interp(np.arange(1, 90), np.cumsum(bpm / 120), np.arange(0, 90, 0.5))
    found = heart_features(rate_of(beats_s), 3)[1]["hr_stretches"]
    assert [s["trend"] for s in found] == ["stable", "falling", "rising", "stable"]
    fall, rise = found[1:3]
    assert abs(fall["start_s"] - 8) <= 3 and abs(fall["end_s"] - 15) <= 3
    assert abs(rise["end_s"] - 24) <= 3 and abs(rise["to_bpm"] - 76) <= 1


def test_a_second_far_from_any_beat_has_no_rate():
    beats_s = np.concatenate([np.arange(0, 30, 1.0), np.arange(60, 90, 1.0)])
    known = np.isfinite(per_second(rate_of(beats_s), 3)).mean(axis=1)
    assert known[0] == 1 and known[2] == 1 and 0.2 < known[1] < 0.5


def test_pauses_are_told_as_they_were_scored_where_a_heart_is_heard(make_recording, signals_of):
    recording = make_recording({"ECG": signals_of(2)["ECG"]}, 2)
    scoring = Scoring(events=(Event("pause", 41.2, 3.4),), event_sources={"pause": "expert"})
    rows = cardiac_features(recording, cut_epochs(recording), scoring)
    assert [row["pauses"] for row in rows] == [[], [{"start_s": 11.2, "duration_s": 3.4}]]
    assert all("pauses" not in row for row in cardiac_features(recording, cut_epochs(recording), Scoring()))


def test_saturation_is_cleaned_and_told_in_stretches(make_recording):
    spo2 = np.full(90, 96.0)
    spo2[36:46] = np.linspace(95, 86, 10)
    spo2[46:60] = np.minimum(85 + np.arange(14), 96)
    spo2[70] = 12
    recording = make_recording({"SPO2": (spo2, 1.0)}, 3)
    rows = oxygen_features(saturation(recording, 3))
    assert [row["spo2_min_pct"] for row in rows] == [96, 85, 96]
    assert rows[0]["spo2_stretches"] == [
        {"start_s": 0, "end_s": 30, "trend": "stable", "from_pct": 96, "to_pct": 96}
    ]
    assert [(s["trend"], s["from_pct"], s["to_pct"]) for s in rows[1]["spo2_stretches"]] == [
        ("stable", 96, 96), ("falling", 96, 85), ("rising", 85, 96),
    ]  # fmt: skip
    assert "spo2_stretches" not in rows[2]  # an artefact lies in it


@given(st.lists(st.integers(80, 100), min_size=30, max_size=30), st.integers(2, 6))
@settings(max_examples=100, deadline=None)
def test_stretches_follow_each_other_and_say_what_the_values_do(values, least):
    found = trends(np.array([values], float), least, 0.5, "pct")[0]
    assert all(a["end_s"] <= b["start_s"] for a, b in pairwise(found))
    for s in found:
        assert 0 <= s["start_s"] < s["end_s"] <= 30
        assert s["from_pct"] == values[s["start_s"]] and s["to_pct"] == values[min(s["end_s"], 29)]
        if s["trend"] == "rising":
            assert s["to_pct"] - s["from_pct"] >= least - 1
        if s["trend"] == "falling":
            assert s["from_pct"] - s["to_pct"] >= least - 1

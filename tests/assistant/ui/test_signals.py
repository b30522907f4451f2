import json

import numpy as np
import pytest
from fakes_ui import HOSTILE, FakeStudy
from hypothesis import given
from hypothesis import strategies as st

from assistant.ui.plots.plot import WINDOW_LENGTHS_S, place_window, to_json
from assistant.ui.plots.signals import FULL_SCALE, scale, thin, window
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.night import Event, Scoring
from sleeplm.units import EPOCH_S, SAMPLES_PER_EPOCH


@pytest.fixture
def study():
    return FakeStudy()


@given(at=st.floats(-1e6, 1e6), length=st.sampled_from(WINDOW_LENGTHS_S), epochs=st.integers(1, 2000))
def test_a_window_begins_on_an_epoch_inside_the_night(at, length, epochs):
    start = place_window(FakeStudy(n_epochs=epochs), at, length)
    assert start % EPOCH_S == 0 and 0 <= start < epochs * EPOCH_S


@given(at=st.floats(0, 28799), length=st.sampled_from(WINDOW_LENGTHS_S))
def test_a_window_shows_the_moment_it_is_asked_for(at, length):
    start = place_window(FakeStudy(), at, length)
    assert start <= at < start + length


@pytest.mark.parametrize("length", WINDOW_LENGTHS_S)
def test_a_window_sends_all_recorded_channels_in_few_points_over_its_whole_length(study, length):
    shown = window(study, 3000.0, length)
    assert [c["name"] for c in shown["channels"]] == list(CHANNEL_NAMES)
    for channel in shown["channels"]:
        assert len(channel["values"]) == SAMPLES_PER_EPOCH
    assert shown["step_s"] * SAMPLES_PER_EPOCH == pytest.approx(length)
    assert len(to_json(shown)) < 400_000


def test_values_are_sent_in_units_of_the_lane():
    class Constant(FakeStudy):
        def signal(self, name, start_s, end_s):
            t = np.arange(SAMPLES_PER_EPOCH) / 64
            return t, np.where(t < 15, 50.0, -50.0).astype(np.float32)

    [lane] = window(Constant(channels=["C3"]), 0.0, 30)["channels"]
    assert lane["half"] == 100.0 and lane["unit"] == "µV"  # the usual setting of an EEG lane
    top, bottom = lane["values"][0], lane["values"][-1]
    assert (top - bottom) * lane["half"] / FULL_SCALE == pytest.approx(100.0)


def test_what_was_not_measured_is_not_drawn():
    class Gap(FakeStudy):
        def signal(self, name, start_s, end_s):
            values = np.full(SAMPLES_PER_EPOCH, 96.0, np.float32)
            values[:640] = np.nan
            return np.arange(SAMPLES_PER_EPOCH) / 64, values

    [lane] = window(Gap(channels=["SPO2"]), 0.0, 30)["channels"]
    assert lane["values"][:640] == [None] * 640 and None not in lane["values"][640:]
    assert lane["range"] == "70–100 %"


def test_the_position_lane_names_the_positions(study):
    shown = window(study, 0.0, 30)
    assert {c["name"]: c["range"] for c in shown["channels"]}["POS"] == "supine"


@given(st.integers(1, 40), st.sampled_from([60, 300]))
def test_thinning_keeps_the_extremes(seed, length):
    values = np.random.default_rng(seed).normal(size=length * 64).astype(np.float32)
    thinned = thin(values, length)
    assert len(thinned) <= SAMPLES_PER_EPOCH * 2
    assert thinned.max() == values.max() and thinned.min() == values.min()


@given(st.floats(1e-6, 1e6), st.sampled_from(["eeg", "eog", "emg", "ecg", "effort"]))
def test_the_scale_of_a_lane_fits_its_signal(amplitude, kind):
    values = (amplitude * np.sin(np.linspace(0, 40, 1920))).astype(np.float32)
    middle, half = scale(values, kind)
    reach = np.abs(values - middle).max()
    assert reach / 2.01 <= half <= reach * 21


def test_events_stand_on_the_channels_they_were_seen_on(study):
    shown = window(study, 300.0, 30)
    lanes = {e["type"]: [study.channels[i] for i in e["lanes"]] for e in shown["events"]}
    assert lanes["apnea_obstructive"] == ["ABD", "THX", "AF"]


def test_the_vendors_word_is_shown_as_text(study):
    [event] = [
        e for e in window(FakeStudy(event_label=HOSTILE), 300.0, 30)["events"] if e["type"] == "apnea_obstructive"
    ]
    assert event["words"].startswith("Obstructive apnea [<img")
    assert "<" not in to_json(event) and json.loads(to_json(event)) == event


def test_micro_events_are_drawn_without_words_and_only_in_short_windows(study):
    study.__dict__["scoring"] = Scoring(events=tuple(Event("spindle", 3.0 + i, 0.8, ("C3",)) for i in range(200)))
    short, long = window(study, 0.0, 30)["events"], window(study, 0.0, 300)["events"]
    assert len(short) == 27 and {e["words"] for e in short} == {""} and long == []


def test_a_night_without_a_clock_counts_from_its_start():
    shown = window(FakeStudy(start_clock=None), 60.0, 30)
    assert shown["clock_s"] is None and shown["title"] == "Epoch 3 · 60 s from the start · W"

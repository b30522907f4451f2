from dataclasses import replace

import numpy as np
import pytest
from fakes import FakeRecording
from hypothesis import given, settings
from hypothesis import strategies as st

from sleeplm.kinds.stages import Stage
from sleeplm.night import Scoring
from sleeplm.scoring.snoring import snore_events, snoring

SECONDS = 600
TRAINS = ((60, 100), (200, 260), (400, 430))


def sound(trains=TRAINS, sfreq_hz=128.0, burst_s=1.2, height=1.0, seed=0):
    """Hiss, and a burst of 40 Hz every four seconds of a train."""
    times = np.arange(int(SECONDS * sfreq_hz)) / sfreq_hz
    x = np.random.default_rng(seed).standard_normal(len(times)) * 0.02
    for a, b in trains:
        here = (times >= a) & (times < b) & ((times - a) % 4 < burst_s)
        x[here] += height * (np.sin(2 * np.pi * 37 * times[here]) if sfreq_hz > 80 else 1.0)
    return x


def starts_and_ends(events):
    return np.array([(e.start_s, e.end_s) for e in events])


@pytest.mark.parametrize("sfreq_hz", [10.0, 32.0, 128.0, 500.0])
def test_trains_are_found_where_they_are_in_sound_and_in_its_envelope(sfreq_hz):
    found = starts_and_ends(snoring(sound(sfreq_hz=sfreq_hz), sfreq_hz))
    assert found.shape == (3, 2)
    assert np.abs(found[:, 0] - np.array(TRAINS)[:, 0]).max() < 0.5
    assert np.all(found[:, 1] <= np.array(TRAINS)[:, 1]) and np.all(found[:, 1] > np.array(TRAINS)[:, 1] - 4)


def test_louder_snoring_is_more_certain():
    soft, loud = (snoring(sound(height=h), 128)[0].confidence for h in (0.15, 1.0))
    assert 0.5 <= soft < loud <= 1


@given(st.floats(1e-6, 1e6), st.floats(-1e3, 1e3))
@settings(max_examples=10, deadline=None)
def test_neither_gain_nor_offset_changes_what_is_found(gain, offset):
    x = sound()
    assert np.allclose(starts_and_ends(snoring((x + offset) * gain, 128)), starts_and_ends(snoring(x, 128)))


@pytest.mark.parametrize("what, x", [
    ("hiss", sound(())),
    ("a single burst", sound(((60, 62),))),
    ("noise of twenty seconds", sound(((60, 80),), burst_s=4)),
    ("silence", np.zeros(SECONDS * 128)),
    ("nothing", np.full(SECONDS * 128, np.nan)),
])  # fmt: skip
def test_what_is_no_train_is_left_out(what, x):
    assert snoring(x, 128) == [], what


def test_awake_nobody_snores_and_a_slow_channel_says_so():
    recording = FakeRecording({"SNORE": (sound(), 128)})
    scoring = Scoring((Stage.N2,) * 5 + (Stage.W,) * 5 + (Stage.N2,) * 10, "expert")
    assert [round(e.start_s) for e in snore_events(recording, scoring).events] == [60, 400]
    doubt = np.zeros((20, 5), np.float32)
    doubt[5:10, 0] = 0.7
    doubtful = replace(scoring, hypnogram_source="yasa", probabilities=doubt)
    assert [round(e.start_s) for e in snore_events(recording, doubtful).events] == [60, 200, 400]
    slow = snore_events(FakeRecording({"SNORE": (sound(sfreq_hz=4.0), 4.0)}), scoring)
    assert slow.scored == () and "too slowly" in slow.warnings[0]
    assert snore_events(FakeRecording({"SPO2": (np.full(600, 95.0), 1)}), scoring).warnings == ()

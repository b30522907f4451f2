import numpy as np
import pytest
from fakes import FakeRecording
from scipy.signal import lfilter

from sleeplm.kinds.stages import Stage
from sleeplm.night import Scoring
from sleeplm.scoring.waves import eye_movements, find_waves, waves

SECONDS, SFREQ_HZ = 600, 100
TIMES = np.arange(SECONDS * SFREQ_HZ) / SFREQ_HZ
SPINDLES_S = np.arange(5.0, SECONDS, 15)
NREM_THEN_WAKE = Scoring((Stage.N2,) * 10 + (Stage.W,) * 4 + (Stage.N3,) * 6, "expert")


def eeg(seed=0):
    x = lfilter([1], [1, -0.95], np.random.default_rng(seed).standard_normal(len(TIMES)))
    x *= 15 / x.std()
    for at_s in SPINDLES_S:
        here = (at_s <= TIMES) & (at_s + 1 > TIMES)
        x[here] += 40 * np.hanning(here.sum()) * np.sin(2 * np.pi * 13.3 * TIMES[here])
    return x


def test_spindles_are_found_in_nrem_sleep_only_at_their_times():
    found = waves(FakeRecording({"C3": (eeg(), SFREQ_HZ)}), NREM_THEN_WAKE)
    assert found.scored == ("spindle", "slow_wave")
    starts = np.array([e.start_s for e in found.events if e.type == "spindle"])
    assert len(starts) >= 24 and not np.any((starts >= 300) & (starts < 420))
    assert np.abs(starts[:, None] - SPINDLES_S).min(axis=1).max() < 0.6
    assert {e.channels for e in found.events} == {("C3",)}


def test_slow_waves_are_found_where_they_are():
    x = np.random.default_rng(1).standard_normal(len(TIMES)) * 4
    true = np.arange(20.0, 580, 20)
    for at_s in true:
        here = (at_s <= TIMES) & (at_s + 1.25 > TIMES)
        x[here] -= 70 * np.sin(2 * np.pi * 0.8 * (TIMES[here] - at_s))
    found = find_waves("slow_wave", x, np.ones(len(x), bool), "C4")
    assert len(found) == len(true)
    assert np.allclose([e.start_s for e in found], true, atol=0.2)


def test_what_is_not_usable_is_left_out_and_the_better_side_is_read():
    x = eeg()
    x[: 300 * SFREQ_HZ] = np.nan
    half = waves(FakeRecording({"C4": (x, SFREQ_HZ)}), NREM_THEN_WAKE).events
    assert half and min(e.start_s for e in half) >= 420
    both = waves(FakeRecording({"C4": (x, SFREQ_HZ), "C3": (eeg(), SFREQ_HZ)}), NREM_THEN_WAKE).events
    assert {e.channels for e in both} == {("C3",)} and min(e.start_s for e in both) < 20


@pytest.mark.parametrize("signals, scoring", [
    ({"C3": (eeg(), SFREQ_HZ)}, Scoring()),
    ({"C3": (eeg()[::2], 50)}, NREM_THEN_WAKE),
    ({"SPO2": (np.full(600, 95.0), 1)}, NREM_THEN_WAKE),
])  # fmt: skip
def test_without_stages_or_a_fast_eeg_nothing_is_looked_for(signals, scoring):
    assert waves(FakeRecording(signals), scoring).scored == ()


def test_eyes_that_move_against_each_other_are_rapid_eye_movements_in_rem_sleep():
    gaze = np.zeros(len(TIMES))
    true = np.arange(10.0, 590, 10)
    for at_s in true:
        here = (at_s <= TIMES) & (at_s + 0.8 > TIMES)
        gaze[here] += 120 * np.sin(np.pi * (TIMES[here] - at_s) / 0.8) ** 2
    noise = np.random.default_rng(2).standard_normal((2, len(TIMES))) * 3
    recording = FakeRecording({"EOG_L": (gaze + noise[0], SFREQ_HZ), "EOG_R": (noise[1] - gaze, SFREQ_HZ)})
    scoring = Scoring((Stage.R,) * 10 + (Stage.N2,) * 5 + (Stage.W,) * 5, "expert")
    starts = np.array([e.start_s for e in eye_movements(recording, scoring).events])
    assert len(starts) >= 25 and starts.max() < 300
    assert np.abs(starts[:, None] - true).min(axis=1).max() < 0.5
    partly = Scoring((Stage.R,) * 10 + (Stage.UNSCORED,) * 10, "expert")
    assert max(e.start_s for e in eye_movements(recording, partly).events) < 300
    assert eye_movements(recording, Scoring()).scored == ()


def test_dead_channels_are_not_searched_and_that_is_said():
    live, dead = (eeg(), SFREQ_HZ), (np.zeros(len(TIMES)), SFREQ_HZ)
    for detect, signals in ((waves, {"C3": dead}), (eye_movements, {"EOG_L": live, "EOG_R": dead})):
        found = detect(FakeRecording(signals), Scoring((Stage.R,) * 20, "expert"))
        assert found.scored == () and found.events == [] and "no usable signal in 20 of 20" in found.warnings[0]

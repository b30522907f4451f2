import numpy as np
import pytest
from fakes import FakeRecording
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring
from sleeplm.recording import open_recording
from sleeplm.recording.montage.questions import Question
from sleeplm.scoring.limbs import in_series, leg_movements, limb_events, limb_movements

ASLEEP = Scoring((Stage.N2,) * 20, "expert")


def leg(spans, seconds=600, sfreq_hz=128, height_uv=50.0, quiet_uv=2.0, seed=0):
    """Noise of a quiet leg, higher by `height_uv` within the spans."""
    noise = np.random.default_rng(seed).standard_normal(int(seconds * sfreq_hz))
    height = np.full(len(noise), quiet_uv)
    for a, b in spans:
        height[round(a * sfreq_hz) : round(b * sfreq_hz)] += height_uv
    return noise * height


@pytest.mark.parametrize("sfreq_hz", [64, 128, 200, 512])
def test_movements_are_found_where_they_are_at_any_rate(sfreq_hz):
    spans = [(20, 21.5), (60, 63), (100, 108)]
    found = leg_movements(leg(spans, 200, sfreq_hz), sfreq_hz)
    assert np.abs(found[:, :2] - spans).max() < 0.4


@pytest.mark.parametrize("length_s, n", [(0.2, 0), (2, 1), (12, 0)])
def test_what_is_shorter_than_half_a_second_or_longer_than_ten_is_none(length_s, n):
    assert len(leg_movements(leg([(50, 50 + length_s)], 120), 128)) == n


def test_a_rise_under_eight_microvolts_is_none_unless_the_unit_is_not_known():
    emg = leg([(50, 53)], 120, height_uv=6.0, quiet_uv=0.5)
    assert len(leg_movements(emg, 128)) == 0
    assert len(leg_movements(emg, 128, scaled=False)) == 1
    assert len(leg_movements(emg / 1e6, 128, scaled=False)) == 1


def test_heart_beats_in_the_leg_are_no_movements():
    emg = leg([(50, 53)], 120)
    for beat in np.arange(0.5, 119, 60 / 110):
        at = int(beat * 128)
        emg[at : at + 10] += 150 * np.sin(np.arange(10))
    assert np.abs(leg_movements(emg, 128)[:, :2] - [[50, 53]]).max() < 0.5


def test_what_touches_an_unusable_stretch_is_left_out():
    emg = leg([(50, 53), (70, 73)], 120)
    emg[51 * 128 : 52 * 128] = np.nan
    found = leg_movements(emg, 128)
    assert found.shape == (1, 3) and abs(found[0, 0] - 70) < 0.4
    assert leg_movements(np.full(5000, np.nan), 128).shape == (0, 3)


@given(st.lists(st.floats(0.5, 200), max_size=40))
def test_a_series_has_four_or_more_and_no_interval_outside_its_limits(gaps):
    onsets = np.cumsum(gaps)
    inside = in_series(onsets)
    assert inside == sorted(set(inside))
    assert len(inside) == 0 or len(inside) >= 4
    near = np.diff(onsets[inside])
    assert np.all(near >= 5 - 1e-9)
    runs = np.split(np.arange(len(inside)), np.flatnonzero(near > 90) + 1)
    assert all(len(run) >= 4 for run in runs if len(inside))


def test_both_legs_within_five_seconds_are_one_movement():
    events = limb_movements(
        {"LEG_L": np.array([[10.0, 12, 1], [100, 102, 1]]), "LEG_R": np.array([[13.0, 15, 1.5]])}, ASLEEP
    )
    assert [(e.start_s, e.end_s, e.channels) for e in events] == [
        (10, 15, ("LEG_L", "LEG_R")),
        (100, 102, ("LEG_L",)),
    ]
    assert {e.type for e in events} == {"leg_movement"}
    assert [e.confidence for e in events] == [0.75, 0.5]


def test_a_higher_movement_is_more_certain():
    low, high = (leg_movements(leg([(50, 53)], 120, height_uv=h), 128)[0, 2] for h in (14, 60))
    assert 1 <= low < 2 < high


def test_four_in_a_row_are_periodic_and_awake_or_beside_an_apnea_none_counts():
    legs = {"LEG_L": np.array([[t, t + 2.0, 1] for t in (31, 60, 90, 120, 300, 400)])}
    events = limb_movements(legs, ASLEEP)
    assert [e.type for e in events] == ["plm"] * 4 + ["leg_movement"] * 2
    awake = Scoring((Stage.W, Stage.W, *ASLEEP.hypnogram[2:]), "expert")
    assert [e.type for e in limb_movements(legs, awake)] == ["leg_movement"] * 5
    apnea = Scoring(ASLEEP.hypnogram, "expert", (Event("apnea", 102.0, 17.6),))
    assert [e.start_s for e in limb_movements(legs, apnea)] == [31, 60, 90, 300, 400]


def test_a_recording_says_what_it_could_not_do():
    slow = limb_events(FakeRecording({"LEG_L": (leg([], 600, 10), 10)}), ASLEEP)
    assert slow.scored == () and "too slowly" in slow.warnings[0]
    assert limb_events(FakeRecording({"SPO2": (np.full(600, 95.0), 1)}), ASLEEP).warnings == ()
    unknown = FakeRecording({"LEG_L": (leg([(50, 53)]) / 10, 128)})
    unknown.questions = [Question("LEG_L", "In which unit?", ("uV", "V"))]
    asked = limb_events(unknown, ASLEEP)
    assert len(asked.events) == 1 and "no known unit" in asked.warnings[0] and "4 times" in asked.events[0].rule
    unstaged = limb_events(FakeRecording({"LEG_L": (leg([(50, 53)]), 128)}), Scoring())
    assert [e.type for e in unstaged.events] == ["leg_movement"] and "Without sleep stages" in unstaged.warnings[0]


def test_a_dead_leg_is_not_searched_and_that_is_said():
    found = limb_events(FakeRecording({"LEG_L": (np.zeros(60000), 100)}), Scoring((Stage.N2,) * 20, "expert"))
    assert found.scored == () and "no usable signal in 20 of 20" in found.warnings[0]


def test_a_leg_recorded_in_coarse_steps_is_not_searched_and_that_is_said():
    rounded = np.round(leg([(50, 53)], 600, quiet_uv=5.0) / 31.25) * 31.25
    recording = FakeRecording({"LEG_L": (rounded.astype(np.float32), 128), "LEG_R": (leg([(70, 73)], 600), 128)})
    found = limb_events(recording, ASLEEP)
    assert found.warnings == (
        "Left leg EMG was recorded in steps of 31 uV, too coarse to find movements of 8 uV in it.",
    )
    assert [e.channels for e in found.events] == [("LEG_R",)]


def test_no_leg_of_the_two_minutes_of_nox_can_be_searched(data):
    recording = open_recording(data / "recordings" / "nox_a1_2min.edf")
    found = limb_events(recording, ASLEEP)
    assert not found.events and not found.scored
    assert len(found.warnings) == 2 and all("steps of 31 uV" in w for w in found.warnings)


def test_in_wake_that_staging_is_not_sure_of_only_a_series_counts():
    legs = {"LEG_L": np.array([[t, t + 2.0, 1] for t in (5, 40, 65, 90, 118, 300)])}
    stages = (Stage.N2, *(Stage.W,) * 2, *(Stage.N2,) * 6, *(Stage.W,) * 11)

    def kinds(wake):
        sure = np.zeros((20, 5), np.float32)
        sure[[1, 2, *range(9, 20)], 0] = wake
        return [(e.start_s, e.type) for e in limb_movements(legs, Scoring(stages, "yasa", probabilities=sure))]

    assert kinds(0.7) == [(t, "plm") for t in (5, 40, 65, 90, 118)]
    assert kinds(0.95) == [(5, "leg_movement"), (90, "leg_movement"), (118, "leg_movement")]
    by_expert = limb_movements(legs, Scoring(stages, "expert"))
    assert [(e.start_s, e.type) for e in by_expert] == kinds(0.95)

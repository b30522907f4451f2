"""What no blood does is no measurement, whatever rests on it; what severe apnea does is one."""

from pathlib import Path

import numpy as np
import pytest
from fakes import FakeRecording
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sleeplm.facts.night_facts import night_facts
from sleeplm.kinds.stages import Stage
from sleeplm.night import Scoring
from sleeplm.scoring import clean_spo2, desaturations
from sleeplm.scoring.oximetry import oxygen_events
from sleeplm.simulate import simulate_night

USUAL = 95.0


def night():
    return np.full(7200, USUAL)


def oxygen_facts(spo2):
    recording = FakeRecording({"SPO2": (spo2, 1.0)})
    facts = night_facts(recording, Scoring((Stage.N2,) * (len(spo2) // 30), "expert"))
    return {f.id: f.value for f in facts}


def assert_nothing_happened(spo2):
    facts = oxygen_facts(spo2)
    assert facts["spo2_min_pct"] >= USUAL - 4
    assert facts["t90_min"] == 0 and facts["odi3_per_h"] == 0 and not desaturations(spo2, 1)


@pytest.mark.parametrize("seconds", [40, 180, 600])
@pytest.mark.parametrize("level", [50, 62, 75, 80])
@pytest.mark.parametrize(("down_s", "up_s"), [(1, 1), (1, 30), (30, 1), (3, 3)])
def test_a_plateau_with_an_edge_that_no_blood_makes_is_left_out(seconds, level, down_s, up_s):
    spo2 = night()
    first, last = 3000 + down_s, 3000 + down_s + seconds
    spo2[3000:first] = np.linspace(USUAL, level, down_s + 1)[1:]
    spo2[first:last] = level
    spo2[last : last + up_s] = np.linspace(level, USUAL, up_s + 1)[1:]
    assert_nothing_happened(spo2)
    (warning,) = [w for w in oxygen_events(FakeRecording({"SPO2": (spo2, 1.0)})).warnings if "steps and slips" in w]
    assert "left out" in warning


@pytest.mark.parametrize("down_s", [3, 15, 60])
@pytest.mark.parametrize("up_s", [3, 10, 60])
@pytest.mark.parametrize(("off", "lost_s"), [(0, 85), (-1, 30), (127, 600), (np.nan, 30)])
def test_a_probe_that_slips_off_and_finds_its_signal_is_no_desaturation(down_s, up_s, off, lost_s):
    spo2 = night()
    first, last = 3000 + down_s, 3000 + down_s + lost_s
    spo2[3000:first] = np.linspace(USUAL, 60, down_s)
    spo2[first:last] = off
    spo2[last : last + up_s] = np.linspace(62, USUAL, up_s)
    assert_nothing_happened(spo2)


def test_a_probe_that_warms_up_gives_no_nadir():
    spo2 = night()
    spo2[:200] = 55
    assert oxygen_facts(spo2)["spo2_min_pct"] == USUAL


@pytest.mark.parametrize("fall_s", [20, 30, 45])
@pytest.mark.parametrize("nadir", [51, 60, 75])
def test_a_deep_fast_desaturation_of_severe_apnea_is_believed(fall_s, nadir):
    spo2 = night()
    for start in range(600, 6600, 120):
        spo2[start : start + fall_s] = np.linspace(USUAL, nadir, fall_s)
        spo2[start + fall_s : start + fall_s + 12] = np.linspace(nadir, USUAL, 12)
    facts = oxygen_facts(spo2)
    assert facts["spo2_min_pct"] == pytest.approx(nadir, abs=1) and facts["odi3_per_h"] == 25


def test_a_loss_within_a_fall_that_goes_on_ends_nothing():
    spo2 = night()
    spo2[1000:1040], spo2[1040:1060] = np.linspace(USUAL, 80, 40), np.linspace(80, USUAL, 20)
    whole = clean_spo2(spo2, 1)
    spo2[1020:1023] = 0
    cleaned = clean_spo2(spo2, 1)
    beside = np.r_[0:1018, 1025:7200]
    assert np.array_equal(cleaned[beside], whole[beside])


def test_readings_just_under_what_a_device_vouches_for_are_no_loss():
    spo2 = night()
    spo2[1000:1050], spo2[1050:1070] = np.linspace(USUAL, 45, 50), np.linspace(45, USUAL, 20)
    cleaned = clean_spo2(spo2, 1)
    assert np.nanmin(cleaned) < 55


@pytest.mark.parametrize("seed", [1, 2])
def test_a_simulated_severe_night_keeps_every_value(seed):
    spo2, sfreq_hz = simulate_night(seed=seed, hours=2, profile="osa-severe").signals["SPO2"]
    assert np.array_equal(clean_spo2(spo2, sfreq_hz), spo2)


@pytest.mark.parametrize("name", ["ucddb020", "ucddb024"])
def test_real_nights_keep_every_value(data: Path, name):
    rows = (data / f"spo2/{name}_1hz.csv").read_text().splitlines()[1:]
    spo2 = np.array([float(row.split(",")[1]) for row in rows], dtype=np.float32)
    assert np.array_equal(clean_spo2(spo2, 1), spo2)


@settings(deadline=None, max_examples=100)
@given(
    hnp.arrays(np.float32, st.integers(0, 600), elements=st.floats(-5, 130, width=32)), st.sampled_from([0.5, 1, 3])
)
def test_cleaning_makes_no_value_up(spo2, sfreq_hz):
    cleaned = clean_spo2(spo2, sfreq_hz)
    there = np.isfinite(cleaned)
    assert np.array_equal(cleaned[there], np.minimum(spo2[there], 100))


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.floats(85, 99))
def test_a_clean_signal_is_left_as_it_is(seed, level):
    steps = np.random.default_rng(seed).normal(0, 0.3, 1800)
    spo2 = np.clip(level + np.cumsum(steps) % 6 - 3, 70, 100).astype(np.float32)
    smooth = np.convolve(spo2, np.ones(15) / 15, mode="valid").astype(np.float32)
    assert np.array_equal(clean_spo2(smooth, 1), smooth)

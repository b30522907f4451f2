import csv
from itertools import pairwise

import numpy as np
import pytest
from fakes import FakeRecording
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sleeplm.scoring import clean_spo2, desaturations
from sleeplm.scoring.oximetry import as_reported, oxygen_events

NIGHTS = {"ucddb020_1hz.csv": (0.91, 0.52), "ucddb024_1hz.csv": (0.89, 0.63)}  # recall, precision: floors


def dip(depth_pct, baseline_pct=96.0, at_s=100, length_s=40, total_s=300):
    """A saturation at 1 Hz with one triangular fall."""
    spo2 = np.full(total_s, baseline_pct)
    half = length_s // 2
    spo2[at_s : at_s + half] -= np.linspace(0, depth_pct, half)
    spo2[at_s + half : at_s + 2 * half] -= np.linspace(depth_pct, 0, half)
    return spo2


def test_a_fall_of_three_percent_is_found_where_it_is():
    (found,) = desaturations(dip(5), 1)
    assert found.type == "desaturation"
    assert found.start_s == pytest.approx(100, abs=2)
    assert 20 <= found.duration_s <= 40
    assert found.label == "96% to 91%"
    assert found.source == "sleeplm oximetry"
    assert found.confidence == pytest.approx(0.83, abs=0.02)  # 5%: two thirds of the way from 3% to 6%


@pytest.mark.parametrize(("depth_pct", "drop_pct", "count"), [(2.9, 3, 0), (3, 3, 1), (3.9, 4, 0), (4, 4, 1)])
def test_a_fall_counts_from_its_threshold_on(depth_pct, drop_pct, count):
    assert len(desaturations(dip(depth_pct), 1, drop_pct)) == count


@pytest.mark.parametrize("sfreq_hz", [1, 4, 25.6, 64])
def test_the_rate_of_the_signal_does_not_matter(sfreq_hz):
    seconds = np.arange(int(300 * sfreq_hz)) / sfreq_hz
    held = dip(6)[np.minimum(seconds.astype(int), 299)]
    (found,) = desaturations(held, sfreq_hz)
    assert found.start_s == pytest.approx(100, abs=2)


def test_two_falls_apart_are_two_events():
    assert len(desaturations(np.concatenate([dip(5), dip(4)]), 1)) == 2


@pytest.mark.parametrize("value", [-1.0, 0.0, 49.0, 102.0, np.nan, np.inf])
def test_values_that_cannot_be_are_no_measurement(value):
    spo2 = np.full(60, 95.0)
    spo2[30] = value
    cleaned = clean_spo2(spo2, 1)
    assert np.isnan(cleaned[28:33]).all()
    assert np.isfinite(cleaned[:27]).all() and np.isfinite(cleaned[34:]).all()


def test_a_jump_is_an_artefact_and_no_desaturation():
    spo2 = np.full(200, 96.0)
    spo2[100:105] = 60.0
    assert desaturations(spo2, 1) == []
    assert np.isnan(clean_spo2(spo2, 1)[100])


def test_a_probe_that_is_off_gives_nothing():
    assert np.isnan(clean_spo2(np.full(100, -1.0), 0.5)).all()
    assert desaturations(np.full(100, -1.0), 0.5) == []
    assert desaturations(np.empty(0), 1) == []


def staircase(*levels, hold_s=30, gain=1.0, shift=0.0):
    """An oximeter that reports whole percents, through an analogue output that is a little off."""
    noise = np.random.default_rng(0).normal(0, 0.02, hold_s * len(levels))
    return np.repeat(np.array(levels, float), hold_s) * gain + shift + noise


def test_whole_percents_are_counted_as_the_oximeter_reported_them():
    spo2 = staircase(95, 95, 94, 93, 92, 94, 95, gain=0.96, shift=3.8)
    assert np.ptp(spo2) < 3
    (found,) = desaturations(spo2, 1)
    assert found.label == "95% to 92%"


def test_a_finer_oximeter_is_taken_at_its_word():
    fine = np.repeat([95.0, 94.3, 93.6, 92.9, 92.2, 93.4, 95.0], 30)
    assert np.array_equal(as_reported(fine), fine)
    assert len(desaturations(fine + 0.1, 1, 2.9)) == 0


def test_a_resaturation_in_steps_of_a_slow_oximeter_is_no_artefact():
    deep = np.repeat([94, 90, 86, 82, 78, 74, 82, 90, 94, 94], 3).astype(float)
    (found,) = desaturations(np.concatenate([np.full(60, 94.0), deep, np.full(60, 94.0)]), 1)
    assert found.label == "94% to 74%"


def test_a_fall_begins_after_the_last_long_level():
    spo2 = np.concatenate([np.full(30, 97.0), np.full(90, 95.0), np.linspace(95, 91, 20), np.full(60, 96.0)])
    (found,) = desaturations(spo2, 1)
    assert found.start_s == pytest.approx(119, abs=4) and found.label == "95% to 91%"


def test_a_night_that_lost_its_probe_for_long_says_so():
    spo2 = np.concatenate([dip(5), np.full(300, -1.0)])
    found = oxygen_events(FakeRecording({"SPO2": (spo2, 1)}))
    assert len(found.events) == 1 and "10 of 20 epochs" in found.warnings[0]


@settings(deadline=None, max_examples=100)
@given(
    hnp.arrays(np.float32, st.integers(0, 400), elements=st.floats(-5, 105, width=32)), st.sampled_from([0.5, 1, 3])
)
def test_whatever_was_recorded_events_follow_one_another(spo2, sfreq_hz):
    cleaned = clean_spo2(spo2, sfreq_hz)
    assert cleaned.shape == spo2.shape
    valid = cleaned[np.isfinite(cleaned)]
    assert ((valid >= 50) & (valid <= 100)).all()
    events = desaturations(spo2, sfreq_hz)
    assert all(a.end_s <= b.start_s for a, b in pairwise(events))
    assert all(0 <= e.start_s and e.end_s <= len(spo2) / sfreq_hz for e in events)


@pytest.mark.parametrize("name", NIGHTS)
def test_most_expert_apnoeas_of_real_nights_are_followed_by_a_desaturation(data, name):
    with (data / "spo2" / name).open() as file:
        rows = list(csv.DictReader(file))
    seconds = [sum(int(x) * f for x, f in zip(r["time"].split(":"), (3600, 60, 1), strict=True)) for r in rows]
    seconds = (np.array(seconds) - seconds[0]) % 86400
    spo2, scored = np.full(seconds[-1] + 1, np.nan), np.zeros(seconds[-1] + 1, dtype=int)
    spo2[seconds] = [float(r["spo2_pct"]) for r in rows]
    scored[seconds] = [r["apnea"] != "Nothing" for r in rows]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], scored, [0]])))
    spans = list(zip(edges[::2], edges[1::2], strict=True))
    found = [e.start_s for e in desaturations(spo2, 1)]
    recall = np.mean([any(start - 10 <= f <= end + 60 for f in found) for start, end in spans])
    precision = np.mean([any(start - 10 <= f <= end + 60 for start, end in spans) for f in found])
    assert recall >= NIGHTS[name][0]
    assert precision >= NIGHTS[name][1]

"""Oxygen beyond nadir and T90: thresholds, bands, baseline, the deepest fall, hypoxic burden."""

import numpy as np
import pytest
from fakes import FakeRecording
from hypothesis import given, settings
from hypothesis import strategies as st

from sleeplm.facts.hypoxic_burden import search_window
from sleeplm.facts.night_facts import night_facts
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring

HOURS = 2
N = HOURS * 120


def with_dips(depth, every_s=120, length_s=40):
    """A saturation of 96% that falls after each apnea as a triangle, and the apneas."""
    spo2, events = np.full(HOURS * 3600, 96.0), []
    half = length_s // 2
    shape = np.concatenate([np.linspace(0, depth, half, endpoint=False), np.linspace(depth, 0, half)])
    for start in range(300, HOURS * 3600 - 300, every_s):
        events.append(Event("apnea_obstructive", float(start), 20.0))
        spo2[start + 15 : start + 15 + length_s] -= shape
    return spo2, tuple(events), float(shape.sum())


def facts_of(spo2, events=(), hypnogram=(Stage.N2,) * N, **scoring):
    types = dict.fromkeys(("apnea_obstructive", "hypopnea"), "expert")
    night = Scoring(hypnogram, "expert" if hypnogram else None, events, types, **scoring)
    return {f.id: f for f in night_facts(FakeRecording({"SPO2": (spo2, 1.0)}), night)}


@pytest.mark.parametrize("depth", [4, 10, 20])
@pytest.mark.parametrize("every_s", [80, 120, 300])
def test_the_hypoxic_burden_is_the_area_under_the_baseline(depth, every_s):
    spo2, events, area = with_dips(depth, every_s)
    fact = facts_of(spo2, events)["hypoxic_burden_pct_min_per_h"]
    truth = area * len(events) / 60 / HOURS
    assert fact.value == pytest.approx(truth, rel=0.05)
    assert fact.basis.events == len(events) and "Azarbarzin" in fact.definition


def test_without_events_there_is_no_burden_and_with_few_none_is_known():
    spo2, events, _ = with_dips(10)
    assert facts_of(spo2)["hypoxic_burden_pct_min_per_h"].value == 0
    few = facts_of(spo2, events[:3])["hypoxic_burden_pct_min_per_h"]
    assert few.value is None and "Under 5 apneas" in few.text


def test_the_window_lies_around_the_fall():
    spo2, events, _ = with_dips(10)
    first, last = search_window(spo2, np.array([round(e.end_s) for e in events]))
    assert first == pytest.approx(-5, abs=6) and last == pytest.approx(35, abs=6)


def test_bands_and_thresholds_share_the_measured_time():
    spo2 = np.repeat([97.0, 93.0, 87.0, 84.0, 79.0, 75.0], 1200)
    facts = {id_: f.value for id_, f in facts_of(spo2).items()}
    bands = [facts[f"spo2_{b}_pct"] for b in ("95_to_100", "90_to_95", "80_to_90", "70_to_80", "50_to_70")]
    assert sum(bands) == pytest.approx(100, abs=0.3)
    assert facts["t95_pct"] == pytest.approx(100 - bands[0], abs=0.1)
    assert [facts[f"t{t}_pct"] for t in (90, 85, 80)] == pytest.approx([66.7, 50, 33.3], abs=0.2)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(70, 99), min_size=6, max_size=6))
def test_time_below_grows_with_the_threshold(levels):
    facts = {i: f.value for i, f in facts_of(np.repeat(np.array(levels, float), 1200)).items()}
    if facts["t95_pct"] is not None:
        below = [facts[f"t{t}_pct"] for t in (80, 85, 88, 90, 95)]
        assert below == sorted(below)


def test_the_deepest_and_the_longest_desaturation_are_cited_at_their_own_place():
    spo2, events, _ = with_dips(5)
    spo2[3615:3655] = 96 - np.concatenate([np.linspace(0, 15, 20), np.linspace(15, 0, 20)])
    facts = facts_of(spo2, events)
    assert facts["desaturation_deepest_pct"].value == pytest.approx(15, abs=0.5)
    assert any(first <= 122 <= last for first, last in facts["desaturation_deepest_pct"].epochs)
    assert facts["desaturation_longest_s"].value >= facts["desaturation_duration_s"].value


def test_baseline_leaves_falls_out_and_awake_is_of_wake_alone():
    spo2, events, _ = with_dips(20, every_s=80)
    spo2[:300] = 98
    hypnogram = (Stage.W,) * 10 + (Stage.N2,) * (N - 10)
    facts = facts_of(spo2, events, hypnogram)
    assert facts["spo2_baseline_pct"].value == pytest.approx(96, abs=0.3)
    assert facts["spo2_awake_pct"].value == pytest.approx(98, abs=0.1)
    all_asleep = facts_of(spo2)["spo2_awake_pct"]
    assert all_asleep.value is None and all_asleep.text.startswith("No wake in bed")


def test_oximetry_without_stages_has_a_desaturation_index_of_its_valid_hours():
    spo2, *_ = with_dips(5)
    spo2[3600:] = 0
    facts = facts_of(spo2, (), ())
    assert facts["odi3_per_h"].value is None
    fact = facts["odi3_recording_per_h"]
    assert fact.value == pytest.approx(28, abs=1.5) and fact.basis.searched_min == pytest.approx(60, abs=0.5)
    assert facts_of(spo2)["odi3_recording_per_h"].text.startswith("Sleep was staged")

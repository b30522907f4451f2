"""Heart rate without an ECG comes from the oximeter, and is said to."""

import numpy as np
import pytest
from fakes import FakeRecording

from sleeplm.facts import night_facts
from sleeplm.kinds.stages import Stage
from sleeplm.night import Scoring

N = 20
SPO2 = (np.full(N * 30, 96.0), 1.0)
SCORING = Scoring(hypnogram=(Stage.N2,) * N, hypnogram_source="expert")


def facts(**signals):
    return {f.id: f for f in night_facts(FakeRecording({"SPO2": SPO2, **signals}), SCORING)}


def test_without_an_ecg_the_heart_rate_is_that_of_the_oximeter_and_said_to_be():
    pulse = np.full(N * 30, 62.0)
    pulse[90:120], pulse[300:330] = 50, 90
    found = facts(PULSE=(pulse, 1.0))
    assert (found["hr_mean_bpm"].value, found["hr_min_bpm"].value, found["hr_max_bpm"].value) == (62.8, 50, 90)
    assert found["hr_mean_bpm"].signals == ("PULSE",) and "oximeter" in found["hr_mean_bpm"].text
    assert found["hr_n2_bpm"].value == 62.8
    for id_ in ("rmssd_n2_ms", "premature_beat_n", "bradycardia_n"):
        assert found[id_].value is None and found[id_].text


@pytest.mark.parametrize("off", [0.0, 255.0, 511.0, np.nan])
def test_seconds_of_a_probe_that_is_off_count_for_nothing(off):
    pulse = np.full(N * 30, 70.0)
    pulse[100:250] = off
    found = facts(PULSE=(pulse, 1.0))
    assert (found["hr_mean_bpm"].value, found["hr_min_bpm"].value, found["hr_max_bpm"].value) == (70, 70, 70)


def test_a_rate_that_is_sampled_faster_is_taken_by_the_second():
    found = facts(PULSE=(np.repeat(np.where(np.arange(N * 30) < 300, 60.0, 80.0), 4), 4.0))
    assert found["hr_mean_bpm"].value == 70


def test_where_there_is_neither_the_reason_is_said():
    assert "was not recorded" in facts()["hr_mean_bpm"].text
    assert facts(PULSE=(np.zeros(N * 30), 1.0))["hr_mean_bpm"].value is None

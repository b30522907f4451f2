"""An ECG without an EEG gives facts at every length and with every dropout, staged or not."""

import numpy as np
import pytest
from fakes import FakeRecording

from sleeplm.facts import night_facts
from sleeplm.kinds.stages import Stage
from sleeplm.scoring import score
from sleeplm.simulate import simulate_night


@pytest.fixture(scope="module")
def ecg():
    return simulate_night(3, 0.5, "healthy-young").signals["ECG"]


def known(values, sfreq_hz):
    recording = FakeRecording({"ECG": (values, sfreq_hz)})
    scoring = score(recording)
    facts = {f.id: f for f in night_facts(recording, scoring)}
    return facts, scoring


@pytest.mark.parametrize("minutes", [0.5, 1, 2.5, 4, 4.5, 5, 5.5, 6, 7, 10, 15, 20])
def test_facts_are_there_at_every_length(ecg, minutes):
    values, sfreq_hz = ecg
    facts, scoring = known(values[: round(minutes * 60 * sfreq_hz)], sfreq_hz)
    assert 40 < facts["hr_mean_bpm"].value < 110 and len(scoring.hypnogram) == int(minutes * 2)
    assert facts["recording_min"].value == minutes


@pytest.mark.parametrize("every_s", [40, 100, 200, 400])
@pytest.mark.parametrize("lost", [0.0, np.nan])
@pytest.mark.parametrize("minutes", [6, 20])
def test_facts_are_there_with_dropouts(ecg, minutes, every_s, lost):
    values, sfreq_hz = ecg
    values = np.array(values[: round(minutes * 60 * sfreq_hz)])
    for start_s in range(20, minutes * 60, every_s):
        values[round(start_s * sfreq_hz) : round((start_s + 12) * sfreq_hz)] = lost
    facts, scoring = known(values, sfreq_hz)
    assert 40 < facts["hr_mean_bpm"].value < 110
    if set(scoring.hypnogram) == {Stage.UNSCORED}:
        assert any("No sleep stages" in w for w in scoring.warnings)

import sys

import numpy as np
import pytest
from fakes import FakeRecording

from sleeplm.kinds.stages import Stage
from sleeplm.recording.privacy.subject import Subject
from sleeplm.scoring import score, stage
from sleeplm.scoring.heart_stages import stages_of_beats
from sleeplm.simulate import simulate_night
from sleeplm.units import EPOCH_S


@pytest.fixture(scope="module")
def ecg():
    return simulate_night(3, 0.5, "healthy-young").signals["ECG"]


def test_a_night_with_an_ecg_alone_is_staged_into_wake_nrem_and_rem_and_said_to_be_weakly(ecg):
    scoring = score(FakeRecording({"ECG": ecg}))
    assert scoring.hypnogram_source == "sleepecg" and scoring.probabilities is None
    assert set(scoring.hypnogram) <= {Stage.W, Stage.NREM, Stage.R, Stage.UNSCORED}
    assert Stage.NREM in scoring.hypnogram and Stage.UNSCORED not in scoring.hypnogram
    (stated,) = [w for w in scoring.warnings if "heart alone" in w]
    assert "as no EEG was recorded: only wake, NREM and REM sleep" in stated
    assert "kappa .15" in stated and "10,164 epochs of 18 MIT-BIH records" in stated


def test_where_the_ecg_is_lost_nothing_is_staged(ecg):
    values, sfreq_hz = np.array(ecg[0]), ecg[1]
    values[round(300 * sfreq_hz) : round(600 * sfreq_hz)] = 0
    staging = stage(FakeRecording({"ECG": (values, sfreq_hz)}))
    assert set(staging.hypnogram[10:20]) == {Stage.UNSCORED}
    assert Stage.UNSCORED not in staging.hypnogram[:9]
    assert "epochs are unscored, the ECG not being usable" in staging.warning


def test_an_eeg_that_holds_nothing_leaves_the_night_to_the_heart(ecg):
    staging = stage(FakeRecording({"ECG": ecg, "C3": (np.zeros(180_000), 100)}))
    assert staging.source == "sleepecg" and staging.channels == ("ECG",)
    assert "as under five minutes of the EEG are usable" in staging.warning


def test_without_keras_the_reason_says_what_to_install(ecg, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", None)
    scoring = score(FakeRecording({"ECG": ecg}))
    assert set(scoring.hypnogram) == {Stage.UNSCORED} and scoring.hypnogram_source is None
    stated = "No sleep stages: no EEG was recorded; install the extra 'ecg' to stage"
    assert any(w.startswith(stated) for w in scoring.warnings)


def test_the_classifier_is_the_one_of_sleepecg_with_all_that_is_known():
    """Its own way to stage gives the same, where it does not call an epoch undefined."""
    import datetime
    import warnings

    import sleepecg
    from sleepecg.io.sleep_readers import Gender, SubjectData

    beats_s = np.cumsum(np.random.default_rng(0).normal(0.9, 0.05, 2200))
    start = datetime.time(23)
    n_epochs = int(beats_s[-1] // EPOCH_S)
    found = stages_of_beats(beats_s, n_epochs, start, Subject(61, "F"))
    record = sleepecg.SleepRecord(
        recording_start_time=start, heartbeat_times=beats_s, subject_data=SubjectData(Gender.FEMALE, 61)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        classifier = sleepecg.load_classifier("wrn-gru-mesa-weighted", "SleepECG")
        own = sleepecg.stage(classifier, record, return_mode="str")
    names = {Stage.NREM: "NREM", Stage.R: "REM", Stage.W: "WAKE"}
    assert [names[s] for s in found] == list(own)

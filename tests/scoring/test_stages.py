import numpy as np
import pytest
from fakes import FakeRecording

from sleeplm.kinds.stages import STAGES, Stage
from sleeplm.recording import open_recording
from sleeplm.recording.annotations import read_scoring
from sleeplm.scoring import low_confidence, score, stage


def noise(seconds, sfreq_hz=100, sd_uv=20.0, seed=0):
    return (np.random.default_rng(seed).standard_normal(int(seconds * sfreq_hz)) * sd_uv, sfreq_hz)


def kappa(a, b):
    a, b = np.array(a), np.array(b)
    agreed = (a == b).mean()
    chance = sum((a == s).mean() * (b == s).mean() for s in STAGES)
    return (agreed - chance) / (1 - chance)


def test_yasa_agrees_with_the_expert_on_a_real_night(data):
    recording = open_recording(data / "recordings" / "ucddb018.edf")
    expert = read_scoring(data / "recordings" / "ucddb018_stage.csv", recording)
    scoring = score(recording)
    assert scoring.hypnogram_source == "yasa"
    assert len(scoring.hypnogram) == recording.n_epochs == 822
    assert kappa(scoring.hypnogram, expert.hypnogram) >= 0.78
    assert scoring.probabilities.shape == (822, 5)
    assert np.allclose(scoring.probabilities.sum(axis=1), 1, atol=1e-4)
    assert [STAGES[i] for i in scoring.probabilities.argmax(axis=1)] == list(scoring.hypnogram)


def test_two_minutes_are_not_staged(data):
    recording = open_recording(data / "recordings" / "nox_a1_2min.edf")
    staging = stage(recording)
    assert staging.hypnogram == (Stage.UNSCORED,) * 4
    assert staging.probabilities is None
    assert staging.warning == "Two minutes are too few to stage: at least five minutes are needed."


def test_five_real_minutes_are_staged_without_the_slow_chin_envelope(data):
    staging = stage(open_recording(data / "recordings" / "sleepedf_sc4001_5min.edf"))
    assert len(staging.hypnogram) == 10
    assert "EMG_CHIN" not in staging.channels


@pytest.mark.parametrize(
    ("signals", "reason"),
    [
        ({"SPO2": (np.full(600, 95.0), 1)}, "no EEG was recorded."),
        ({"ECG": noise(600, 128)}, "no EEG was recorded; under five minutes of the ECG are usable."),
        ({"C3": noise(600, 50)}, "too slowly"),
        ({"C3": (np.zeros(60000), 100)}, "under five minutes of the EEG"),
        ({"C3": (np.full(60000, np.nan), 100)}, "under five minutes of the EEG"),
    ],
)
def test_a_night_without_usable_eeg_says_why_it_is_unscored(signals, reason):
    scoring = score(FakeRecording(signals))
    assert scoring.hypnogram == (Stage.UNSCORED,) * 20
    assert scoring.hypnogram_source is None
    assert scoring.probabilities is None
    assert any(reason in w for w in scoring.warnings)


def test_flat_epochs_are_unscored_and_counted():
    values, sfreq_hz = noise(615)
    values[3000:9000] = 0
    staging = stage(FakeRecording({"C3": (values, sfreq_hz)}))
    unscored = [i + 1 for i, s in enumerate(staging.hypnogram) if s is Stage.UNSCORED]
    assert unscored == [2, 3]
    assert np.isnan(staging.probabilities[1:3]).all()
    assert staging.warning == "2 of 20 epochs are unscored: the EEG is not usable there."


def test_the_live_one_of_two_eeg_channels_is_read():
    active, dead = noise(600), (np.zeros(60000), 100)
    assert stage(FakeRecording({"C3": active, "C4": dead})).channels == ("C3",)
    assert stage(FakeRecording({"C3": active, "C4": active})).channels == ("C4",)
    assert stage(FakeRecording({"C4": active, "EOG_L": dead, "EOG_R": active})).channels == ("C4", "EOG_R")


def test_a_clipped_stretch_is_unscored_and_the_rest_is_staged_as_if_it_were_not_there():
    values, sfreq_hz = noise(900)
    whole = stage(FakeRecording({"C3": (values, sfreq_hz)}))
    broken = values.copy()
    broken[30000:60000] = np.where(np.arange(30000) % 200 < 100, 3000.0, -3000.0)
    staging = stage(FakeRecording({"C3": (broken, sfreq_hz)}))
    assert staging.hypnogram[10:20] == (Stage.UNSCORED,) * 10
    assert staging.hypnogram[:9] == whole.hypnogram[:9] and staging.hypnogram[22:] == whole.hypnogram[22:]


def test_epochs_without_a_clear_favourite_are_of_low_confidence():
    nan = [np.nan] * 5
    probabilities = np.array([[0.59, 0.41, 0, 0, 0], [0.61, 0.39, 0, 0, 0], nan], dtype=np.float32)
    assert low_confidence(probabilities).tolist() == [True, False, False]


def test_low_confidence_marks_where_a_real_night_is_staged_wrong(data):
    recording = open_recording(data / "recordings" / "ucddb018.edf")
    expert = read_scoring(data / "recordings" / "ucddb018_stage.csv", recording)
    staging = stage(recording)
    right = np.array([a == b for a, b in zip(staging.hypnogram, expert.hypnogram, strict=True)])
    low = low_confidence(staging.probabilities)
    assert 0.05 < low.mean() < 0.15
    assert right[low].mean() < 0.5 and right[~low].mean() > 0.9

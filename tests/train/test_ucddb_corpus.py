from typing import Any

import numpy as np
import pytest

from sleeplm.recording import open_recording
from sleeplm.recording.annotations import read_scoring
from train.corpus.ucddb import NOMINAL_UV, STORED_SD, people_of, write_people


@pytest.fixture
def archive(tmp_path):
    rng = np.random.default_rng(0)
    sizes = {"002_N3": 2, "002_W": 3, "003_W": 2, "005_W": 1}
    held: dict[str, Any] = {key: rng.normal(0, STORED_SD, (n, 3840)).astype(np.int16) for key, n in sizes.items()}
    np.savez(tmp_path / "epochs.npz", **held)
    return tmp_path / "epochs.npz", held


def test_half_the_people_are_trained_on_and_nobody_is_in_both_halves():
    keys = ["002_W", "003_N3", "003_W", "005_W", "006_N3"]
    trained, others = people_of(keys, trained=True), people_of(keys, trained=False)
    assert trained == ["002", "005"] and others == ["003", "006"]


def test_each_person_is_a_recording_with_a_scoring(archive, tmp_path):
    file, held = archive
    nights = write_people(file, tmp_path / "recordings")
    assert len(nights) == 2 and all(night.split == "train" for night in nights)
    recording = open_recording(nights[0].path)
    stages = [str(s) for s in read_scoring(nights[0].scorings[0], recording).hypnogram]
    assert stages == ["W", "W", "W", "N3", "N3"]
    eeg_uv = recording.signal("C3")
    wanted = np.concatenate([held["002_W"].reshape(-1), held["002_N3"].reshape(-1)]) * (NOMINAL_UV / STORED_SD)
    np.testing.assert_allclose(eeg_uv, wanted, atol=0.01)


def test_the_person_of_the_real_night_that_is_measured_on_is_in_neither_half(data):
    with np.load(data / "eeg_epochs" / "ucddb_wake_n3_128hz.npz", allow_pickle=False) as held:
        trained, others = people_of(held.files, trained=True), people_of(held.files, trained=False)
    assert "018" not in {*trained, *others} and not set(trained) & set(others)
    assert (len(trained), len(others)) == (12, 11)

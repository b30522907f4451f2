import json
from importlib.resources import files

import numpy as np
import pytest

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.recording import open_recording
from sleeplm.simulate import simulate_eeg, simulate_night, write_night
from sleeplm.simulate.fitting.eeg import fit


@pytest.fixture(scope="module")
def labs():
    return [simulate_night(seed=s, hours=0.5, lab="varied") for s in range(6)]


def test_committed_spectra_are_those_of_the_real_recordings(data):
    committed = json.loads(files("sleeplm.simulate").joinpath("eeg.json").read_text())
    fitted = fit(data)
    assert fitted.keys() == committed.keys()
    np.testing.assert_allclose(fitted["mean_by_stage"], committed["mean_by_stage"], atol=0.002)


def test_labs_differ_in_rates_units_and_faults(labs):
    assert all(tuple(n.signals) == CHANNEL_NAMES for n in labs)
    assert len({n.signals["C3"][1] for n in labs}) > 1
    assert {n.units["C3"] for n in labs} > {"uV"}
    for night in labs:
        for name, (values, sfreq_hz) in night.signals.items():
            assert len(values) == night.duration_s * sfreq_hz, name
            assert np.isfinite(values).all()


def test_a_sensor_that_is_off_is_told_and_shows_no_body(labs):
    marks = [(n, e) for n in labs for e in n.events if e.label == "sensor off"]
    assert marks
    for night, mark in marks:
        (name,) = mark.channels
        values, sfreq_hz = night.signals[name]
        inside = values[int((mark.start_s + 1) * sfreq_hz) : int((mark.end_s - 1) * sfreq_hz)]
        outside = np.std(values)
        assert np.std(inside) < 0.2 * outside or np.std(inside) > outside or not inside.any()


def test_any_lab_is_read_back_in_canonical_units(labs, tmp_path):
    night = next(n for n in labs if n.units["C3"] == "V")
    write_night(night, tmp_path / "night.edf")
    read = open_recording(tmp_path / "night.edf").signal("C3", night.signals["C3"][1])
    made = night.signals["C3"][0]
    assert np.corrcoef(read, made)[0, 1] > 0.999
    assert np.isclose(np.std(read), np.std(made), rtol=0.01)


def test_same_seed_same_lab():
    one, same = (simulate_night(seed=5, hours=0.25, lab="varied") for _ in range(2))
    for name in CHANNEL_NAMES:
        np.testing.assert_array_equal(one.signals[name][0], same.signals[name][0])


def test_eeg_alone_is_that_of_a_whole_night_where_no_heart_leaks_in():
    eeg, sfreq_hz, hypnogram = simulate_eeg(seed=5, hours=0.25, lab="clean")
    night = simulate_night(seed=5, hours=0.25)
    assert sfreq_hz == night.signals["C3"][1] and hypnogram == night.hypnogram
    np.testing.assert_array_equal(eeg[0], night.signals["C3"][0])


def test_a_lab_that_is_unknown_is_refused():
    with pytest.raises(UsageError, match="clean, varied"):
        simulate_night(hours=0.25, lab="nobody's")

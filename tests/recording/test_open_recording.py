import warnings
from datetime import time

import numpy as np
import pytest

from sleeplm.errors import NoUsableChannelError, UsageError
from sleeplm.kinds.channels import CHANNEL, CHANNEL_NAMES
from sleeplm.recording import montage_of, open_recording
from sleeplm.recording.__main__ import main

NOX = {
    "ECG": "ECG", "ABD": "Abdomen", "THX": "Chest", "AF": "Nasal Pressure", "EOG_L": "E1-M2", "EOG_R": "E2-M1",
    "C3": "C3-M2", "C4": "C4-M1", "EMG_CHIN": "1-F", "POS": "PosAngle", "SPO2": "Saturation",
    "LEG_L": "Left Leg", "LEG_R": "Right Leg", "SNORE": "Snoring", "PULSE": "Pulse",
}  # fmt: skip


def test_nox_file_gives_every_canonical_channel(data):
    night = open_recording(data / "recordings/nox_a1_2min.edf")
    assert {name: c.label for name, c in night.channels.items()} == NOX
    assert (night.missing, night.duration_s, night.n_epochs) == ([], 120.0, 4)
    assert (night.start_date, night.start_clock) == ("2018-02-06", "01:36:50")
    assert "C3 Impédance" in night.labels and len(night.labels) == 89
    assert night.annotations == [] and not night.simulated


def test_nox_signals_come_in_canonical_units(data):
    night = open_recording(data / "recordings/nox_a1_2min.edf")
    assert night.channels["C3"].unit == "uV" and night.channels["ECG"].unit == "mV"
    assert 20 < night.signal("C3").std() < 200  # the file is in V
    assert 93 < night.signal("SPO2").min() and night.signal("SPO2").max() < 97


def test_a_single_eeg_without_derivation_takes_the_place_of_c3_and_says_so(data):
    night = open_recording(data / "recordings/ucddb018.edf")
    assert list(night.channels) == ["C3"]
    assert night.channels["C3"].note == "stands in for C3-M2: no derivation named"
    assert sum("C3 is 'EEG'" in w for w in night.warnings) == 1
    assert (night.start_date, night.start_clock, night.n_epochs) == (None, "23:49:02", 822)
    assert night.missing == [c for c in CHANNEL_NAMES if c != "C3"]


def test_sleep_edf_stand_ins_are_named_and_slow_emg_is_refused(data):
    night = open_recording(data / "recordings/sleepedf_sc4001_5min.edf")
    assert {n: c.label for n, c in night.channels.items()} == {
        "AF": "Resp oro-nasal", "EOG_L": "EOG horizontal", "C3": "EEG Fpz-Cz",
    }  # fmt: skip
    assert all(str(c.note).startswith("stands in for") for c in night.channels.values())
    assert any("'EMG submental' is sampled at 1 Hz" in w for w in night.warnings)
    assert "EMG_CHIN" in night.missing


def test_an_anonymised_midnight_without_date_is_no_start(data):
    night = open_recording(data / "recordings/dynamo_84min.edf")
    assert (night.start_date, night.start_clock) == (None, None)


def test_an_oximeter_that_recorded_nothing_is_said(data):
    night = open_recording(data / "recordings/cpap_night/20241127_004016_SAD.edf")
    assert any("SPO2" in w and "nothing may have been recorded" in w for w in night.warnings)


def test_patient_fields_are_nowhere_in_a_recording(data):
    night = open_recording(data / "recordings/sleepedf_sc4001_5min.edf")
    assert "Female" not in repr(vars(night))


def test_a_flat_signal_is_flagged(make_edf):
    night = open_recording(make_edf("C4-M1", ("C3-M2", 100, "uV", np.zeros(6000))))
    assert any(w.startswith("C3") and "flat" in w for w in night.warnings)


def test_separate_electrodes_are_referenced_to_the_opposite_mastoid(make_edf):
    t = np.arange(6000) / 100
    brain, common = 30 * np.sin(2 * np.pi * 5 * t), 50 * np.sin(2 * np.pi * 1 * t)
    night = open_recording(make_edf(("EEG C3-Ref", 100, "uV", brain + common), ("A2", 100, "uV", common)))
    assert night.channels["C3"].note == "re-referenced: 'EEG C3-Ref' minus 'A2'"
    assert np.abs(night.signal("C3") - brain).max() < 0.05
    assert not any("C3" in w for w in night.warnings)


def test_an_electrode_is_not_referenced_to_one_sampled_otherwise(make_edf):
    night = open_recording(make_edf(("C3", 100), ("A2", 200)))
    assert night.channels["C3"].note == "stands in for C3-M2: reference not named"


def test_shhs_eegs_find_their_sides(make_edf):
    night = open_recording(
        make_edf("EEG", "EEG(sec)", "EOG(L)", "EOG(R)", "EMG", ("NEW AIR", 10), ("THOR RES", 10))
    )
    found = {n: c.label for n, c in night.channels.items()}
    assert (found["C3"], found["C4"]) == ("EEG(sec)", "EEG")
    assert (found["EOG_L"], found["EOG_R"], found["EMG_CHIN"]) == ("EOG(L)", "EOG(R)", "EMG")
    assert (found["AF"], found["THX"]) == ("NEW AIR", "THOR RES")


def test_one_signal_never_stands_for_two_channels(make_edf):
    night = open_recording(make_edf("C4-M1", "F4-M1", "EOG"))
    labels = [c.label for c in night.channels.values()]
    assert len(labels) == len(set(labels))


def test_nasal_pressure_is_preferred_to_the_thermistor(make_edf):
    night = open_recording(make_edf(("Thermistor", 25), ("Nasal Pressure", 25, "cmH2O")))
    assert (night.channels["AF"].label, night.channels["AF"].note) == ("Nasal Pressure", "nasal pressure")


def test_impedances_are_never_taken(make_edf):
    with pytest.raises(NoUsableChannelError):
        open_recording(make_edf(("C3-M2", 100, "Ohm"), "C4-M1 (Imp)"))


def test_overrides_win_over_the_table(make_edf):
    night = open_recording(make_edf("C3-M2", "channel 7"), {"C3": "channel 7"})
    assert (night.channels["C3"].label, night.channels["C3"].note) == ("channel 7", "chosen by the user")


def test_a_label_may_be_overridden_for_two_channels_or_taken_from_another(make_edf):
    night = open_recording(make_edf("C3-M2"), {"C4": "C3-M2"})
    assert list(night.channels) == ["C4"]


@pytest.mark.parametrize("overrides", [{"C9": "C3-M2"}, {"C3": "nothing"}])
def test_an_unknown_override_lists_what_exists(make_edf, overrides):
    with pytest.raises(UsageError) as error:
        open_recording(make_edf("C3-M2", "Marker"), overrides)
    assert "'Marker'" in str(error.value) or "EMG_CHIN" in str(error.value)


def test_header_words_say_whether_a_night_is_simulated(make_edf):
    assert open_recording(make_edf("C3-M2", additional="Simulated")).simulated
    assert not open_recording(make_edf("C3-M2", name="b.edf")).simulated


def test_start_clock_is_kept_without_a_date(make_edf):
    night = open_recording(make_edf("C3-M2", clock=time(23, 1, 2)))
    assert (night.start_date, night.start_clock) == (None, "23:01:02")


def test_annotations_are_read_without_the_timekeeping_ones(make_edf):
    import edfio

    night = open_recording(
        make_edf("C3-M2", annotations=[edfio.EdfAnnotation(3.5, 2, "Apnea"), edfio.EdfAnnotation(1, None, "x")])
    )
    assert night.annotations == [(1.0, 0.0, "x"), (3.5, 2.0, "Apnea")]


def test_a_channel_that_is_not_there_is_a_usage_error(make_edf):
    night = open_recording(make_edf("C3-M2"))
    with pytest.raises(UsageError, match="no SPO2"):
        night.signal("SPO2")
    with pytest.raises(UsageError, match="out of range"):
        night.signal("C3", 0)


def test_fif_is_read_through_mne(tmp_path):
    import mne

    values = 30e-6 * np.sin(2 * np.pi * 5 * np.arange(6000) / 100)
    info = mne.create_info(["C3-M2", "SpO2"], 100.0, ["eeg", "misc"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = mne.io.RawArray(np.stack([values, np.full(6000, 96.0)]), info, verbose="error")
        raw.set_annotations(mne.Annotations([5.0], [30.0], ["Sleep stage N2"]))
        raw.save(tmp_path / "night_raw.fif", verbose="error")
    night = open_recording(tmp_path / "night_raw.fif")
    assert np.abs(night.signal("C3") - 1e6 * values).max() < 0.1
    assert night.signal("SPO2").mean() == pytest.approx(96)
    assert night.annotations == [(5.0, 30.0, "Sleep stage N2")]
    assert (night.start_date, night.start_clock) == (None, None)


def test_bdf_is_read_to_its_last_bit(make_bdf):
    import edfio

    values = 30 * np.sin(2 * np.pi * 5 * np.arange(6000) / 100)
    values[:2] = -500, 500
    path = make_bdf(values)
    night = open_recording(path)
    assert np.abs(night.signal("C3") - values).max() < 1e-3 and night.start_clock == "22:00:01"
    assert np.allclose(night.signal("C3"), edfio.read_bdf(path).signals[0].data, rtol=1e-6, atol=1e-4)


def test_every_unit_is_the_canonical_one(data):
    for name, channel in open_recording(data / "recordings/nox_a1_2min.edf").channels.items():
        assert channel.unit == CHANNEL[name].unit


def test_the_free_check_prints_what_each_file_resolves_to(make_edf, tmp_path, capsys):
    assert main([str(make_edf("C3-M2"))]) == 0
    assert main([str(tmp_path / "none.edf")]) == 2
    out, err = capsys.readouterr()
    assert "C3-M2" in out and "none.edf" in err


def test_the_montage_of_a_file_in_which_no_channel_can_be_named(make_edf):
    path = make_edf("XYZ", ("Q", 50.0, "mV"))
    assert montage_of(path) == [("XYZ", "uV"), ("Q", "mV")]

import edfio
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.errors import NoUsableChannelError, UsageError
from sleeplm.recording import Recording, from_mne, open_recording, to_mne
from sleeplm.recording.formats.mne_description import read_description
from sleeplm.simulate import simulate_night, write_night


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Recording:
    path = tmp_path_factory.mktemp("night") / "night.edf"
    write_night(simulate_night(seed=3, hours=0.25, profile="osa-mild"), path)
    return open_recording(path)


def test_a_night_comes_back_as_it_was(night):
    back = from_mne(to_mne(night))
    assert list(back.channels) == list(night.channels) and back.missing == []
    assert (back.duration_s, back.simulated, back.questions) == (night.duration_s, True, [])
    rate = max(c.sfreq_hz for c in night.channels.values())
    for name in night.channels:
        there = night.signal(name, rate)
        assert np.allclose(back.signal(name), there, atol=1e-4 * np.ptp(there) + 1e-6), name
    assert back.channels["AF"].note == night.channels["AF"].note
    assert [w for w in night.warnings if "stands in" in w] == [w for w in back.warnings if "stands in" in w]


def test_a_night_comes_back_through_a_fif_file(night, tmp_path):
    to_mne(night, 100).save(tmp_path / "night_raw.fif", verbose="error")
    back = open_recording(tmp_path / "night_raw.fif")
    assert np.allclose(back.signal("C3", 100), night.signal("C3", 100), atol=1e-3)
    assert np.array_equal(back.signal("POS", 100), night.signal("POS", 100))
    assert back.simulated and back.questions == []


def test_volts_are_volts_and_types_are_told(night):
    raw = to_mne(night)
    types = dict(zip(raw.ch_names, raw.get_channel_types(), strict=True))
    assert (types["C3"], types["EOG_L"], types["EMG_CHIN"], types["ECG"]) == ("eeg", "eog", "emg", "ecg")
    assert (types["AF"], types["THX"], types["SPO2"], types["POS"]) == ("resp", "resp", "misc", "misc")
    assert np.allclose(raw.get_data(["C3"])[0] * 1e6, night.signal("C3", raw.info["sfreq"]), atol=1e-3)


def test_gaps_and_annotations_come_back(make_edf_with_gaps):
    path = make_edf_with_gaps(
        [*range(20), *range(100, 140)], "C3-M2", annotations=[edfio.EdfAnnotation(3.5, 2, "Apnea")]
    )
    night = open_recording(path)
    raw = to_mne(night)
    assert np.isfinite(raw.get_data()).all() and "BAD_ACQ_SKIP" in raw.annotations.description
    back = from_mne(raw)
    assert (back.gaps, back.annotations) == (night.gaps, night.annotations) == (((20, 100),), [(3.5, 2.0, "Apnea")])
    assert np.allclose(back.signal("C3"), night.signal("C3"), atol=1e-3, equal_nan=True)
    assert np.allclose(back.read("C3", 15, 30), night.read("C3", 15, 30), atol=1e-3, equal_nan=True)


def test_the_date_is_set_as_far_as_known_and_nobody_is_named(make_edf, rewrite):
    path = make_edf("C3-M2")
    assert to_mne(open_recording(path)).info["meas_date"] is None
    named = rewrite(
        path, {8: b"X F 02-MAY-1970 Grete_Muster".ljust(80), 88: b"Startdate 03-JAN-2020 X X X".ljust(80)}
    )
    night = open_recording(named)
    raw = to_mne(night)
    assert raw.info["meas_date"].isoformat() == "2020-01-03T22:30:00+00:00"
    assert "Muster" not in repr(dict(raw.info)) and not raw.info["subject_info"] and raw.filenames == (None,)
    back = from_mne(raw)
    assert (
        (back.start_date, back.start_clock) == (night.start_date, night.start_clock) == ("2020-01-03", "22:30:00")
    )


def test_no_free_text_goes_into_a_raw(make_edf, rewrite):
    marks = [edfio.EdfAnnotation(3, 2, "Apnea|Muster"), edfio.EdfAnnotation(5, None, "Grete Muster sat up")]
    path = make_edf("C3 Muster", ("C4", 100.0), annotations=marks)
    unit = path.read_bytes().index(b"uV".ljust(8))
    night = open_recording(rewrite(path, {unit: b"Muster".ljust(8)}), {"C3": "C3 Muster"})
    raw = to_mne(night)
    assert list(raw.annotations.description) == ["Apnea"] and "Muster" not in repr(dict(raw.info))
    assert "unknown" in str(from_mne(raw).channels["C3"].note)


def test_another_raw_is_read_as_any_file(night):
    raw = to_mne(night, 100).pick(["C3", "SPO2"]).rename_channels({"C3": "EEG C3-M2", "SPO2": "SaO2"})
    raw.info["description"] = None
    back = from_mne(raw)
    assert [c.label for c in back.channels.values()] == ["EEG C3-M2", "SaO2"]
    assert [q.channel for q in back.questions] == ["SPO2"]
    assert from_mne(raw, units={"SPO2": "%"}).questions == []
    assert from_mne(raw, {"C4": "EEG C3-M2"}).channels["C4"].label == "EEG C3-M2"
    with pytest.raises(NoUsableChannelError, match="'nothing'"):
        from_mne(raw.copy().pick(["EEG C3-M2"]).rename_channels({"EEG C3-M2": "nothing"}))


def test_a_rate_out_of_range_is_a_usage_error(night):
    with pytest.raises(UsageError, match="out of range"):
        to_mne(night, -5)


@given(st.one_of(st.none(), st.text(), st.just("[" * 100_000), st.just('{"about": "sleeplm canonical channels"}')))
def test_a_description_of_others_is_not_taken_for_ours(text):
    assert read_description(text) is None

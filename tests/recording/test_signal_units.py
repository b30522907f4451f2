import numpy as np
import pytest

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import POSITIONS
from sleeplm.recording import Question, open_recording
from sleeplm.recording.montage.positions import certain_coding, codings, possible_codings


def question(night, channel) -> Question:
    (found,) = [q for q in night.questions if q.channel == channel]
    return found


@pytest.mark.parametrize(("unit", "factor"), [("V", 1e-6), ("mV", 1e-3), ("uV", 1.0), ("µV", 1.0), ("nV", 1e3)])
def test_every_unit_of_voltage_gives_the_same_microvolts(make_edf, rewrite, unit, factor):
    wave = 30 * np.sin(2 * np.pi * 5 * np.arange(6000) / 100)
    path = make_edf(("C3-M2", 100, "UNITUNIT", factor * wave))
    raw = unit.encode("latin-1")
    path = rewrite(path, {256 + 96: raw.ljust(8)})
    values = open_recording(path).signal("C3")
    assert values.dtype == np.float32
    assert np.abs(values - wave).max() < 0.01 * 30


def test_ecg_comes_in_millivolts(make_edf):
    wave = 0.8 * np.sin(2 * np.pi * 5 * np.arange(6000) / 100)
    assert np.allclose(open_recording(make_edf(("ECG", 100, "uV", 1000 * wave))).signal("ECG"), wave, atol=1e-3)


def test_a_missing_unit_is_taken_as_the_canonical_one_and_said(make_edf):
    night = open_recording(make_edf(("C3-M2", 100, "")))
    assert "no unit; its values are taken as uV" in str(night.channels["C3"].note)
    assert any("taken as uV" in w for w in night.warnings)


def test_an_eeg_of_a_thousandfold_scale_is_flagged(make_edf):
    night = open_recording(make_edf(("C3-M2", 100, "mV")))  # 30 uV declared as mV
    assert any("not believable" in w for w in night.warnings)


def test_a_missing_unit_is_asked_about_and_the_answer_is_taken(make_edf):
    path = make_edf(("C3-M2", 100, ""))
    asked = question(open_recording(path), "C3")
    assert asked.choices == ("uV",) and asked.default is None
    assert "'C3-M2'" in asked.text and "no unit" in asked.text
    night = open_recording(path, units={"C3": "uV"})
    assert night.questions == [] and not any("taken as" in w for w in night.warnings)
    assert "given by the user" in str(night.channels["C3"].note)


def test_a_scale_that_cannot_be_is_asked_about_with_the_units_that_would_make_it_so(make_edf):
    path = make_edf(("C3-M2", 100, "mV"))  # 30 uV declared as mV
    asked = question(open_recording(path), "C3")
    assert asked.choices == ("uV",) and "'mV'" in asked.text and "21.2" in asked.text
    night = open_recording(path, units={"C3": "µV"})
    assert night.questions == [] and not any("not believable" in w for w in night.warnings)
    assert 20 < night.signal("C3").std() < 23


def test_a_wrong_answer_is_flagged_and_not_asked_about_again(make_edf):
    night = open_recording(make_edf(("C3-M2", 100, "uV")), units={"C3": "V"})
    assert night.questions == [] and any("not believable" in w for w in night.warnings)


def test_a_signal_that_no_unit_makes_sense_of_is_flagged_and_not_asked_about(make_edf):
    night = open_recording(make_edf("C4-M1", ("C3-M2", 100, "uV", np.zeros(6000))))
    assert night.questions == [] and any("flat" in w for w in night.warnings)


def test_all_is_well_and_nothing_is_asked(make_edf):
    night = open_recording(make_edf("C3-M2", ("SpO2", 1, "%", np.full(60, 96.0)), ("Abdomen", 10, "")))
    assert night.questions == []


def test_saturation_as_a_fraction(make_edf):
    night = open_recording(make_edf("C3-M2", ("SpO2", 1, "fraction", np.full(60, 0.95))))
    assert np.allclose(night.signal("SPO2"), 95, atol=0.1)
    path = make_edf("C3-M2", ("SpO2", 1, "%", np.full(60, 0.95)))
    silent = open_recording(path)
    assert any("may be a fraction" in w for w in silent.warnings)
    assert question(silent, "SPO2").choices == ("fraction",)
    assert np.allclose(open_recording(path, units={"SPO2": "fraction"}).signal("SPO2"), 95, atol=0.1)


def test_an_oximeter_without_a_finger_is_not_asked_about(make_edf):
    assert open_recording(make_edf("C3-M2", ("SpO2", 1, "%", np.full(60, -1.0)))).questions == []


@pytest.mark.parametrize(
    ("units", "sentence"),
    [
        ({"C3": "%"}, "one of: V, mV, uV, nV"),
        ({"C3": ""}, "one of"),
        ({"ABD": "V"}, "keeps the scale"),
        ({"C4": "uV"}, "does not have"),
        ({"nonsense": "uV"}, "does not have"),
        ({"POS": "sideways"}, "shhs"),
    ],
)
def test_a_unit_that_cannot_be_is_a_usage_error(make_edf, units, sentence):
    path = make_edf("C3-M2", ("Abdomen", 10), ("Position", 10, "code", np.full(600, 2)))
    with pytest.raises(UsageError, match=sentence):
        open_recording(path, units=units)


def test_the_difference_of_two_electrodes_is_scaled_as_one(make_edf):
    path = make_edf(("C3", 100, "mV"), ("A2", 100, "mV", 10 * np.cos(np.arange(6000))))
    inside = open_recording(path).signal("C3")
    assert np.allclose(open_recording(path, units={"C3": "uV"}).signal("C3"), inside / 1000, atol=1e-3)


ANGLES = [(0, 2), (90, 1), (-90, 0), (180, 3), (-180, 3), (40, 2), (-50, 0), (270, 0)]


@pytest.mark.parametrize(("angle", "code"), ANGLES)
def test_angles_become_positions_once_the_side_is_known(make_edf, angle, code):
    path = make_edf("C3-M2", ("PosAngle", 10, "deg", np.full(600, angle)))
    silent = open_recording(path)
    assert question(silent, "POS").choices == ("degrees-left", "degrees-right")
    assert set(silent.signal("POS")) == {-1} and any("not used" in w for w in silent.warnings)
    assert set(open_recording(path, units={"POS": "degrees-left"}).signal("POS")) == {code}
    mirrored = {0: 1, 1: 0}.get(code, code)
    assert set(open_recording(path, units={"POS": "degrees-right"}).signal("POS")) == {mirrored}


def test_an_unnamed_coding_is_asked_about_and_used_for_nothing(make_edf):
    path = make_edf("C3-M2", ("Position", 10, "", np.repeat([0, 2, 3, 1], 150)))
    silent = open_recording(path)
    assert set(silent.signal("POS")) == {-1}
    assert question(silent, "POS").choices == ("code", "shhs", "mesa")
    assert any("not used" in w for w in silent.warnings)
    assert "shhs (Compumedics in SHHS: 0 right, 1 left, 2 supine, 3 prone)" in question(silent, "POS").text
    assert list(open_recording(path, units={"POS": "shhs"}).signal("POS")[::150]) == [0, 2, 3, 1]


def test_our_own_codes_are_known_by_their_unit(make_edf):
    codes = np.repeat([0, 2, 7, 4], 150)
    night = open_recording(make_edf("C3-M2", ("Position", 10, "code", codes)))
    assert list(night.signal("POS")[::150]) == [0, 2, -1, 4]
    assert night.channels["POS"].note is None and night.questions == []


def test_the_montage_of_shhs_makes_its_coding_certain(make_edf):
    labels = (
        "EEG(sec)",
        "EEG",
        ("SaO2", 1, "%", np.full(60, 96.0)),
        ("H.R.", 1),
        ("THOR RES", 10),
        ("ABDO RES", 10),
    )
    night = open_recording(make_edf(*labels, ("LIGHT", 1), ("POSITION", 1, "", np.repeat([0, 1, 2, 3], 15))))
    assert list(night.signal("POS")[::15]) == [0, 1, 2, 3]
    assert "SHHS" in str(night.channels["POS"].note) and night.questions == []


def test_the_nox_angle_is_asked_about(data):
    night = open_recording(data / "recordings/nox_a1_2min.edf")
    assert [q.channel for q in night.questions] == ["POS"]
    assert set(np.unique(night.signal("POS"))) == {-1.0}
    answered = open_recording(night.path, units={"POS": "degrees-left"})
    assert set(np.unique(answered.signal("POS"))) == {0.0}  # -53 degrees


def test_every_coding_has_a_source_and_means_positions():
    for coding in codings().values():
        assert coding.source and coding.words and bool(coding.codes) != bool(coding.degrees)
        assert set((coding.codes | coding.degrees).values()) <= set(POSITIONS)
    assert certain_coding("", ["EEG"]) is None
    assert possible_codings(np.array([0.0, 9.0]), "") == () == possible_codings(np.array([4000.0]), "")

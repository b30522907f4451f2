"""Signals that mean something else than their label or unit seems to say are told apart, or asked about."""

import numpy as np
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.errors import UsageError
from sleeplm.recording import open_recording
from sleeplm.recording.formats.source import Signal
from sleeplm.recording.montage.channels import find_channels
from sleeplm.recording.montage.contacts import numbered_contacts
from sleeplm.recording.montage.positions import own_coding
from sleeplm.recording.montage.units import same
from sleeplm.study.choices import Choices
from sleeplm.study.montages import recall, remember


def found(*labels, unit="uV"):
    signals = [Signal(label, unit, 200.0, read=lambda a, b: np.zeros(0, np.float32)) for label in labels]
    return {name: match.signal.label for name, match in find_channels(signals, {})[0].items()}


def shaft(letters, n, form="{}{}"):
    return [form.format(letters, i) for i in range(1, n + 1)]


BIOSEMI = [label for letter in "ABCD" for label in shaft(letter, 32)]


@pytest.mark.parametrize(
    "labels",
    [
        BIOSEMI,
        [label for letter in "ABCD" for label in shaft(letter, 4)],
        [f"EEG {label}" for label in BIOSEMI[:64]],
        [f"POL {label}" for label in (*shaft("A'", 10), *shaft("C'", 8), *shaft("C", 8))],
        [f"{s}{i}-{s}{i + 1}" for s in ("LA", "LAT", "RAT", "C") for i in range(1, 9)],
        [*shaft("LAT", 8), *shaft("RAT", 8)],
        shaft("E", 128),
    ],
)
def test_contacts_of_caps_nets_and_depth_electrodes_are_no_places_on_the_scalp(labels):
    assert found(*labels) == {}


def test_contacts_leave_the_other_signals_what_they_are():
    assert found(*BIOSEMI, "ECG", "SpO2") == {"ECG": "ECG", "SPO2": "SpO2"}
    beside = found(*shaft("LA", 10), *shaft("RH", 8), "C3", "C4", "Cz", "A1", "A2")
    assert beside == {"C3": "C3", "C4": "C4"}  # of no mastoid: A1 and A2 may be contacts
    signals = [Signal(label, "uV", 200.0, read=lambda a, b: np.zeros(0, np.float32)) for label in BIOSEMI]
    matches, warnings = find_channels(signals, {"C3": "D19"})
    assert matches["C3"].signal.label == "D19" and any("BioSemi" in w for w in warnings)


@pytest.mark.parametrize(
    "labels",
    [
        ["C3", "C4", "A1", "A2", "E1", "E2", "EMG1", "EMG2", "EMG3", "X1", "X2", "X3", "X4", "DC1", "DC2", "DC3"],
        [
            "Fp1",
            "F3",
            "F4",
            "F7",
            "F8",
            "C1",
            "C2",
            "C3",
            "C4",
            "C5",
            "C6",
            "Cz",
            "P9",
            "P10",
            "PO7",
            "O1",
            "O2",
            "A1",
        ],
        ["LAT1", "LAT2", "RAT1", "RAT2", "Chin1", "Chin2", "Chin3", "Chin4", "Leg1", "Leg2"],
    ],
)
def test_a_usual_montage_has_no_such_contacts(labels):
    assert numbered_contacts(labels) == frozenset()


@given(st.lists(st.text(max_size=12)))
def test_any_labels_are_contacts_or_not(labels):
    assert numbered_contacts(labels) <= set(labels)


UNIT_OF_SECOND = 256 + 2 * (16 + 80) + 8  # in the header of two signals


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("unit", ["uV", "µV", "UV", "microV", "uVolt", "mV"])
def test_an_electrode_is_referenced_in_one_unit_however_each_is_spelled(make_edf, rewrite, unit, encoding):
    size = 1e-3 if unit == "mV" else 1.0
    wave = 30 * np.sin(np.arange(6000) / 5)
    path = make_edf(("C3", 100, "uV", 3 * wave), ("M2", 100, "uV", size * wave))
    night = open_recording(rewrite(path, {UNIT_OF_SECOND: unit.encode(encoding).ljust(8)}))
    assert np.abs(night.signal("C3") - 2 * wave).max() < 0.1 and "minus 'M2'" in night.channels["C3"].note
    path = make_edf(("C3", 100, "uV", 3 * size * wave), ("M2", 100, "uV", wave))
    night = open_recording(rewrite(path, {UNIT_OF_SECOND - 8: unit.encode(encoding).ljust(8)}))
    assert np.abs(night.signal("C3") - 2 * wave).max() < 0.1


@pytest.mark.parametrize("unit", ["μV", "ÂµV", "µv"])
def test_every_sign_of_micro_is_one(unit):
    assert same(unit, "uV")


def test_units_that_nobody_knows_are_not_subtracted(make_edf):
    night = open_recording(make_edf(("C3", 100, "uV"), ("M2", 100, "xyz")))
    assert "reference not named" in night.channels["C3"].note


@pytest.mark.parametrize(
    ("label", "channel"),
    [
        ("Tórax", "THX"), ("Cinta torácica", "THX"), ("Esfuerzo torácico", "THX"), ("Esforço abdominal", "ABD"),
        ("Abdome", "ABD"), ("Banda abdominal", "ABD"), ("Queixo", "EMG_CHIN"), ("EMG mentón", "EMG_CHIN"),
        ("Perna E", "LEG_L"), ("Perna D", "LEG_R"), ("Pierna izquierda", "LEG_L"), ("Pierna derecha", "LEG_R"),
        ("Tibial direito", "LEG_R"), ("Posição", "POS"), ("Posición corporal", "POS"), ("Decúbito", "POS"),
        ("Ronco", "SNORE"), ("Ronquidos", "SNORE"), ("Cânula", "AF"), ("Presión nasal", "AF"), ("Flujo", "AF"),
        ("Saturação O2", "SPO2"), ("Saturación", "SPO2"), ("Olho esquerdo", "EOG_L"), ("EOG derecho", "EOG_R"),
        ("Pulso", "PULSE"), ("Frecuencia cardiaca", "PULSE"),
    ],
)  # fmt: skip
def test_portuguese_and_spanish_labels_are_known(label, channel):
    assert found(label) == {channel: label}


SATURATION = 96 - 3 * (np.arange(60) % 20 > 15)


@pytest.mark.parametrize(
    ("unit", "factor", "answer"),
    [("%", 10, "x10"), ("", 10, "x10"), ("mV", 10, "dc-mV"), ("V", 0.01, "dc-V"), ("%", 0.01, "fraction"),
     ("", 0.01, "fraction"), ("uV", 1, "%")],
)  # fmt: skip
def test_a_saturation_in_another_scale_is_asked_about_and_the_answer_makes_it_percent(
    make_edf, unit, factor, answer
):
    values = SATURATION * factor
    path = make_edf("C3-M2", ("SpO2", 1, unit, values))
    asked = [q for q in open_recording(path).questions if q.channel == "SPO2"]
    assert len(asked) == 1 and answer in asked[0].choices
    for choice in asked[0].choices:
        assert np.abs(open_recording(path, units={"SPO2": choice}).signal("SPO2") - SATURATION).max() < 0.1


def test_a_saturation_in_percent_is_not_asked_about(make_edf):
    assert open_recording(make_edf("C3-M2", ("SpO2", 1, "%", SATURATION))).questions == []


@pytest.mark.parametrize("label", ["SpO2", "SaO2"])
def test_eeglab_and_brainvision_have_other_channels_in_their_own_units(tmp_path, label):
    n, hz = 6000, 100.0
    eeg, spo2 = 30 * np.sin(np.arange(n) / 5), np.repeat(SATURATION, 100)
    chanlocs = np.array([("C3-M2",), (label,)], dtype=[("labels", object)])
    struct = {
        "setname": "x", "nbchan": 2, "trials": 1, "pnts": n, "srate": hz, "xmin": 0.0, "xmax": n / hz,
        "data": np.vstack([eeg, spo2]), "chanlocs": chanlocs, "event": [], "icaweights": [], "icawinv": [],
        "icasphere": [], "ref": "common",
    }  # fmt: skip
    scipy.io.savemat(tmp_path / "night.set", {"EEG": struct}, appendmat=False)
    np.vstack([eeg, spo2]).T.astype("<f4").tofile(tmp_path / "night.eeg")
    channels = f"Ch1=C3-M2,,1,uV\nCh2={label},,1,%\n"
    (tmp_path / "night.vhdr").write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n\n[Common Infos]\nDataFile=night.eeg\n"
        "DataFormat=BINARY\nDataOrientation=MULTIPLEXED\nNumberOfChannels=2\nSamplingInterval=10000\n\n"
        f"[Binary Infos]\nBinaryFormat=IEEE_FLOAT_32\n\n[Channel Infos]\n{channels}"
    )
    for name in ("night.set", "night.vhdr"):
        night = open_recording(tmp_path / name)
        assert np.abs(night.signal("SPO2") - spo2).max() < 0.01
        assert np.abs(night.signal("C3") - eeg).max() < 0.01


MESA = ("EKG", "EEG1", "EEG2", "EEG3", "EEG1 Off", "EKG Off")
CFS = ("THOR EFFORT", "ABDO EFFORT", "NASAL PRES", "OX STATUS")


@pytest.mark.parametrize(("labels", "pos", "first"), [(MESA, "Pos", "mesa"), (CFS, "POSITION", "cfs")])
def test_the_coding_of_the_cohort_whose_montage_it_is_is_offered_first(make_edf, labels, pos, first):
    path = make_edf(*labels, (pos, 1, "", np.repeat([0, 1, 2, 3], 15)))
    asked = [q for q in open_recording(path).questions if q.channel == "POS"]
    assert asked[0].choices[0] == first and first.upper() in asked[0].text
    assert set(open_recording(path).signal("POS")) == {-1}


def test_positions_of_mesa_are_right_supine_left_prone_upright(make_edf):
    path = make_edf(*MESA, ("Pos", 1, "", np.repeat([0, 1, 2, 3, 4], 12)))
    assert list(open_recording(path, units={"POS": "mesa"}).signal("POS")[::12]) == [0, 2, 1, 3, 4]


def test_a_coding_of_the_labs_own_is_asked_for_used_and_remembered(make_edf, tmp_path):
    path = make_edf("C3-M2", ("Position", 1, "", np.repeat([5, 6, 9], 20)))
    asked = [q for q in open_recording(path).questions if q.channel == "POS"]
    assert asked and "5, 6, 9" in asked[0].text and "1=supine" in asked[0].text
    own = "6=Left, 5=back,9=right"
    assert list(open_recording(path, units={"POS": own}).signal("POS")[::20]) == [2, 1, 0]
    volts = make_edf("C3-M2", ("Position", 1, "V", np.repeat([0.2, 0.4, 0.8], 20)), name="volts.edf")
    own_volts = {"POS": "0.2=supine,0.4=left,0.8=right"}
    assert list(open_recording(volts, units=own_volts).signal("POS")[10::20]) == [2, 1, 0]
    montage = [("C3-M2", "uV"), ("Position", "")]
    remember(tmp_path, montage, Choices(units={"POS": own}))
    assert recall(tmp_path, montage).units == {"POS": own}


@pytest.mark.parametrize(
    "text", ["1=supine", "1=supine,1=left", "1=up there,2=left", "=", "1=supine,2", "a=left,b=right"]
)
def test_what_is_no_coding_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match="1=supine,2=left"):
        own_coding(text)


@given(st.text(max_size=30))
def test_any_text_is_a_coding_or_refused(text):
    try:
        coding = own_coding(text)
    except UsageError:
        return
    assert own_coding(coding.name) == coding


@pytest.mark.parametrize("label", ["Pulse", "PR", "HR", "Heart Rate", "Pulsrate", "Herzfrequenz"])
@pytest.mark.parametrize("unit", ["bpm", "", "1/min"])
def test_a_pulse_rate_is_found_and_is_none_of_the_canonical_channels(make_edf, label, unit):
    night = open_recording(make_edf("C3-M2", (label, 1, unit, np.full(60, 62.0))))
    assert night.channels["PULSE"].label == label and night.signal("PULSE").mean() == pytest.approx(62, abs=0.1)
    assert "PULSE" not in night.missing and "PULSE" not in open_recording(make_edf("C3-M2", name="b.edf")).missing
    assert night.questions == []


@pytest.mark.parametrize("wave", [lambda t: 50 * np.sin(6 * t), lambda t: 128 + 100 * np.sin(6 * t)])
def test_a_pulse_wave_is_no_pulse_rate(make_edf, wave):
    path = make_edf("C3-M2", ("Pulse", 50, "", wave(np.arange(3000) / 50)))
    assert "PULSE" not in open_recording(path).channels


@pytest.mark.parametrize(
    ("labels", "thermal"),
    [
        (("Nasal Pressure", "Therm"), "Therm"), (("PTAF", "Airflow"), "Airflow"),
        (("Cannula", "Thermistor"), "Thermistor"), (("Canula", "Termistor"), "Termistor"),
        (("Nasal Pressure", "Oral Flow"), None), (("CPAP Flow", "Therm"), None), (("Nasal Pressure", "Flow"), None),
        (("Thermistor",), None),
    ],
)  # fmt: skip
def test_a_thermal_sensor_beside_nasal_pressure_is_known_by_its_label(make_edf, labels, thermal):
    recording = open_recording(make_edf("C3-M2", *((label, 10, "") for label in labels)))
    assert (recording.channels["THERM"].label if "THERM" in recording.channels else None) == thermal
    assert recording.channels["AF"].label == labels[0]


def test_airflow_in_units_of_pressure_is_no_thermal_sensor(make_edf):
    assert "THERM" not in open_recording(make_edf("C3-M2", ("PTAF", 10, ""), ("Airflow", 10, "cmH2O"))).channels

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.kinds.channels import CHANNEL, RECORDABLE_NAMES
from sleeplm.recording.formats.source import Signal
from sleeplm.recording.montage.channel_table import candidates, normalise
from sleeplm.recording.montage.channels import find_channels


def signal(label: str, sfreq_hz: float = 200.0, unit: str = "uV") -> Signal:
    return Signal(label, unit, sfreq_hz, read=lambda a, b: np.zeros(0, np.float32))


COMMON = {
    "C3": ["C3-M2", "C3-A2", "C3:M2", "EEG C3-A2", "EEG C3-M2", "c3 - m2", "C3/A2"],
    "C4": ["C4-M1", "EEG C4-A1", "C4:A1"],
    "EOG_L": ["E1-M2", "LOC", "EOG(L)", "EOG E1-M2", "LOC-A2", "EOG L", "L-EOG", "EOG Gauche"],
    "EOG_R": ["E2-M1", "ROC", "EOG(R)", "EOG E2-M2", "ROC-A1", "EOG R", "EOG droit"],
    "EMG_CHIN": ["Chin EMG", "EMG", "EMG submental", "EMG Chin", "Chin1-Chin2", "CHIN1-CHIN2"],
    "ECG": ["ECG", "EKG", "ECG II", "ECG I", "EKG1-EKG2", "ECG1-ECG2"],
    "ABD": ["Abdomen", "ABDO RES", "Abdo", "Effort ABD", "ABD", "abdominal", "RIP Abdomen"],
    "THX": ["Chest", "Thorax", "THOR RES", "Thor", "Effort THO", "Thoracic", "RIP Thorax"],
    "AF": ["Airflow", "NEW AIR", "Nasal Pressure", "PTAF", "Flow", "Resp oro-nasal", "Cannula Flow", "Thermistor"],
    "SPO2": ["SaO2", "SpO2", "Saturation", "O2 Sat", "SAO2"],
    "LEG_L": ["Left Leg", "LAT", "LEG/LAT", "Leg L", "LLEG", "Jambe gauche", "EMG Tib. L"],
    "LEG_R": ["Right Leg", "RAT", "Leg R", "RLEG", "Jambe droite"],
    "POS": ["Position", "PosAngle", "POSITION", "Body Position", "Pos."],
    "SNORE": ["Snore", "Snoring", "SNORE", "Ronflement", "Mic"],
}


@pytest.mark.parametrize(("name", "label"), [(n, label) for n, labels in COMMON.items() for label in labels])
def test_common_labels_find_their_channel(name, label):
    matches, _ = find_channels([signal(label)], {})
    assert list(matches) == [name]


@pytest.mark.parametrize(
    "label",
    ["C3 Impédance", "C3-M2 (Imp)", "Temp rectal", "Event marker", "M1M2", "X Axis",
     "Resp Rate", "STAT", "OX STATUS", "DHR", "Light", "12", "1-2", "PTT", "Crc16", "Voltage (core)", "CO2", "",
     "1-2 (Imp)"],
)  # fmt: skip
def test_what_is_no_canonical_signal_stays_unnamed(label):
    assert find_channels([signal(label)], {}) == ({}, [])


@pytest.mark.parametrize("unit", ["Ohm", "kOhm", "Ω", "kΩ", "KOHM"])
def test_an_impedance_is_known_by_its_unit_too(unit):
    assert find_channels([signal("C3-M2", unit=unit)], {})[0] == {}


def test_the_numbered_electrodes_of_a_dense_net_are_no_eyes():
    net = [signal(f"E{i}") for i in range(1, 65)]
    assert find_channels(net, {})[0] == {}


def test_derivations_win_over_electrodes_and_substitutes():
    labels = ["Fpz-Cz", "C3", "M2", "C3-A2", "F3-M2", "EEG"]
    matches, _ = find_channels([signal(label) for label in labels], {})
    assert matches["C3"].signal.label == "C3-A2" and not matches["C3"].stands_in


def test_a_substitute_is_taken_only_when_nothing_better_is_there():
    matches, _ = find_channels([signal("F4-M1"), signal("F3-M2")], {})
    assert {n: m.signal.label for n, m in matches.items()} == {"C3": "F3-M2", "C4": "F4-M1"}
    assert all(m.stands_in for m in matches.values())


@given(st.lists(st.sampled_from([label for labels in COMMON.values() for label in labels]), unique=True))
def test_no_signal_is_taken_twice_and_order_is_canonical(labels):
    matches, _ = find_channels([signal(label) for label in labels], {})
    taken = [m.signal.label for m in matches.values()]
    assert len(taken) == len(set(taken))
    assert list(matches) == [n for n in RECORDABLE_NAMES if n in matches]


@given(st.text(max_size=20))
def test_normalising_twice_changes_nothing(label):
    assert normalise(normalise(label)) == normalise(label)


def test_the_table_names_every_channel_and_gives_no_plain_label_to_two():
    table = candidates()
    assert set(table) == set(CHANNEL)
    owner: dict[str, str] = {}
    for name, rows in table.items():
        for row in rows:
            # A thermistor is the airflow where there is no other, and stands beside it where there is.
            for label in row.labels if not (row.needs or row.minus or name == "THERM") else ():
                assert owner.setdefault(label, name) == name, label

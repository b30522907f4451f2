"""Files made after public reports are read as their README says, or asked about."""

import numpy as np
import pytest

from sleeplm.errors import NoUsableChannelError
from sleeplm.recording import open_recording


@pytest.fixture
def opened(cases):
    return lambda name, **units: open_recording(cases / "recordings" / name, units=units)


@pytest.mark.parametrize("name", ["11d_decimal_comma.edf", "11e_nul_calib.edf", "11f_nul_counts.edf"])
def test_odd_numbers_in_a_header_change_no_signal(opened, name):
    assert np.allclose(opened(name).signal("C3").std(), 20, rtol=0.05)


@pytest.mark.parametrize(
    ("name", "said"), [("12a_truncated.edf", "last 60 s are missing"), ("12d_nrec_fewer.edf", "announces 200 s")]
)
def test_of_a_file_whose_size_disagrees_with_its_header_all_that_is_there_is_read(opened, name, said):
    night = opened(name)
    assert night.duration_s == 300 and any(said in w for w in night.warnings)


def test_contacts_of_a_biosemi_cap_are_asked_about(opened):
    with pytest.raises(NoUsableChannelError, match=r"C3=LABEL.*BioSemi"):
        opened("18f_biosemi_abc.edf")


def test_signals_with_portuguese_names_are_found(opened):
    names = {"ABD", "THX", "AF", "EMG_CHIN", "POS", "LEG_L", "LEG_R", "SNORE", "SPO2", "C3"}
    assert names <= set(opened("18j_portuguese.edf").channels)


@pytest.mark.parametrize("name", ["18b_reref_unit_spelling.edf", "18c_reref_unit_mV.edf"])
def test_electrodes_of_two_units_are_referenced(opened, name):
    assert "minus 'M2'" in opened(name).channels["C3"].note


@pytest.mark.parametrize(("name", "answer"), [("32e_spo2_x10.edf", "x10"), ("32g_spo2_mV.edf", "dc-mV")])
def test_a_saturation_in_another_scale_is_asked_about(opened, name, answer):
    asked = [q for q in opened(name).questions if q.channel == "SPO2"]
    assert answer in asked[0].choices
    assert 90 < np.median(opened(name, SPO2=answer).signal("SPO2")) <= 100


def test_a_saturation_of_eeglab_is_in_percent(opened):
    assert round(float(opened("37g_eeglab_psg.set").signal("SPO2").mean())) == 96


def test_positions_of_mesa_are_asked_about_and_right_once_answered(opened):
    assert [q.choices[0] for q in opened("06_mesa_position.edf").questions if q.channel == "POS"] == ["mesa"]
    codes = opened("06_mesa_position.edf", POS="mesa").signal("POS")
    assert (np.sum(codes == 2) / 60, np.sum(codes == 1) / 60) == (2.5, 1.0)


def test_the_pulse_of_an_oximeter_is_found(cases):
    night = open_recording(cases / "numbers/pulse_rate_channel/night.edf")
    assert night.signal("PULSE").mean() == pytest.approx(62, abs=0.5)

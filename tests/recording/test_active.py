import numpy as np

from sleeplm.recording import open_recording

FLAT = np.zeros(60 * 100)


def found(path, overrides=None):
    night = open_recording(path, overrides or {})
    return {name: channel.label for name, channel in night.channels.items()}, night.warnings


def test_a_dead_nasal_pressure_gives_way_to_the_thermistor_and_it_is_said(make_edf):
    labels, warnings = found(make_edf(("Nasal Pressure", 100.0, "uV", FLAT), "Thermistor"))
    assert labels == {"AF": "Thermistor"}
    assert "AF is 'Thermistor', since nothing was recorded in 'Nasal Pressure'." in warnings
    assert any("stands in for nasal pressure: a thermistor" in w for w in warnings)


def test_a_dead_signal_is_kept_where_nothing_else_stands_for_the_channel(make_edf):
    labels, warnings = found(make_edf(("Nasal Pressure", 100.0, "uV", FLAT), "C3-M2"))
    assert labels == {"AF": "Nasal Pressure", "C3": "C3-M2"}
    assert any("AF ('Nasal Pressure') is flat" in w for w in warnings)


def test_what_the_user_chose_is_taken_dead_or_not(make_edf):
    path = make_edf(("Nasal Pressure", 100.0, "uV", FLAT), "Thermistor")
    assert found(path, {"AF": "Nasal Pressure"})[0]["AF"] == "Nasal Pressure"


def test_several_dead_ones_in_a_row_are_passed_over(make_edf):
    labels, _ = found(make_edf(("C3-M2", 100.0, "uV", FLAT), ("C3-M1", 100.0, "uV", FLAT), "F3-M2"))
    assert labels == {"C3": "F3-M2"}


def test_a_dead_mastoid_is_not_subtracted(make_edf):
    labels, warnings = found(make_edf("C3", ("M2", 100.0, "uV", FLAT)))
    assert labels == {"C3": "C3"} and any("reference not named" in w for w in warnings)
    assert "C3 is 'C3', since nothing was recorded in 'M2'." in warnings


def test_a_saturation_of_zero_gives_way_and_a_steady_one_does_not(make_edf):
    steady, off = np.full(60, 97.0), np.zeros(60)
    labels, _ = found(make_edf(("SpO2", 1.0, "%", off), ("SaO2", 1.0, "%", steady), "C3-M2"))
    assert labels["SPO2"] == "SaO2"
    labels, _ = found(make_edf(("SpO2", 1.0, "%", steady), ("SaO2", 1.0, "%", 96 + steady % 2), "C3-M2"))
    assert labels["SPO2"] == "SpO2"


def test_a_position_that_never_changes_is_a_position(make_edf):
    labels, _ = found(make_edf(("Position", 1.0, "", np.zeros(60)), ("PosAngle", 20.0, "deg"), "C3-M2"))
    assert labels["POS"] == "Position"

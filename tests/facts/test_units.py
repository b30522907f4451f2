import pytest
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.units import format_value


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (97.0, "min", "97 min (1 h 37 min)"),
        (60.0, "min", "60 min"),
        (7.5, "min", "7.5 min"),
        (357.5, "min", "357.5 min (5 h 57.5 min)"),
        (23.4, "%", "23.4%"),
        (12.3, "per hour", "12.3 per hour"),
        ("02:13:32", "clock", "02:13:32"),
        (58.0, "bpm", "58 bpm"),
        (3, "", "3"),
        (None, "min", "not known"),
    ],
)
def test_a_value_is_written_as_people_read_it(value, unit, written):
    assert format_value(value, unit) == written


@given(st.integers(0, 20000))
def test_hours_and_minutes_say_the_same_as_minutes(tenths):
    written = format_value(tenths / 10, "min")
    minutes = float(written.split(" min")[0])
    assert minutes == tenths / 10
    if "(" in written:
        hours, rest = written.split("(")[1].removesuffix(" min)").split(" h ")
        assert int(hours) * 60 + float(rest) == pytest.approx(minutes)
        assert float(rest) < 60

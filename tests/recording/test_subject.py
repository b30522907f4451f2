from datetime import date

import mne
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.recording import open_recording
from sleeplm.recording.privacy.subject import AGE_CAP, Subject, age_words, edf_plus_date, subject_of, whole_years

START = date(2024, 3, 1)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("MCH-0234567 F 02-MAY-1951 Haagse_Harry", Subject(72, "F")),
        ("X M 01-MAR-1984 X", Subject(40, "M")),  # on the birthday
        ("X M 02-MAR-1984 X", Subject(39, "M")),  # on the day before it
        ("X F 29-FEB-1904 X", Subject(90, "F")),
        ("X X X X", Subject()),
        ("X F X Female_33yr", Subject(33, "F")),  # Sleep-EDF
        ("X X X X Age_101yr", Subject(90, None)),
        ("X F 02-MAY-2051 X", Subject(None, "F")),  # not born yet
        ("X F 02-MAY-1751 X", Subject(None, "F")),
        ("X F 31-FEB-1951 X", Subject(None, "F")),
        ("John Doe 45 yr M", Subject()),
        ("John Doe 45yr", Subject()),
        ("F", Subject()),
        ("", Subject()),
    ],
)
def test_age_and_sex_are_read_from_the_patient_field(field, expected):
    assert subject_of(field, START) == expected


def test_a_birth_date_gives_no_age_without_a_start_date():
    assert subject_of("X F 02-MAY-1951 X", None) == Subject(None, "F")


@given(st.text(max_size=80), st.none() | st.dates())
def test_no_field_breaks_the_reader_or_gives_an_age_out_of_range(field, start):
    found = subject_of(field, start)
    assert found.age_years is None or 0 <= found.age_years <= AGE_CAP
    assert found.sex in (None, "F", "M")


@given(st.dates(date(1900, 1, 1), date(2020, 1, 1)), st.integers(0, 89))
def test_an_age_counts_birthdays(birth, age):
    try:
        birthday = birth.replace(year=birth.year + age)
    except ValueError:  # 29 February
        birthday = date(birth.year + age, 3, 1)
    assert whole_years(birth, birthday) == age


def test_the_cap_stands_for_more():
    assert (age_words(89), age_words(90)) == ("89", "90+")
    assert edf_plus_date("02-AUG-1951") == date(1951, 8, 2) and edf_plus_date("02-FOO-1951") is None


def test_a_real_header_tells_age_and_sex(data):
    assert open_recording(data / "recordings" / "sleepedf_sc4001_5min.edf").subject == Subject(33, "F")
    assert open_recording(data / "recordings" / "ucddb018.edf").subject == Subject()


def test_formats_of_mne_tell_age_and_sex(tmp_path):
    info = mne.create_info(["C3-M2"], 100.0, "eeg")
    raw = mne.io.RawArray(np.random.default_rng(0).normal(0, 2e-5, (1, 6000)), info, verbose="error")
    raw.set_meas_date(1_700_000_000)  # November 2023
    raw.info["subject_info"] = {"birthday": date(1970, 12, 1), "sex": 2, "his_id": "Doe"}
    raw.save(tmp_path / "night_raw.fif", verbose="error")
    assert open_recording(tmp_path / "night_raw.fif").subject == Subject(52, "F")

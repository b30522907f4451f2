"""What a header of EDF says oddly or wrongly is read as far as it is there, and what is missing is said."""

import edfio
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.errors import NoUsableChannelError
from sleeplm.recording import open_recording
from sleeplm.recording.formats.edf_header import read_header
from sleeplm.recording.formats.edf_numbers import number, plain_number, whole_number
from sleeplm.recording.privacy.deidentify import deidentify

# Where the fields of the header of one signal begin.
UNIT = 256 + 16 + 80
PHYSICAL_MIN, PHYSICAL_MAX, DIGITAL_MIN, DIGITAL_MAX = (UNIT + 8 * i for i in range(1, 5))
SAMPLES = DIGITAL_MAX + 8 + 80
HEADER = 512
RECORD = 200  # bytes of a second of C3-M2


@pytest.fixture
def night(make_edf):
    """A minute of C3-M2 of which a digital step is .01 uV."""
    return make_edf(("C3-M2", 100, "uV", 319.8 * np.sin(np.arange(6000) / 3)))


def said(recording) -> str:
    return " ".join(recording.warnings)


@pytest.mark.parametrize(
    ("low", "high"),
    [("-327,67", "327,67"), ("-3,277E2", "3,277E2"), ("-327.67", "327,67"), ("-0327,67", "+327,67")],
)
def test_decimal_commas_are_points(night, rewrite, low, high):
    changed = open_recording(
        rewrite(night, {PHYSICAL_MIN: low.encode().ljust(8), PHYSICAL_MAX: high.encode().ljust(8)})
    )
    top = open_recording(night).signal("C3").max()
    assert changed.signal("C3").max() == pytest.approx(top * 327.67 / 323, rel=0.002)
    assert "read as the decimal point" in said(changed)


def test_a_comma_in_the_duration_of_a_record(night, rewrite):
    assert open_recording(rewrite(night, {244: b"2,0     "})).duration_s == 120


def test_commas_that_are_no_decimal_commas_make_no_scale(night, rewrite):
    with pytest.raises(NoUsableChannelError, match="no valid calibration"):
        open_recording(rewrite(night, {DIGITAL_MAX: b"32,767  "}))
    assert number(b"1,000,0 ") is None and number(b"1.000,5 ") is None and number(b",       ") is None


@pytest.mark.parametrize("padding", [b"\0", b"\0\0x", b" \0"])
@pytest.mark.parametrize("at", [PHYSICAL_MIN, PHYSICAL_MAX, DIGITAL_MIN, DIGITAL_MAX, SAMPLES, 184, 236, 244])
def test_nul_ends_a_number(night, rewrite, at, padding):
    field = night.read_bytes()[at : at + 8].strip(b" ")
    changed = open_recording(rewrite(night, {at: (field + padding).ljust(8, b"\0")[:8]}))
    assert np.array_equal(changed.signal("C3"), open_recording(night).signal("C3")) and not changed.warnings


def test_nul_pads_the_number_of_signals_and_the_label_of_annotations(make_edf, rewrite):
    path = make_edf("C3-M2", annotations=[edfio.EdfAnnotation(3, 2, "Apnea")])
    label = path.read_bytes().index(b"EDF Annotations")
    changed = open_recording(rewrite(path, {252: b"2\0\0\0", label: b"EDF Annotations\0"}))
    assert changed.annotations == [(3.0, 2.0, "Apnea")] and changed.labels == ["C3-M2"]


@pytest.mark.parametrize(
    ("kept", "read_s", "rest"), [(RECORD * 21, 21, 0), (RECORD * 59 + 7, 59, 7), (RECORD, 1, 0)]
)
def test_of_a_truncated_file_what_is_there_is_read_and_what_is_missing_is_said(night, tmp_path, kept, read_s, rest):
    (tmp_path / "cut.edf").write_bytes(night.read_bytes()[: HEADER + kept])
    cut = open_recording(tmp_path / "cut.edf")
    assert cut.duration_s == read_s
    assert np.array_equal(cut.signal("C3"), open_recording(night).signal("C3")[: read_s * 100])
    assert f"announces 60 s, of which the last {60 - read_s} s are missing" in said(cut)
    assert (f"{rest} bytes of a record" in said(cut)) == bool(rest)


def test_a_truncated_file_with_gaps_keeps_them(make_edf_with_gaps, tmp_path):
    data = make_edf_with_gaps([*range(20), *range(40, 80)], "C3-M2").read_bytes()
    (tmp_path / "cut.edf").write_bytes(data[: -5 * (len(data) - 768) // 60])
    cut = open_recording(tmp_path / "cut.edf")
    assert cut.gaps == ((20.0, 40.0),) and cut.duration_s == 75 and "the last 5 s are missing" in said(cut)


def test_a_truncated_bdf(make_bdf, tmp_path):
    data = make_bdf(np.sin(np.arange(6000) / 10)).read_bytes()
    (tmp_path / "cut.bdf").write_bytes(data[: -(len(data) - 768) // 2])
    assert open_recording(tmp_path / "cut.bdf").duration_s == 30


@pytest.mark.parametrize("announced", [b"40      ", b"1       ", b"59\0\0\0\0\0\0"])
def test_whole_records_after_the_announced_end_are_read_and_said(night, rewrite, announced):
    more = open_recording(rewrite(night, {236: announced}))
    assert more.duration_s == 60 and "60 s are there: all were read" in said(more)


@pytest.mark.parametrize("count", [b"0       ", b"        ", bytes(8)])
def test_a_count_that_was_never_filled_in_is_counted_from_the_size(night, rewrite, count):
    counted = open_recording(rewrite(night, {236: count}))
    assert counted.duration_s == 60 and "does not say how many data records" in said(counted)


def test_what_follows_the_end_and_is_not_whole_records_is_left_aside(night, rewrite, tmp_path):
    path = rewrite(night, {236: b"40      "})
    (tmp_path / "odd.edf").write_bytes(path.read_bytes() + b"xyz")
    odd = open_recording(tmp_path / "odd.edf")
    assert odd.duration_s == 40 and "4003 bytes follow the end that the header announces (as many as 20 s" in said(
        odd
    )


def test_a_de_identified_copy_holds_nothing_from_behind_the_announced_end_nor_behind_a_nul(
    night, rewrite, tmp_path
):
    path = rewrite(night, {236: b"59      ", PHYSICAL_MIN: b"-328\0Bob", 244: b"1\0Smith "})
    (tmp_path / "long.edf").write_bytes(path.read_bytes()[:-RECORD] + b"Mary Jones".ljust(RECORD))
    deidentify(tmp_path / "long.edf", tmp_path / "out.edf")
    copy = (tmp_path / "out.edf").read_bytes()
    assert b"Bob" not in copy and b"Smith" not in copy and b"Mary" not in copy
    assert read_header(tmp_path / "out.edf").n_records == 59
    assert open_recording(tmp_path / "out.edf").warnings == []


@given(st.binary(max_size=8))
def test_any_bytes_are_a_number_or_none(raw):
    plain = plain_number(raw)
    assert plain is None or (float(plain) == number(raw) and plain.isascii() and len(plain) <= 8)
    assert whole_number(raw) is None or float(whole_number(raw)) == number(raw)


@given(st.floats(-9999, 9999).map(lambda x: f"{x:.3f}"[:8]))
def test_a_number_is_the_same_with_point_comma_and_padding(text):
    spellings = (text, text.replace(".", ","), text + "\0", "  " + text)
    assert len({number(s.encode()) for s in spellings}) == 1

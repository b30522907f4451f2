"""No planted name comes through, in any encoding, and no sample changes."""

import os
import shutil
from datetime import date, time
from typing import Any

import edfio
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sleeplm.errors import DamagedFileError, NotARecordingError, SleepLMError, UsageError
from sleeplm.recording import open_recording
from sleeplm.recording.annotations.words import known_text
from sleeplm.recording.formats.edf import read_edf_annotations
from sleeplm.recording.formats.edf_header import SIGNAL_FIELDS, read_header
from sleeplm.recording.privacy import safe_text
from sleeplm.recording.privacy.deidentify import deidentify

# Names that share no word with the house's tables, in several scripts and ways of writing.
NAMES = st.sampled_from(
    ["Quillfeather", "Zbigniew Krzak", "Žižková", "O'Gorman", "宮本武蔵", "Œdipe Ñuñez", "QUILLFEATHER"]
)
FIXED = {"patient": (8, 80), "recording": (88, 80), "date": (168, 8), "reserved": (192, 44)}
TEXT_FIELDS = ("label", "transducer", "unit", "prefilter", "reserved", "physical_min", "physical_max")


def in_any_encoding(name: str) -> list[bytes]:
    """How a name may lie in a file, whole and word by word."""
    words = {name, *(w for w in name.split() if len(w) > 3)}
    found = set()
    for word in words:
        for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be", "cp1252"):
            try:
                found.add(word.encode(encoding))
            except UnicodeEncodeError:
                continue
    return sorted(found)


def a_night(path, bdf=False, annotations=()):
    random = np.random.default_rng(0)
    make: Any
    kind: Any
    make, kind = (edfio.BdfSignal, edfio.Bdf) if bdf else (edfio.EdfSignal, edfio.Edf)
    signals = [
        make(
            random.normal(0, 20, 100 * 30), 100, label="EEG C3-M2", physical_dimension="uV", prefiltering="HP:0.3Hz"
        ),
        make(random.normal(95, 1, 30), 1, label="SpO2", physical_dimension="%"),
    ]
    kind(
        signals, starttime=time(23, 4, 5), recording=edfio.Recording(startdate=date(2020, 5, 6)),
        patient=edfio.Patient(sex="F", birthdate=date(1980, 1, 1)), data_record_duration=1.0,
        annotations=annotations,
    ).write(path)  # fmt: skip
    return path


def samples(path) -> list[bytes]:
    """The bytes of all signals that are no annotations."""
    header = read_header(path)
    data = path.read_bytes()[header.header_bytes :][: header.n_records * header.record_bytes]
    rows = np.frombuffer(data, np.uint8).reshape(header.n_records, -1)
    size = header.sample_bytes
    return [
        rows[:, at * size : (at + s.samples_per_record) * size].tobytes()
        for at, s in zip(header.sample_offsets, header.signals, strict=True)
        if not s.is_annotation
    ]


def field_at(path, name: str, signal: int) -> tuple[int, int]:
    n, at = len(read_header(path).signals), 256
    for field, width in SIGNAL_FIELDS:
        if field == name:
            return at + signal * width, width
        at += n * width
    raise KeyError(name)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=NAMES,
    encoding=st.sampled_from(["utf-8", "latin-1", "utf-16-le"]),
    bdf=st.booleans(),
    fixed=st.sets(st.sampled_from(sorted(FIXED))),
    fields=st.sets(st.tuples(st.sampled_from(TEXT_FIELDS), st.integers(0, 1))),
    tail=st.booleans(),
    keep=st.booleans(),
)
def test_no_planted_name_comes_through(tmp_path, name, encoding, bdf, fixed, fields, tail, keep):
    texts = [
        name,
        f"Obstructive apnea|{name}",
        f"Lights off {name}",
        f"Obstructive apnea{' ' * 130}{name}",
        "Arousal",
    ]
    marks = [edfio.EdfAnnotation(i, 2.0, text) for i, text in enumerate(texts)]
    suffix = ".bdf" if bdf else ".edf"
    path = a_night(tmp_path / f"in{suffix}", bdf, marks)
    data = bytearray(path.read_bytes())
    planted = name.encode(encoding, "xmlcharrefreplace")
    places = [FIXED[f] for f in fixed] + [field_at(path, *f) for f in fields]
    for at, width in places:
        data[at : at + width] = planted[:width].ljust(width)
    if tail:
        data += b"\0" * 7 + planted
    path.write_bytes(data)
    before = samples(path)
    out = tmp_path / f"out{suffix}"
    done = deidentify(path, out, keep_age_sex=keep)
    written = out.read_bytes()
    assert samples(out) == before
    assert not [b for b in (*in_any_encoding(name), planted) if b in written or b.upper() in written]
    assert b"2020" not in written and b"1980" not in written and b"06.05.20" not in written
    assert done.bytes_dropped == (len(planted) + 7 if tail else 0) and read_header(out).spare_bytes == 0
    assert [text for *_, text in read_edf_annotations(out)[1]] == [
        "Obstructive apnea",
        "Obstructive apnea",
        "Arousal",
    ]


def test_a_clean_copy_reads_as_the_recording_did(tmp_path):
    path = a_night(tmp_path / "in.edf", annotations=[edfio.EdfAnnotation(3, 4.5, "Sleep stage N2")])
    deidentify(path, tmp_path / "out.edf")
    first, second = open_recording(path), open_recording(tmp_path / "out.edf")
    assert second.channels == first.channels and second.annotations == [(3.0, 4.5, "Sleep stage N2")]
    assert (second.start_date, second.start_clock) == (None, "23:04:05")
    assert (first.subject.sex, second.subject.sex) == ("F", None)
    np.testing.assert_array_equal(second.signal("C3"), first.signal("C3"))


def test_a_unit_keeps_its_size_however_it_is_written(tmp_path):
    path = a_night(tmp_path / "in.edf")
    at, width = field_at(path, "unit", 0)
    for unit, clean in (("µV", "uV"), ("μV", "uV"), ("ξV", ""), ("宮V", ""), ("kΩ", "kOhm")):
        for encoding in ("utf-8", "latin-1") if unit == "µV" else ("utf-8",):
            data = bytearray(path.read_bytes())
            data[at : at + width] = unit.encode(encoding).ljust(width)
            (tmp_path / "odd.edf").write_bytes(data)
            deidentify(tmp_path / "odd.edf", tmp_path / "out.edf")
            assert read_header(tmp_path / "out.edf").signals[0].unit == clean


def test_age_and_sex_stay_where_that_is_asked_for(tmp_path):
    path = a_night(tmp_path / "in.edf")
    deidentify(path, tmp_path / "out.edf", keep_age_sex=True)
    again = read_header(tmp_path / "out.edf").subject
    assert again == read_header(path).subject and (again.age_years, again.sex) == (40, "F")


def test_a_discontinuous_file_keeps_when_its_records_begin(data, tmp_path):
    source = data / "recordings" / "cpap_night" / "20241127_004009_EVE.edf"
    done = deidentify(source, tmp_path / "out.edf")
    (_, before), (_, after) = read_edf_annotations(source), read_edf_annotations(tmp_path / "out.edf")
    assert [a for a in before if known_text(a[2])] == after and len(after) > 70
    assert done.annotations_kept == len(after) and b"SRN" not in (tmp_path / "out.edf").read_bytes()


@pytest.mark.parametrize("name", ["nox_a1_2min.edf", "sleepedf_sc4001_5min.edf", "ucddb018.edf"])
def test_real_recordings_keep_their_channels(data, tmp_path, name):
    source = data / "recordings" / name
    done = deidentify(source, tmp_path / "out.edf")
    before, after = open_recording(source), open_recording(tmp_path / "out.edf")
    assert list(after.channels) == list(before.channels) and after.start_clock == before.start_clock
    assert samples(tmp_path / "out.edf") == samples(source)
    assert done.labels_replaced <= 1 and after.subject.age_years is None
    assert b"NoxMedical" not in (tmp_path / "out.edf").read_bytes()


def test_a_simulated_night_still_says_so(tmp_path):
    path = a_night(tmp_path / "in.edf")
    edf = edfio.read_edf(path)
    edf.recording = edfio.Recording(equipment_code="simulated")
    edf.write(path)
    deidentify(path, tmp_path / "out.edf")
    assert read_header(tmp_path / "out.edf").simulated


@pytest.mark.parametrize(
    ("label", "clean"),
    [
        ("EEG C3-M2", "EEG C3-M2"),
        ("Débit nasal", "Debit nasal"),
        ("MaskPress.2s", "MaskPress.2s"),
        ("Quill C3", None),
        ("EEG 19700102", None),
        ("1 2 70 12", None),
        ("J. D.", None),
        ("", None),
        ("?!", None),
        ("武蔵", None),
    ],
)
def test_labels_of_known_words_stay(label, clean):
    assert safe_text.label(label) == clean


@given(st.text(max_size=80))
def test_no_text_breaks_the_tables_and_what_they_keep_is_plain(text):
    for keep in (safe_text.label, safe_text.unit, safe_text.transducer, safe_text.prefilter):
        kept = keep(text) or ""
        assert kept.isascii() and (kept == "" or kept.isprintable()) and keep(kept or "EEG") is not None
    assert (known_text(text) or "x").isprintable()


def test_what_cannot_be_cleaned_is_refused(tmp_path):
    path = a_night(tmp_path / "in.edf")
    with pytest.raises(UsageError, match="place of the recording"):
        deidentify(path, path)
    (tmp_path / "link.edf").hardlink_to(path)
    with pytest.raises(UsageError, match="place of the recording"):
        deidentify(path, tmp_path / "link.edf")
    with pytest.raises(UsageError, match=r"ends in \.edf"):
        deidentify(path, tmp_path / "out.bdf")
    with pytest.raises(UsageError, match="no folder"):
        deidentify(path, tmp_path / "none" / "out.edf")
    (tmp_path / "night.vhdr").write_text("Brain Vision Data Exchange Header File Version 1.0")
    with pytest.raises(NotARecordingError, match="export the night as EDF"):
        deidentify(tmp_path / "night.vhdr", tmp_path / "out.edf")
    with pytest.raises(NotARecordingError, match="cannot be opened"):
        deidentify(tmp_path / "none.edf", tmp_path / "out.edf")
    os.mkfifo(tmp_path / "pipe.edf")
    with pytest.raises(NotARecordingError, match="cannot be opened"):
        deidentify(tmp_path / "pipe.edf", tmp_path / "out.edf")
    at, _ = field_at(path, "label", 1)
    data = bytearray(path.read_bytes())
    data[at : at + 16] = b"EDF annotations "
    (tmp_path / "odd.edf").write_bytes(data)
    with pytest.raises(DamagedFileError, match="signal 2"):
        deidentify(tmp_path / "odd.edf", tmp_path / "out.edf")
    assert {p.name for p in tmp_path.iterdir()} == {"in.edf", "link.edf", "night.vhdr", "odd.edf", "pipe.edf"}


def test_records_that_no_memory_holds_are_refused(tmp_path):
    path = a_night(tmp_path / "in.edf")
    at, width = field_at(path, "samples", 0)
    header = bytearray(path.read_bytes()[: read_header(path).header_bytes])
    header[at : at + width], header[236:244] = b"99999999".ljust(width), b"2".ljust(8)
    with path.open("wb") as file:
        file.write(header)
        file.truncate(1 << 40)  # sparse
    with pytest.raises(DamagedFileError, match="data records of 200 MB each"):
        deidentify(path, tmp_path / "out.edf")
    assert not (tmp_path / "out.edf").exists()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=30)), max_size=6), st.integers(0, 9000)
)
def test_no_damage_breaks_it_or_leaves_half_a_copy(tmp_path, changes, cut):
    whole = tmp_path / "whole.edf"
    if not whole.exists():
        a_night(whole, annotations=[edfio.EdfAnnotation(3, None, "Arousal")])
    data = bytearray(whole.read_bytes())
    for at, new in changes:
        data[at : at + len(new)] = new
    path, out = tmp_path / "in.edf", tmp_path / "out.edf"
    path.write_bytes(data[: len(data) - cut])
    out.unlink(missing_ok=True)
    try:
        deidentify(path, out)
    except SleepLMError as error:
        assert "\n" not in str(error) and not out.exists()
    else:
        read_header(out)
    assert not list(tmp_path.glob(".sleeplm-*"))


def test_a_failing_disk_leaves_nothing(tmp_path, monkeypatch):
    path = a_night(tmp_path / "in.edf")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UsageError, match="No space left"):
        deidentify(path, tmp_path / "out.edf")
    assert [p.name for p in tmp_path.iterdir()] == ["in.edf"]
    shutil.rmtree(tmp_path)

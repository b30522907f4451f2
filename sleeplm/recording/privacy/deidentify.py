"""A copy of an EDF or BDF file without who slept: its samples byte for byte, and of its text known words alone."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from sleeplm.errors import DamagedFileError, NotARecordingError, UsageError
from sleeplm.files import open_regular, written_whole
from sleeplm.recording.annotations.words import known_text
from sleeplm.recording.formats.edf_header import (
    FIXED_BYTES,
    SIGNAL_FIELDS,
    EdfHeader,
    SignalHeader,
    begins_as_edf,
    read_header,
    split_fields,
)
from sleeplm.recording.formats.edf_numbers import plain_number
from sleeplm.recording.formats.edf_tals import STAMP
from sleeplm.recording.privacy import safe_text
from sleeplm.recording.privacy.subject import Subject
from sleeplm.recording.suffixes import BDF, EDF

NO_DATE = b"01.01.85"  # what EDF writes where no date is known
_CHUNK_BYTES = 16 * 1024**2  # copied at a time: little memory for a night of gigabytes
_MAX_RECORD_BYTES = 128 * 1024**2  # one data record is held at a time; the standard advises 61,440 bytes


@dataclass(frozen=True)
class Cleaned:
    """What was left out of a copy, in numbers, without its text.

    Attributes
    ----------
    signals : int
        Signals of the file, annotation signals left out.
    labels_replaced : int
        Signals that are called ``Signal N`` now (N from 1, in the order of the file).
    annotations_kept, annotations_removed : int
        Texts of annotations that are known words of scoring, and those that are not.
    bytes_dropped : int
        Bytes that followed the last data record.
    """

    signals: int
    labels_replaced: int
    annotations_kept: int
    annotations_removed: int
    bytes_dropped: int


def deidentify(path: str | Path, out: str | Path, keep_age_sex: bool = False) -> Cleaned:
    """Write a copy of a recording that names nobody.

    Samples stay as they are. Patient, recording and start date are emptied; the time of day stays. Of labels,
    transducers, filters and units what consists of known words stays (`sleeplm.recording.privacy.safe_text`), of
    annotations what scores or marks something in known words. All reserved fields and what follows the records is
    left out. The mark of a simulated night stays.

    Parameters
    ----------
    path : path
        EDF, EDF+C, EDF+D or BDF.
    out : path
        The copy; it comes whole or not at all.
    keep_age_sex : bool
        Whether age in whole years (90 for all above) and sex, where the header has them, go into the copy.

    Raises
    ------
    NotARecordingError, DamagedFileError
        The file is in another format, or it is damaged.
    UsageError
        The copy would fall onto the recording itself, or its name or folder is wrong.
    """
    path, out = Path(path), Path(out)
    try:
        with open_regular(path) as file:
            begins = begins_as_edf(file.read(8))
    except (OSError, ValueError) as error:
        raise NotARecordingError(f"'{path.name}' cannot be opened; check the path") from error
    if not begins:
        raise NotARecordingError(
            f"'{path.name}' is no EDF or BDF file, and only these are de-identified; export the night as EDF+ from "
            "the recording software first"
        )
    header = read_header(path, beyond=False)  # what follows the announced end may be text about a person
    if header.record_bytes > _MAX_RECORD_BYTES:
        raise DamagedFileError(
            f"the header announces data records of {header.record_bytes / 1e6:.0f} MB each, more than the "
            f"{_MAX_RECORD_BYTES / 1e6:.0f} MB that are copied at once; export the night again with shorter records"
        )
    _refuse_place(path, out, header)
    with path.open("rb") as file:
        raw = file.read(header.header_bytes)
    new_header, replaced = _clean_header(raw, header, header.subject if keep_age_sex else Subject())
    counts: Counter[str] = Counter()
    try:
        with written_whole(out) as partial, partial.open("wb") as file:
            file.write(new_header)
            for records in _clean_records(path, header, counts):
                file.write(records.data)
    except OSError as error:
        raise UsageError(f"the copy cannot be written to '{out.parent}': {error.strerror or error}") from error
    plain = sum(not s.is_annotation for s in header.signals)
    return Cleaned(plain, replaced, counts["kept"], counts["removed"], header.spare_bytes)


def _refuse_place(path: Path, out: Path, header: EdfHeader) -> None:
    suffixes = BDF if header.is_bdf else EDF
    if out.suffix.casefold() not in suffixes:
        raise UsageError(f"the copy of this recording needs a name that ends in {suffixes[0]}")
    if not out.parent.is_dir():
        raise UsageError(f"there is no folder '{out.parent}' to write the copy into")
    if out.exists() and (not out.is_file() or out.samefile(path)):
        raise UsageError("the copy cannot take the place of the recording itself or of a folder; give another name")


def _clean_header(raw: bytes, header: EdfHeader, subject: Subject) -> tuple[bytes, int]:
    """The header with known text only, and how many labels were replaced."""
    kind = b"BDF" if header.is_bdf else b"EDF"
    reserved = kind + b"+" + raw[196:197] if raw[192:197] in (kind + b"+C", kind + b"+D") else b""
    if header.is_bdf and not reserved:
        reserved = b"24BIT"
    clock = (header.start_clock or "00:00:00").replace(":", ".").encode()
    fixed = [
        (raw[:8], 8),
        (_patient(subject), 80),
        (b"Startdate X X X " + (b"simulated" if header.simulated else b"X"), 80),
        (NO_DATE, 8),
        (clock, 8),
        (str(header.header_bytes).encode(), 8),
        (reserved, 44),
        (str(header.n_records).encode(), 8),
        ((plain_number(raw[244:252]) or "").encode(), 8),
        (str(len(header.signals)).encode(), 4),
    ]
    fields = split_fields(raw[FIXED_BYTES:], len(header.signals))
    labels = [_label(i, signal, header) for i, signal in enumerate(header.signals)]
    replaced = sum(label == f"Signal {i + 1}" for i, label in enumerate(labels))
    texts = {"transducer": safe_text.transducer, "unit": safe_text.unit, "prefilter": safe_text.prefilter}
    signals = []
    for name, width in SIGNAL_FIELDS:
        for i, value in enumerate(fields[name]):
            if name == "label":
                new = labels[i].encode()
            elif name in texts:
                new = texts[name](value.decode(header.encoding, "replace")).encode()
            else:  # a number, or no number: then nothing; the reserved field is none
                new = (plain_number(value) or "").encode() if name != "reserved" else b""
            signals.append((new, width))
    return b"".join(text[:width].ljust(width) for text, width in (*fixed, *signals)), replaced


def _patient(subject: Subject) -> bytes:
    """The patient field; an age stands in it as in the Sleep-EDF database, where `subject_of` finds it."""
    words = {"F": "Female", "M": "Male", None: "Age"}[subject.sex]
    age = "X" if subject.age_years is None else f"{words}_{subject.age_years}yr"
    return f"X {subject.sex or 'X'} X {age}".encode()


def _label(i: int, signal: SignalHeader, header: EdfHeader) -> str:
    if signal.is_annotation:
        return "BDF Annotations" if header.is_bdf else "EDF Annotations"
    if "annotation" in signal.label.casefold():
        raise DamagedFileError(
            f"signal {i + 1} is called annotations but is not marked as such, so that its text cannot be checked; "
            "export the night again as EDF+"
        )
    return safe_text.label(signal.label) or f"Signal {i + 1}"


def _clean_records(path: Path, header: EdfHeader, counts: Counter[str]) -> Iterator[np.ndarray]:
    """The data records with cleaned annotations, some megabytes at a time."""
    shape = (header.n_records, header.record_bytes)
    records = np.memmap(path, np.uint8, "r", header.header_bytes, shape)
    size = header.sample_bytes
    spans = [
        (offset * size, (offset + signal.samples_per_record) * size)
        for offset, signal in zip(header.sample_offsets, header.signals, strict=True)
        if signal.is_annotation
    ]
    step = max(1, _CHUNK_BYTES // max(1, header.record_bytes))
    for first in range(0, header.n_records, step):
        chunk = np.array(records[first : first + step])
        for signal, (begin, end) in enumerate(spans):
            for row in range(len(chunk)):
                raw = chunk[row, begin:end].tobytes()
                start = _record_start(raw, first + row, header) if signal == 0 else None
                clean = _clean_annotations(raw, start, counts)
                chunk[row, begin:end] = np.frombuffer(clean, np.uint8)
        yield chunk


def _record_start(raw: bytes, record: int, header: EdfHeader) -> bytes:
    """The stamp that says when a record begins."""
    found = STAMP.match(raw)
    if found and raw[found.end() : found.end() + 1] == b"\x14":
        return found[1]
    if header.is_discontinuous:
        raise DamagedFileError(
            f"data record {record + 1} of this discontinuous file does not say when it begins; export it again"
        )
    return f"+{record * header.record_s:.15g}".encode()


def _clean_annotations(raw: bytes, start: bytes | None, counts: Counter[str]) -> bytes:
    """The annotations of one signal in one record, of the same length, with known texts only."""
    clean = b"" if start is None else start + b"\x14\x14\x00"
    if len(clean) > len(raw):
        clean = b""
    for part in raw.split(b"\x00"):
        found = STAMP.match(part)
        if found:
            texts = [text for text in part[found.end() :].split(b"\x14") if text]
            known = [new for text in texts if (new := _known(text)) is not None]
        else:
            texts, known = [part] if part else [], []
        new = found[0] + b"\x14".join(known) + b"\x14\x00" if found and known else b""
        if len(clean) + len(new) > len(raw):  # a word that grew longer by its spelling
            known, new = [], b""
        clean += new
        counts["kept"] += len(known)
        counts["removed"] += len(texts) - len(known)
    return clean.ljust(len(raw), b"\x00")


@lru_cache(4096)
def _known(text: bytes) -> bytes | None:
    try:
        known = known_text(text.decode("utf-8"))
    except UnicodeDecodeError:
        known = known_text(text.decode("latin-1"))
    return None if known is None else known.encode()

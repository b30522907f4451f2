"""The header of an EDF or BDF file, checked field by field before any library trusts it.

Layout: https://www.edfplus.info/specs/edf.html, https://www.edfplus.info/specs/edfplus.html and, for
BDF, https://www.biosemi.com/faq/file_format.htm.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from sleeplm.errors import DamagedFileError
from sleeplm.recording.formats.edf_numbers import has_comma, number, whole_number
from sleeplm.recording.formats.edf_size import records_there
from sleeplm.recording.formats.source import printable
from sleeplm.recording.privacy.subject import Subject, edf_plus_date, subject_of

FIXED_BYTES = 256  # the fixed part; each signal adds as many
MAX_RECORD_S = 86400.0  # a day; usual are 1 to 30 s
MAX_DURATION_S = 48 * 3600.0  # all 14 channels at 64 Hz are 620 MB then
_MAX_PHYSICAL = 1e9  # of a calibration, in whatever unit: what is larger is damage
# Name and width of the fields of each signal, in the order of the file.
SIGNAL_FIELDS = (
    ("label", 16), ("transducer", 80), ("unit", 8), ("physical_min", 8), ("physical_max", 8),
    ("digital_min", 8), ("digital_max", 8), ("prefilter", 80), ("samples", 8), ("reserved", 32),
)  # fmt: skip


@dataclass(frozen=True)
class SignalHeader:
    """The header of one signal; `calibration` is None where its four numbers make no scale."""

    label: str
    unit: str
    is_annotation: bool
    samples_per_record: int
    calibration: tuple[float, float, float, float] | None  # physical min, max, digital min, max


@dataclass(frozen=True)
class EdfHeader:
    """What a file's header says; of the patient only age and sex.

    Attributes
    ----------
    n_records : int
        That are read: as announced, or as many as the size of the file holds where the two disagree.
    record_s : float
        Duration of a data record in seconds; 0 in files that hold annotations only.
    spare_bytes : int
        Bytes that follow the last record that is read.
    subject : Subject
        Age and sex, where the header has them as EDF+ does.
    notices : tuple of str
        What of the header is odd and was read all the same, as ends of a sentence that begins with the file's name.
    """

    is_bdf: bool
    encoding: str
    is_discontinuous: bool
    n_records: int
    record_s: float
    start_date: str | None
    start_clock: str | None
    simulated: bool
    signals: tuple[SignalHeader, ...]
    spare_bytes: int
    subject: Subject
    notices: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Seconds of signal that are read, gaps left out."""
        return self.n_records * self.record_s

    @property
    def header_bytes(self) -> int:
        """Size of the header."""
        return FIXED_BYTES * (len(self.signals) + 1)

    @property
    def sample_bytes(self) -> int:
        """Size of a sample: 16 bits in EDF, 24 in BDF."""
        return 3 if self.is_bdf else 2

    @property
    def record_bytes(self) -> int:
        """Size of a data record."""
        return self.sample_bytes * sum(s.samples_per_record for s in self.signals)

    @cached_property
    def sample_offsets(self) -> tuple[int, ...]:
        """Where each signal begins within a data record, in samples."""
        return (0, *accumulate(s.samples_per_record for s in self.signals[:-1]))


def begins_as_edf(head: bytes) -> bool:
    """Whether a file's first eight bytes are those of EDF or BDF."""
    return head[:8].rstrip(b" \0") in (b"0", b"\xffBIOSEMI")


def read_header(path: Path, beyond: bool = True) -> EdfHeader:
    """Read and check the header of an EDF or BDF file.

    Parameters
    ----------
    path : Path
    beyond : bool
        Whether whole data records that follow the announced end are counted as well.

    Raises
    ------
    DamagedFileError
        A field makes no sense, or no data record is there; the sentence names the field and what was found.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        fixed = file.read(FIXED_BYTES)
        if len(fixed) < FIXED_BYTES:
            raise DamagedFileError(
                f"'{path.name}' is cut short within its header ({size} of at least {FIXED_BYTES} bytes are "
                "there); copy or export it again."
            )
        n_signals = _integer(path, "number of signals", fixed[252:256], 1, 9999)
        n_header = FIXED_BYTES * (n_signals + 1)
        if size < n_header:
            raise DamagedFileError(
                f"'{path.name}' is cut short within its header ({size} of {n_header} bytes are there); copy or "
                "export it again."
            )
        per_signal = split_fields(file.read(FIXED_BYTES * n_signals), n_signals)
    announced = _integer(path, "size of the header", fixed[184:192], 0, 99999999)
    if announced != n_header:
        raise DamagedFileError(
            f"The header of '{path.name}' contradicts itself (it says that it has {announced} bytes, but "
            f"{n_signals} signals make {n_header}); export the night again."
        )
    is_bdf = fixed[:1] == b"\xff"
    encoding = _encoding(fixed[88:168], *per_signal["label"], *per_signal["unit"])
    samples = [_integer(path, "number of samples in a record", raw, 1, 99999999) for raw in per_signal["samples"]]
    record_s = _seconds(path, fixed[244:252])
    if record_s == 0 and per_signal["label"][0].rstrip(b" \0") not in (b"EDF Annotations", b"BDF Annotations"):
        raise DamagedFileError(
            f"The header of '{path.name}' is damaged (its data records last 0 s but hold signals); export the "
            "night again."
        )
    record_bytes = sum(samples) * (3 if is_bdf else 2)
    n_announced = _announced(path, fixed[236:244])
    records = records_there(path, n_announced, size - n_header, record_bytes, record_s, beyond)
    if records.count * record_s > MAX_DURATION_S:
        raise DamagedFileError(
            f"'{path.name}' lasts {records.count * record_s / 3600:.0f} h by its header, more than the "
            f"{MAX_DURATION_S / 3600:.0f} h that are read at once; cut the recording into nights."
        )
    reserved = fixed[192:236]
    start_date, start_clock, simulated = _start(fixed, encoding)
    return EdfHeader(
        is_bdf=is_bdf,
        encoding=encoding,
        is_discontinuous=reserved[:5] in (b"EDF+D", b"BDF+D"),
        n_records=records.count,
        record_s=record_s,
        start_date=start_date,
        start_clock=start_clock,
        simulated=simulated,
        signals=tuple(_signal(per_signal, i, samples[i], encoding, is_bdf) for i in range(n_signals)),
        spare_bytes=records.spare_bytes,
        subject=subject_of(
            fixed[8:88].decode("latin-1").strip(" \0"), date.fromisoformat(start_date) if start_date else None
        ),
        notices=records.notices + _comma_notice(fixed[244:252], per_signal),
    )


def split_fields(block: bytes, n_signals: int) -> dict[str, list[bytes]]:
    """Cut the part of the header that describes the signals into fields, one value a signal."""
    fields, at = {}, 0
    for name, width in SIGNAL_FIELDS:
        fields[name] = [block[at + i * width : at + (i + 1) * width] for i in range(n_signals)]
        at += n_signals * width
    return fields


def _signal(fields: dict[str, list[bytes]], i: int, samples: int, encoding: str, is_bdf: bool) -> SignalHeader:
    label = fields["label"][i].decode(encoding, "replace")
    return SignalHeader(
        label=printable(label),
        unit=printable(fields["unit"][i].decode(encoding, "replace")),
        is_annotation=label.rstrip(" \0") == ("BDF Annotations" if is_bdf else "EDF Annotations"),
        samples_per_record=samples,
        calibration=_calibration(fields, i),
    )


def _calibration(fields: dict[str, list[bytes]], i: int) -> tuple[float, float, float, float] | None:
    """Physical minimum and maximum, digital minimum and maximum; None where they make no scale."""
    names = ("physical_min", "physical_max", "digital_min", "digital_max")
    numbers = [value for name in names if (value := number(fields[name][i])) is not None]
    if len(numbers) < len(names) or max(map(abs, numbers)) >= _MAX_PHYSICAL:
        return None
    physical_min, physical_max, digital_min, digital_max = numbers
    if physical_min == physical_max or digital_min == digital_max:
        return None
    if not digital_min.is_integer() or not digital_max.is_integer():
        return None
    return physical_min, physical_max, digital_min, digital_max


def _encoding(*fields: bytes) -> str:
    """UTF-8 where all fields are valid UTF-8 (ASCII is), else Latin-1; the standard allows ASCII only."""
    try:
        for field in fields:
            field.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _integer(path: Path, field: str, raw: bytes, low: int, high: int) -> int:
    value = whole_number(raw)
    if value is None or not low <= value <= high:
        raise DamagedFileError(
            f"The header of '{path.name}' is damaged (its {field} is {_shown(raw)}, not a whole number from {low} "
            f"to {high}); export the night again."
        )
    return value


def _seconds(path: Path, raw: bytes) -> float:
    value = number(raw)
    if value is None or not 0 <= value <= MAX_RECORD_S:
        raise DamagedFileError(
            f"The header of '{path.name}' is damaged (the duration of its data records is {_shown(raw)}, not a "
            f"number of seconds up to {MAX_RECORD_S:.0f}); export the night again."
        )
    return value


def _shown(raw: bytes) -> str:
    return repr(printable(raw.decode("latin-1"))) if raw.strip(b" \0") else "empty"


def _announced(path: Path, raw: bytes) -> int | None:
    """Number of data records as the header has it; None where the field is empty."""
    return _integer(path, "number of data records", raw, -1, 99999999) if raw.strip(b" \0") else None


def _comma_notice(duration: bytes, per_signal: dict[str, list[bytes]]) -> tuple[str, ...]:
    """Where numbers are written with a comma, that it was taken for a decimal point: "1,000" is 1."""
    names = ("physical_min", "physical_max", "digital_min", "digital_max")
    if not any(map(has_comma, [duration, *(raw for name in names for raw in per_signal[name])])):
        return ()
    return ("numbers of its header are written with a comma, which was read as the decimal point.",)


def _start(fixed: bytes, encoding: str) -> tuple[str | None, str | None, bool]:
    """Start date, start clock and whether the night is simulated, from the fixed part of the header."""
    words = fixed[88:168].decode(encoding, "replace").strip(" \0")
    edf_plus = re.match(r"Startdate (\S+)", words)
    start: date | None
    if edf_plus and (day := edf_plus_date(edf_plus.group(1))):
        start = day
    elif edf_plus and edf_plus.group(1) == "X":
        start = None
    else:
        start = _legacy_date(fixed[168:176])
    clock = _clock(fixed[176:184])
    if start is None and clock == time(0, 0, 0):
        clock = None  # what anonymisers write in place of a time that they removed
    simulated = "simulated" in words.casefold()
    return start.isoformat() if start else None, clock.isoformat() if clock is not None else None, simulated


def _legacy_date(raw: bytes) -> date | None:
    """Date ``dd.mm.yy``; years from 85 are of the last century, and 1 January 1985 means that none is known."""
    found = re.fullmatch(rb" ?(\d{1,2})[.:/-] ?(\d{1,2})[.:/-](\d{2})", raw.strip(b" \0"))
    if not found:
        return None
    day, month, year = (int(x) for x in found.groups())
    found_date = _date(year + (1900 if year >= 85 else 2000), month, day)
    return None if found_date == date(1985, 1, 1) else found_date


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _clock(raw: bytes) -> time | None:
    text = raw.decode("latin-1").strip(" \0").replace(":", ".")
    try:
        return datetime.strptime(text, "%H.%M.%S").time()
    except ValueError:
        return None

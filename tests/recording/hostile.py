"""EDF and BDF files of every kind of nonsense, built byte by byte; each is small on disk, whatever it announces."""

import os
from collections.abc import Callable
from pathlib import Path

_WIDTHS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)


def field(value, width: int) -> bytes:
    raw = value if isinstance(value, bytes) else str(value).encode("latin-1", "replace")
    return raw[:width].ljust(width)


def signal(label="C3-M2", unit="uV", physical=(-500, 500), digital=(-32768, 32767), samples=100) -> tuple:
    return (label, "", unit, *physical, *digital, "", samples, "")


def notes(samples=30, word="EDF") -> tuple:
    return signal(f"{word} Annotations", "", (-1, 1), (-32768, 32767), samples)


ONE = (signal(),)


def edf(
    signals=ONE, data=b"", n_records=10, record_s=1, version="0", reserved="", n_signals=None, size=None,
    patient="X X X X", start="Startdate X X X X", day="01.01.85", clock="22.30.00",
) -> bytes:  # fmt: skip
    """A header with these fields, right or wrong, and data after it."""
    n_signals = len(signals) if n_signals is None else n_signals
    size = 256 * (len(signals) + 1) if size is None else size
    fixed = (
        (version, 8), (patient, 80), (start, 80), (day, 8), (clock, 8), (size, 8), (reserved, 44), (n_records, 8),
        (record_s, 8), (n_signals, 4),
    )  # fmt: skip
    head = b"".join(field(value, width) for value, width in fixed)
    for i, width in enumerate(_WIDTHS):
        head += b"".join(field(s[i], width) for s in signals)
    return head + data


def tals(records: list[bytes], width=60) -> bytes:
    return b"".join(bytes(200) + record[:width].ljust(width, b"\0") for record in records)


def plus(records: list[bytes], reserved="EDF+D", **fields) -> bytes:
    """EDF+ of one signal and one annotation signal, a record for each of these lists of annotations."""
    return edf((signal(), notes()), tals(records), n_records=len(records), reserved=reserved, **fields)


def many_notes(content: bytes) -> bytes:
    """One record with 4 MB of annotations."""
    return edf((signal(samples=1), notes(2_000_000)), bytes(2) + content, n_records=1)


TEN = bytes(2000)  # ten records of a second of `signal()`
STAMPS = [b"+%d\x14\x14\0" % i for i in range(10)]

HOSTILE: dict[str, bytes] = {
    "nothing.edf": b"",
    "nul.edf": bytes(5000),
    "ones.edf": b"\xff" * 5000,
    "version_alone.edf": b"0       ",
    "nul_fields.edf": b"0       " + bytes(5000),
    "bdf_of_nul.bdf": b"\xffBIOSEMI" + bytes(5000),
    "whole_but_short.edf": edf()[:511],
    "no_data.edf": edf(),
    "half_a_record.edf": edf(data=bytes(150)),
    "cut.edf": edf(data=TEN[:1501]),
    "count_unknown.edf": edf(data=TEN, n_records=-1),
    "count_minus_two.edf": edf(data=TEN, n_records=-2),
    "count_huge.edf": edf(data=TEN, n_records=99999999),
    "count_in_words.edf": edf(data=TEN, n_records="ten"),
    "count_of_other_digits.edf": edf(data=TEN, n_records="\u0661\u0660".encode()),
    "record_nan.edf": edf(data=TEN, record_s="nan"),
    "record_infinite.edf": edf(data=TEN, record_s="1e999"),
    "record_tiny.edf": edf(data=TEN, record_s="1e-300"),
    "record_negative.edf": edf(data=TEN, record_s=-1),
    "record_a_day.edf": edf(data=TEN, record_s=86400),
    "record_zero.edf": edf(data=TEN, record_s=0),
    "record_five_hours.edf": edf(data=TEN, record_s=18000 / 4),
    "signals_none.edf": edf(data=TEN, n_signals=0),
    "signals_9999_said.edf": edf(data=TEN, n_signals=9999),
    "signals_minus.edf": edf(data=TEN, n_signals=-1),
    "signals_600.edf": edf([signal(f"S{i}") for i in range(599)] + [signal()], bytes(600 * 200), n_records=1),
    "signals_9999.edf": edf([signal(f"C3-M{i}", samples=1) for i in range(9999)], bytes(9999 * 2), n_records=1),
    "signals_9999_alike.edf": edf([signal()] * 9999, bytes(9999 * 200), n_records=1),
    "size_wrong.edf": edf(data=TEN, size=511),
    "size_negative.edf": edf(data=TEN, size=-512),
    "samples_none.edf": edf((signal(samples=0),), TEN),
    "samples_minus.edf": edf((signal(samples=-100),), TEN),
    "samples_huge.edf": edf((signal(samples=99999999),), TEN),
    "samples_words.edf": edf((signal(samples="\0\0\0"),), TEN),
    "scale_flat.edf": edf((signal(physical=(5, 5)),), TEN),
    "scale_no_digits.edf": edf((signal(digital=(7, 7)),), TEN),
    "scale_nan.edf": edf((signal(physical=("nan", "inf")),), TEN),
    "scale_huge.edf": edf((signal(physical=("-1e308", "1e308")),), TEN),
    "scale_tiny.edf": edf((signal(physical=("0", "1e-300")),), TEN),
    "scale_fractional.edf": edf((signal(digital=(-0.5, 0.5)),), TEN),
    "label_nul.edf": edf((signal(b"C3\0M2\0\x07\x1b[31m"),), TEN),
    "label_utf8.edf": edf((signal("C3-M2 Impéd".encode()),), TEN),
    "label_latin.edf": edf((signal(b"C3-M2 Imp\xe9d\xff"),), TEN),
    "label_half_a_character.edf": edf((signal(b"C3-M2 \xe2\x80"),), TEN),
    "label_right_to_left.edf": edf((signal("C3\u202e2M".encode()),), TEN),
    "label_empty.edf": edf((signal("", ""),), TEN),
    "unit_bytes.edf": edf((signal(unit=bytes(range(248, 256))),), TEN),
    "dates.edf": edf(data=TEN, day="99.99.99", clock="99.99.99", start="Startdate 99-ZZZ-99999 X X X"),
    "dates_nul.edf": edf(data=TEN, day=bytes(8), clock=bytes(8), start=bytes(80), patient=bytes(80)),
    "gaps_unstamped.edf": plus([b""] * 10),
    "gaps_text.edf": plus([b"hello"] * 10),
    "gaps_back.edf": plus(STAMPS[::-1]),
    "gaps_same.edf": plus(STAMPS[:1] * 10),
    "gaps_huge.edf": plus([b"+0\x14\x14\0", b"+99999999999\x14\x14\0"]),
    "gaps_digits.edf": plus([b"+" + b"9" * 58] * 10),
    "gaps_negative.edf": plus([b"-%d\x14\x14\0" % (20 - i) for i in range(10)]),
    "gaps_two_days.edf": plus([b"+0\x14\x14\0", b"+172700\x14\x14\0"]),
    "gaps_by_the_thousand.edf": edf(
        (signal(samples=1), notes(8)), b"".join(bytes(2) + (b"+%.3f\x14\x14\0" % (i / 10)).ljust(16, b"\0")
        for i in range(200_000)), 200_000, 0.001, reserved="EDF+D",
    ),
    "start_beyond_time.edf": plus([b"+999999999999999\x14\x14\0"] * 10, reserved="EDF+C"),
    "start_beyond_dates.edf": plus(
        [b"+99999999999\x14\x14\0"] * 10, reserved="EDF+C", start="Startdate 01-JAN-9998 X X X"
    ),
    "gaps_without_annotations.edf": edf(data=TEN, reserved="EDF+D"),
    "gaps_bdf_said_in_edf.edf": plus(STAMPS, reserved="BDF+D"),
    "notes_alone.edf": edf((notes(),), bytes(600), record_s=0),
    "notes_first_of_no_duration.edf": edf((notes(), signal()), bytes(2600), record_s=0),
    "notes_of_separators.edf": plus([b"\x14" * 60] * 10, reserved="EDF+C"),
    "notes_of_durations.edf": plus([b"+0\x15" * 20] * 10, reserved="EDF+C"),
    "notes_million.edf": many_notes(b"+1\x14a\x14\0" * 666_667),
    "notes_one_list.edf": many_notes(b"+1\x14" * 1_333_334),
    "notes_no_end.edf": many_notes(b"+1\x15" + b"1" * 4_000_000),
    "records_many.edf": edf((signal(samples=1),), bytes(2_000_000), n_records=1_000_000, record_s=0.001),
    "records_many_stamped.edf": edf(
        (signal(samples=1), notes(8)), (bytes(2) + b"+1\x14\x14\0".ljust(16, b"\0")) * 200_000, 200_000, 0.1,
        reserved="EDF+D",
    ),
}  # fmt: skip


def _sparse(size: int, **fields) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            file.write(edf(**fields))
            file.truncate(size)

    return write


# Larger than anybody would upload, without taking room, or no file at all.
SPARSE: dict[str, Callable[[Path], None]] = {
    "terabyte.edf": _sparse(1 << 40, n_records=-1),
    "terabyte_counted.edf": _sparse(1 << 40, n_records=99999999),
    "notes_gigabyte.edf": _sparse(1 << 31, signals=(signal(samples=1), notes(90_000_000)), n_records=10),
    "pipe.edf": os.mkfifo,  # nobody ever writes into it
    "pipe.vhdr": os.mkfifo,
    "device.edf": lambda path: path.symlink_to("/dev/zero"),
    "circle.edf": lambda path: path.symlink_to(path),
    "fast.edf": _sparse(1 << 31, signals=(signal(samples=90_000_000), signal("C4-M1")), n_records=10),
}

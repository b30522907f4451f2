"""EDF, EDF+C, EDF+D and their BDF counterparts: one signal in memory at a time, gaps kept."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import numpy as np

from sleeplm.errors import DamagedFileError, NoUsableChannelError
from sleeplm.recording.formats import edf_records
from sleeplm.recording.formats.edf_header import MAX_DURATION_S, EdfHeader, read_header
from sleeplm.recording.formats.edf_records import Run
from sleeplm.recording.formats.edf_tals import Tals, read_tals
from sleeplm.recording.formats.source import MAX_SAMPLES, Signal, Source

_MAX_SFREQ_HZ = 1e6  # a microphone, the fastest sensor of a night, has 44.1 kHz: more is a damaged header
_HOLE_S = 0.5  # from one record to the next in a file declared continuous; less is a clock that drifts
_DRIFT_S = 1.0  # of a continuous file, from which on it is said: an event lies elsewhere then
_MAX_ANNOTATION_BYTES = 64 << 20  # all are read at once; what they hold is checked in `edf_tals`


def read_edf_file(path: Path) -> Source:
    """Read an EDF or BDF file's header and annotations; signals stay in the file until asked for.

    Raises
    ------
    DamagedFileError
        The header makes no sense, no data is there, or its records overlap or go back in time.
    NoUsableChannelError
        The file holds annotations only.
    """
    header = read_header(path)
    if header.record_s == 0 or all(s.is_annotation for s in header.signals):
        raise NoUsableChannelError(
            f"'{path.name}' holds annotations and no signals over time; give it as a scoring of the recording it "
            "belongs to."
        )
    warnings = list(header.notices)
    tals = _tals(path, header)
    if tals.damaged:
        warnings.append("some of its annotations are damaged and were left aside.")
    if not header.is_discontinuous:
        tals, notice = _with_all_starts(header, tals)
        warnings += notice
    origin_s = _origin_s(tals)
    if header.is_discontinuous:
        runs = edf_records.find_runs(path, tals.record_starts_s, header.record_s)
    else:
        runs, notice = _runs_of_continuous(path, header, tals)
        warnings += notice
    duration_s = edf_records.end_s(runs, header.record_s)
    if duration_s > MAX_DURATION_S:
        raise DamagedFileError(
            f"'{path.name}' spans {duration_s / 3600:.0f} h with its gaps, more than the "
            f"{MAX_DURATION_S / 3600:.0f} h that are read at once; cut the recording into nights."
        )
    try:
        start_date, start_clock = _later(header, int(origin_s))
    except OverflowError as error:
        raise DamagedFileError(
            f"'{path.name}' is damaged (its first data record begins {origin_s:g} s after its start time, at no "
            "date that exists); export the night again."
        ) from error
    return Source(
        duration_s=duration_s,
        start_date=start_date,
        start_clock=start_clock,
        signals=[
            _signal(path, header, number, runs, duration_s)
            for number, signal in enumerate(header.signals)
            if not signal.is_annotation
        ],
        annotations=_since(tals, origin_s),
        simulated=header.simulated,
        warnings=warnings,
        gaps=edf_records.gaps_between(runs, header.record_s),
        subject=header.subject,
    )


def _with_all_starts(header: EdfHeader, tals: Tals) -> tuple[Tals, list[str]]:
    """The TALs of a file declared continuous, with a start for records that do not say theirs; and what to say."""
    silent = np.flatnonzero(np.isnan(tals.record_starts_s))
    if not silent.size or not any(s.is_annotation for s in header.signals):
        return tals, []  # plain EDF keeps no time
    if silent.size == header.n_records:
        return tals, ["none of its data records says when it begins; they are read one after the other."]
    said = (
        f"{silent.size} of its {header.n_records} data records do not say when they begin (first data record "
        f"{silent[0] + 1}); each is read right after the one before."
    )
    return replace(tals, record_starts_s=edf_records.filled(tals.record_starts_s, header.record_s)), [said]


def _runs_of_continuous(path: Path, header: EdfHeader, tals: Tals) -> tuple[tuple[edf_records.Run, ...], list[str]]:
    """Runs of a file that is declared continuous: one, but where its time-keeping shows holes; and what to say."""
    one, starts_s = edf_records.one_run(header), tals.record_starts_s
    if np.isnan(starts_s).any() or len(starts_s) < 2:
        return one, []
    late_s = np.diff(starts_s) - header.record_s
    odd = np.flatnonzero(np.abs(late_s) > _HOLE_S)
    if not odd.size:
        drift_s = float(starts_s[-1] - starts_s[0]) - header.record_s * (len(starts_s) - 1)
        said = f"the clock of its data records drifts by {drift_s:.1f} s; they are read one after the other."
        return one, [said] if abs(drift_s) > _DRIFT_S else []
    where = f"first at data record {odd[0] + 2}"
    try:
        runs = edf_records.find_runs(path, starts_s, header.record_s)
    except DamagedFileError:
        runs = ()
    if not runs or edf_records.end_s(runs, header.record_s) > MAX_DURATION_S:  # no night, but a damaged time
        return one, [
            f"the times of its data records contradict each other ({where}); they are read one after the other."
        ]
    last_s = starts_s[odd[0] + 1] - starts_s[0]
    first_s = last_s - late_s[odd[0]]
    return runs, [
        "it is declared continuous (EDF+C), and its data records leave holes, which are kept as gaps "
        f"({where}: {first_s:.6g} s to {last_s:.6g} s)."
    ]


def read_edf_annotations(path: Path) -> tuple[EdfHeader, list[tuple[float, float, str]]]:
    """Header and annotations of an EDF+ or BDF+ file, also one without signals or with gaps.

    Raises
    ------
    DamagedFileError
        The header makes no sense, no data is there, or its annotations cannot be read.
    """
    header = read_header(path)
    tals = _tals(path, header)
    if tals.damaged:
        raise DamagedFileError(f"'{path.name}' cannot be read: its annotations are damaged; export them again.")
    return header, _since(tals, _origin_s(tals) % 1)


def _tals(path: Path, header: EdfHeader) -> Tals:
    size = header.n_records * header.sample_bytes * sum(
        s.samples_per_record for s in header.signals if s.is_annotation
    )  # fmt: skip
    if size > _MAX_ANNOTATION_BYTES:
        raise DamagedFileError(
            f"The header of '{path.name}' is damaged (it announces {size / 1e6:.0f} MB of annotations); export the "
            "night again."
        )
    return read_tals(edf_records.annotation_bytes(path, header), header.n_records)


def _origin_s(tals: Tals) -> float:
    """Seconds from the header's start time to the first sample: its fraction of a second, in most files."""
    first = tals.record_starts_s[0]
    return 0.0 if np.isnan(first) or first < 0 else float(first)


def _since(tals: Tals, origin_s: float) -> list[tuple[float, float, str]]:
    return [(round(onset_s - origin_s, 6), duration_s, text) for onset_s, duration_s, text in tals.annotations]


def _later(header: EdfHeader, seconds: int) -> tuple[str | None, str | None]:
    """Start date and clock, `seconds` after those of the header."""
    if not seconds or header.start_clock is None:
        return header.start_date, header.start_clock
    day = date.fromisoformat(header.start_date) if header.start_date else date(2000, 1, 1)
    start = datetime.combine(day, time.fromisoformat(header.start_clock)) + timedelta(seconds=seconds)
    return start.date().isoformat() if header.start_date else None, start.time().isoformat()


def _signal(path: Path, header: EdfHeader, number: int, runs: tuple[Run, ...], duration_s: float) -> Signal:
    signal = header.signals[number]
    sfreq_hz = signal.samples_per_record / header.record_s
    problem = None
    if signal.calibration is None:
        problem = "has no valid calibration in its header"
    elif sfreq_hz > _MAX_SFREQ_HZ:
        problem = f"is sampled at {sfreq_hz:.3g} Hz by its header, which no recorder does,"
    elif duration_s * sfreq_hz > MAX_SAMPLES:
        problem = f"has more samples than are read at once ({MAX_SAMPLES / 1e6:.0f} million)"
    if problem is not None or signal.calibration is None:
        return Signal(signal.label, signal.unit, sfreq_hz, _refuse, problem)
    read = partial(_read, path, header, number, runs, signal.calibration)
    return Signal(signal.label, signal.unit, sfreq_hz, read)


def _refuse(start_s: float, stop_s: float) -> np.ndarray:
    raise DamagedFileError("This signal cannot be read; export the night again.")


def _read(
    path: Path,
    header: EdfHeader,
    number: int,
    runs: tuple[Run, ...],
    calibration: tuple[float, float, float, float],
    start_s: float,
    stop_s: float,
) -> np.ndarray:
    physical_min, physical_max, digital_min, digital_max = calibration
    gain = (physical_max - physical_min) / (digital_max - digital_min)
    # float32 holds 24 bits, as many as the digital values have.
    values = edf_records.read_samples(path, header, number, runs, start_s, stop_s)
    values *= np.float32(gain)
    values += np.float32(physical_min - gain * digital_min)
    return values

"""The data records of an EDF or BDF file: the samples of one signal at a time, each where it lies in time.

A memory map is read with a stride, so that nothing but the signal that is asked for is ever in memory. Gaps between
records (EDF+D, BDF+D) are NaN.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from sleeplm.errors import DamagedFileError
from sleeplm.recording.formats.edf_header import EdfHeader

_MAX_RUNS = 10_000  # a recorder that stops every three seconds all night long
_TOLERANCE_S = 0.01  # what clocks of recorders round and jitter by; within it, records follow each other


@dataclass(frozen=True)
class Run:
    """Records that follow each other without a gap: ``first`` to ``stop - 1``, from `start_s` on."""

    first: int
    stop: int
    start_s: float


def one_run(header: EdfHeader) -> tuple[Run, ...]:
    """All records of a file without gaps."""
    return (Run(0, header.n_records, 0.0),)


def find_runs(path: Path, starts_s: np.ndarray, record_s: float) -> tuple[Run, ...]:
    """Runs of records from when each begins, in seconds from the first.

    Raises
    ------
    DamagedFileError
        A record does not say when it begins, or begins before the one in front of it ends.
    """
    silent = np.flatnonzero(np.isnan(starts_s))
    if silent.size:
        raise DamagedFileError(
            f"'{path.name}' is discontinuous (EDF+D), and its data record {silent[0] + 1} does not say when it "
            "begins; export the night again."
        )
    between_s = np.diff(starts_s) - record_s
    early = np.flatnonzero(between_s < -_TOLERANCE_S)
    if early.size:
        at = int(early[0]) + 1
        begins_s, ends_s = starts_s[at] - starts_s[0], starts_s[at - 1] - starts_s[0] + record_s
        what = "goes back in time" if starts_s[at] <= starts_s[at - 1] else "overlaps the one before"
        raise DamagedFileError(
            f"'{path.name}' is discontinuous (EDF+D), and its data record {at + 1} {what} (it begins at "
            f"{begins_s:g} s, the one before ends at {ends_s:g} s); export the night again."
        )
    late_s = starts_s - starts_s[0] - record_s * np.arange(len(starts_s))  # by how much gaps and clocks shift each
    firsts, shift_s = [0], 0.0
    for number, late in enumerate(late_s.tolist()):
        if abs(late - shift_s) > _TOLERANCE_S:
            firsts.append(number)
            shift_s = late
    if len(firsts) > _MAX_RUNS:
        raise DamagedFileError(
            f"'{path.name}' is discontinuous (EDF+D) and has {len(firsts) - 1} gaps between its data records, more "
            f"than the {_MAX_RUNS} that are read; export the night again."
        )
    stops = [*firsts[1:], len(starts_s)]
    return tuple(Run(a, b, float(starts_s[a] - starts_s[0])) for a, b in zip(firsts, stops, strict=True))


def filled(starts_s: np.ndarray, record_s: float) -> np.ndarray:
    """The starts in seconds, with those that are NaN: right after the record before, or before the next.

    None is before the start time of the header. At least one must be known.
    """
    numbers = np.arange(len(starts_s))
    known = np.flatnonzero(~np.isnan(starts_s))
    sources = known[np.maximum(np.searchsorted(known, numbers, side="right") - 1, 0)]
    found_s = starts_s[sources] + record_s * (numbers - sources)
    return np.where(np.isnan(starts_s), np.maximum(found_s, 0), starts_s)


def end_s(runs: tuple[Run, ...], record_s: float) -> float:
    """When the last run ends, in seconds from the first record."""
    return runs[-1].start_s + (runs[-1].stop - runs[-1].first) * record_s


def gaps_between(runs: tuple[Run, ...], record_s: float) -> tuple[tuple[float, float], ...]:
    """First and last second of each gap."""
    ends_s = [run.start_s + (run.stop - run.first) * record_s for run in runs]
    between = zip(ends_s, (run.start_s for run in runs[1:]), strict=False)
    return tuple((end_s, start_s) for end_s, start_s in between if start_s > end_s)


def annotation_bytes(path: Path, header: EdfHeader) -> list[np.ndarray]:
    """The bytes of each annotation signal, uint8 ``[records, bytes]``."""
    width = header.sample_bytes
    records = _records(path, header, np.uint8)
    found = []
    for signal, at in zip(header.signals, header.sample_offsets, strict=True):
        if signal.is_annotation:
            found.append(np.array(records[:, at * width : (at + signal.samples_per_record) * width]))
    return found


def read_samples(
    path: Path, header: EdfHeader, number: int, runs: tuple[Run, ...], start_s: float, stop_s: float
) -> np.ndarray:
    """One signal's samples from `start_s` to `stop_s`, float32 as they were written, NaN in gaps.

    Parameters
    ----------
    number : int
        Which signal of the header, from 0.
    runs : tuple of Run
        Where the records lie in time.
    """
    per_record = header.signals[number].samples_per_record
    sfreq_hz = per_record / header.record_s
    begin, end = max(0, round(start_s * sfreq_hz)), max(0, round(stop_s * sfreq_hz))
    out = np.full(max(0, end - begin), np.nan, np.float32)
    for run in runs:
        run_begin = round(run.start_s * sfreq_hz)
        first = max(begin, run_begin) - run_begin  # samples of the run
        stop = min(end, run_begin + (run.stop - run.first) * per_record) - run_begin
        if first >= stop:
            continue
        records = slice(run.first + first // per_record, run.first - (-stop // per_record))
        samples = _digital(path, header, number, records).reshape(-1)
        skip = first % per_record
        at = run_begin + first - begin
        out[at : at + stop - first] = samples[skip : skip + stop - first]
    return out


def _digital(path: Path, header: EdfHeader, number: int, records: slice) -> np.ndarray:
    """Digital values of one signal, ``[records, samples]``."""
    at, count = header.sample_offsets[number], header.signals[number].samples_per_record
    if not header.is_bdf:
        return _records(path, header, np.dtype("<i2"))[records, at : at + count]
    raw = _records(path, header, np.uint8)[records, 3 * at : 3 * (at + count)]
    wide = np.zeros((raw.shape[0], count, 4), np.uint8)
    # 24 bits, the lowest byte first, go into the upper three of four bytes.
    wide[:, :, 1:] = raw.reshape(raw.shape[0], count, 3)
    return wide.view("<i4")[:, :, 0] >> 8


def _records(path: Path, header: EdfHeader, dtype: DTypeLike) -> np.ndarray:
    """All data records, memory-mapped, one a row."""
    width = header.record_bytes // np.dtype(dtype).itemsize
    try:
        return np.memmap(path, dtype, mode="r", offset=header.header_bytes, shape=(header.n_records, width))
    except (OSError, ValueError) as error:  # it cannot be opened any more, or became shorter
        raise DamagedFileError(f"The signals of '{path.name}' cannot be read; copy or export it again.") from error

"""EDF, EDF+C, BDF and BDF+C through edfio: one signal in memory at a time."""

import warnings
from pathlib import Path

import numpy as np

from sleeplm.errors import DamagedFileError, NoUsableChannelError
from sleeplm.recording.edf_header import EdfHeader, read_header
from sleeplm.recording.source import Signal, Source, printable


def read_edf_file(path: Path) -> Source:
    """Read an EDF or BDF file's header and annotations; signals stay in the file until asked for.

    Raises
    ------
    DamagedFileError
        The header makes no sense, the file is cut short, or its records do not follow each other in time.
    NoUsableChannelError
        The file holds annotations only.
    """
    header = read_header(path)
    if header.is_discontinuous:
        raise DamagedFileError(
            f"'{path.name}' is discontinuous (EDF+D): it has gaps in time, which are not read yet; export the "
            "night as continuous EDF+C."
        )
    if all(s.is_annotation for s in header.signals):
        raise NoUsableChannelError(
            f"'{path.name}' holds annotations and no signals; give it as a scoring of the recording it belongs to."
        )
    if header.record_s == 0:
        raise DamagedFileError(
            f"The header of '{path.name}' is damaged (its data records last 0 s but hold signals); export the "
            "night again."
        )
    edf = _open(path, header)
    said = []
    if header.spare_bytes:
        said.append(f"{header.spare_bytes} bytes follow the end that the header announces; they were left aside.")
    return Source(
        duration_s=header.duration_s,
        start_date=header.start_date,
        start_clock=header.start_clock,
        signals=_signals(edf, header),
        annotations=_annotations(edf, said),
        simulated=header.simulated,
        warnings=said,
    )


def read_edf_annotations(path: Path) -> tuple[EdfHeader, list[tuple[float, float, str]]]:
    """Header and annotations of an EDF+ or BDF+ file, also one without signals or with gaps.

    Raises
    ------
    DamagedFileError
        The header makes no sense, the file is cut short, or its annotations cannot be read.
    """
    header = read_header(path)
    said: list[str] = []
    annotations = _annotations(_open(path, header), said)
    if said:
        raise DamagedFileError(f"'{path.name}' cannot be read: {said[0]}")
    return header, annotations


def _open(path: Path, header: EdfHeader):
    import edfio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # our own checks say what is odd, a sentence each
        if header.is_bdf:
            return edfio.read_bdf(path, header_encoding=header.encoding)
        return edfio.read_edf(path, lazy_load_data=True, header_encoding=header.encoding)


def _signals(edf, header: EdfHeader) -> list[Signal]:
    """Pair edfio's signals, annotations left out, with the checked headers."""
    plain = [s for s in header.signals if not s.is_annotation]
    signals = []
    for signal, checked in zip(edf.signals, plain, strict=True):
        signals.append(
            Signal(
                label=checked.label,
                unit=checked.unit,
                sfreq_hz=checked.samples_per_record / header.record_s,
                read=_reader(signal, checked.calibration) if checked.calibration else _nothing,
                problem=None if checked.calibration else "has no valid calibration in its header",
            )
        )
    return signals


def _nothing(start_s: float, stop_s: float) -> np.ndarray:
    raise DamagedFileError("This signal has no valid calibration in its header; export the night again.")


def _reader(signal, calibration: tuple[float, float, float, float]):
    physical_min, physical_max, digital_min, digital_max = calibration
    gain = (physical_max - physical_min) / (digital_max - digital_min)
    offset = physical_min - gain * digital_min

    def read(start_s: float, stop_s: float) -> np.ndarray:
        # float32 holds 24 bits, as many as the digital values have.
        values = signal.get_digital_slice(start_s, stop_s).astype(np.float32)
        values *= np.float32(gain)
        values += np.float32(offset)
        return values

    return read


def _annotations(edf, said: list[str]) -> list[tuple[float, float, str]]:
    """Annotations in order of onset; what cannot be read is told in `said`."""
    try:
        return [(a.onset, a.duration or 0.0, text) for a in edf.annotations if (text := printable(a.text))]
    except (ValueError, StopIteration, OverflowError):
        said.append("its annotations are damaged and were left aside.")
        return []

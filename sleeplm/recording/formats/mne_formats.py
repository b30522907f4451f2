"""Every format that MNE reads and EDF is not: FIF, BrainVision, EEGLAB, GDF and more."""

import os
import warnings
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sleeplm.errors import DamagedFileError, NotARecordingError
from sleeplm.kinds.channels import CHANNEL
from sleeplm.recording.formats.mne_description import SKIP, Description, mne_unit, read_description
from sleeplm.recording.formats.packed import refuse_bomb
from sleeplm.recording.formats.source import Signal, Source, printable
from sleeplm.recording.gaps import Gaps
from sleeplm.recording.montage.channels import is_voltage
from sleeplm.recording.privacy.subject import Subject, whole_years

if TYPE_CHECKING:
    from mne.io import BaseRaw

_FIFF_UNIT_V = 107  # FIFF_UNIT_V of MNE's constants
_VOLTS = {"V": 1.0, "mV": 1e-3, "µV": 1e-6, "uV": 1e-6, "nV": 1e-9}  # units that MNE turns into volts
_YEAR_OF_FIRST_EEG_FILES = 1985  # earlier dates are what anonymisers write


def read_mne_file(path: Path) -> Source:
    """Read any file that `mne.io.read_raw` knows by its extension.

    Raises
    ------
    NotARecordingError
        MNE has no reader for such a file.
    DamagedFileError
        It has one, and it failed, or the file is packed and holds too much.
    """
    refuse_bomb(path)
    raw = _open(path)
    _refuse_strangers(raw, path)
    return source_of(raw, path.name)


def _refuse_strangers(raw: "BaseRaw", path: Path) -> None:
    """Some headers name the file that holds the signals: it must lie beside them, or any file could be read."""
    folder = os.path.abspath(path.parent)
    for name in raw.filenames:
        if name is not None and not Path(os.path.abspath(name)).is_relative_to(folder):
            raise DamagedFileError(
                f"'{path.name}' names a file outside of its own folder as the one that holds its signals; put both "
                "into one folder and name it without a path."
            )


def source_of(raw: "BaseRaw", name: str) -> Source:
    """A raw of MNE as a source of signals; `name` is what to call it in sentences."""
    canonical = read_description(raw.info["description"])
    gaps = _gaps(raw)
    start = raw.info["meas_date"]
    known = start is not None and start.year >= _YEAR_OF_FIRST_EEG_FILES
    return Source(
        duration_s=raw.n_times / raw.info["sfreq"],
        start_date=start.date().isoformat() if known else None,
        start_clock=start.strftime("%H:%M:%S") if known else None,
        signals=[_signal(raw, i, name, gaps, canonical) for i in range(len(raw.ch_names))],
        annotations=_annotations(raw),
        simulated=canonical is not None and canonical.simulated,
        warnings=[],
        gaps=gaps,
        canonical=canonical is not None and set(raw.ch_names) <= set(CHANNEL),
        subject=_subject(raw.info, start.date() if known else None),
    )


def _subject(info: Mapping[str, Any], start: date | None) -> Subject:
    """Age and sex from what MNE calls ``subject_info``."""
    known = info["subject_info"] or {}
    return Subject(whole_years(known.get("birthday"), start), {1: "M", 2: "F"}.get(known.get("sex", 0)))


def _open(path: Path) -> "BaseRaw":
    import mne

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return mne.io.read_raw(path, preload=False, verbose="error")
        # MNE's forty readers raise whatever a hostile byte leads them to: all of it means the same to a user.
        except Exception as error:
            if isinstance(error, ValueError) and "extension" in str(error).casefold():
                raise NotARecordingError(
                    f"'{path.name}' is in no format that we read; export the night as EDF+ from the recording "
                    "software."
                ) from error
            raise DamagedFileError(
                f"'{path.name}' cannot be read as {path.suffix or 'a recording'} ({type(error).__name__}); export "
                "the night again, best as EDF+."
            ) from error


def _signal(raw: "BaseRaw", i: int, file_name: str, gaps: Gaps, canonical: Description | None) -> Signal:
    sfreq_hz = float(raw.info["sfreq"])

    label = printable(raw.ch_names[i])
    unit, volts = ("", 1.0) if canonical is not None else _as_written(raw, i, label)

    def read(start_s: float, stop_s: float) -> np.ndarray:
        start, stop = (round(t * sfreq_hz) for t in (start_s, stop_s))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                in_mne = raw.get_data(picks=[i], start=start, stop=stop, verbose="error")[0]
                values = (in_mne / volts).astype(np.float32)
            except (OSError, ValueError, RuntimeError) as error:
                raise DamagedFileError(
                    f"The signals of '{file_name}' cannot be read; copy or export it again."
                ) from error
        for gap_s in gaps:
            first, last = (max(0, round(t * sfreq_hz) - start) for t in gap_s)
            values[first:last] = np.nan
        return values

    if canonical is None or label not in CHANNEL:
        return Signal(label, unit, sfreq_hz, read)
    return Signal(label, mne_unit(label), sfreq_hz, read, note=canonical.notes.get(label))


def _as_written(raw: "BaseRaw", i: int, label: str) -> tuple[str, float]:
    """The unit in which the file has a channel, and the volts of one, by which MNE has multiplied its values.

    MNE takes every channel of EEGLAB, whose files name no units, for microvolts, and those of BrainVision that name
    none: a saturation of 96 % is 0.000096 then.
    """
    in_volts = raw.info["chs"][i]["unit"] == _FIFF_UNIT_V
    if type(raw).__name__ == "RawEEGLAB":
        electrode = is_voltage(label)
        return "uV" if electrode or (electrode is None and in_volts) else "", _VOLTS["uV"]
    named = (getattr(raw, "_orig_units", None) or {}).get(raw.ch_names[i], "")
    if in_volts:
        return (named, _VOLTS[named]) if named in _VOLTS else ("V", 1.0)
    return printable(named), 1.0


def _annotations(raw: "BaseRaw") -> list[tuple[float, float, str]]:
    return [
        (onset_s, duration_s, text) for onset_s, duration_s, text in _all_annotations(raw) if not _is_skip(text)
    ]


def _gaps(raw: "BaseRaw") -> tuple[tuple[float, float], ...]:
    """Stretches that MNE marks as not acquired, within the recording, those that touch joined."""
    end_s = raw.n_times / raw.info["sfreq"]
    found: list[list[float]] = []
    for onset_s, duration_s, text in sorted(_all_annotations(raw)):
        start_s, stop_s = max(0.0, onset_s), min(end_s, onset_s + duration_s)
        if not _is_skip(text) or start_s >= stop_s:
            continue
        if found and start_s <= found[-1][1]:
            found[-1][1] = max(found[-1][1], stop_s)
        else:
            found.append([start_s, stop_s])
    return tuple((start_s, stop_s) for start_s, stop_s in found)


def _is_skip(text: str) -> bool:
    return text.casefold().startswith(SKIP.casefold())


def _all_annotations(raw: "BaseRaw") -> list[tuple[float, float, str]]:
    first_s = raw.first_time if raw.annotations.orig_time is not None else 0.0
    return [
        (float(a["onset"]) - first_s, float(a["duration"]), printable(str(a["description"])))
        for a in raw.annotations
    ]

"""Every format that MNE reads and EDF is not: FIF, BrainVision, EEGLAB, GDF and more."""

import warnings
from datetime import date
from pathlib import Path

import numpy as np

from sleeplm.errors import DamagedFileError, NotARecordingError
from sleeplm.recording.source import Signal, Source, printable
from sleeplm.recording.subject import Subject, whole_years

_FIFF_UNIT_V = 107
_YEAR_OF_FIRST_EEG_FILES = 1985  # earlier dates are what anonymisers write


def read_mne_file(path: Path) -> Source:
    """Read any file that `mne.io.read_raw` knows by its extension.

    Raises
    ------
    NotARecordingError
        MNE has no reader for such a file.
    DamagedFileError
        It has one, and it failed.
    """
    raw = _open(path)
    start = raw.info["meas_date"]
    known = start is not None and start.year >= _YEAR_OF_FIRST_EEG_FILES
    return Source(
        duration_s=raw.n_times / raw.info["sfreq"],
        start_date=start.date().isoformat() if known else None,
        start_clock=start.strftime("%H:%M:%S") if known else None,
        signals=[_signal(raw, i, path.name) for i in range(len(raw.ch_names))],
        annotations=_annotations(raw),
        simulated=False,
        warnings=[],
        subject=_subject(raw.info, start.date() if known else None),
    )


def _subject(info, start: date | None) -> Subject:
    """Age and sex from what MNE calls ``subject_info``."""
    said = info["subject_info"] or {}
    return Subject(whole_years(said.get("birthday"), start), {1: "M", 2: "F"}.get(said.get("sex")))


def _open(path: Path):
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


def _signal(raw, i: int, file_name: str) -> Signal:
    def read(start_s: float, stop_s: float) -> np.ndarray:
        start, stop = (round(t * raw.info["sfreq"]) for t in (start_s, stop_s))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return raw.get_data(picks=[i], start=start, stop=stop, verbose="error")[0].astype(np.float32)
            except (OSError, ValueError, RuntimeError) as error:
                raise DamagedFileError(
                    f"The signals of '{file_name}' cannot be read; copy or export it again."
                ) from error

    volts = raw.info["chs"][i]["unit"] == _FIFF_UNIT_V
    return Signal(printable(raw.ch_names[i]), "V" if volts else "", float(raw.info["sfreq"]), read)


def _annotations(raw) -> list[tuple[float, float, str]]:
    first_s = raw.first_time if raw.annotations.orig_time is not None else 0.0
    return [
        (float(a["onset"]) - first_s, float(a["duration"]), printable(str(a["description"])))
        for a in raw.annotations
    ]

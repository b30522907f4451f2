"""A night's signals under canonical names, in physical units, read one at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np

from sleeplm.errors import NotARecordingError, NoUsableChannelError, RecordingError, UsageError
from sleeplm.recording import positions
from sleeplm.recording import units as known_units
from sleeplm.recording.channels import Match, find_channels
from sleeplm.recording.edf import read_edf_file
from sleeplm.recording.edf_header import begins_as_edf
from sleeplm.recording.gaps import mostly_gap, said_of_gaps
from sleeplm.recording.mne_formats import read_mne_file
from sleeplm.recording.plausibility import doubts
from sleeplm.recording.quality import Quality, assess
from sleeplm.recording.questions import Question
from sleeplm.recording.recent import RecentArrays
from sleeplm.recording.resample import hold, resample
from sleeplm.recording.source import Source
from sleeplm.vocabulary import CHANNEL, CHANNEL_NAMES, EPOCH_S

_EDF_SUFFIXES = (".edf", ".bdf", ".rec")
_ROUGH_BREATHS_HZ = 4  # below, a breath of 3 s has under twelve samples
_REMEMBERED_BYTES = 128 << 20  # of signals: all 14 channels of 8 h at 64 Hz are 103 MB, five at 100 Hz 58 MB
_FOLDER_SUFFIXES = (".mff", ".ds")  # formats of MNE whose recording is a folder
# The derivation that each place is meant to hold, named where another stands in for it.
_PROPER = {"C3": "C3-M2", "C4": "C4-M1", "EOG_L": "E1-M2", "EOG_R": "E2-M1", "AF": "nasal pressure"}
_UNIT_GIVEN = "its unit is given by the user"
_HELD_KINDS = ("position", "spo2")  # between two samples of these nothing may be made up


@dataclass(frozen=True)
class Channel:
    """One canonical channel and the signal that stands for it.

    Attributes
    ----------
    name : str
        Canonical name.
    label : str
        The file's own label.
    sfreq_hz : float
        Rate of the signal in the file.
    unit : str
        Canonical unit, which `Recording.signal` gives.
    note : str or None
        What to know about it: what it stands in for, how it was made, what was assumed.
    """

    name: str
    label: str
    sfreq_hz: float
    unit: str
    note: str | None = None


class Recording:
    """The signals of one night; nothing is read but the header until `signal` is called.

    Attributes
    ----------
    path : Path
    duration_s : float
    start_date, start_clock : str or None
        ``YYYY-MM-DD`` and ``HH:MM:SS`` where the file truly says.
    n_epochs : int
        Whole epochs of 30 s.
    channels : dict of str to Channel
        What was found, in canonical order.
    missing : list of str
        Canonical channels that nothing stands for.
    labels : list of str
        Every signal of the file.
    warnings : list of str
        What a reader should know, a sentence each.
    simulated : bool
        Whether the file says that it is simulated.
    annotations : list of (float, float, str)
        The file's own: onset and duration in seconds, text.
    gaps : tuple of (float, float)
        First and last second of each stretch in which nothing was recorded; all signals are NaN there.
    subject : Subject
        Age and sex of who slept, where the file tells them.
    questions : list of Question
        What only a person can say of it: units and codings that are missing or make no sense.
    """

    def __init__(self, path: Path, source: Source, matches: Mapping[str, Match], warnings: list[str]):
        self.path = path
        self.duration_s = source.duration_s
        self.start_date = source.start_date
        self.start_clock = source.start_clock
        self.n_epochs = int(source.duration_s // EPOCH_S)
        self.labels = [s.label for s in source.signals]
        self.simulated = source.simulated
        self.subject = source.subject
        self.annotations = list(source.annotations)
        self.gaps = source.gaps
        self._matches = dict(matches)
        self._codings = {
            name: positions.certain_coding(match.signal.unit, self.labels)
            for name, match in matches.items()
            if CHANNEL[name].kind == "position"
        }
        self.channels = {name: self._channel(name, match) for name, match in matches.items()}
        self.missing = [name for name in CHANNEL_NAMES if name not in matches]
        self.warnings = warnings
        self.questions: list[Question] = []
        self._recent = RecentArrays(_REMEMBERED_BYTES)

    @cached_property
    def quality(self) -> Quality:
        """What is wrong with which channel in which epoch; every channel is read once for it."""
        return assess(self)

    @cached_property
    def mostly_gap(self) -> np.ndarray:
        """Epochs of which more than half was not recorded, bool ``[n_epochs]``: these are never scored."""
        return mostly_gap(self.gaps, self.n_epochs)

    def signal(self, name: str, sfreq_hz: float | None = None) -> np.ndarray:
        """Read one canonical channel whole.

        Parameters
        ----------
        name : str
            Canonical name.
        sfreq_hz : float, optional
            Rate wanted; the file's own by default. Continuous signals are low-passed and resampled as one
            piece, position and saturation are held. NaN in gaps, at every rate.

        Returns
        -------
        ndarray of float32
            ``[samples]`` in the canonical unit, read-only: the next who asks may get the same array.

        Raises
        ------
        UsageError
            The recording has no such channel, or the rate is out of range.
        """
        if name not in self._matches:
            raise UsageError(f"The recording has no {name}; it has {', '.join(self.channels)}.")
        if sfreq_hz is not None and not 0 < sfreq_hz < 1e5:
            raise UsageError(f"A rate of {sfreq_hz} Hz is out of range.")
        rate = self.channels[name].sfreq_hz if sfreq_hz is None else sfreq_hz
        return self._recent.get((name, rate), lambda: self._resampled(name, rate))

    def _resampled(self, name: str, sfreq_hz: float) -> np.ndarray:
        values = self.read(name, 0.0, self.duration_s)
        from_hz = self.channels[name].sfreq_hz
        if sfreq_hz == from_hz:
            return values
        change = hold if CHANNEL[name].kind in _HELD_KINDS else resample
        return change(values, from_hz, sfreq_hz, round(self.duration_s * sfreq_hz))

    def read(self, name: str, start_s: float, stop_s: float) -> np.ndarray:
        """Read a stretch of one canonical channel at its own rate, in the canonical unit.

        Raises
        ------
        UsageError
            The recording has no such channel.
        """
        if name not in self._matches:
            raise UsageError(f"The recording has no {name}; it has {', '.join(self.channels)}.")
        match = self._matches[name]
        values = match.signal.read(start_s, stop_s)
        if match.minus is not None:
            values = values - match.minus.read(start_s, stop_s)
        if name in self._codings:
            return positions.decode(values, self._codings[name])
        return values * np.float32(known_units.factor(match.signal.unit, CHANNEL[name]) or 1.0)

    def as_in_file(self, name: str, start_s: float, stop_s: float) -> np.ndarray:
        """A stretch of the signal that stands for a channel, float32 ``[samples]`` as its file has it."""
        return self._matches[name].signal.read(start_s, stop_s)

    def unit_in_file(self, name: str) -> str:
        """The unit of the signal that stands for a channel, as its file or the user names it."""
        return self._matches[name].signal.unit

    def position_coding(self, name: str) -> positions.Coding | None:
        """The coding that a position channel is certainly in; None where nobody has said."""
        return self._codings[name]

    def _channel(self, name: str, match: Match) -> Channel:
        canonical = CHANNEL[name]
        note = match.note
        if match.stands_in:
            note = f"stands in for {_PROPER.get(name, canonical.words)}: {match.note}"
        if name in self._codings:
            coding = self._codings[name]
            assumed = None if coding else "its coding of positions is not named, so that they are not used"
            told = coding.words if coding and coding.name != "code" else None
        else:
            assumed, told = known_units.assumed(match.signal.unit, canonical), None
        notes = [n for n in (note, told, assumed) if n]
        return Channel(name, match.signal.label, match.signal.sfreq_hz, canonical.unit, "; ".join(notes) or None)


def open_recording(
    path: str | Path,
    overrides: Mapping[str, str] = MappingProxyType({}),
    units: Mapping[str, str] = MappingProxyType({}),
) -> Recording:
    """Open a lab's file: read its header, and find what stands for which canonical channel.

    Parameters
    ----------
    path : path-like
        EDF, EDF+C, BDF or any format that MNE reads.
    overrides : mapping of str to str
        Canonical name to the label of the signal to use for it.
    units : mapping of str to str
        Canonical name to the unit that its values are in (``{"C3": "mV"}``), or to the coding of its positions
        (``{"POS": "shhs"}``), whatever the file says; the answers to `Recording.questions`.

    Raises
    ------
    RecordingError
        `NotARecordingError`, `DamagedFileError` or `NoUsableChannelError`, each with one sentence.
    UsageError
        An override names a channel or a label that does not exist, or a unit one that the channel cannot have.
    """
    path = Path(path)
    source = _read_source(path)
    matches, warnings = find_channels(source.signals, overrides)
    if not matches:
        shown = ", ".join(f"'{s.label}'" for s in source.signals[:20])
        raise NoUsableChannelError(
            f"'{path.name}' has no signal that we can name (it has {shown or 'none'}); name one by hand, as in "
            f"C3=LABEL. {' '.join(warnings)}".strip()
        )
    recording = Recording(path, source, _with_units(matches, units), [])
    said = [f"'{path.name}': {w}" for w in source.warnings] + said_of_gaps(source.gaps, source.duration_s)
    doubtful, recording.questions = doubts(recording, answered=units)
    recording.warnings = said + _said(recording, matches) + warnings + doubtful
    return recording


def montage_of(path: str | Path) -> list[tuple[str, str]]:
    """Label and unit of every signal of a file, also of one in which no channel can be named.

    Raises
    ------
    RecordingError
        The file is no recording, or it is damaged.
    """
    return [(signal.label, signal.unit) for signal in _read_source(Path(path)).signals]


def _with_units(matches: Mapping[str, Match], said: Mapping[str, str]) -> dict[str, Match]:
    """The matches with the units that the user names in place of those of the file."""
    known = dict(matches)
    for name, unit in said.items():
        if name not in matches:
            raise UsageError(
                f"A unit is given for {name}, which the recording does not have; it has {', '.join(matches)}."
            )
        taken = known_units.chosen(name, unit, CHANNEL[name])
        match = matches[name]
        note = f"{match.note}; {_UNIT_GIVEN}" if match.note else _UNIT_GIVEN
        known[name] = replace(match, signal=replace(match.signal, unit=taken), note=note)
    return known


def _read_source(path: Path) -> Source:
    try:
        if path.is_dir():
            if path.suffix.casefold() in _FOLDER_SUFFIXES:
                return read_mne_file(path)
            raise NotARecordingError(f"'{path.name}' is a folder; give the recording inside it.")
        with path.open("rb") as file:
            head = file.read(8)
    except FileNotFoundError as error:
        raise RecordingError(f"There is no file '{path.name}'; check the path.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise RecordingError(f"'{path.name}' cannot be opened; check that you may read it.") from error
    if not head:
        raise NotARecordingError(f"'{path.name}' is empty; copy or export it again.")
    if begins_as_edf(head):
        return read_edf_file(path)
    if path.suffix.casefold() in _EDF_SUFFIXES:
        raise NotARecordingError(
            f"'{path.name}' is no EDF or BDF file (it does not begin as one); export the night as EDF+ from the "
            "recording software."
        )
    return read_mne_file(path)


def _said(recording: Recording, matches: Mapping[str, Match]) -> list[str]:
    """One sentence for each channel that stands in for another or rests on an assumption."""
    said = []
    for name, channel in recording.channels.items():
        assumed = channel.note and ("not used" in channel.note or "taken as" in channel.note)
        if matches[name].stands_in or assumed:
            said.append(f"{name} is '{channel.label}': {channel.note}.")
        if CHANNEL[name].kind in ("flow", "effort") and channel.sfreq_hz < _ROUGH_BREATHS_HZ:
            said.append(f"{name} is sampled at {channel.sfreq_hz:g} Hz, which shows breaths only roughly.")
    return said

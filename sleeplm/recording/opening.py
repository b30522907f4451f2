"""From a lab's file to a `Recording`: which signal stands for what, and what to doubt."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from sleeplm.errors import NotARecordingError, NoUsableChannelError, RecordingError, UsageError
from sleeplm.files import open_regular
from sleeplm.kinds.channels import CHANNEL
from sleeplm.recording import suffixes
from sleeplm.recording.formats.edf import read_edf_file
from sleeplm.recording.formats.edf_header import begins_as_edf
from sleeplm.recording.formats.mne_formats import read_mne_file
from sleeplm.recording.formats.source import Source
from sleeplm.recording.gaps import gap_warnings
from sleeplm.recording.montage import units as known_units
from sleeplm.recording.montage.active import find_active_channels
from sleeplm.recording.montage.channels import Match
from sleeplm.recording.montage.plausibility import doubts
from sleeplm.recording.recording import Recording

_ROUGH_BREATHS_HZ = 4  # below, a breath of 3 s has under twelve samples
_UNIT_GIVEN = "its unit is given by the user"
_WARN_OF = ("stands in for", "not used", "taken as")
_NIGHT_S = 24 * 3600.0  # a longer recording holds more than one night


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
    return build_recording(path, _read_source(path), overrides, units)


def build_recording(
    path: Path, source: Source, overrides: Mapping[str, str], units: Mapping[str, str]
) -> Recording:
    """Find what stands for which canonical channel in a source, and what to doubt and to ask about it.

    Raises
    ------
    NoUsableChannelError, UsageError
        As `open_recording`.
    """
    warnings: list[str] = []
    if source.canonical and not overrides:
        matches = {s.label: Match(s, note=s.note) for s in source.signals}
    else:
        matches, warnings = find_active_channels(source.signals, overrides, source.duration_s)
    if not matches:
        shown = ", ".join(f"'{s.label}'" for s in source.signals[:20])
        raise NoUsableChannelError(
            f"'{path.name}' has no signal that we can name (it has {shown or 'none'}); name one by hand, as in "
            f"C3=LABEL. {' '.join(warnings)}".strip()
        )
    recording = Recording(path, source, _with_units(matches, units), [])
    notices = [f"'{path.name}': {w}" for w in source.warnings] + gap_warnings(source.gaps, source.duration_s)
    if source.duration_s > _NIGHT_S:
        notices.append(
            f"The recording lasts {source.duration_s / 3600:.0f} h, longer than a night; lights off and on say "
            "which part of it is one."
        )
    doubtful, recording.questions = doubts(recording, answered=units)
    recording.warnings = notices + _channel_warnings(recording) + warnings + doubtful
    return recording


def montage_of(path: str | Path) -> list[tuple[str, str]]:
    """Label and unit of every signal of a file, also of one in which no channel can be named.

    Raises
    ------
    RecordingError
        The file is no recording, or it is damaged.
    """
    return [(signal.label, signal.unit) for signal in _read_source(Path(path)).signals]


def _with_units(matches: Mapping[str, Match], given: Mapping[str, str]) -> dict[str, Match]:
    """The matches with the units that the user names in place of those of the file."""
    known = dict(matches)
    for name, unit in given.items():
        if name not in matches:
            raise UsageError(
                f"A unit is given for {name}, which the recording does not have; it has {', '.join(matches)}."
            )
        taken = known_units.chosen(name, unit, CHANNEL[name])
        match = matches[name]
        note = f"{match.note}; {_UNIT_GIVEN}" if match.note else _UNIT_GIVEN
        minus = match.minus
        if minus is not None and known_units.same(minus.unit, match.signal.unit):
            minus = replace(minus, unit=taken)
        known[name] = replace(match, signal=replace(match.signal, unit=taken), minus=minus, note=note)
    return known


def _read_source(path: Path) -> Source:
    try:
        if path.is_dir():
            if path.suffix.casefold() in suffixes.FOLDERS:
                return read_mne_file(path)
            raise NotARecordingError(f"'{path.name}' is a folder; give the recording inside it.")
        with open_regular(path) as file:
            head = file.read(8)
    except FileNotFoundError as error:
        raise RecordingError(f"'{path.name}' does not exist; check the path.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise RecordingError(f"'{path.name}' cannot be opened; check that it is a file you may read.") from error
    if not head:
        raise NotARecordingError(f"'{path.name}' is empty; copy or export it again.")
    if begins_as_edf(head):
        return read_edf_file(path)
    if path.suffix.casefold() in suffixes.EDF + suffixes.BDF:
        raise NotARecordingError(
            f"'{path.name}' is no EDF or BDF file (it does not begin as one); export the night as EDF+ from the "
            "recording software."
        )
    if path.suffix.casefold() in suffixes.WFDB:
        raise NotARecordingError(
            f"'{path.name}' belongs to a recording in WFDB's format, which is not read; convert it to EDF, for "
            "instance by WFDB's mit2edf."
        )
    return read_mne_file(path)


def _channel_warnings(recording: Recording) -> list[str]:
    """One sentence for each channel that stands in for another or rests on an assumption."""
    warnings = []
    for name, channel in recording.channels.items():
        if any(words in (channel.note or "") for words in _WARN_OF):
            warnings.append(f"{name} is '{channel.label}': {channel.note}.")
        if CHANNEL[name].kind in ("flow", "effort") and channel.sfreq_hz < _ROUGH_BREATHS_HZ:
            warnings.append(f"{name} is sampled at {channel.sfreq_hz:g} Hz, which shows breaths only roughly.")
    return warnings

"""A night's signals under canonical names, in physical units, read one at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import CHANNEL, CHANNEL_NAMES
from sleeplm.recording.array_cache import ArrayCache
from sleeplm.recording.dates import known_date
from sleeplm.recording.formats.source import Source
from sleeplm.recording.gaps import mostly_gap
from sleeplm.recording.montage import positions
from sleeplm.recording.montage import units as known_units
from sleeplm.recording.montage.channels import Match
from sleeplm.recording.montage.questions import Question
from sleeplm.recording.quality import Quality, assess
from sleeplm.recording.resample import HELD_KINDS, MAX_RATE_HZ, hold, resample
from sleeplm.units import EPOCH_S

_CACHE_BYTES = 128 << 20  # of signals: all 14 channels of 8 h at 64 Hz are 103 MB, five at 100 Hz 58 MB
# The derivation that each place is meant to hold, named where another stands in for it.
_PROPER = {"C3": "C3-M2", "C4": "C4-M1", "EOG_L": "E1-M2", "EOG_R": "E2-M1", "AF": "nasal pressure"}


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
    others : list of Signal
        Those of them that stand for no channel: recorded, and not analysed.
    warnings : list of str
        What a reader should know, a sentence each.
    simulated : bool
        Whether the file says that it is simulated.
    annotations : list of (float, float, str)
        The file's own: onset and duration in seconds, text.
    gaps : tuple of (float, float)
        First and last second of each stretch in which nothing was recorded; all signals are NaN there.
    subject : Subject
        Age and sex of who slept, where the file has them.
    questions : list of Question
        What only a person can say of it: units and codings that are missing or make no sense.
    """

    def __init__(self, path: Path, source: Source, matches: Mapping[str, Match], warnings: list[str]):
        self.path = path
        self.duration_s = source.duration_s
        self.start_date = known_date(source.start_date)
        self.start_clock = source.start_clock
        self.n_epochs = int(source.duration_s // EPOCH_S)
        self.labels = [s.label for s in source.signals]
        used = {s.label for match in matches.values() for s in (match.signal, match.minus) if s is not None}
        self.others = [s for s in source.signals if s.label not in used]
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
        self._cache = ArrayCache(_CACHE_BYTES)

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
            ``[samples]`` in the canonical unit, read-only: the next call may give the same array.

        Raises
        ------
        UsageError
            The recording has no such channel, or the rate is out of range.
        """
        if name not in self._matches:
            raise UsageError(f"The recording has no {name}; it has {', '.join(self.channels)}.")
        if sfreq_hz is not None and not 0 < sfreq_hz < MAX_RATE_HZ:
            raise UsageError(f"A rate of {sfreq_hz} Hz is out of range.")
        rate = self.channels[name].sfreq_hz if sfreq_hz is None else sfreq_hz
        return self._cache.get((name, rate), lambda: self._resampled(name, rate))

    def _resampled(self, name: str, sfreq_hz: float) -> np.ndarray:
        values = self.read(name, 0.0, self.duration_s)
        from_hz = self.channels[name].sfreq_hz
        if sfreq_hz == from_hz:
            return values
        change = hold if CHANNEL[name].kind in HELD_KINDS else resample
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
        parts = self.electrodes(name, start_s, stop_s)
        return parts[0] if len(parts) == 1 else parts[0] - parts[1]

    def electrodes(self, name: str, start_s: float, stop_s: float) -> tuple[np.ndarray, ...]:
        """What a channel is made of, as `read` gives it: one signal, or an electrode and the one subtracted."""
        match = self._matches[name]
        if name in self._codings:
            return (positions.decode(match.signal.read(start_s, stop_s), self._codings[name]),)
        signals = (match.signal,) if match.minus is None else (match.signal, match.minus)
        factors = [np.float32(known_units.factor(signal.unit, CHANNEL[name]) or 1.0) for signal in signals]
        return tuple(signal.read(start_s, stop_s) * factor for signal, factor in zip(signals, factors, strict=True))

    def as_in_file(self, name: str, start_s: float, stop_s: float) -> np.ndarray:
        """A stretch of the signal that stands for a channel, float32 ``[samples]`` as its file has it."""
        return self._matches[name].signal.read(start_s, stop_s)

    def unit_in_file(self, name: str) -> str:
        """The unit of the signal that stands for a channel, as its file or the user names it."""
        return self._matches[name].signal.unit

    def position_coding(self, name: str) -> positions.Coding | None:
        """The coding that a position channel is certainly in; None where none is certain."""
        return self._codings[name]

    def _channel(self, name: str, match: Match) -> Channel:
        canonical = CHANNEL[name]
        note = match.note
        if match.stands_in:
            note = f"stands in for {_PROPER.get(name, canonical.words)}: {match.note}"
        if name in self._codings:
            coding = self._codings[name]
            assumed = None if coding else "its coding of positions is not named, so that they are not used"
            coded = coding.words if coding and coding.name != "code" else None
        else:
            assumed, coded = known_units.assumed(match.signal.unit, canonical), None
        notes = [n for n in (note, coded, assumed) if n]
        return Channel(name, match.signal.label, match.signal.sfreq_hz, canonical.unit, "; ".join(notes) or None)

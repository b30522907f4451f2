"""What is said of a night, as plain values that pass between the rooms: Event, Scoring, Fact."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from sleeplm.errors import UsageError
from sleeplm.kinds.events import EVENT_TYPES
from sleeplm.kinds.sources import partly_understood
from sleeplm.kinds.stages import Stage
from sleeplm.units import duration_words

STAGES = "stages"  # beside types of events, where words may be either


@dataclass(frozen=True)
class Event:
    """Something that was scored in a night.

    Attributes
    ----------
    type : str
        One of `EVENT_TYPES`.
    start_s, duration_s : float
        Seconds from the first sample of the recording.
    channels : tuple of str
        Canonical channels that it was seen on; empty where the scorer did not say.
    source : str
        ``"expert"`` or the name of the detector.
    confidence : float or None
        Between 0 and 1; None where the source gives none.
    rule : str or None
        The rule that was applied, in the field's words.
    label : str or None
        The vendor's own word.
    """

    type: str
    start_s: float
    duration_s: float
    channels: tuple[str, ...] = ()
    source: str = "expert"
    confidence: float | None = None
    rule: str | None = None
    label: str | None = None

    def __post_init__(self):
        if self.type not in EVENT_TYPES:
            raise ValueError(f"{self.type!r} is not an event type")

    @property
    def end_s(self) -> float:
        """End in seconds from the first sample."""
        return self.start_s + self.duration_s

    def as_dict(self) -> dict:
        """The event as the JSON contract has it."""
        return {**asdict(self), "channels": list(self.channels)}

    @classmethod
    def from_dict(cls, values: Mapping) -> "Event":
        """Read back what `as_dict` wrote."""
        return cls(**{**values, "channels": tuple(values["channels"])})


@dataclass(frozen=True)
class Scoring:
    """Hypnogram and events of a night, each with its source.

    Attributes
    ----------
    hypnogram : tuple of Stage
        One stage an epoch of 30 s; `Stage.UNSCORED` where nothing is known. Empty: no staging at all.
    hypnogram_source : str or None
        ``"expert"``, ``"yasa"``, ``"sleepecg"``, or None where nothing was staged.
    events : tuple of Event
        In order of start.
    event_sources : mapping of str to str
        Each event type that was looked for, and by whom. A type that is not in it was not scored: its
        count is unknown, not zero.
    probabilities : ndarray or None
        Stage probabilities ``[epochs, 5]`` in the order of `STAGES`, where the staging was automatic.
    lights_off_s, lights_on_s : float or None
        Seconds from the first sample, where known.
    split_s : float or None
        Seconds from the first sample at which treatment began within a split night, where known.
    warnings : tuple of str
        What a reader of the scoring should know.
    rules : mapping of str to str
        Event types that can be scored by more than one rule, and the name of the one in force.
    by_epoch : bool
        Whether its events are known to the epoch alone, so that several may have the same times.
    not_understood : mapping of str to int
        Event types of an expert's, or `STAGES`, of which some may be missing, and how many of the scorer's words
        may be theirs.
    searched : mapping of str to ndarray of bool
        Event types of detectors, and the epochs ``[epochs]`` whose signals could be searched for them. A type that
        is not in it was looked for in the whole recording, as an expert does.
    """

    hypnogram: tuple[Stage, ...] = ()
    hypnogram_source: str | None = None
    events: tuple[Event, ...] = ()
    event_sources: Mapping[str, str] = field(default_factory=dict)
    probabilities: np.ndarray | None = None
    lights_off_s: float | None = None
    lights_on_s: float | None = None
    warnings: tuple[str, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    by_epoch: bool = False
    not_understood: Mapping[str, int] = field(default_factory=dict)
    searched: Mapping[str, np.ndarray] = field(default_factory=dict)
    split_s: float | None = None

    def events_of(self, *types: str) -> list[Event]:
        """The events of these types, in order of start."""
        return [e for e in self.events if e.type in types]

    def was_scored(self, event_type: str) -> bool:
        """Whether anybody looked for events of this type."""
        return event_type in self.event_sources

    @property
    def staged_by(self) -> str | None:
        """Who staged, and how many words of theirs were not understood; None where nobody did."""
        who = self.hypnogram_source
        return None if who is None else partly_understood(who, self.not_understood.get(STAGES, 0))

    def source_of(self, event_type: str) -> str:
        """Who looked for events of this type, and how many words of theirs were not understood."""
        return partly_understood(self.event_sources[event_type], self.not_understood.get(event_type, 0))

    def searched_for(self, types: Iterable[str], n_epochs: int) -> np.ndarray:
        """Epochs, bool ``[n_epochs]``, that could be searched for all of these types of events."""
        masks = [self.searched[t] for t in types if t in self.searched]
        return np.logical_and.reduce([np.ones(n_epochs, dtype=bool), *masks])


@dataclass(frozen=True)
class Interval:
    """Where a number of an automatic staging lies.

    Attributes
    ----------
    low, high : float
        In the unit of the fact.
    level : float
        Chance that the truth lies between, 0 to 1.
    """

    low: float
    high: float
    level: float

    def holding(self, value: float) -> "Interval":
        """The interval, made wide enough to hold a value."""
        return replace(self, low=min(self.low, value), high=max(self.high, value))

    def words(self, unit: str) -> str:
        """As ``"90% interval 60 to 150 min"``."""
        low, high = (f"{value:.1f}".removesuffix(".0") for value in (self.low, self.high))
        return f"{100 * self.level:.0f}% interval {low} to {high} {unit}".replace(" %", "%").rstrip()


# One event in 15 min is 4 per hour, under every threshold in use: fewer minutes let a single event decide.
LEAST_BASIS_MIN = 15.0


@dataclass(frozen=True)
class Basis:
    """What an index rests on.

    Attributes
    ----------
    events : int
        Events counted.
    searched_min : float
        Minutes in which they could be found: the denominator.
    of_min : float
        Minutes that there were, lost signal included.
    of : str
        Of what: ``"sleep"``, ``"REM sleep"``.
    noun : tuple of str
        What one event and several are called.
    """

    events: int
    searched_min: float
    of_min: float
    of: str
    noun: tuple[str, str] = ("event", "events")

    @property
    def enough(self) -> bool:
        """Whether it is enough to judge by."""
        return self.searched_min >= LEAST_BASIS_MIN

    @property
    def words(self) -> str:
        """As ``"57 events in 1 h 4 min of 2 h 32 min of sleep; the rest could not be searched"``."""
        counted = f"{self.events} {self.noun[self.events != 1]}"
        if self.searched_min >= self.of_min:
            return f"{counted} in {duration_words(self.of_min)} of {self.of}"
        searched, of = duration_words(self.searched_min), duration_words(self.of_min)
        return f"{counted} in {searched} of {of} of {self.of}; the rest could not be searched"

    def as_dict(self) -> dict:
        """The basis as the JSON contract has it."""
        return {**asdict(self), "noun": list(self.noun), "enough": self.enough}

    @classmethod
    def from_dict(cls, values: Mapping) -> "Basis":
        """Read back what `as_dict` wrote."""
        known = {k: v for k, v in values.items() if k != "enough"}
        return cls(**{**known, "noun": tuple(values["noun"])})


@dataclass(frozen=True)
class Fact:
    """One number or statement about a night.

    Attributes
    ----------
    id : str
        The same for every night; the suffix names the unit (``tst_min``, ``spo2_min_pct``).
    name : str
        What people call it.
    value : float, int, str or None
        None: it does not exist for this night, and `text` says why.
    unit : str
        Unit of `value`; empty for a statement or a count.
    text : str
        The fact as one plain sentence, with value and unit.
    definition : str
        Formula and denominator, with its source.
    signals : tuple of str
        Canonical channels that it rests on.
    source : str
        Who scored what it rests on: ``"expert"``, ``"yasa"``, a detector, ``"measured"``.
    epochs : tuple of (int, int)
        First and last epoch (from 1, both included) of the stretches that it rests on.
    rule : str
        The rule by which its events were scored, where there is more than one; named wherever the value is shown.
    basis : Basis or None
        Events and minutes that an index rests on.
    note : str
        What a reader must know beside the value: how much of the night it leaves out.
    interval : Interval or None
        Where a number of an automatic staging lies; None for what people staged, or where nothing is known of it.
    """

    id: str
    name: str
    value: float | int | str | None
    unit: str
    text: str
    definition: str
    signals: tuple[str, ...] = ()
    source: str = "measured"
    epochs: tuple[tuple[int, int], ...] = ()
    rule: str = ""
    basis: Basis | None = None
    note: str = ""
    interval: Interval | None = None

    @property
    def details(self) -> tuple[str, ...]:
        """What must be shown beside a value: what it rests on, what it leaves out, and its rule."""
        basis = self.basis.words if self.basis else ""
        interval = self.interval.words(self.unit) if self.interval else ""
        doubt = self.source.partition(", ")[2].replace("not understood", "of the scoring not understood")
        return tuple(words for words in (basis, interval, doubt, self.note, self.rule) if words)

    def as_dict(self) -> dict:
        """The fact as the JSON contract has it."""
        return {
            **asdict(self),
            "signals": list(self.signals),
            "epochs": [list(e) for e in self.epochs],
            "basis": self.basis.as_dict() if self.basis else None,
        }

    @classmethod
    def from_dict(cls, values: Mapping) -> "Fact":
        """Read back what `as_dict` wrote."""
        epochs = tuple((int(a), int(b)) for a, b in values["epochs"])
        basis = Basis.from_dict(values["basis"]) if values["basis"] else None
        interval = Interval(**values["interval"]) if values["interval"] else None
        exact = {"signals": tuple(values["signals"]), "epochs": epochs, "basis": basis, "interval": interval}
        return cls(**{**values, **exact})


def day_seconds(clock: str) -> int:
    """Seconds since midnight of a start clock ``HH:MM:SS``."""
    h, m, s = (int(part) for part in clock.split(":"))
    return h * 3600 + m * 60 + s


def clock_at(start_clock: str | None, seconds: float) -> str | None:
    """Wall-clock time ``HH:MM:SS`` a number of seconds after the recording began; None without a start clock."""
    if start_clock is None:
        return None
    total = round(day_seconds(start_clock) + seconds) % 86400
    return f"{total // 3600:02d}:{total // 60 % 60:02d}:{total % 60:02d}"


def seconds_at(clock: str, start_clock: str | None, duration_s: float) -> float:
    """Seconds from the first sample to a clock time within a recording of less than a day.

    Raises
    ------
    UsageError
        It is no clock time, the recording has none, or it lies outside the recording.
    """
    if start_clock is None:
        raise UsageError("the recording says no start time, so a clock time cannot be placed in it")
    seconds = (_typed_seconds(clock) - day_seconds(start_clock)) % 86400
    if seconds > duration_s:
        raise UsageError(f"{clock} is not within the recording, which starts at {start_clock}")
    return float(seconds)


def _typed_seconds(clock: str) -> int:
    parts = clock.strip().split(":")
    if len(parts) not in (2, 3) or not all(p.isascii() and p.isdigit() and len(p) <= 2 for p in parts):
        raise UsageError(f"{clock!r} is not a clock time; write it as HH:MM or HH:MM:SS")
    hours, minutes, seconds = (*map(int, parts), 0)[:3]
    if hours > 23 or minutes > 59 or seconds > 59:
        raise UsageError(f"{clock!r} is not a clock time of a day")
    return hours * 3600 + minutes * 60 + seconds

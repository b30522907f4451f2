"""What a query is answered from: the seconds and events of one night."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sleeplm.errors import UsageError
from sleeplm.facts.oxygen import spo2_time_below
from sleeplm.facts.sleep import sleep_cycles
from sleeplm.facts.timeline import Timeline
from sleeplm.kinds.channels import POSITIONS
from sleeplm.kinds.stages import SLEEP_STAGES
from sleeplm.night import Event, Scoring, seconds_at
from sleeplm.query.language import (
    STAGES,
    Both,
    Clock,
    Either,
    Extent,
    Near,
    Not,
    Part,
    Position,
    Saturation,
    Staged,
    When,
)
from sleeplm.units import EPOCH_S

_CODES = {name: code for code, name in POSITIONS.items()}


@dataclass(frozen=True)
class Tables:
    """Seconds and events of a night.

    Attributes
    ----------
    night : Timeline
        Stages and time in bed.
    scoring : Scoring
        Events, and who looked for them.
    recorded : tuple of str
        Canonical channels of the recording.
    positions : callable
        Gives the position codes at 1 Hz, ``[seconds]``; UsageError where none were recorded.
    saturation : callable
        Gives the cleaned oxygen saturation in percent by second, NaN where nothing valid was measured; UsageError
        where it was not recorded.
    """

    night: Timeline
    scoring: Scoring
    recorded: tuple[str, ...]
    positions: Callable[[], np.ndarray]
    saturation: Callable[[], np.ndarray]

    @property
    def n_seconds(self) -> int:
        """Seconds of all whole epochs."""
        return self.night.n_epochs * EPOCH_S

    @cached_property
    def _second(self) -> np.ndarray:
        return np.arange(self.n_seconds)

    @cached_property
    def _saturation(self) -> np.ndarray:
        values = np.asarray(self.saturation(), dtype=float)[: self.n_seconds]
        return np.append(values, np.full(self.n_seconds - len(values), np.nan))

    @property
    def measured(self) -> np.ndarray:
        """Seconds with a valid oxygen saturation, bool ``[seconds]``."""
        return np.isfinite(self._saturation)

    def of_epochs(self, mask: np.ndarray) -> np.ndarray:
        """A mask of epochs as one of seconds."""
        return np.repeat(mask, EPOCH_S)

    def seconds(self, when: When) -> np.ndarray:
        """Where a part of the night is, bool ``[seconds]``; in bed, but for the whole night.

        Raises
        ------
        UsageError
            The night has no such part, or it is not known.
        """
        match when:
            case Extent("night"):
                return np.ones(self.n_seconds, dtype=bool)
            case Extent("bed"):
                return self.of_epochs(self.night.in_bed)
            case Extent():
                return self.of_epochs(self._staged(SLEEP_STAGES))
            case Staged(name):
                return self.of_epochs(self._staged(STAGES[name]))
            case Saturation(side, percent):
                under = spo2_time_below(self._saturation, percent)
                return self._bed & (under if side == "below" else self.measured & ~under)
            case Position(name):
                return self._bed & (self.positions() == _CODES[name])
            case Part(name, number):
                return self._bed & self._part(name, number)
            case Clock(side, clock):
                at_s = seconds_at(clock, self.night.start_clock, self.n_seconds)
                return self._bed & ((self._second < at_s) if side == "before" else (self._second >= at_s))
            case Near(within_s, types):
                return self._bed & self._after(within_s, types)
            case Not(inner):
                return self._bed & ~self.seconds(inner)
            case Both(parts):
                return np.logical_and.reduce([self.seconds(p) for p in parts])
            case Either(parts):
                return np.logical_or.reduce([self.seconds(p) for p in parts])
        raise TypeError(f"{when!r} is no part of a night")

    def holds(self, when: When, events: list[Event]) -> np.ndarray:
        """Which events belong to a part of the night, bool ``[events]``.

        An event is of sleep where it touches any, and of the stage of the first epoch of sleep that it touches (of
        the epoch of its start where it touches none), as in the night's indices; of all else by its start.
        """
        match when:
            case Extent("sleep"):
                return np.array([self.night.first_sleep_epoch(e) is not None for e in events], dtype=bool)
            case Not(inner):
                return self._starts_in(self._bed, events) & ~self.holds(inner, events)
            case Both(parts):
                return np.logical_and.reduce([self.holds(p, events) for p in parts])
            case Either(parts):
                return np.logical_or.reduce([self.holds(p, events) for p in parts])
            case Staged(name):
                return self._of_stage(STAGES[name], events)
            case Near(within_s, types):
                return self._starts_in(self._bed, events) & self._follows(within_s, types, events)
            case Extent("bed"):
                return np.array([self.night.touches(e, self.night.in_bed) for e in events], dtype=bool)
        return self._starts_in(self.seconds(when), events)

    def _of_stage(self, stages, events: list[Event]) -> np.ndarray:
        at = [self.night.first_sleep_epoch(e) for e in events]
        epochs = [int(e.start_s // EPOCH_S) if i is None else i for e, i in zip(events, at, strict=True)]
        mask = self._staged(stages)
        return np.array([0 <= i < len(mask) and mask[i] for i in epochs], dtype=bool)

    def _starts_in(self, seconds: np.ndarray, events: list[Event]) -> np.ndarray:
        starts = np.array([e.start_s for e in events]).astype(int)
        inside = (starts >= 0) & (starts < self.n_seconds)
        return inside & seconds[np.where(inside, starts, 0)] if self.n_seconds else inside

    @cached_property
    def _bed(self) -> np.ndarray:
        return self.of_epochs(self.night.in_bed)

    def _staged(self, stages) -> np.ndarray:
        if not self.night.staged:
            raise UsageError("No sleep stages were scored")
        return self.night.of_stage(*stages)

    def _part(self, name: str, number: int) -> np.ndarray:
        if name == "hour":
            return (self._second - self.night.start_s) // 3600 == number - 1
        if not self.night.staged:
            raise UsageError("No sleep stages were scored")
        if self.night.sleep_period is None:
            raise UsageError("No epoch was scored as sleep")
        if name == "cycle":
            cycles = sleep_cycles(self.night)
            if number > len(cycles):
                raise UsageError(f"The night has {len(cycles)} complete sleep cycles")
            first, last = cycles[number - 1]
            return (self._second >= (first - 1) * EPOCH_S) & (self._second < last * EPOCH_S)
        first, last = (e * EPOCH_S for e in self.night.sleep_period)
        step = (last - first) / {"half": 2, "third": 3}[name]
        return (self._second >= first + (number - 1) * step) & (self._second < first + number * step)

    def _follows(self, within_s: int, types: tuple[str, ...], events: list[Event]) -> np.ndarray:
        """Which events begin within so many seconds after one of these types ends, to the exact time."""
        ends = np.sort([e.end_s for e in self.scoring.events_of(*types)])
        starts = np.array([e.start_s for e in events])
        # The last end at or before a start is the nearest; a microsecond is the rounding of start + duration.
        before = np.searchsorted(ends, starts + 1e-6, side="right") - 1
        nearest = ends[np.maximum(before, 0)] if len(ends) else np.full(len(starts), np.inf)
        return (before >= 0) & (starts - nearest < within_s)

    def _after(self, within_s: int, types: tuple[str, ...]) -> np.ndarray:
        if not any(self.scoring.was_scored(t) for t in types):
            raise UsageError(f"{', '.join(types).replace('_', ' ')} was not scored")
        ends = np.array([e.end_s for e in self.scoring.events_of(*types)])
        change = np.zeros(self.n_seconds + 1, dtype=int)
        np.add.at(change, np.clip(np.ceil(ends), 0, self.n_seconds).astype(int), 1)
        np.add.at(change, np.clip(np.ceil(ends) + within_s, 0, self.n_seconds).astype(int), -1)
        return np.cumsum(change)[:-1] > 0

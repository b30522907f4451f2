"""The hypnogram of a night on its time axis: time in bed, sleep period, the longest range of a stage."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sleeplm.intervals import epoch_ranges, epochs_between, true_intervals
from sleeplm.kinds.stages import SLEEP_STAGES, STAGES, Stage
from sleeplm.night import Event, clock_at
from sleeplm.scoring.period import asleep_at
from sleeplm.units import EPOCH_S

EPOCH_MIN = EPOCH_S / 60
# Of an automatic staging. In 20 nights (two of people, 18 simulated with seeds from 500) the false REM epochs
# before the first true ones were one to eight in a row, with a mean of at most .68; true first periods have more.
_SAME_REM_EPOCHS, _REM_CHANCE, _REM_EPOCHS = 4, 0.7, 3.0


@dataclass(frozen=True)
class Timeline:
    """Stages of a night and the time in bed.

    Attributes
    ----------
    stages : ndarray of str
        One stage an epoch, `Stage.UNSCORED` where there is none.
    start_s, end_s : float
        Time in bed, in seconds from the first sample.
    source : str or None
        Who scored the stages.
    start_clock : str or None
        Wall-clock time ``HH:MM:SS`` of the first sample.
    probabilities : ndarray or None
        Of `STAGES`, ``[epochs, 5]``, where the staging was automatic.
    """

    stages: np.ndarray
    start_s: float
    end_s: float
    source: str | None = None
    start_clock: str | None = None
    probabilities: np.ndarray | None = None

    @classmethod
    def of(
        cls,
        hypnogram: Sequence[str],
        n_epochs: int,
        source=None,
        lights_off_s=None,
        lights_on_s=None,
        start_clock=None,
        probabilities=None,
    ):
        """Lay a hypnogram of any length on a night of `n_epochs`; without lights, all whole epochs are in bed."""
        stages = np.full(n_epochs, str(Stage.UNSCORED), dtype="<U4")
        known = [str(s) for s in hypnogram[:n_epochs]]
        stages[: len(known)] = known
        end_s = n_epochs * EPOCH_S if lights_on_s is None else lights_on_s
        given = None if probabilities is None else _padded(probabilities, n_epochs)
        return cls(stages, lights_off_s or 0.0, end_s, source, start_clock, given)

    @property
    def n_epochs(self) -> int:
        """Epochs of the whole recording."""
        return len(self.stages)

    @cached_property
    def in_bed(self) -> np.ndarray:
        """Epochs whose middle lies in the time in bed, bool ``[epochs]``."""
        middle_s = (np.arange(self.n_epochs) + 0.5) * EPOCH_S
        return (middle_s >= self.start_s) & (middle_s < self.end_s)

    @cached_property
    def asleep(self) -> np.ndarray:
        """Epochs of any sleep stage in bed, bool ``[epochs]``."""
        return self.of_stage(*SLEEP_STAGES)

    @cached_property
    def credible_rem(self) -> np.ndarray:
        """Epochs of R in bed whose period is sure enough to be an onset, bool ``[epochs]``.

        What a person staged is; of an automatic staging a REM period (epochs of R at most two minutes apart) is
        where its epochs have a mean probability of .7 or more that add up to three epochs or more.
        """
        rem = self.of_stage(Stage.R)
        if self.probabilities is None:
            return rem
        chance = np.where(rem, np.nan_to_num(self.probabilities[:, STAGES.index(Stage.R)]), 0.0)
        credible = np.zeros_like(rem)
        for first, last in true_intervals(rem, _SAME_REM_EPOCHS + 1):
            total, n = chance[first:last].sum(), rem[first:last].sum()
            credible[first:last] = rem[first:last] & (total >= _REM_EPOCHS and total / n >= _REM_CHANCE)
        return credible

    @property
    def staged(self) -> bool:
        """Whether any epoch in bed has a stage."""
        return bool(np.any(self.in_bed & (self.stages != Stage.UNSCORED)))

    @cached_property
    def unscored(self) -> np.ndarray:
        """Epochs in bed without a stage, bool ``[epochs]``."""
        return self.of_stage(Stage.UNSCORED)

    @property
    def asleep_at_lights_off(self) -> bool:
        """Whether sleep was scored right before the time in bed began, and goes on in it."""
        return asleep_at(self.stages.tolist(), self.start_s)

    @property
    def depth_known(self) -> bool:
        """Whether N1, N2 and N3 are told apart."""
        return not np.any(self.stages == Stage.NREM)

    @property
    def tib_min(self) -> float:
        """Time in bed in minutes."""
        return (self.end_s - self.start_s) / 60

    @cached_property
    def sleep_period(self) -> tuple[int, int] | None:
        """Index of the first epoch of sleep and of the one after the last; None for a night without sleep."""
        indices = np.flatnonzero(self.asleep)
        return (int(indices[0]), int(indices[-1]) + 1) if indices.size else None

    @cached_property
    def in_sleep_period(self) -> np.ndarray:
        """Epochs from the first to the last of sleep, bool ``[epochs]``."""
        mask = np.zeros(self.n_epochs, dtype=bool)
        if self.sleep_period:
            mask[slice(*self.sleep_period)] = True
        return mask

    def of_stage(self, *stages: str) -> np.ndarray:
        """Epochs of these stages in bed, bool ``[epochs]``."""
        return np.isin(self.stages, [str(s) for s in stages]) & self.in_bed

    def first_sleep_stage(self, event: Event) -> str | None:
        """Stage of the first epoch of sleep in bed that an event touches; None where it lies all in wake."""
        at = self.first_sleep_epoch(event)
        return None if at is None else str(self.stages[at])

    def first_sleep_epoch(self, event: Event) -> int | None:
        """Index of the first epoch of sleep in bed that an event touches; None where it lies all in wake."""
        touched = self._touched(event)
        asleep = np.flatnonzero(self.asleep[touched])
        return touched.start + int(asleep[0]) if asleep.size else None

    def within(self, mask: np.ndarray) -> "Timeline":
        """The same night with the stages of these epochs alone, bool ``[epochs]``."""
        return replace(self, stages=np.where(mask, self.stages, str(Stage.UNSCORED)))

    def touches(self, event: Event, epochs: np.ndarray) -> bool:
        """Whether an event touches one of these epochs, bool ``[epochs]``."""
        return bool(epochs[self._touched(event)].any())

    def _touched(self, event: Event) -> slice:
        """The epochs that an event touches; none where it begins outside the recording."""
        if not 0 <= event.start_s < self.n_epochs * EPOCH_S:
            return slice(0)
        first, last = epochs_between(event.start_s, event.end_s, self.n_epochs)
        return slice(first - 1, last)

    def epochs_of(self, events: Sequence[Event]) -> tuple[tuple[int, int], ...]:
        """Stretches of epochs that events touch."""
        spans = [epochs_between(e.start_s, e.end_s, self.n_epochs) for e in events if self.n_epochs]
        return epoch_ranges([n for first, last in spans for n in range(first, last + 1)])

    def span_words(self, first: int, last: int) -> str:
        """A stretch of epochs as ``", from 23:49:02 to 01:26:02"``; as epoch numbers where no clock is known."""
        start, end = (clock_at(self.start_clock, e * EPOCH_S) for e in (first - 1, last))
        if start:
            return f", from {start} to {end}"
        return f", in epoch {first}" if first == last else f", from epoch {first} to epoch {last}"

    def moment_words(self, seconds: float) -> str:
        """A moment as ``", at 02:13:05"``; as an epoch number where no clock is known."""
        clock = clock_at(self.start_clock, seconds)
        return f", at {clock}" if clock else f", in epoch {int(seconds // EPOCH_S) + 1}"


def _padded(probabilities: np.ndarray, n_epochs: int) -> np.ndarray:
    """Probabilities for as many epochs as the night has, NaN where there are none."""
    out = np.full((n_epochs, probabilities.shape[1]), np.nan)
    out[: len(probabilities)] = probabilities[:n_epochs]
    return out


def longest_range(mask: np.ndarray) -> tuple[int, int] | None:
    """The longest range of True as epoch numbers from 1; the first of equals, None where there is none."""
    return max(epoch_ranges(np.flatnonzero(mask) + 1), key=lambda r: r[1] - r[0], default=None)


def epoch_at(seconds):
    """Number of the epoch, from 1, that a moment or an array of moments lies in."""
    number = np.asarray(seconds // EPOCH_S).astype(int) + 1
    return number if number.ndim else int(number)

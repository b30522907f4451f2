"""A corpus of any size in memory, a few nights at a time, with other channel subsets and captions on each pass."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from train.corpus.night import TrainingNight

NIGHTS_AT_ONCE = 16  # about 50 MB of signals each
BATCHES_A_FILL = 4000  # a fill takes long to read and render

Dataset = TypeVar("Dataset")


@dataclass
class ShuffleBuffer(Generic[Dataset]):
    """The data sets that batches are drawn from, one in memory at a time; which one follows from the step alone.

    Nights are shuffled anew for each pass and fill the buffer `at_once` nights at a time; `batches_a_fill` batches
    are drawn from a fill, then the next one is read. A run that goes on in the middle reads the fill of its step.

    Attributes
    ----------
    nights : sequence of TrainingNight
    load : callable
        Reads some nights into memory: what a network is trained on.
    seed : int
    at_once, batches_a_fill : int
    """

    nights: Sequence[TrainingNight]
    load: Callable[[list[Any]], Dataset]
    seed: int
    at_once: int = NIGHTS_AT_ONCE
    batches_a_fill: int = BATCHES_A_FILL
    _number: int = -1
    _dataset: Dataset | None = None

    def nights_of(self, number: int) -> list[TrainingNight]:
        """The nights of a fill, as their channel subsets and captions are drawn for it."""
        fills = -(-len(self.nights) // self.at_once)
        turn, place = divmod(number, fills)
        order = np.random.default_rng([self.seed, turn]).permutation(len(self.nights))
        return [self.nights[i].rendered(turn + self.seed) for i in order[place::fills]]

    def fill(self, number: int) -> Dataset:
        """A fill's nights in memory; those of the fill before are let go."""
        if self._dataset is None or number != self._number:
            self._dataset = None
            self._dataset = self.load(self.nights_of(number))
            self._number = number
        return self._dataset

    def at(self, step: int) -> Dataset:
        """What the batch of a step is drawn from."""
        return self.fill(step // self.batches_a_fill)

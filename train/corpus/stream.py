"""A corpus of any size as batches: a few nights at a time in memory, seen and told anew each time they come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from train.nano.batches import Batch, InMemoryDataset
from train.published.batches import PublishedDataset

NIGHTS_AT_ONCE = 16  # about 50 MB of signals each
BATCHES_A_SHELF = 4000


@dataclass
class Stream:
    """Batches of a corpus; which nights a batch draws from, and what they say, follows from its number alone.

    Nights are shuffled anew for each pass and stand on shelves of `at_once` nights; `batches_a_shelf` batches are
    drawn from a shelf, then the next one is read. A run that goes on in the middle reads the shelf of its step.

    Attributes
    ----------
    nights : sequence of Night
    filled : callable
        Reads some nights into memory: `InMemoryDataset`, or what another network is trained on.
    seed : int
    at_once, batches_a_shelf : int
    """

    nights: Sequence
    filled: Callable[[list], InMemoryDataset | PublishedDataset]
    seed: int
    at_once: int = NIGHTS_AT_ONCE
    batches_a_shelf: int = BATCHES_A_SHELF
    _number: int = -1
    _shelf: InMemoryDataset | PublishedDataset | None = None

    def of_shelf(self, number: int) -> list:
        """The nights of a shelf, as they are seen and told there."""
        shelves = -(-len(self.nights) // self.at_once)
        turn, place = divmod(number, shelves)
        order = np.random.default_rng([self.seed, turn]).permutation(len(self.nights))
        return [self.nights[i].told(turn + self.seed) for i in order[place::shelves]]

    def shelf(self, number: int) -> InMemoryDataset | PublishedDataset:
        """A shelf's nights in memory; those of the shelf before are let go."""
        if number != self._number:
            self._shelf = None
            self._shelf = self.filled(self.of_shelf(number))
            self._number = number
        return self._shelf

    def at(self, step: int) -> InMemoryDataset | PublishedDataset:
        """What the batch of a step is drawn from."""
        return self.shelf(step // self.batches_a_shelf)

    def batch(self, size: int, words: Tokenizer, length: int, seed: int, step: int) -> Batch:
        """The batch of a step (`InMemoryDataset.batch`)."""
        return self.at(step).batch(size, words, length, seed, step)

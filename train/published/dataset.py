"""A corpus as the published network is trained on it: prepared epochs, each with one facet in words.

It reads ten channels, so its nights are captioned as if no others had been recorded: of oxygen, legs or snoring it
could only learn to guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import torch

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import CHANNEL_NAMES, FACETS
from sleeplm.network.published.encoder import prefix_of
from sleeplm.network.published.preparation import NAMES, of_channels, prepared
from sleeplm.network.published.tokenizer import PublishedTokenizer
from sleeplm.recording.epochs import Epochs
from train.corpus.night import Row, TrainingNight, rows_of, sameness


@dataclass(frozen=True)
class PublishedBatch:
    """What one step reads, as arrays.

    Attributes
    ----------
    signals, present
        Prepared, float32 ``[batch, 10, 1920]``, and the channels that the subset has, ``[batch, 10]``.
    ids, prefix
        The text of each epoch, ``[batch, length]``, 0 after its end, and the modality that it describes,
        ``[batch, prefix]``.
    true, unknown
        bool ``[epochs, texts]``: whether a text is true of an epoch; what is unknown counts on neither
        side.
    stages
        By epoch.
    """

    signals: np.ndarray
    present: np.ndarray
    ids: np.ndarray
    prefix: np.ndarray
    true: np.ndarray
    unknown: np.ndarray
    stages: list[str]


class SelectableNight(TrainingNight, Protocol):
    """A night that can be had with some of its channels alone."""

    def with_channels(self, channels: tuple[str, ...]) -> Self:
        """The same night as a network of these channels reads it."""


def with_published_channels(nights: Sequence[SelectableNight]) -> list[SelectableNight]:
    """The nights with the ten channels alone that the network reads."""
    return [night.with_channels(NAMES) for night in nights]


class PublishedDataset:
    """The rows of some nights that have a text, as arrays.

    Parameters
    ----------
    nights : sequence of TrainingNight
        As `with_published_channels` gives them.
    tokenizer : PublishedTokenizer
        Of the network.
    prefix : int
        Length of what stands before a text.

    Raises
    ------
    UsageError
        No epoch of theirs has a text.
    """

    def __init__(self, nights: Sequence[TrainingNight], tokenizer: PublishedTokenizer, prefix: int):
        self.tokenizer, self.prefix = tokenizer, prefix
        loaded = rows_of(nights)
        self.signals = [of_night(night.signals, rows) for night, rows in zip(nights, loaded, strict=True)]
        rendered = [(n, row) for n, rows in enumerate(loaded) for row in rows if row.captions]
        if not rendered:
            raise UsageError("no epoch of these nights has a text that ten channels can tell")
        self.night = np.array([n for n, _ in rendered])
        self.epoch = np.array([row.epoch for _, row in rendered])
        self.present = np.array([row.present[: len(NAMES)] for _, row in rendered])
        self.stage = [row.stage for _, row in rendered]
        self.captions = [row.captions for _, row in rendered]
        self.same = sameness([row for _, row in rendered])

    def __len__(self) -> int:
        return len(self.epoch)

    def batch(self, size: int, seed: int, step: int) -> PublishedBatch:
        """The batch of one step: different rows, each with one of its facets in one of its phrasings."""
        rng = np.random.default_rng([seed, step])
        rows = rng.choice(len(self), min(size, len(self)), replace=False)
        facets = [str(rng.choice([f for f in FACETS if f in self.captions[r]])) for r in rows]
        texts = [str(rng.choice(self.captions[r][f])) for r, f in zip(rows, facets, strict=True)]
        same = self.same[rows][:, [FACETS.index(f) for f in facets]]  # [epochs, texts]
        true = same == np.diag(same)
        moment = (self.night[rows, None] == self.night[rows]) & (self.epoch[rows, None] == self.epoch[rows])
        present = self.present[rows]
        half = np.stack([self.signals[self.night[r]][self.epoch[r]] for r in rows])
        signals = torch.from_numpy(half).float().numpy()
        return PublishedBatch(
            signals=of_channels(signals, present),
            present=present,
            ids=self.tokenizer.ids(texts).numpy(),
            prefix=np.array([prefix_of(f, self.prefix) for f in facets]),
            true=true,
            unknown=moment & ~true,  # true of the person, but from channels that this subset lacks
            stages=[self.stage[r] for r in rows],
        )


def of_night(signals: np.ndarray, rows: Sequence[Row]) -> np.ndarray:
    """A night's epochs prepared together, as the network will be handed them: float16 ``[epochs, 10, 1920]``."""
    present = np.zeros((len(signals), len(CHANNEL_NAMES)), dtype=bool)
    for row in rows:
        present[row.epoch] |= row.present
    whole = torch.from_numpy(signals).float().numpy()  # NumPy converts float16 one by one
    return torch.from_numpy(prepared(Epochs(whole, present))).half().numpy()

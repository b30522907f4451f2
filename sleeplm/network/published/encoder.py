"""The published SleepLM-Base as callers use it: embeddings of whole epochs, captions."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

from sleeplm.network.encoder import Encoder, Encoding, epochs_with_facet
from sleeplm.network.published import folders
from sleeplm.network.published.network import NO_MODALITY, PublishedNetwork
from sleeplm.network.published.preparation import NAMES, prepared
from sleeplm.network.published.sizes import MODALITIES
from sleeplm.network.published.tokenizer import PublishedTokenizer, load_tokenizer
from sleeplm.network.published.unsupported_claims import cut_unsupported_claims
from sleeplm.recording.epochs import Epochs

# Our facets by the names that the published network has for them.
MODALITY = {
    "stage_event": "stage_event", "brain": "brain", "cardiac": "heart", "respiratory": "respiratory",
    "somatic": "position_muscle",
}  # fmt: skip
_BATCH, _BATCH_GPU = 4, 128  # epochs at a time: more than a few do not fit a processor's cache
_TEXT_BATCH = 64  # texts embedded at a time
_CAPTION_BATCH = 64  # epochs captioned at a time


class PublishedSleepLM(Encoder):
    """The published network with its tokenizer; it embeds whole epochs.

    Parameters
    ----------
    network : PublishedNetwork
    load_tokenizer : callable
        Gives the tokenizer when a text is first read or written: signals are embedded without it.
    name : str
        What it is called in studies and indexes.
    """

    dense, computes_bfloat16 = False, True

    def __init__(self, network: PublishedNetwork, load_tokenizer: Callable[[], PublishedTokenizer], name: str):
        super().__init__(name, network.sizes.dim)
        self.network: PublishedNetwork = network.eval()
        self._load_tokenizer = load_tokenizer
        self._tokenizer: PublishedTokenizer | None = None

    @property
    def tokenizer(self) -> PublishedTokenizer:
        """The tokenizer, loaded the first time.

        Raises
        ------
        ModelError
            It is damaged or another network's, or it cannot be fetched.
        """
        if self._tokenizer is None:
            self._tokenizer = self._load_tokenizer()
        return self._tokenizer

    @property
    def has_context(self) -> bool:
        """It has no context network."""
        return False

    @classmethod
    def from_folder(cls, folder: Path, name: str) -> "PublishedSleepLM":
        """Load from a folder with the published files, which are converted once, into the cache, or converted ones.

        CLIP's tokenizer is fetched where the folder has none, when a text needs it.

        Raises
        ------
        ModelError
            The weights are hostile, altered or not such a network's.
        """
        network = folders.load(folder, name)
        sizes = network.sizes
        return cls(network, partial(load_tokenizer, folder, sizes.vocabulary, sizes.context), name)

    def to_bfloat16(self) -> "PublishedSleepLM":
        """Compute in bfloat16 from now on (`PublishedNetwork.to_bfloat16`).

        What it embeds then counts as another network's: its name ends in ``(bf16)``.
        """
        self.network.to_bfloat16()
        self.name = f"{self.name} (bf16)"
        self._texts.clear()
        return self

    def save_pretrained(self, folder: str | Path) -> None:
        """Write converted weights, their description and the tokenizer where `SleepLM` loads them."""
        folders.save(self.network, Path(folder), self.name, self.tokenizer.folder)

    def encode(self, epochs: Epochs) -> Encoding:
        """Embeddings and tokens in one pass; normalised over all epochs handed in, which should be a whole night.

        There are no embeddings dense in time: `patches` is ``[epochs, 0, dim]``.
        """
        sizes, signals, n = self.network.sizes, prepared(epochs), len(epochs)
        out = Encoding(
            np.zeros((n, sizes.dim), dtype=np.float32),
            np.zeros((n, 0, sizes.dim), dtype=np.float32),
            np.zeros((n, sizes.tokens, sizes.width), dtype=np.float32),
            np.zeros((n, 0), dtype=np.float32),
        )
        batch = _BATCH if self._device.type == "cpu" else _BATCH_GPU
        for first in range(0, n, batch):
            part = slice(first, first + batch)
            with torch.inference_mode():
                embeddings, tokens = self.network.encode(torch.from_numpy(signals[part]).to(self._device))
            out.embeddings[part], out.tokens[part] = embeddings.cpu().numpy(), tokens.cpu().numpy()
        return out

    def with_random_weights(self) -> "PublishedSleepLM":
        """A network of the same form, its weights drawn from torch's generator, called ``untrained``."""
        network = PublishedNetwork(self.network.sizes).requires_grad_(False)
        return PublishedSleepLM(network, lambda: self.tokenizer, "untrained")

    def _embed_new(self, texts: Sequence[str]) -> np.ndarray:
        found = []
        for first in range(0, len(texts), _TEXT_BATCH):
            ids = self.tokenizer.ids(texts[first : first + _TEXT_BATCH])
            with torch.inference_mode():
                found.append(self.network.embed_text(ids.to(self._device)).cpu().numpy())
        return np.concatenate(found)

    def caption_encoded(self, encoded: Encoding, present: np.ndarray, facet: str) -> list[str]:
        """Captions from what `encode` gave and the presence mask ``[epochs, 14]``.

        Sentences about signals that the network was not given are cut; nothing may be left.

        Raises
        ------
        UsageError
            There is no such facet.
        """
        present = present[:, : len(NAMES)]
        captioned = epochs_with_facet(present, facet, NAMES)
        prefix = torch.tensor(prefix_of(facet, self.network.sizes.prefix), device=self._device)
        texts = [""] * len(present)
        for first in range(0, len(captioned), _CAPTION_BATCH):
            rows = captioned[first : first + _CAPTION_BATCH]
            memory = torch.tensor(encoded.tokens[rows], dtype=torch.float32, device=self._device)
            ids = self.network.generate_from(memory, prefix.expand(len(rows), -1))
            for row, text in zip(rows, self.tokenizer.texts(ids.tolist()), strict=True):
                texts[row] = cut_unsupported_claims(
                    text, [name for name, here in zip(NAMES, present[row], strict=True) if here]
                )
        return texts

    @property
    def _device(self) -> torch.device:
        return self.network.logit_scale.device


def prefix_of(facet: str, length: int) -> list[int]:
    """The modalities that stand before a caption of a facet."""
    return [MODALITIES.index(MODALITY[facet]), *[NO_MODALITY] * (length - 1)]

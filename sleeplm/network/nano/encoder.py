"""SleepLM nano as callers use it: embeddings of epochs and seconds, captions, stages with the night around."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from sleeplm.errors import ModelError
from sleeplm.kinds.channels import CHANNEL_NAMES, FACETS
from sleeplm.network.encoder import NO_CONTEXT, Encoder, Encoding, epochs_with_facet
from sleeplm.network.localization import spans_of
from sleeplm.network.nano.context import ContextNetwork, load_context, save_context
from sleeplm.network.nano.files import TOKENIZER_FILE, WEIGHTS, described_sha256, load_network, save_network
from sleeplm.network.nano.measured import NUMBERS, fill_placeholders
from sleeplm.network.nano.network import SleepLMNetwork
from sleeplm.network.nano.preparation import PATCHES
from sleeplm.network.nano.sentences import parts_of
from sleeplm.network.nano.tokenizer import load_tokenizer, unframed
from sleeplm.network.sharing import write_card
from sleeplm.recording.epochs import Epochs
from sleeplm.units import EPOCH_S

PATCH_S = EPOCH_S / PATCHES
_BATCH = 64  # epochs encoded at a time
_CAPTION_BATCH = 256  # epochs captioned at a time


class NanoSleepLM(Encoder):
    """SleepLM nano: it embeds seconds too, measures what captions give as numbers, and may have a context network.

    Parameters
    ----------
    network : SleepLMNetwork
    tokenizer : Tokenizer
        Of the captions.
    context : ContextNetwork, optional
        From the embeddings of a whole night to stages.
    """

    dense, computes_bfloat16 = True, False

    def __init__(self, network: SleepLMNetwork, tokenizer: Tokenizer, context: ContextNetwork | None = None):
        super().__init__(network.config.name, network.config.dim)
        self.network: SleepLMNetwork = network.eval()
        self.context = context
        self._tokenizer = tokenizer

    @property
    def tokenizer(self) -> Tokenizer:
        """Of the captions."""
        return self._tokenizer

    @property
    def has_context(self) -> bool:
        """Whether these weights have a context network."""
        return self.context is not None

    @classmethod
    def from_folder(cls, folder: Path = WEIGHTS) -> "NanoSleepLM":
        """Load ``nano.safetensors``, ``nano.json``, ``tokenizer.json`` and, if there is one, the context network.

        Raises
        ------
        ModelError
            A file is missing, altered or of another shape.
        """
        network = load_network(folder)
        tokenizer = load_tokenizer(folder / TOKENIZER_FILE, network.config.vocabulary)
        return cls(network, tokenizer, load_context(folder, described_sha256(folder)))

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the weights, their description, the tokenizer and a model card where `SleepLM` loads them.

        Weights are stored in half precision; a card that the folder has already stays as it is.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.tokenizer.save(str(folder / TOKENIZER_FILE))
        write_card(folder, self.network.config.name, self.network.config.dim, self.network.about)
        written = save_network(self.network, folder)
        if self.context is not None:
            save_context(self.context, folder, written)

    def encode(self, epochs: Epochs) -> Encoding:
        """Embeddings, patches and tokens of epochs in one pass."""
        config, n = self.network.config, len(epochs)
        out = Encoding(
            np.zeros((n, config.dim), dtype=np.float32),
            np.zeros((n, PATCHES, config.dim), dtype=np.float32),
            np.zeros((n, config.tokens, config.width), dtype=np.float32),
            np.full((n, len(NUMBERS)), np.nan, dtype=np.float32),
        )
        device = self.network.log_scale.device
        for first in range(0, n, _BATCH):
            part = slice(first, first + _BATCH)
            with torch.inference_mode():
                found = self.network.encode(
                    torch.tensor(epochs.signals[part], dtype=torch.float32, device=device),
                    torch.tensor(epochs.present[part], dtype=torch.bool, device=device),
                )
            out.embeddings[part] = found.embeddings.cpu().numpy()
            out.patches[part] = found.patches.cpu().numpy()
            out.tokens[part] = found.tokens.cpu().numpy()
            out.numbers[part] = found.numbers.cpu().numpy()
        return out

    def patch_embeddings(self, epochs: Epochs) -> np.ndarray:
        """float32 ``[epochs, 30, dim]``, L2-normalised: dense in time."""
        return self.encode(epochs).patches

    def with_random_weights(self) -> "NanoSleepLM":
        """A network of the same form, its weights drawn from torch's generator, without a context network."""
        return NanoSleepLM(SleepLMNetwork(self.network.config), self.tokenizer)

    def _embed_new(self, texts: Sequence[str]) -> np.ndarray:
        with torch.inference_mode():
            return self.network.read(parts_of(texts), len(texts)).cpu().numpy()

    def caption_encoded(self, encoded: Encoding, present: np.ndarray, facet: str) -> list[str]:
        """As `caption`, from what `encode` gave and the presence mask ``[epochs, 14]``.

        The numbers of `measured.NUMBERS` are those measured; a sentence that would give one that could not be
        measured is left out.

        Raises
        ------
        UsageError
            There is no such facet.
        """
        captioned = epochs_with_facet(present, facet, CHANNEL_NAMES)
        texts = [""] * len(present)
        for first in range(0, len(captioned), _CAPTION_BATCH):
            rows = captioned[first : first + _CAPTION_BATCH]
            memory = torch.tensor(encoded.tokens[rows], dtype=torch.float32, device=self.network.log_scale.device)
            which = torch.full((len(rows),), FACETS.index(facet), device=memory.device)
            ids = self.network.decoder.generate(memory, which)
            for row, text in zip(rows, unframed(self.tokenizer, ids.tolist()), strict=True):
                texts[row] = fill_placeholders(text, encoded.numbers[row])
        return texts

    def localize(self, phrase: str, patches: np.ndarray) -> tuple[np.ndarray, list[tuple[float, float, float]]]:
        """Where in a night a phrase holds.

        Parameters
        ----------
        phrase : str
        patches : ndarray ``[epochs, 30, dim]``
            As `encode` gives them, of epochs that follow one another.

        Returns
        -------
        curve : ndarray of float32 ``[epochs * 30]``
            The network's probability that the phrase holds, for each second.
        spans : list of (start_s, end_s, score)
            Stretches where the curve is high (`localization.spans_of`), best first; the score is the highest
            probability in it. Seconds from the first epoch's start. Empty where the phrase holds nowhere.
        """
        device = self.network.log_scale.device
        text = torch.from_numpy(self.embed_text([phrase])).to(device)
        with torch.inference_mode():
            logits = self.network.patch_logits(torch.tensor(patches, dtype=torch.float32, device=device), text)
            curve = torch.sigmoid(logits)[..., 0].flatten().cpu().numpy()
        return curve, [(a * PATCH_S, b * PATCH_S, score) for a, b, score in spans_of(curve)]

    def stages_in_context(self, embeddings: np.ndarray) -> np.ndarray:
        """Probability of each stage of a night's epochs, given those around them.

        Parameters
        ----------
        embeddings : ndarray ``[epochs, dim]``
            Of epochs that follow one another.

        Returns
        -------
        ndarray of float32 ``[epochs, 5]``
            In the order of `kinds.stages.STAGES`.

        Raises
        ------
        ModelError
            These weights have no context network.
        """
        if self.context is None:
            raise ModelError(NO_CONTEXT)
        return self.context.probabilities(embeddings)

"""SleepLM nano as callers use it: embeddings of epochs and seconds, captions, stages with the night around."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from sleeplm.errors import ModelError, UsageError
from sleeplm.kinds.channels import CHANNEL_NAMES, FACET_KINDS, FACETS
from sleeplm.network.encoder import Encoder, Encoding
from sleeplm.network.localization import spans_of
from sleeplm.network.nano.context import ContextNetwork, load_context, save_context
from sleeplm.network.nano.files import TOKENIZER_FILE, described_sha256, load_network, save_network
from sleeplm.network.nano.measured import NUMBERS, filled
from sleeplm.network.nano.network import SleepLMNetwork
from sleeplm.network.nano.preparation import PATCHES
from sleeplm.network.nano.sentences import parts_of
from sleeplm.network.nano.tokenizer import load_tokenizer, unframed
from sleeplm.network.sharing import write_card
from sleeplm.recording.epochs import Epochs
from sleeplm.units import EPOCH_S

WEIGHTS = Path(__file__).parent / "weights"
PATCH_S = EPOCH_S / PATCHES
_BATCH = 64
_CAPTION_BATCH = 256


class NanoSleepLM(Encoder):
    """A network with its tokenizer.

    Parameters
    ----------
    network : SleepLMNetwork
    tokenizer : Tokenizer
        Of the captions.
    context : ContextNetwork, optional
        What tells stages from the embeddings of a whole night.
    """

    dense, computes_bfloat16 = True, False

    def __init__(self, network: SleepLMNetwork, tokenizer: Tokenizer, context: ContextNetwork | None = None):
        self.network = network.eval()
        self.context = context
        self.tokenizer = tokenizer
        self.name = network.config.name
        self.dim = network.config.dim
        self._texts: dict[str, np.ndarray] = {}

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
        """Write the weights, their description, the tokenizer and a model card where `from_pretrained` reads them.

        Weights are kept in half precision; a card that the folder has already stays as it is.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.tokenizer.save(str(folder / TOKENIZER_FILE))
        write_card(folder, self.network.config, self.network.about)
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

    def embed_text(self, texts: Sequence[str]) -> np.ndarray:
        """float32 ``[texts, dim]``, L2-normalised; what was embedded once is remembered."""
        new = [t for t in dict.fromkeys(texts) if t not in self._texts]
        if new:
            with torch.inference_mode():
                found = self.network.read(parts_of(new), len(new)).cpu().numpy()
            self._texts |= dict(zip(new, found, strict=True))
        return np.stack([self._texts[t] for t in texts]) if texts else np.zeros((0, self.dim), dtype=np.float32)

    def caption_encoded(self, encoded: Encoding, present: np.ndarray, facet: str) -> list[str]:
        """As `caption`, from what `encode` gave and the presence mask ``[epochs, 14]``.

        The numbers of `measured.NUMBERS` are those measured; a sentence that would give one that could not be
        measured is left out.
        """
        if facet not in FACETS:
            raise UsageError(f"There is no facet {facet!r}; choose one of {', '.join(FACETS)}.")
        speaks_of = [CHANNEL_NAMES.index(c) for c in FACET_KINDS[facet].channels]
        told = np.flatnonzero(present[:, speaks_of].any(1))
        texts = [""] * len(present)
        for first in range(0, len(told), _CAPTION_BATCH):
            rows = told[first : first + _CAPTION_BATCH]
            memory = torch.tensor(encoded.tokens[rows], dtype=torch.float32, device=self.network.log_scale.device)
            which = torch.full((len(rows),), FACETS.index(facet), device=memory.device)
            ids = self.network.decoder.generate(memory, which)
            for row, text in zip(rows, unframed(self.tokenizer, ids.tolist()), strict=True):
                texts[row] = filled(text, encoded.numbers[row])
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
            Stretches where the curve is high (`spans.spans_of`), best first; the score is the highest probability
            in it. Seconds from the first epoch's start. Empty where the phrase holds nowhere.
        """
        device = self.network.log_scale.device
        text = torch.from_numpy(self.embed_text([phrase])).to(device)
        with torch.inference_mode():
            logits = self.network.patch_logits(torch.tensor(patches, dtype=torch.float32, device=device), text)
            curve = torch.sigmoid(logits)[..., 0].flatten().cpu().numpy()
        return curve, [(a * PATCH_S, b * PATCH_S, score) for a, b, score in spans_of(curve)]

    @property
    def has_context(self) -> bool:
        """Whether these weights have a context network."""
        return self.context is not None

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
            raise ModelError(
                "These weights have no context network; train one with `python -m train.nano.context`."
            )
        return self.context.probabilities(embeddings)

"""SleepLM as callers use it: epochs and words in one space, captions, and where in a night a phrase holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from sleeplm.errors import ModelError, UsageError
from sleeplm.kinds.channels import CHANNEL_NAMES, FACET_KINDS, FACETS
from sleeplm.network.few_shot import few_shot_scores
from sleeplm.network.hub import folder_of
from sleeplm.network.localization import spans_of
from sleeplm.network.nano.context import FILES as CONTEXT_FILES
from sleeplm.network.nano.context import ContextNetwork, load_context, save_context
from sleeplm.network.nano.files import FILES as NANO_FILES
from sleeplm.network.nano.files import TOKENIZER_FILE, described_sha256, load_network, save_network
from sleeplm.network.nano.measured import NUMBERS, filled
from sleeplm.network.nano.network import SleepLMNetwork
from sleeplm.network.nano.preparation import PATCHES
from sleeplm.network.nano.sentences import parts_of
from sleeplm.network.nano.tokenizer import load_tokenizer, unframed
from sleeplm.network.published.folders import FILES as PUBLISHED_FILES
from sleeplm.network.published.folders import holds_published, name_in
from sleeplm.network.sharing import push, write_card
from sleeplm.recording.epochs import Epochs
from sleeplm.units import EPOCH_S

WEIGHTS = Path(__file__).parent / "nano" / "weights"
PATCH_S = EPOCH_S / PATCHES
_BATCH = 64
_CAPTION_BATCH = 256


@dataclass(frozen=True)
class Encoding:
    """What one pass over epochs gives.

    Attributes
    ----------
    embeddings : ndarray of float32 ``[epochs, dim]``
        L2-normalised.
    patches : ndarray of float32 ``[epochs, 30, dim]``
        L2-normalised, one a second.
    tokens : ndarray of float32 ``[epochs, tokens, width]``
        What the caption decoder, and a language model's projector, reads.
    numbers : ndarray of float32 ``[epochs, numbers]``
        What captions give as numbers, measured (`model.measured.NUMBERS`); NaN where it was not.
    """

    embeddings: np.ndarray
    patches: np.ndarray
    tokens: np.ndarray
    numbers: np.ndarray

    def __getitem__(self, rows) -> "Encoding":
        """The same of some epochs."""
        return Encoding(self.embeddings[rows], self.patches[rows], self.tokens[rows], self.numbers[rows])


class SleepLM:
    """A network with its tokenizer.

    Parameters
    ----------
    network : SleepLMNetwork
    words : Tokenizer
        Of the captions.
    context : ContextNetwork, optional
        What tells stages from the embeddings of a whole night.

    Attributes
    ----------
    name : str
    dim : int
        Size of the shared space.
    """

    context: ContextNetwork | None = None

    def __init__(self, network: SleepLMNetwork, words: Tokenizer, context: ContextNetwork | None = None):
        self.network = network.eval()
        self.context = context
        self.words = words
        self.name = network.config.name
        self.dim = network.config.dim
        self._texts: dict[str, np.ndarray] = {}

    @classmethod
    def from_pretrained(cls, path: str | Path | None = None) -> "SleepLM":
        """Load weights.

        Parameters
        ----------
        path : path-like or str, optional
            Folder, or name on the hub, of ``nano.safetensors``, ``nano.json``, ``tokenizer.json`` and, if there is
            one, the context network; ours by default. Or of the published network's files
            (`sleeplm.network.published.encoder`): ``yang-ai-lab/SleepLM-Base``.

        Raises
        ------
        ModelError
            A file is missing, altered or of another shape, or the hub cannot be reached.
        """
        folder = WEIGHTS if path is None else folder_of(path, (*NANO_FILES, *CONTEXT_FILES, *PUBLISHED_FILES))
        if holds_published(folder):
            from sleeplm.network.published.encoder import PublishedSleepLM

            if folder == Path(path).expanduser():
                return PublishedSleepLM.from_folder(folder, name_in(folder))
            model = PublishedSleepLM.from_folder(folder, str(path))
            _ = model.words  # fetched now, while there is a network
            return model
        network = load_network(folder)
        words = load_tokenizer(folder / TOKENIZER_FILE, network.config.vocabulary)
        return cls(network, words, load_context(folder, described_sha256(folder)))

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the weights, their description, the tokenizer and a model card where `from_pretrained` reads them.

        Weights are kept in half precision; a card that the folder has already stays as it is.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.words.save(str(folder / TOKENIZER_FILE))
        write_card(folder, self.network.config, self.network.about)
        written = save_network(self.network, folder)
        if self.context is not None:
            save_context(self.context, folder, written)

    def push_to_hub(
        self, repo_id: str, private: bool = False, token: str | None = None, message: str = "Add weights"
    ) -> str:
        """Upload what `save_pretrained` writes to the Hugging Face hub; the address of the upload.

        Parameters
        ----------
        repo_id : str
            ``owner/name``; made where it does not exist.
        private : bool
            Whether a new repository is seen by its owner alone.
        token : str, optional
            By default the one that ``hf auth login`` left.
        message : str
            Of the commit.

        Raises
        ------
        ModelError
            The hub refused, or could not be reached.
        """
        return push(self.save_pretrained, repo_id, private, token, message)

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

    def embed_signals(self, epochs: Epochs) -> np.ndarray:
        """float32 ``[epochs, dim]``, L2-normalised."""
        return self.encode(epochs).embeddings

    def patch_embeddings(self, epochs: Epochs) -> np.ndarray:
        """float32 ``[epochs, 30, dim]``, L2-normalised: dense in time."""
        return self.encode(epochs).patches

    def signal_tokens(self, epochs: Epochs) -> np.ndarray:
        """float32 ``[epochs, tokens, width]``: what a language model's projector reads."""
        return self.encode(epochs).tokens

    def embed_text(self, texts: Sequence[str]) -> np.ndarray:
        """float32 ``[texts, dim]``, L2-normalised; what was embedded once is remembered."""
        new = [t for t in dict.fromkeys(texts) if t not in self._texts]
        if new:
            with torch.inference_mode():
                found = self.network.read(parts_of(new), len(new)).cpu().numpy()
            self._texts |= dict(zip(new, found, strict=True))
        return np.stack([self._texts[t] for t in texts]) if texts else np.zeros((0, self.dim), dtype=np.float32)

    def caption(self, epochs: Epochs, facet: str) -> list[str]:
        """Describe epochs in words of the network's own; empty where none of the facet's channels was recorded.

        Raises
        ------
        UsageError
            There is no such facet.
        """
        return self.caption_encoded(self.encode(epochs), epochs.present, facet)

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
            for row, text in zip(rows, unframed(self.words, ids.tolist()), strict=True):
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

    def zero_shot(self, embeddings: np.ndarray, prompts: Mapping[str, Sequence[str]]) -> list[str]:
        """The label of each epoch whose prompts lie nearest to it.

        Parameters
        ----------
        embeddings : ndarray ``[epochs, dim]``
        prompts : mapping of label to texts
            Several texts of a label count by the mean of their scores.
        """
        scores = self.zero_shot_scores(embeddings, prompts)
        labels = list(prompts)
        return [labels[i] for i in scores.argmax(1)]

    def zero_shot_scores(self, embeddings: np.ndarray, prompts: Mapping[str, Sequence[str]]) -> np.ndarray:
        """Mean cosine of each epoch to each label's prompts, ``[epochs, labels]``."""
        return np.stack([(embeddings @ self.embed_text(texts).T).mean(1) for texts in prompts.values()], axis=1)

    def few_shot(
        self,
        embeddings: np.ndarray,
        examples: Mapping[str, np.ndarray],
        prompts: Mapping[str, Sequence[str]] | None = None,
    ) -> list[str]:
        """The label of each epoch that a few examples of each label teach, and words where there are some.

        Parameters
        ----------
        embeddings : ndarray ``[epochs, dim]``
        examples : mapping of label to ndarray ``[n, dim]``
            Embeddings of epochs that have the label, from one example a label on; see `few_shot_scores`.
        prompts : mapping of label to texts, optional
            What each label means; with few examples it is much to know.

        Raises
        ------
        UsageError
            Fewer than two labels, a label without examples or without texts, or embeddings of another size.
        """
        labels = list(examples)
        words = prompts and {label: self.embed_text(texts).mean(0) for label, texts in prompts.items()}
        return [labels[i] for i in few_shot_scores(embeddings, examples, words).argmax(1)]

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

    @cached_property
    def parameters(self) -> int:
        """Number of the network's own parameters; the frozen sentence encoder is not counted."""
        return sum(p.numel() for p in self.network.parameters())

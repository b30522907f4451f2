"""What every network that embeds nights can do: epochs and texts in one space, captions, labels by examples."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, cast

import numpy as np

from sleeplm.errors import ModelError, UsageError
from sleeplm.kinds.channels import FACET_KINDS, FACETS
from sleeplm.network.few_shot import few_shot_scores
from sleeplm.network.sharing import push
from sleeplm.recording.epochs import Epochs

if TYPE_CHECKING:
    from torch import nn

NO_CONTEXT = "These weights have no context network; train one with `python -m train.nano.context`."


@dataclass(frozen=True)
class Encoding:
    """What one pass over epochs gives.

    Attributes
    ----------
    embeddings : ndarray of float32 ``[epochs, dim]``
        L2-normalised.
    patches : ndarray of float32 ``[epochs, 30, dim]``
        L2-normalised, one a second; ``[epochs, 0, dim]`` of a network that is not dense in time.
    tokens : ndarray of float32 ``[epochs, tokens, width]``
        What the caption decoder, and a language model's projector, reads.
    numbers : ndarray of float32 ``[epochs, numbers]``
        What captions give as numbers, measured (`nano.measured.NUMBERS`), NaN where it was not; ``[epochs, 0]`` of
        a network that measures nothing.
    """

    embeddings: np.ndarray
    patches: np.ndarray
    tokens: np.ndarray
    numbers: np.ndarray

    def __getitem__(self, rows: "slice | np.ndarray") -> "Encoding":
        """The same of some epochs."""
        return Encoding(self.embeddings[rows], self.patches[rows], self.tokens[rows], self.numbers[rows])


class Encoder(ABC):
    """A network with its tokenizer.

    What not every network can do is asked for by a capability: `require_dense`, `require_context` and
    `require_bfloat16` give the network with the methods for it, or refuse.

    Parameters
    ----------
    name : str
        What it is called in studies and indexes.
    dim : int
        Size of the shared space.

    Attributes
    ----------
    name, dim
        As given.
    network : Module
    dense : bool
        Whether it embeds every second of an epoch too, so that a phrase can be localized.
    computes_bfloat16 : bool
        Whether it can compute in bfloat16.
    """

    network: "nn.Module"
    dense: ClassVar[bool]
    computes_bfloat16: ClassVar[bool]

    def __init__(self, name: str, dim: int):
        self.name, self.dim = name, dim
        self._texts: dict[str, np.ndarray] = {}  # embeddings by text

    @property
    @abstractmethod
    def has_context(self) -> bool:
        """Whether it stages with the night around (`require_context`)."""

    @property
    @abstractmethod
    def tokenizer(self) -> Any:
        """Of the captions.

        Raises
        ------
        ModelError
            It cannot be loaded.
        """

    @abstractmethod
    def encode(self, epochs: Epochs) -> Encoding:
        """Embeddings, patches and tokens of epochs in one pass."""

    @abstractmethod
    def caption_encoded(self, encoded: Encoding, present: np.ndarray, facet: str) -> list[str]:
        """As `caption`, from what `encode` gave and the presence mask ``[epochs, 14]``.

        Raises
        ------
        UsageError
            There is no such facet.
        """

    @abstractmethod
    def save_pretrained(self, folder: str | Path) -> None:
        """Write the weights, their description and the tokenizer where they are loaded from."""

    @abstractmethod
    def with_random_weights(self) -> Self:
        """A network of the same form, its weights drawn from torch's generator, with the same tokenizer."""

    @abstractmethod
    def _embed_new(self, texts: Sequence[str]) -> np.ndarray:
        """float32 ``[texts, dim]``, L2-normalised, of at least one text; nothing is remembered."""

    def embed_text(self, texts: Sequence[str]) -> np.ndarray:
        """float32 ``[texts, dim]``, L2-normalised; what was embedded once is remembered."""
        new = [t for t in dict.fromkeys(texts) if t not in self._texts]
        if new:
            self._texts |= dict(zip(new, self._embed_new(new), strict=True))
        return np.stack([self._texts[t] for t in texts]) if texts else np.zeros((0, self.dim), dtype=np.float32)

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

    def embed_signals(self, epochs: Epochs) -> np.ndarray:
        """float32 ``[epochs, dim]``, L2-normalised."""
        return self.encode(epochs).embeddings

    def signal_tokens(self, epochs: Epochs) -> np.ndarray:
        """float32 ``[epochs, tokens, width]``: what a language model's projector reads."""
        return self.encode(epochs).tokens

    def caption(self, epochs: Epochs, facet: str) -> list[str]:
        """Captions of epochs, written by the network; empty where none of the facet's channels was recorded.

        Raises
        ------
        UsageError
            There is no such facet.
        """
        return self.caption_encoded(self.encode(epochs), epochs.present, facet)

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
        """The label of each epoch by a few examples of each label, and by texts where there are some.

        Parameters
        ----------
        embeddings : ndarray ``[epochs, dim]``
        examples : mapping of label to ndarray ``[n, dim]``
            Embeddings of epochs that have the label, from one example a label on; see `few_shot_scores`.
        prompts : mapping of label to texts, optional
            What each label means; the fewer the examples, the more they help.

        Raises
        ------
        UsageError
            Fewer than two labels, a label without examples or without texts, or embeddings of another size.
        """
        labels = list(examples)
        centres = None if prompts is None else {k: self.embed_text(texts).mean(0) for k, texts in prompts.items()}
        return [labels[i] for i in few_shot_scores(embeddings, examples, centres).argmax(1)]

    @cached_property
    def parameters(self) -> int:
        """Number of the network's own parameters; the frozen sentence encoder is not counted."""
        return sum(p.numel() for p in self.network.parameters())


def epochs_with_facet(present: np.ndarray, facet: str, channels: Sequence[str]) -> np.ndarray:
    """Indices of the epochs in which a channel of a facet was recorded.

    Parameters
    ----------
    present : ndarray of bool ``[epochs, channels]``
    facet : str
    channels : sequence of str
        Names of the columns of `present`.

    Raises
    ------
    UsageError
        There is no such facet.
    """
    if facet not in FACETS:
        raise UsageError(f"There is no facet {facet!r}; choose one of {', '.join(FACETS)}.")
    columns = [channels.index(name) for name in FACET_KINDS[facet].channels if name in channels]
    return np.flatnonzero(present[:, columns].any(1))


class DenseEncoder(Protocol):
    """A network that embeds every second of an epoch too."""

    def patch_embeddings(self, epochs: Epochs) -> np.ndarray:
        """float32 ``[epochs, 30, dim]``, L2-normalised: dense in time."""

    def localize(self, phrase: str, patches: np.ndarray) -> tuple[np.ndarray, list[tuple[float, float, float]]]:
        """Where in a night a phrase holds: a curve, and spans ``(start_s, end_s, score)``, best first."""


class ContextEncoder(Protocol):
    """A network that stages with the night around."""

    def stages_in_context(self, embeddings: np.ndarray) -> np.ndarray:
        """Probability of each stage of a night's epochs, given those around them, float32 ``[epochs, 5]``."""


class Bfloat16Encoder(Protocol):
    """A network that can compute in bfloat16."""

    def to_bfloat16(self) -> Encoder:
        """Compute in bfloat16 from now on; what it embeds then counts as another network's."""


def require_dense(encoder: Encoder) -> DenseEncoder:
    """The network, if it embeds every second of an epoch too.

    Raises
    ------
    UsageError
        It embeds whole epochs alone.
    """
    if not encoder.dense:
        raise UsageError(
            f"{encoder.name} has no embeddings dense in time, so it cannot say where in a night a phrase holds; "
            "use the network that comes with this package"
        )
    return cast(DenseEncoder, encoder)


def require_context(encoder: Encoder) -> ContextEncoder:
    """The network, if it stages with the night around.

    Raises
    ------
    ModelError
        These weights have no context network.
    """
    if not encoder.has_context:
        raise ModelError(NO_CONTEXT)
    return cast(ContextEncoder, encoder)


def require_bfloat16(encoder: Encoder) -> Bfloat16Encoder:
    """The network, if it can compute in bfloat16.

    Raises
    ------
    UsageError
        It computes in float32 alone.
    """
    if not encoder.computes_bfloat16:
        raise UsageError(f"{encoder.name} computes in float32; bfloat16 is for the released network")
    return cast(Bfloat16Encoder, encoder)


def model_of(encoder: Encoder) -> dict:
    """What tells the vectors of one network from another's: name, SHA-256 of its tensors, size of the space.

    The tensors that read texts are left out: no vector of a signal follows from them, and who learns to read better
    finds the vectors that are there.

    Parameters
    ----------
    encoder : Encoder

    Returns
    -------
    dict
        ``{"name": str, "sha256": str, "dim": int}``, as studies and indexes hold it.
    """
    from sleeplm.network.tensors import sha256_of_tensors  # torch is slow to import

    state = encoder.network.state_dict()
    vectors_of = {name: tensor for name, tensor in state.items() if not name.startswith("text.")}
    return {"name": encoder.name, "sha256": sha256_of_tensors(vectors_of), "dim": encoder.dim}


def refuse_other_network(encoder: Encoder, model: Mapping) -> None:
    """Refuse an encoder in whose space a study's embeddings do not lie.

    Parameters
    ----------
    encoder : Encoder
    model : mapping
        `model_of` the network that embedded the study (`Study.model`).

    Raises
    ------
    ModelError
        It is another network.
    """
    if model_of(encoder) != model:
        raise ModelError(
            f"this study was embedded by another network ({model['name']}) than the one in use "
            f"({encoder.name}); analyse the recording again, or name that network"
        )

"""The published SleepLM network (ReCoCa): signals and texts into one space, captions, reconstruction."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from sleeplm.errors import ModelError, UsageError
from sleeplm.network.published.decoder import CaptionDecoder
from sleeplm.network.published.generation import greedy
from sleeplm.network.published.layers import initial
from sleeplm.network.published.signals import GatedMlp, RotaryAttention, SignalTower
from sleeplm.network.published.sizes import Sizes
from sleeplm.network.published.text import TextTower

NO_MODALITY = -1


class ReconstructionHead(nn.Module):
    """Pooled tokens back to the signals of their epoch; it trained the network beside its captions."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        width = sizes.width
        self.shape = (sizes.channels, sizes.samples)
        layer = nn.TransformerEncoderLayer(
            width, sizes.heads, sizes.head_hidden, dropout=0.0, batch_first=True, norm_first=True
        )
        self.transformer = nn.TransformerEncoder(layer, sizes.head_layers, enable_nested_tensor=False)
        self.to_signal = nn.Sequential(
            nn.Linear(width, width // 2), nn.ReLU(), nn.Linear(width // 2, sizes.channels * sizes.samples)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """``[batch, tokens, width]`` to ``[batch, channels, samples]``."""
        pooled = self.transformer(tokens.to(self.get_parameter("to_signal.0.weight").dtype)).mean(1)
        return self.to_signal(pooled).unflatten(-1, self.shape).float()


class PublishedNetwork(nn.Module):
    """Signal tower, text tower, caption decoder and, where its weights are there, reconstruction head.

    Its parameters carry the names of the published weights.

    Parameters
    ----------
    sizes : Sizes

    Attributes
    ----------
    config : mapping
        The configuration as published, of weights that were loaded.
    about : mapping
        Where the weights are from and how they were made, as far as their description states.
    """

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.sizes = sizes
        self.config: Mapping = {}
        self.about: Mapping = {}
        self.logit_scale = nn.Parameter(torch.zeros(()))
        self.channel_embeddings = initial(sizes.modalities, sizes.width)
        self.padding_embedding = initial(sizes.width)
        self.biosignals = SignalTower(sizes)
        self.text = TextTower(sizes)
        self.text_decoder = CaptionDecoder(sizes)
        self.signal_decoder = ReconstructionHead(sizes) if sizes.head_layers else None

    @property
    def start(self) -> int:
        """Id that begins a text."""
        return self.sizes.vocabulary - 2

    @property
    def end(self) -> int:
        """Id that ends a text."""
        return self.sizes.vocabulary - 1

    def to_bfloat16(self) -> "PublishedNetwork":
        """Keep weights in bfloat16 from now on: about twice as fast where the processor multiplies in it.

        Norms, rotations and what is added up along the way stay in float32.
        """
        for name, value in self.named_parameters():
            if not name.endswith("freqs"):
                value.data = value.data.bfloat16()
        return self

    def for_training(self) -> "PublishedNetwork":
        """Let its weights learn, but for the rotations of time, and drop in the signal tower what its file asks.

        Raises
        ------
        ModelError
            The configuration's dropout is no share.
        """
        signals = self.config.get("biosignals_cfg", {})
        dropout = signals.get("dropout", 0.0)
        if type(dropout) not in (int, float) or not 0 <= dropout < 1:
            raise ModelError("the configuration's biosignals_cfg.dropout is no share from 0 to 1")
        for module in self.biosignals.modules():
            if isinstance(module, (RotaryAttention, GatedMlp)):
                module.dropout = float(dropout)
        for name, value in self.named_parameters():
            value.requires_grad_(not (name.endswith("freqs") and "temporal" in name))
        return self.train()

    def encode(self, signals: Tensor) -> tuple[Tensor, Tensor]:
        """What `embed_signals` and `signal_tokens` give, in one pass."""
        wanted = (self.sizes.channels, self.sizes.samples)
        if signals.ndim != 3 or tuple(signals.shape[1:]) != wanted or not signals.is_floating_point():
            raise UsageError(f"signals must be floating point of shape [epochs, {wanted[0]}, {wanted[1]}]")
        if not torch.isfinite(signals).all():
            raise UsageError("signals hold values that are not finite; what is missing must be 0, a position -1")
        return self.biosignals(signals)

    def embed_signals(self, signals: Tensor) -> Tensor:
        """``[N, dim]``, L2-normalised, of epochs ``[N, channels, samples]`` prepared as published.

        Raises
        ------
        UsageError
            The signals are of another shape or not finite.
        """
        return self.encode(signals)[0]

    def signal_tokens(self, signals: Tensor) -> Tensor:
        """The pooled tokens ``[N, tokens, width]`` that the caption decoder reads."""
        return self.encode(signals)[1]

    def embed_text(self, ids: Tensor) -> Tensor:
        """``[N, dim]``, L2-normalised, of token ids ``[N, length]``; 0 is padding.

        Raises
        ------
        UsageError
            The ids are longer than the context or outside the vocabulary.
        """
        return self.text.embed(self._ids(ids))

    def caption_logits(self, signals: Tensor, ids: Tensor, prefix: Tensor) -> Tensor:
        """Logits ``[N, length - 1, vocabulary]`` of each next token, given those before it and the signals.

        Parameters
        ----------
        signals : Tensor ``[N, channels, samples]``
        ids : Tensor ``[N, length]``
        prefix : Tensor ``[N, prefix]``
            Modality ids, -1 where there is none.
        """
        states = self.text.states(self._ids(ids)[:, :-1])
        memory = self.text_decoder.memory(self.signal_tokens(signals))
        return self.text_decoder(self.prefix_states(prefix), states, memory)

    def reconstruct(self, signals: Tensor) -> Tensor:
        """``[N, channels, samples]`` as the reconstruction head sees them.

        Raises
        ------
        UsageError
            These weights have no reconstruction head.
        """
        if self.signal_decoder is None:
            raise UsageError("these weights have no reconstruction head (signal_decoder.*)")
        return self.signal_decoder(self.signal_tokens(signals))

    def generate(
        self, signals: Tensor, prefix: Tensor, max_length: int | None = None, min_length: int = 6
    ) -> Tensor:
        """Captions by greedy choice: ids ``[N, max_length]`` that begin with `start`, 0 after `end`.

        Parameters
        ----------
        signals, prefix : Tensor
            As for `caption_logits`.
        max_length : int, optional
            Tokens at most, the start included; the context's length where it is not given.
        min_length : int
            Tokens, start included, before which no caption ends.
        """
        return self.generate_from(self.signal_tokens(signals), prefix, max_length, min_length)

    @torch.inference_mode()
    def generate_from(
        self,
        tokens: Tensor,
        prefix: Tensor,
        max_length: int | None = None,
        min_length: int = 6,
        epochs: Tensor | None = None,
    ) -> Tensor:
        """As `generate`, from tokens that `encode` gave; row i of `prefix` is about ``tokens[epochs[i]]``."""
        length = self.sizes.context if max_length is None else max_length
        if not 1 <= length <= self.sizes.context:
            raise UsageError(f"a caption has from 1 to {self.sizes.context} tokens, not {length}")
        if len(prefix) != len(tokens if epochs is None else epochs):
            raise UsageError("there must be one prefix for each caption")
        return greedy(self, tokens, self.prefix_states(prefix), length, min_length, epochs)

    def prefix_states(self, prefix: Tensor) -> Tensor:
        """Modality embeddings ``[N, prefix, width]`` of modality ids ``[N, prefix]``."""
        sizes = self.sizes
        if prefix.ndim != 2 or prefix.shape[1] != sizes.prefix or prefix.is_floating_point():
            raise UsageError(f"a prefix must be whole numbers of shape [captions, {sizes.prefix}]")
        if ((prefix < NO_MODALITY) | (prefix >= sizes.modalities)).any():
            raise UsageError(f"a modality is a number from 0 to {sizes.modalities - 1}, or -1 for none")
        states = self.channel_embeddings[prefix.clamp(min=0)]
        return torch.where((prefix == NO_MODALITY)[..., None], self.padding_embedding, states).float()

    def _ids(self, ids: Tensor) -> Tensor:
        sizes = self.sizes
        if ids.ndim != 2 or not 1 <= ids.shape[1] <= sizes.context or ids.is_floating_point():
            raise UsageError(f"token ids must be whole numbers of shape [texts, 1 to {sizes.context}]")
        if ((ids < 0) | (ids >= sizes.vocabulary)).any():
            raise UsageError(f"a token id is a number from 0 to {sizes.vocabulary - 1}")
        return ids.long()

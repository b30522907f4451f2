"""The whole network, trained by contrast, captioning and reconstruction (ReCoCa)."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.decoder import CaptionDecoder
from sleeplm.network.nano.layers import Pool
from sleeplm.network.nano.preparation import BANDS, PATCH_SAMPLES, PATCHES, WAVES, Prepared, prepare
from sleeplm.network.nano.sentences import Parts
from sleeplm.network.nano.towers import SignalTower, TextHead

EMBEDDING_QUERIES = 4
SLOW_SAMPLES = 8  # of a patch's waveform, as reconstruction asks for it


@dataclass(frozen=True)
class Encoded:
    """What one pass over epochs gives.

    Attributes
    ----------
    embeddings : Tensor
        ``[batch, dim]``, L2-normalised.
    patches : Tensor
        ``[batch, 30, dim]``, L2-normalised.
    tokens : Tensor
        ``[batch, tokens, width]``, what the caption decoder reads.
    times : Tensor
        ``[batch, 30, width]``, what reconstruction reads.
    numbers : Tensor
        ``[batch, numbers]``, what was measured, for the placeholders in the decoder's texts (see `measured`).
    """

    embeddings: Tensor
    patches: Tensor
    tokens: Tensor
    times: Tensor
    numbers: Tensor


class SleepLMNetwork(nn.Module):
    """Signal tower, text head, caption decoder and reconstruction head over one shared space."""

    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.config = config
        self.about: dict = {}  # how its weights were made, where they were read from a file
        self.signals = SignalTower(config)
        self.text = TextHead(config)
        self.pool = Pool(config.width, config.heads, EMBEDDING_QUERIES + config.tokens)
        self.token_norm = nn.LayerNorm(config.width)
        self.embedding = nn.Linear(EMBEDDING_QUERIES * config.width, config.dim)
        self.measured = nn.Linear(config.width, config.dim, bias=False)  # numbers, on a way of their own
        self.patch_embedding = nn.Linear(config.width, config.dim)
        self.decoder = CaptionDecoder(config)
        self.reconstruction = nn.Linear(config.width, len(WAVES) * (BANDS + SLOW_SAMPLES))
        self.log_scale = nn.Parameter(torch.tensor(math.log(12.0)))
        self.patch_log_scale = nn.Parameter(torch.tensor(math.log(10.0)))
        self.patch_bias = nn.Parameter(torch.tensor(-4.0))

    def encode(self, signals: Tensor, present: Tensor) -> Encoded:
        """Encode epochs ``[batch, 14, 1920]`` in physical units with their presence mask ``[batch, 14]``."""
        return self.encode_prepared(prepare(signals, present))

    def encode_prepared(self, prepared: Prepared, hidden_patches: Tensor | None = None) -> Encoded:
        """Encode what `prepare` gave; `hidden_patches` (bool ``[batch, 30]``) are masked."""
        x, mask, measured = self.signals(prepared, hidden_patches)
        pooled = self.token_norm(self.pool(x, mask))
        first, tokens = pooled[:, :EMBEDDING_QUERIES], pooled[:, EMBEDDING_QUERIES:]
        times = x[:, :PATCHES]
        return Encoded(
            embeddings=normalize(self.embedding(first.flatten(1)) + self.measured(measured), dim=-1),
            patches=normalize(self.patch_embedding(times), dim=-1),
            tokens=tokens,
            times=times,
            numbers=prepared.numbers,
        )

    def read(self, parts: Parts, texts: int) -> Tensor:
        """So many texts taken apart, in the shared space: L2-normalised ``[texts, dim]``."""
        device = self.log_scale.device
        return self.text(*(torch.from_numpy(a).to(device) for a in (parts.vectors, parts.values, parts.of)), texts)

    def patch_logits(self, patches: Tensor, texts: Tensor) -> Tensor:
        """Log-odds that each text is true at each patch: ``[..., dim]`` by ``[texts, dim]`` to ``[..., texts]``."""
        return patches @ texts.T * self.patch_log_scale.exp() + self.patch_bias

    def reconstruct(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """Band powers ``[batch, 13, 30, bands]`` and slow waveforms ``[batch, 13, 30, 8]`` from time tokens."""
        out = self.reconstruction(times).unflatten(-1, (len(WAVES), BANDS + SLOW_SAMPLES)).transpose(1, 2)
        return out[..., :BANDS], out[..., BANDS:]


def slow_wave(wave: Tensor) -> Tensor:
    """Patches ``[..., 64]`` averaged to the samples that `SleepLMNetwork.reconstruct` gives ``[..., 8]``."""
    return wave.unflatten(-1, (SLOW_SAMPLES, PATCH_SAMPLES // SLOW_SAMPLES)).mean(-1)

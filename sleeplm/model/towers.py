"""The signal tower, and the head that brings sentence embeddings into the shared space."""

import torch
from torch import Tensor, nn

from sleeplm.model.config import NetworkConfig
from sleeplm.model.layers import Block
from sleeplm.model.measured import ABSENT, NUMBERS, PLACES
from sleeplm.model.preparation import (
    BANDS,
    FINE,
    PATCH_SAMPLES,
    PATCHES,
    POSITION_CHANNEL,
    POSITION_CODES,
    SUMMARY,
    WAVES,
    Prepared,
)
from sleeplm.vocabulary import CANONICAL

SUMMARY_HIDDEN = 96


class PerChannel(nn.Module):
    """A linear layer for each channel by itself: ``[batch, channels, ..., fan_in]`` to ``fan_out``."""

    def __init__(self, channels: int, fan_in: int, fan_out: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels, fan_in, fan_out) / fan_in**0.5)
        self.bias = nn.Parameter(torch.zeros(channels, fan_out))

    def forward(self, x: Tensor) -> Tensor:
        """Apply each channel's layer to its features."""
        batch, channels, *rest, fan_in = x.shape
        rows = x.transpose(0, 1).reshape(channels, -1, fan_in)
        out = torch.baddbmm(self.bias[:, None, :], rows, self.weight)
        return out.unflatten(1, (batch, *rest)).transpose(0, 1)


class SignalTower(nn.Module):
    """Prepared epochs to tokens: one a second, then one a channel.

    Each channel's patch (waveform and band powers) goes through layers of its own; the channels that are there are
    summed into one token a second, their number taken out. One more token a channel carries what only the whole
    epoch shows: level, absolute size, rates. A transformer mixes them; what is absent is masked.
    """

    def __init__(self, config: NetworkConfig):
        super().__init__()
        width, hidden = config.width, config.channel_width
        self.patch = PerChannel(len(WAVES), PATCH_SAMPLES + BANDS + (FINE if config.fine else 0), hidden)
        self.mix = nn.Linear(len(WAVES) * hidden, width)
        self.presence = nn.Embedding(len(CANONICAL), width)
        self.position = nn.Linear(len(POSITION_CODES), width, bias=False)
        self.time = nn.Parameter(torch.randn(PATCHES, width) * 0.1)
        self.masked = nn.Parameter(torch.randn(width) * 0.1)
        self.summary_in = PerChannel(len(WAVES), SUMMARY, SUMMARY_HIDDEN)
        self.summary_out = PerChannel(len(WAVES), SUMMARY_HIDDEN, width)
        self.blocks = nn.ModuleList(Block(width, config.heads) for _ in range(config.layers))
        self.norm = nn.LayerNorm(width)
        self.act = nn.GELU()

    def forward(self, prepared: Prepared, hidden_patches: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Tokens ``[batch, 30 + 14, width]`` and their mask ``[batch, 1, 1, 30 + 14]``, true where there is one.

        `hidden_patches`, bool ``[batch, 30]``, are the seconds that the tower may not see.
        """
        times = self._times(prepared)
        if hidden_patches is not None:
            times = torch.where(hidden_patches[..., None], self.masked, times)
        x = torch.cat((times + self.time, self._channels(prepared)), dim=1)
        mask = torch.cat((prepared.present.new_ones(len(x), PATCHES), prepared.present), dim=1)
        mask = mask[:, None, None, :]
        for block in self.blocks:
            x = block(x, mask)
        return self.norm(x), mask

    def _times(self, prepared: Prepared) -> Tensor:
        here = prepared.present.to(prepared.wave.dtype)
        waves = here[:, WAVES]
        hidden = self.act(self.patch(torch.cat((prepared.wave, prepared.bands, prepared.fine), dim=-1)))
        hidden = hidden * (waves * (len(WAVES) / waves.sum(1, keepdim=True).clamp(min=1)).sqrt())[..., None, None]
        mixed = self.mix(hidden.permute(0, 2, 1, 3).flatten(-2))  # [batch, 30, width]
        position = self.position(prepared.position)
        return mixed + position + (here @ self.presence.weight)[:, None, :]

    def _channels(self, prepared: Prepared) -> Tensor:
        waves = self.summary_out(self.act(self.summary_in(prepared.summary)))
        position = self.position(prepared.position.mean(1, keepdim=True))
        tokens = torch.cat((waves[:, :POSITION_CHANNEL], position, waves[:, POSITION_CHANNEL:]), dim=1)
        return tokens + self.presence.weight


class NumberTokens(nn.Module):
    """What was measured as one token a number, made of its digits, so that the decoder can copy them."""

    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.names = nn.Embedding(len(NUMBERS), config.width)
        self.digits = nn.Embedding(PLACES * (ABSENT + 1), config.width)
        self.norm = nn.LayerNorm(config.width)

    def forward(self, digits: Tensor) -> Tensor:
        """Digits ``[batch, numbers, 4]`` to tokens ``[batch, numbers, width]``."""
        places = torch.arange(PLACES, device=digits.device) * (ABSENT + 1)
        return self.norm(self.names.weight + self.digits(digits + places).sum(-2))


class TextHead(nn.Module):
    """Sentence embeddings of the frozen encoder to the shared space: a linear map and a small correction to it."""

    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.straight = nn.Linear(config.text_width, config.dim, bias=False)
        self.bend = nn.Sequential(
            nn.Linear(config.text_width, config.text_width), nn.GELU(), nn.Linear(config.text_width, config.dim)
        )

    def forward(self, sentences: Tensor) -> Tensor:
        """``[texts, 384]`` to ``[texts, dim]``, L2-normalised."""
        return nn.functional.normalize(self.straight(sentences) + 0.5 * self.bend(sentences), dim=-1)

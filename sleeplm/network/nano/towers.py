"""The signal tower, and the head that brings sentence embeddings into the shared space."""

import torch
from torch import Tensor, nn

from sleeplm.kinds.channels import CANONICAL
from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.layers import Block
from sleeplm.network.nano.measured import NUMBERS
from sleeplm.network.nano.preparation import (
    BANDS,
    BRAIN,
    BREATHING,
    FINE,
    PATCH_SAMPLES,
    PATCHES,
    POSITION_CHANNEL,
    POSITION_CODES,
    SUMMARY,
    WAVES,
    Prepared,
)

SUMMARY_HIDDEN = 96
BREATHING_HIDDEN = 64
FILTERS = 64
_PERIODS = (8.0, 32.0, 128.0)  # of a number's Fourier features, so that near ones can be told apart
FEATURES = 2 + 2 * len(_PERIODS)  # of a number


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


class Filters(nn.Module):
    """Learned filters over the waveforms of EEG and eyes, the same for each channel.

    In shape the network that `train.evaluation.synthetic_to_real` stages real nights with, after training on
    simulated ones: a waveform of the epoch's own size through four convolutions, to `FILTERS` features twice a
    second.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        sizes = (1, 16, 32, 48, FILTERS)
        for inside, outside, kernel, stride in zip(sizes, sizes[1:], (32, 8, 5, 5), (4, 2, 2, 2), strict=False):
            conv = nn.Conv1d(inside, outside, kernel, stride, kernel // 2, bias=False)
            layers += [conv, nn.BatchNorm1d(outside), nn.ReLU()]
        self.layers = nn.Sequential(*layers)

    def forward(self, waves: Tensor, here: Tensor) -> Tensor:
        """``[batch, channels, 1920]`` to ``[batch, channels, 30, 2 * FILTERS]``; zero where `here` is false."""
        if self.training:  # what is absent must not count in the statistics
            out = waves.new_zeros(*waves.shape[:2], PATCHES, 2 * FILTERS)
            if here.any():
                out[here] = self._found(waves[here]).to(out.dtype)
            return out
        return self._found(waves.flatten(0, 1)).unflatten(0, waves.shape[:2]) * here[..., None, None]

    def _found(self, waves: Tensor) -> Tensor:
        found = self.layers(torch.asinh(waves)[:, None])[..., : 2 * PATCHES]  # [n, FILTERS, 60]
        return found.unflatten(-1, (PATCHES, 2)).permute(0, 2, 3, 1).flatten(-2)


class SignalTower(nn.Module):
    """Prepared epochs to tokens: one a second, then one a channel.

    Each channel's patch (waveform and band powers) goes through layers of its own; the channels that are there are
    summed into one token a second, their number taken out, with what learned filters find in EEG and eyes and with
    what breathing is like there. One more token a channel carries what only the whole epoch shows: level, absolute
    size, rates; a last one what was measured. A transformer mixes them; what is absent is masked.
    """

    def __init__(self, config: NetworkConfig):
        super().__init__()
        width, hidden = config.width, config.channel_width
        self.patch = PerChannel(len(WAVES), PATCH_SAMPLES + BANDS + FINE, hidden)
        self.mix = nn.Linear(len(WAVES) * hidden, width)
        self.filters = Filters()
        self.filtered = nn.Linear(len(BRAIN) * 2 * FILTERS, width, bias=False)
        self.found = PerChannel(len(BRAIN), 4 * FILTERS, width)
        self.breathing = nn.Sequential(
            nn.Linear(BREATHING, BREATHING_HIDDEN), nn.GELU(), nn.Linear(BREATHING_HIDDEN, width, bias=False)
        )
        self.presence = nn.Embedding(len(CANONICAL), width)
        self.position = nn.Linear(len(POSITION_CODES), width, bias=False)
        self.time = nn.Parameter(torch.randn(PATCHES, width) * 0.1)
        self.masked = nn.Parameter(torch.randn(width) * 0.1)
        self.summary_in = PerChannel(len(WAVES), SUMMARY, SUMMARY_HIDDEN)
        self.summary_out = PerChannel(len(WAVES), SUMMARY_HIDDEN, width)
        self.numbers = NumbersToken(width)
        self.blocks = nn.ModuleList(Block(width, config.heads) for _ in range(config.layers))
        self.norm = nn.LayerNorm(width)
        self.act = nn.GELU()

    def forward(self, prepared: Prepared, hidden_patches: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Tokens ``[batch, 30 + 14 + 1, width]`` and their mask ``[batch, 1, 1, 45]``, true where there is one.

        Last the token of what was measured ``[batch, width]``, as it was before anything was mixed.
        `hidden_patches`, bool ``[batch, 30]``, are the seconds that the tower may not see.
        """
        here = prepared.present[:, WAVES][:, BRAIN]
        filtered = self.filters(prepared.wave[:, BRAIN].flatten(-2), here)
        times = self._times(prepared) + self._filtered(filtered, here)
        if hidden_patches is not None:
            times = torch.where(hidden_patches[..., None], self.masked, times)
        measured = self.numbers(prepared.numbers)
        x = torch.cat((times + self.time, self._channels(prepared, filtered), measured), dim=1)
        one = prepared.present.new_ones(len(x), 1)
        mask = torch.cat((one.expand(-1, PATCHES), prepared.present, one), dim=1)
        mask = mask[:, None, None, :]
        for block in self.blocks:
            x = block(x, mask)
        return self.norm(x), mask, measured[:, 0]

    def _times(self, prepared: Prepared) -> Tensor:
        here = prepared.present.to(prepared.wave.dtype)
        waves = here[:, WAVES]
        hidden = self.act(self.patch(torch.cat((prepared.wave, prepared.bands, prepared.fine), dim=-1)))
        hidden = hidden * (waves * (len(WAVES) / waves.sum(1, keepdim=True).clamp(min=1)).sqrt())[..., None, None]
        mixed = self.mix(hidden.permute(0, 2, 1, 3).flatten(-2))  # [batch, 30, width]
        position = self.position(prepared.position)
        return mixed + position + self.breathing(prepared.breathing) + (here @ self.presence.weight)[:, None, :]

    def _filtered(self, filtered: Tensor, here: Tensor) -> Tensor:
        share = (len(BRAIN) / here.sum(1).clamp(min=1)).sqrt()
        return self.filtered(filtered.transpose(1, 2).flatten(-2)) * share[:, None, None]

    def _channels(self, prepared: Prepared, filtered: Tensor) -> Tensor:
        waves = self.summary_out(self.act(self.summary_in(prepared.summary)))
        over_time = torch.cat((filtered.mean(-2), filtered.amax(-2)), dim=-1)
        waves = waves.index_add(1, torch.tensor(BRAIN, device=waves.device), self.found(over_time).to(waves.dtype))
        position = self.position(prepared.position.mean(1, keepdim=True))
        tokens = torch.cat((waves[:, :POSITION_CHANNEL], position, waves[:, POSITION_CHANNEL:]), dim=1)
        return tokens + self.presence.weight


class NumbersToken(nn.Module):
    """What was measured, as one token: the features of each number, zero where there is none."""

    def __init__(self, width: int):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(len(NUMBERS) * FEATURES, width), nn.GELU(), nn.Linear(width, width))

    def forward(self, numbers: Tensor) -> Tensor:
        """``[batch, numbers]``, NaN where there is none, to ``[batch, 1, width]``."""
        return self.layers(_features(numbers).flatten(1))[:, None]


def _features(numbers: Tensor) -> Tensor:
    """Of each number its logarithm, Fourier features and a one ``[..., FEATURES]``; zeros in the place of NaN."""
    there = torch.isfinite(numbers)
    values = torch.where(there, numbers, 0).clamp(0, 1000)[..., None]
    turns = 2 * torch.pi * values / values.new_tensor(_PERIODS)
    features = torch.cat((torch.log1p(values) / 3, turns.sin(), turns.cos(), torch.ones_like(values)), dim=-1)
    return features * there[..., None]


class TextHead(nn.Module):
    """Parts of texts (see `sentences.parts_of`) to the shared space; a text is their sum.

    A sentence goes through a linear map and a small correction to it. A number is what its placeholder in
    the sentence means times its features. What an epoch must be like to fit each part adds up.
    """

    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.straight = nn.Linear(config.text_width, config.dim, bias=False)
        self.bend = nn.Sequential(
            nn.Linear(config.text_width, config.text_width), nn.GELU(), nn.Linear(config.text_width, config.dim)
        )
        self.counted = nn.Linear(config.text_width, config.text_width)
        self.value = nn.Linear(FEATURES, config.text_width, bias=False)
        self.number = nn.Sequential(
            nn.Linear(config.text_width, config.text_width), nn.GELU(), nn.Linear(config.text_width, config.dim)
        )

    def forward(self, vectors: Tensor, values: Tensor, of: Tensor, texts: int) -> Tensor:
        """Parts to texts, L2-normalised ``[texts, dim]``.

        Parameters
        ----------
        vectors : Tensor
            ``[parts, 384]``, of sentences and of placeholders.
        values : Tensor
            ``[parts]``, the number at a placeholder; NaN for a sentence.
        of : Tensor
            int64 ``[parts]``, the text that each belongs to.
        texts : int
            How many texts there are.
        """
        is_number = torch.isfinite(values)
        whole, placeholders = vectors[~is_number], vectors[is_number]
        sentences = self.straight(whole) + 0.5 * self.bend(whole)
        numbers = self.number(self.counted(placeholders) * self.value(_features(values[is_number])))
        found = sentences.new_zeros(texts, sentences.shape[1])
        found = found.index_add(0, of[~is_number], sentences).index_add(0, of[is_number], numbers.to(found.dtype))
        return nn.functional.normalize(found, dim=-1)

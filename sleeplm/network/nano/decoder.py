"""The caption decoder: pooled tokens of an epoch and a facet to the tokens of a text."""

from typing import cast

import torch
from torch import Tensor, nn

from sleeplm.kinds.channels import FACETS
from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.layers import Attention, Mlp

PAD, START, END = 0, 1, 2

KeysValues = tuple[Tensor, Tensor]  # each [batch, heads, length, width / heads]


class DecoderBlock(nn.Module):
    """Pre-norm causal self-attention, cross-attention to the epoch's tokens, MLP."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.own, self.cross = Attention(width, heads), Attention(width, heads)
        self.mlp = Mlp(width)

    def forward(self, x: Tensor, memory: KeysValues, past: KeysValues | None = None) -> tuple[Tensor, KeysValues]:
        """``[batch, length, width]`` to the same, and the keys and values of all tokens so far."""
        normed = self.norm_1(x)
        keys_values = self.own.keys_values(normed)
        if past is not None:
            keys, values = (torch.cat(pair, dim=2) for pair in zip(past, keys_values, strict=True))
            keys_values = keys, values
        x = x + self.own(normed, keys_values, causal=past is None)
        x = x + self.cross(self.norm_2(x), memory)
        return x + self.mlp(self.norm_3(x)), keys_values


class CaptionDecoder(nn.Module):
    """A small causal transformer; the facet is the first thing it reads."""

    def __init__(self, config: NetworkConfig):
        super().__init__()
        width = config.width
        self.length = config.caption_length
        self.words = nn.Embedding(config.vocabulary, width)
        self.places = nn.Embedding(config.caption_length, width)
        self.facets = nn.Embedding(len(FACETS), width)
        self.blocks = nn.ModuleList(DecoderBlock(width, config.decoder_heads) for _ in range(config.decoder_layers))
        self.norm = nn.LayerNorm(width)
        nn.init.normal_(self.words.weight, std=0.05)
        nn.init.normal_(self.places.weight, std=0.05)

    def forward(self, tokens: Tensor, facets: Tensor, ids: Tensor) -> Tensor:
        """Next-token logits ``[batch, length, vocabulary]`` for `ids` that begin with START."""
        x = self._embed(ids, facets, 0)
        for block in self._layers:
            x, _ = block(x, block.cross.keys_values(tokens))
        return self._logits(x)

    @torch.inference_mode()
    def generate(self, tokens: Tensor, facets: Tensor) -> Tensor:
        """Greedy ids ``[batch, length]`` after START, padded after END; keys and values are cached.

        Captions differ in length: once half of them have ended, the others go on by themselves.
        """
        memories = [block.cross.keys_values(tokens) for block in self._layers]
        past: list = [None] * len(self.blocks)
        ids = torch.full((len(tokens), self.length - 1), PAD, device=tokens.device)
        rows = torch.arange(len(tokens), device=tokens.device)  # those that are still being written
        last, going = torch.full_like(rows, START)[:, None], torch.ones_like(rows, dtype=torch.bool)
        for place in range(self.length - 1):
            x = self._embed(last, facets, place)
            for i, block in enumerate(self._layers):
                x, past[i] = block(x, memories[i], past[i])
            chosen = torch.where(going, self._logits(x)[:, -1].argmax(-1), PAD)
            ids[rows, place] = chosen
            going = going & (chosen != END)
            left = int(going.sum())
            if not left:
                return ids[:, : place + 1]
            last = chosen[:, None]
            if 2 * left <= len(rows):
                rows, last, facets = rows[going], last[going], facets[going]
                memories = [(keys[going], values[going]) for keys, values in memories]
                past = [(keys[going], values[going]) for keys, values in past]
                going = going[going]
        return ids

    @property
    def _layers(self) -> list[DecoderBlock]:
        return [cast(DecoderBlock, block) for block in self.blocks]  # a ModuleList forgets their class

    def _embed(self, ids: Tensor, facets: Tensor, place: int) -> Tensor:
        places = self.places.weight[place : place + ids.shape[1]]
        return self.words(ids) + places + self.facets(facets)[:, None, :]

    def _logits(self, x: Tensor) -> Tensor:
        return self.norm(x) @ self.words.weight.T

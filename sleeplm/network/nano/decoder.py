"""The caption decoder: pooled tokens of an epoch and a facet to words."""

import torch
from torch import Tensor, nn

from sleeplm.kinds.channels import FACETS
from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.layers import Attention, Mlp

PAD, START, END = 0, 1, 2


class DecoderBlock(nn.Module):
    """Pre-norm causal self-attention, cross-attention to the epoch's tokens, MLP."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.own, self.cross = Attention(width, heads), Attention(width, heads)
        self.mlp = Mlp(width)

    def forward(self, x: Tensor, memory: tuple[Tensor, Tensor], past: tuple[Tensor, Tensor] | None = None):
        """``[batch, length, width]`` to the same, and the keys and values of all words so far."""
        normed = self.norm_1(x)
        keys_values = self.own.keys_values(normed)
        if past is not None:
            keys_values = tuple(torch.cat(pair, dim=2) for pair in zip(past, keys_values, strict=True))
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
        """Next-word logits ``[batch, length, vocabulary]`` for words `ids` that begin with START."""
        x = self._embed(ids, facets, 0)
        for block in self.blocks:
            x, _ = block(x, block.cross.keys_values(tokens))
        return self._logits(x)

    @torch.inference_mode()
    def generate(self, tokens: Tensor, facets: Tensor) -> Tensor:
        """Greedy words ``[batch, length]`` after START, padded after END; keys and values are kept.

        Captions differ in length: once half of them have ended, the others go on by themselves.
        """
        memories = [block.cross.keys_values(tokens) for block in self.blocks]
        past: list = [None] * len(self.blocks)
        words = torch.full((len(tokens), self.length - 1), PAD, device=tokens.device)
        rows = torch.arange(len(tokens), device=tokens.device)  # those that are still being written
        last, going = torch.full_like(rows, START)[:, None], torch.ones_like(rows, dtype=torch.bool)
        for place in range(self.length - 1):
            x = self._embed(last, facets, place)
            for i, block in enumerate(self.blocks):
                x, past[i] = block(x, memories[i], past[i])
            chosen = torch.where(going, self._logits(x)[:, -1].argmax(-1), PAD)
            words[rows, place] = chosen
            going = going & (chosen != END)
            left = int(going.sum())
            if not left:
                return words[:, : place + 1]
            last = chosen[:, None]
            if 2 * left <= len(rows):
                rows, last, facets = rows[going], last[going], facets[going]
                memories, past = ([tuple(t[going] for t in pair) for pair in kept] for kept in (memories, past))
                going = going[going]
        return words

    def _embed(self, ids: Tensor, facets: Tensor, place: int) -> Tensor:
        places = self.places.weight[place : place + ids.shape[1]]
        return self.words(ids) + places + self.facets(facets)[:, None, :]

    def _logits(self, x: Tensor) -> Tensor:
        return self.norm(x) @ self.words.weight.T

"""The caption decoder: states of a text, a prefix and an epoch's tokens to next-token logits."""

from typing import cast

import torch
from torch import Tensor, nn

from sleeplm.network.published.layers import Block, Cache, CrossBlock, LayerNorm, initial
from sleeplm.network.published.sizes import Sizes

Memory = list[tuple[Tensor, Tensor]]  # keys and values of an epoch's tokens, for each layer


class CaptionDecoder(nn.Module):
    """Self-attention and cross-attention in turn; the prefix sees itself, the text also what came before it."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        width, heads, hidden = sizes.width, sizes.decoder_heads, sizes.decoder_hidden
        self.resblocks = nn.ModuleList(Block(width, heads, hidden) for _ in range(sizes.decoder_layers))
        self.cross_attn = nn.ModuleList(CrossBlock(width, heads, hidden) for _ in range(sizes.decoder_layers))
        self.ln_final = LayerNorm(width)
        self.text_projection = initial(width, sizes.vocabulary)

    def memory(self, tokens: Tensor) -> Memory:
        """What the layers attend to, of an epoch's tokens ``[batch, tokens, width]``."""
        return [cast(CrossBlock, cross).keys_values(tokens) for cross in self.cross_attn]

    def forward(self, prefix: Tensor, states: Tensor, memory: Memory) -> Tensor:
        """Logits ``[batch, length, vocabulary]`` of text states ``[batch, length, width]`` after a prefix."""
        x = self._through(torch.cat((prefix, states), dim=1), prefix.shape[1], memory)
        return self._logits(x[:, prefix.shape[1] :])

    def begin(self, prefix: Tensor, states: Tensor, memory: Memory, caches: list[Cache]) -> Tensor:
        """Logits ``[batch, vocabulary]`` after a prefix and the first states, added to the caches."""
        return self._logits(
            self._through(torch.cat((prefix, states), dim=1), prefix.shape[1], memory, caches)[:, -1]
        )

    def next(self, state: Tensor, memory: Memory, caches: list[Cache]) -> Tensor:
        """Logits ``[batch, vocabulary]`` after one more state ``[batch, 1, width]``."""
        return self._logits(self._through(state, None, memory, caches)[:, -1])

    def _through(self, x: Tensor, prefix: int | None, memory: Memory, caches: list[Cache] | None = None) -> Tensor:
        mask = None if prefix is None else _prefix_mask(prefix, x.shape[1], x.device)
        for i, (block, cross) in enumerate(zip(self.resblocks, self.cross_attn, strict=True)):
            x = cross(block(x, mask, caches[i] if caches else None), memory[i])
        return x

    def _logits(self, x: Tensor) -> Tensor:
        return (self.ln_final(x).to(self.text_projection.dtype) @ self.text_projection).float()


def _prefix_mask(prefix: int, length: int, device: torch.device) -> Tensor:
    mask = torch.ones(length, length, dtype=torch.bool, device=device).tril()
    mask[:prefix, :prefix] = True
    return mask

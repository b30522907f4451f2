"""Layers of the published network; its attributes carry the names that its published weights have."""

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional

LAYER_NORM_EPS = 1e-5
RMS_NORM_EPS = 1e-6
_INITIAL = 0.02  # spread of weights that no published file has filled


def initial(*shape: int) -> nn.Parameter:
    """A parameter before training."""
    return nn.Parameter(torch.randn(shape) * _INITIAL)


class LayerNorm(nn.LayerNorm):
    """Layer normalisation in float32, whatever the weights' type."""

    def forward(self, x: Tensor) -> Tensor:
        """``[..., width]`` to the same, float32."""
        return functional.layer_norm(
            x.float(), self.normalized_shape, self.weight.float(), self.bias.float(), LAYER_NORM_EPS
        )


class RmsNorm(nn.Module):
    """Root-mean-square normalisation (Zhang and Sennrich 2019) in float32."""

    def __init__(self, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """``[..., width]``, float32, to the same."""
        # One pass for the length, one for the product: PyTorch's own has no kernel for this on a CPU.
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        size = (length.square() / x.shape[-1] + RMS_NORM_EPS).rsqrt()
        return (x * size).mul_(self.weight.float())


class MultiHead(nn.Module):
    """Multi-head attention with biases, its weights stored as `torch.nn.MultiheadAttention` stores them."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = initial(3 * width, width)
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)

    def queries(self, x: Tensor) -> Tensor:
        """``[batch, length, width]`` to ``[batch, heads, length, width / heads]``."""
        width = x.shape[-1]
        return self._split(self._project(x, slice(0, width)))

    def keys_values(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of a memory, each ``[batch, heads, length, width / heads]``."""
        width = memory.shape[-1]
        keys, values = self._project(memory, slice(width, 3 * width)).chunk(2, dim=-1)
        return self._split(keys), self._split(values)

    def queries_keys_values(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """All three of a sequence that attends to itself."""
        queries, keys, values = self._project(x, slice(None)).chunk(3, dim=-1)
        return self._split(queries), self._split(keys), self._split(values)

    def mix(self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend and project; `mask` is true where a key may be seen."""
        mixed = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)
        return self.out_proj(mixed.transpose(1, 2).flatten(-2))

    def _project(self, x: Tensor, part: slice) -> Tensor:
        weight = self.in_proj_weight[part]
        return functional.linear(x.to(weight.dtype), weight, self.in_proj_bias[part])

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class Mlp(nn.Sequential):
    """Two linear layers with an exact GELU between."""

    c_fc: nn.Linear

    def __init__(self, width: int, hidden: int):
        super().__init__(
            OrderedDict(c_fc=nn.Linear(width, hidden), gelu=nn.GELU(), c_proj=nn.Linear(hidden, width))
        )

    def forward(self, x: Tensor) -> Tensor:
        """``[..., width]`` to the same."""
        return super().forward(x.to(self.c_fc.weight.dtype))


class Cache:
    """Keys and values of the tokens so far, in room that is there from the beginning.

    Parameters
    ----------
    length : int
        Most tokens that will come.
    """

    def __init__(self, length: int):
        self._length = length
        self._cached: list[Tensor] = []
        self._filled = 0

    def extended(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Add the keys and values of new tokens ``[batch, heads, new, size]``; all that there are so far."""
        batch, heads, new, size = keys.shape
        if not self._cached:
            self._cached = [keys.new_empty(batch, self._length, heads, size).transpose(1, 2) for _ in range(2)]
        end = self._filled + new
        for cached, more in zip(self._cached, (keys, values), strict=True):
            cached[:, :, self._filled : end] = more
        self._filled = end
        cached_keys, cached_values = self._cached
        return cached_keys[:, :, :end], cached_values[:, :, :end]

    def select(self, rows: Tensor) -> None:
        """Keep these rows of the batch."""
        for i, cached in enumerate(self._cached):
            room = cached.transpose(1, 2)
            fewer = room.new_empty(len(rows), *room.shape[1:])
            fewer[:, : self._filled] = room[rows, : self._filled]
            self._cached[i] = fewer.transpose(1, 2)


class Block(nn.Module):
    """Pre-norm self-attention and MLP."""

    def __init__(self, width: int, heads: int, hidden: int):
        super().__init__()
        self.ln_1, self.attn, self.ln_2 = LayerNorm(width), MultiHead(width, heads), LayerNorm(width)
        self.mlp = Mlp(width, hidden)

    def forward(self, x: Tensor, mask: Tensor | None, cache: Cache | None = None) -> Tensor:
        """``[batch, length, width]`` to the same; with a cache, `x` are the new tokens alone."""
        queries, keys, values = self.attn.queries_keys_values(self.ln_1(x))
        if cache is not None:
            keys, values = cache.extended(keys, values)
        x = x + self.attn.mix(queries, keys, values, mask)
        return x + self.mlp(self.ln_2(x))


class CrossBlock(nn.Module):
    """Pre-norm attention to a memory, and MLP."""

    def __init__(self, width: int, heads: int, hidden: int):
        super().__init__()
        self.ln_1, self.ln_1_kv = LayerNorm(width), LayerNorm(width)
        self.attn, self.ln_2 = MultiHead(width, heads), LayerNorm(width)
        self.mlp = Mlp(width, hidden)

    def keys_values(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """What `forward` attends to, of a memory ``[batch, tokens, width]``."""
        return self.attn.keys_values(self.ln_1_kv(memory))

    def forward(self, x: Tensor, keys_values: tuple[Tensor, Tensor]) -> Tensor:
        """``[batch, length, width]`` to the same."""
        x = x + self.attn.mix(self.attn.queries(self.ln_1(x)), *keys_values)
        return x + self.mlp(self.ln_2(x))

"""The signal tower: epochs to an embedding and to the tokens that the caption decoder reads."""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from sleeplm.network.published.layers import MultiHead, RmsNorm, initial
from sleeplm.network.published.sizes import Sizes

ROTATION_BASE = 10000.0


class Rotation(nn.Module):
    """Rotary positions (Su et al. 2021) over whole heads, pairs side by side, with frequencies of its own."""

    def __init__(self, head: int):
        super().__init__()
        self.freqs = nn.Parameter(ROTATION_BASE ** (-torch.arange(0, head, 2) / head))

    def turns(self, length: int, heads: int) -> Tensor:
        """The rotation of each pair at positions 0, 1, ..., complex ``[length, heads * head / 2]``."""
        angles = torch.arange(length, device=self.freqs.device)[:, None] * self.freqs.float()
        return torch.polar(torch.ones_like(angles), angles).repeat(1, heads)


def rotated(x: Tensor, turns: Tensor) -> Tensor:
    """Rotate pairs of ``[..., width]`` by complex ``[..., width / 2]``; float32 is turned in its place."""
    pairs = torch.view_as_complex(x.float().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs.mul_(turns)).flatten(-2).to(x.dtype)


class RotaryAttention(nn.Module):
    """Attention of tokens ``[epochs, channels, patches, width]`` along one of their axes.

    Attributes
    ----------
    dropout : float
        Share of the weights of attention that are dropped in training.
    """

    dropout = 0.0

    def __init__(self, width: int, heads: int, rotation: Rotation):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.out_proj = nn.Linear(width, width)
        self.rotary_emb = rotation

    def across_channels(self, x: Tensor) -> Tensor:
        """Each patch's channels see one another."""
        # Patches and heads lie side by side in memory, so together they are a batch of heads: nothing is copied.
        turns = self.rotary_emb.turns(x.shape[1], self.heads)[:, None, :]
        return self._mixed(x, turns, lambda y: y.unflatten(-1, (self.heads, -1)).flatten(2, 3).transpose(1, 2))

    def across_patches(self, x: Tensor) -> Tensor:
        """Each channel's patches see one another."""
        turns = self.rotary_emb.turns(x.shape[2], self.heads)
        return self._mixed(x, turns, lambda y: y.flatten(0, 1).unflatten(-1, (self.heads, -1)).transpose(1, 2))

    def _mixed(self, x: Tensor, turns: Tensor, heads_first: Callable[[Tensor], Tensor]) -> Tensor:
        low = x.to(self.q_proj.weight.dtype)
        queries = heads_first(rotated(self.q_proj(low), turns))
        keys = heads_first(rotated(self.k_proj(low), turns))
        values = heads_first(self.v_proj(low))
        dropped = self.dropout if self.training else 0.0
        mixed = functional.scaled_dot_product_attention(queries, keys, values, dropout_p=dropped)
        return self.out_proj(mixed.transpose(1, 2).reshape(x.shape))


class GatedMlp(nn.Module):
    """``down(silu(w1 x) * (w2 x))``, without biases (Shazeer 2020).

    Attributes
    ----------
    dropout : float
        Share of what lies between, and of what comes out, that is dropped in training.
    """

    dropout = 0.0

    def __init__(self, width: int, hidden: int):
        super().__init__()
        self.gate_proj = nn.ModuleDict({name: nn.Linear(width, hidden, bias=False) for name in ("w1", "w2")})
        self.down_proj = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """``[..., width]`` to the same."""
        low = x.to(self.down_proj.weight.dtype)
        gate = functional.silu(self.gate_proj["w1"](low), inplace=True)
        return self._dropped(self.down_proj(self._dropped(gate.mul_(self.gate_proj["w2"](low)))))

    def _dropped(self, x: Tensor) -> Tensor:
        return functional.dropout(x, self.dropout, self.training) if self.dropout else x


class TowerBlock(nn.Module):
    """Attention across channels, then some across patches; an MLP after each; every sub-layer post-norm."""

    def __init__(self, sizes: Sizes, channel_rotation: Rotation):
        super().__init__()
        width, heads, hidden, layers = sizes.width, sizes.heads, sizes.hidden, range(sizes.temporal_layers)
        self.channel_attention = RotaryAttention(width, heads, channel_rotation)
        self.channel_norm, self.channel_mlp_norm = RmsNorm(width), RmsNorm(width)
        self.channel_mlp = GatedMlp(width, hidden)
        self.temporal_attention_layers = nn.ModuleList(
            RotaryAttention(width, heads, Rotation(width // heads)) for _ in layers
        )
        self.temporal_norms = nn.ModuleList(RmsNorm(width) for _ in layers)
        self.temporal_mlps = nn.ModuleList(GatedMlp(width, hidden) for _ in layers)
        self.temporal_mlp_norms = nn.ModuleList(RmsNorm(width) for _ in layers)

    def forward(self, x: Tensor) -> Tensor:
        """``[epochs, channels, patches, width]`` to the same."""
        x = self.channel_norm(x + self.channel_attention.across_channels(x))
        x = self.channel_mlp_norm(x + self.channel_mlp(x))
        for attention, norm, mlp, mlp_norm in zip(
            self.temporal_attention_layers, self.temporal_norms, self.temporal_mlps, self.temporal_mlp_norms,
            strict=True,
        ):  # fmt: skip
            x = norm(x + cast(RotaryAttention, attention).across_patches(x))
            x = mlp_norm(x + mlp(x))
        return x


class Pooler(nn.Module):
    """Learned queries over all tokens of an epoch."""

    def __init__(self, width: int, heads: int, queries: int):
        super().__init__()
        self.query_tokens = initial(1, queries, width)
        self.attn = MultiHead(width, heads)

    def forward(self, x: Tensor) -> Tensor:
        """``[epochs, tokens, width]`` to ``[epochs, queries, width]``.

        The queries are the same for every epoch and few, so the projections of keys and of values are applied to
        them instead of to every token: q (K x) = (q K) x, and a sum of V x is V of the sum. What a key's bias adds
        is the same for all keys, which the softmax does not see; weights sum to one, so a value's bias comes once.
        """
        heads, width = self.attn.heads, x.shape[-1]
        _, of_keys, of_values = self.attn.in_proj_weight.unflatten(0, (3, heads, -1))  # [heads, size, width]
        queries = self.attn.queries(self.query_tokens)[0]  # [heads, queries, size]
        asked = (queries @ of_keys / (width // heads) ** 0.5).flatten(0, 1)  # [heads * queries, width]
        low = x.to(asked.dtype)
        shares = (asked @ low.transpose(1, 2)).float().softmax(-1).to(low.dtype)
        gathered = (shares @ low).unflatten(1, (heads, -1))  # [epochs, heads, queries, width]
        values = gathered @ of_values.transpose(1, 2) + self.attn.in_proj_bias[2 * width :].view(heads, 1, -1)
        return self.attn.out_proj(values.transpose(1, 2).flatten(-2)).float()


class SignalTower(nn.Module):
    """Epochs ``[N, channels, samples]`` to an embedding ``[N, dim]`` and tokens ``[N, tokens, width]``."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        width, heads = sizes.width, sizes.heads
        convolution = nn.Conv1d(1, sizes.conv_width, sizes.patch, stride=sizes.patch)
        self.patching = nn.ModuleDict({"conv_patching": convolution})
        self.embed_projection = nn.Linear(sizes.conv_width, width)
        self.channel_id_embed = nn.Embedding(sizes.channels, width)
        self.shared_channel_rope = Rotation(width // heads)
        self.transformer_blocks = nn.ModuleList(
            TowerBlock(sizes, self.shared_channel_rope) for _ in range(sizes.blocks)
        )
        self.ln_final = RmsNorm(width)
        self.contrastive_pooler, self.decoder_pooler = Pooler(width, heads, 1), Pooler(width, heads, sizes.tokens)
        self.attn_pool = MultiHead(width, heads)
        self.proj_to_embed = nn.Linear(width, sizes.dim)

    def forward(self, signals: Tensor) -> tuple[Tensor, Tensor]:
        """The embedding, L2-normalised, and the tokens, both float32."""
        x = self._patches(signals)
        for block in self.transformer_blocks:
            x = block(x)
        x = self.ln_final(x).flatten(1, 2)
        tokens, first = self.decoder_pooler(x), self.contrastive_pooler(x)
        pooled = self.attn_pool.mix(self.attn_pool.queries(first), *self.attn_pool.keys_values(tokens))
        return functional.normalize(self.proj_to_embed(pooled[:, 0]).float(), dim=-1), tokens

    def _patches(self, signals: Tensor) -> Tensor:
        """Convolution and projection, with nothing between them, are one linear map of a patch's samples."""
        convolution, projection = cast(nn.Conv1d, self.patching["conv_patching"]), self.embed_projection
        assert convolution.bias is not None  # it is made with one
        weight = projection.weight @ convolution.weight[:, 0]
        bias = projection.weight @ convolution.bias + projection.bias
        patches = signals.unflatten(-1, (-1, weight.shape[1]))
        x = functional.linear(patches.to(weight.dtype), weight, bias).float()
        return x + self.channel_id_embed.weight[:, None, :].float()

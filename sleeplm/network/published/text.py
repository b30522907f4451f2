"""The text tower: token ids to an embedding, and to the states that the caption decoder reads."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from sleeplm.network.published.layers import Block, Cache, LayerNorm, initial
from sleeplm.network.published.sizes import Sizes

PAD = 0


class TextTransformer(nn.Module):
    """The blocks of the text tower."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.resblocks = nn.ModuleList(
            Block(sizes.width, sizes.text_heads, sizes.text_hidden) for _ in range(sizes.text_layers)
        )


class TextTower(nn.Module):
    """Causal transformer over token ids, with a class token at the end.

    The published weights were trained with the class token's place at the front of the padding mask: key 0 is
    always seen, and key i + 1 is seen where token i is not padding. So the first padding counts as a token, and the
    class token sees itself only if the text fills the whole context.
    """

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.context = sizes.context
        self.cls_emb = initial(sizes.width)
        self.positional_embedding = initial(sizes.context + 1, sizes.width)
        self.text_projection = initial(sizes.width, sizes.dim)
        self.token_embedding = nn.Embedding(sizes.vocabulary, sizes.width)
        self.transformer = TextTransformer(sizes)
        self.ln_final = LayerNorm(sizes.width)

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings ``[texts, dim]``, L2-normalised, of ids ``[texts, length]`` with any padding."""
        return self(ids)[0]

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """What `embed` and `states` give, in one pass: no earlier token sees the class token.

        The states end with the longest text.
        """
        longest = ids.shape[1]
        ids = functional.pad(ids, (0, self.context - longest), value=PAD)
        # Nothing sees the padding beyond the first: it is not computed.
        used = int((ids != PAD).any(0).nonzero().max()) + 1 if (ids != PAD).any() else 0
        length = min(used + 1, self.context)
        own = self.cls_emb + self.positional_embedding[self.context]
        x = torch.cat((self._embedded(ids[:, :length], 0), own.float().expand(len(ids), 1, -1)), dim=1)
        seen = torch.cat((_seen(ids[:, :length]), ids[:, -1:] != PAD), dim=1)
        x = self._through(x, seen[:, None, None, :] & _causal(length + 1, x.device))
        pooled = self.ln_final(x[:, -1]).to(self.text_projection.dtype) @ self.text_projection
        return functional.normalize(pooled.float(), dim=-1), x[:, : min(used, longest)]

    def states(self, ids: Tensor) -> Tensor:
        """States ``[texts, length, width]`` of ids that lack their class token, which no earlier token sees."""
        x = self._embedded(ids, 0)
        return self._through(x, _seen(ids)[:, None, None, :] & _causal(ids.shape[1], x.device))

    def next_states(self, ids: Tensor, caches: list[Cache]) -> Tensor:
        """The state ``[texts, 1, width]`` of the last of ids whose earlier ones the caches hold."""
        seen = _seen(ids)
        mask = None if bool(seen.all()) else seen[:, None, None, :]
        return self._through(self._embedded(ids[:, -1:], ids.shape[1] - 1), mask, caches)

    def _embedded(self, ids: Tensor, place: int) -> Tensor:
        return (self.token_embedding(ids) + self.positional_embedding[place : place + ids.shape[1]]).float()

    def _through(self, x: Tensor, mask: Tensor | None, caches: list[Cache] | None = None) -> Tensor:
        for i, block in enumerate(self.transformer.resblocks):
            x = block(x, mask, caches[i] if caches else None)
        return x


def _seen(ids: Tensor) -> Tensor:
    """Which keys may be seen: the first, and each whose preceding token is not padding."""
    return functional.pad(ids[:, :-1] != PAD, (1, 0), value=True)


def _causal(length: int, device: torch.device) -> Tensor:
    return torch.ones(length, length, dtype=torch.bool, device=device).tril()

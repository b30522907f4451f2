"""Captions token by token: the likeliest each time, with the keys and values of all earlier ones cached."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from sleeplm.network.published.layers import Cache
from sleeplm.network.published.text import PAD

if TYPE_CHECKING:
    from sleeplm.network.published.network import PublishedNetwork


def greedy(
    network: "PublishedNetwork", tokens: Tensor, prefix: Tensor, length: int, least: int, epochs: Tensor | None
) -> Tensor:
    """Token ids ``[captions, length]``: start, text, end, then padding.

    Parameters
    ----------
    network : PublishedNetwork
    tokens : Tensor ``[epochs, tokens, width]``
        The pooled tokens of epochs.
    prefix : Tensor ``[captions, prefix, width]``
        Modality embeddings.
    length, least : int
        Most tokens, and fewest before the end; the start counts.
    epochs : Tensor of int ``[captions]``, optional
        Which epoch each caption is about; its own number where it is not given.
    """
    ids = torch.full((len(prefix), length), PAD, device=tokens.device)
    ids[:, 0] = network.start
    if not len(ids):
        return ids
    state = _Decoding(network, tokens, prefix, length, epochs)
    rows = torch.arange(len(ids), device=tokens.device)  # of `ids`, one for each row still in the batch
    going = torch.ones(len(ids), dtype=torch.bool, device=tokens.device)
    for place in range(1, length):
        logits = state.logits(ids[rows, :place])
        if place < least:
            logits[:, network.end] = -torch.inf
        chosen = logits.argmax(-1)
        ids[rows[going], place] = chosen[going]
        going = going & (chosen != network.end)
        left = int(going.sum())
        if not left:
            break
        if left <= len(rows) // 2:  # rows that have ended are dropped when they are half: dropping copies
            state.select(going.nonzero()[:, 0])
            rows, going = rows[going], going[going]
    return ids


class _Decoding:
    """What has been computed of captions so far."""

    def __init__(
        self, network: "PublishedNetwork", tokens: Tensor, prefix: Tensor, length: int, epochs: Tensor | None
    ):
        self._text, self._decoder, self._prefix = network.text, network.text_decoder, prefix
        memory = self._decoder.memory(tokens)  # once an epoch, however many captions it gets
        self._memory = memory if epochs is None else _selected(memory, epochs)
        self._text_caches = [Cache(length) for _ in self._text.transformer.resblocks]
        self._caches = [Cache(prefix.shape[1] + length) for _ in self._decoder.resblocks]

    def logits(self, ids: Tensor) -> Tensor:
        """Of the token after `ids` ``[captions, place]``; all but the last have been here before."""
        state = self._text.next_states(ids, self._text_caches)
        if ids.shape[1] == 1:
            return self._decoder.begin(self._prefix, state, self._memory, self._caches)
        return self._decoder.next(state, self._memory, self._caches)

    def select(self, rows: Tensor) -> None:
        """Keep these captions."""
        self._memory = _selected(self._memory, rows)
        for cache in (*self._text_caches, *self._caches):
            cache.select(rows)


def _selected(memory: list[tuple[Tensor, Tensor]], rows: Tensor) -> list[tuple[Tensor, Tensor]]:
    return [(keys[rows], values[rows]) for keys, values in memory]

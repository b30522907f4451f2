"""How good a network is on people that it was not trained on: agreement, retrieval, localization, captions."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from tokenizers import Tokenizer

from sleeplm.encoder import STAGE_PROMPTS, SleepLM
from sleeplm.epochs import Epochs
from sleeplm.model import SleepLMNetwork
from sleeplm.vocabulary import FACETS, STAGES
from train.corpus import Night, Row


def kappa(truth: Sequence, found: Sequence) -> float:
    """Cohen's kappa of two labellings."""
    labels = sorted({*truth, *found})
    number = {label: i for i, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)))
    for a, b in zip(truth, found, strict=True):
        counts[number[a], number[b]] += 1
    counts /= counts.sum()
    chance = counts.sum(0) @ counts.sum(1)
    return float((np.trace(counts) - chance) / (1 - chance)) if chance < 1 else 1.0


def hits_at(scores: np.ndarray, same: np.ndarray, k: int) -> float:
    """Share of texts ``[texts, epochs]`` with an epoch that says the same among their `k` nearest."""
    nearest = np.argsort(-scores, axis=1)[:, :k]
    return float(np.take_along_axis(same, nearest, axis=1).any(1).mean())


def event_f1(truth: Sequence[tuple[float, float]], found: Sequence[tuple[float, float]], least_iou: float) -> dict:
    """F1 of spans, each matched at most once, best overlap first."""
    pairs = sorted(((_iou(truth[i], found[j]), i, j) for i, j in _overlapping(truth, found)), reverse=True)
    left, right = set(), set()
    for iou, i, j in pairs:
        if iou >= least_iou and i not in left and j not in right:
            left.add(i)
            right.add(j)
    total = len(truth) + len(found)
    return {"f1": 2 * len(left) / total if total else float("nan"), "truth": len(truth), "found": len(found)}


def _overlapping(
    truth: Sequence[tuple[float, float]], found: Sequence[tuple[float, float]]
) -> list[tuple[int, int]]:
    """Indices of the spans that overlap, found without looking at all pairs: a night has thousands of waves."""
    if not found:
        return []
    order = sorted(range(len(found)), key=lambda j: found[j][0])
    starts = np.array([found[j][0] for j in order])
    longest = max(b - a for a, b in found)
    firsts = np.searchsorted(starts, [a - longest for a, _ in truth])
    lasts = np.searchsorted(starts, [b for _, b in truth])
    return [
        (i, order[k])
        for i, (first, last) in enumerate(zip(firsts, lasts, strict=True))
        for k in range(first, last)
        if found[order[k]][1] > truth[i][0]
    ]


def _iou(a: tuple[float, float], b: tuple[float, float]) -> float:
    shared = min(a[1], b[1]) - max(a[0], b[0])
    return shared / (max(a[1], b[1]) - min(a[0], b[0]))


def epochs_of(night: Night, rows: Sequence[Row]) -> Epochs:
    """Epochs as the rows' view has them."""
    present = np.array([row.present for row in rows])
    signals = np.stack([night.signals[row.epoch] for row in rows]).astype(np.float32)
    return Epochs(signals * present[..., None], present)


def by_view(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of a night, a list for each view, the whole first; a view begins at epoch 0."""
    views: list[list[Row]] = []
    for row in rows:
        if row.epoch == 0:
            views.append([])
        views[-1].append(row)
    return views


def joint_caption(captions: Mapping[str, Sequence[str]]) -> str:
    """All facets of an epoch in a row."""
    return " ".join(captions[f][0] for f in FACETS if f in captions)


def retrieval(model: SleepLM, embeddings: np.ndarray, rows: Sequence[Row], k: int, n: int, seed: int) -> float:
    """Share of captions that find their epoch, or one that says the same, among the `k` nearest of `n` epochs."""
    rng = np.random.default_rng(seed)
    with_text = np.array([i for i, row in enumerate(rows) if row.captions])
    chosen = rng.choice(with_text, min(n, len(with_text)), replace=False)
    texts = model.embed_text([joint_caption(rows[i].captions) for i in chosen])
    sums = [tuple(sorted(rows[i].same.items())) for i in chosen]
    same = np.array([[a == b for b in sums] for a in sums])
    return hits_at(texts @ embeddings[chosen].T, same, k)


class Validation:
    """What is printed while training: zero-shot stages by view, and retrieval, on people set aside.

    Parameters
    ----------
    people : sequence of Night
    words : Tokenizer
    """

    def __init__(self, people: Sequence[Night], words: Tokenizer):
        self.words = words
        self.views: dict[int, list[tuple[Epochs, list[Row]]]] = {}
        for night in people:
            for number, rows in enumerate(by_view(night.rows())):
                self.views.setdefault(number, []).append((epochs_of(night, rows), rows))

    @torch.inference_mode()
    def __call__(self, network: SleepLMNetwork) -> dict[str, float]:
        """Measure a network."""
        model = SleepLM(network, self.words)
        found = {}
        for number, people in self.views.items():
            embeddings = np.concatenate([model.embed_signals(epochs) for epochs, _ in people])
            rows = [row for _, of_night in people for row in of_night]
            stages = model.zero_shot(embeddings, STAGE_PROMPTS)
            scored = [i for i, row in enumerate(rows) if row.stage in STAGES]
            found[f"kappa_view_{number}"] = kappa([rows[i].stage for i in scored], [stages[i] for i in scored])
            if number == 0:
                found["recall_at_10"] = retrieval(model, embeddings, rows, 10, 1000, seed=0)
        return found

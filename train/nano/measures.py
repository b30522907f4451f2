"""How a run goes, on people set aside for choosing: zero-shot stages by view, and retrieval."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from tokenizers import Tokenizer

from sleeplm.kinds.channels import FACETS
from sleeplm.kinds.stages import STAGE_PROMPTS, STAGES
from sleeplm.network.nano.encoder import NanoSleepLM
from sleeplm.network.nano.network import SleepLMNetwork
from sleeplm.recording.epochs import Epochs
from train.corpus.corpus import Night, Row
from train.evaluation.scores import hits_in, kappa


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


def retrieval(model: NanoSleepLM, embeddings: np.ndarray, rows: Sequence[Row], k: int, n: int, seed: int) -> float:
    """Share of captions that find their epoch, or one that says the same, among the `k` nearest of `n` epochs."""
    rng = np.random.default_rng(seed)
    with_text = np.array([i for i, row in enumerate(rows) if row.captions])
    chosen = rng.choice(with_text, min(n, len(with_text)), replace=False)
    texts = model.embed_text([joint_caption(rows[i].captions) for i in chosen])
    sums = [tuple(sorted(rows[i].same.items())) for i in chosen]
    same = np.array([[a == b for b in sums] for a in sums])
    return float(hits_in(texts @ embeddings[chosen].T, same, k).mean())


class Validation:
    """What is printed while training: zero-shot stages by view, and retrieval, on people set aside.

    Parameters
    ----------
    people : sequence of Night
    tokenizer : Tokenizer
    """

    def __init__(self, people: Sequence[Night], tokenizer: Tokenizer):
        self.tokenizer = tokenizer
        self.views: dict[int, list[tuple[Epochs, list[Row]]]] = {}
        for night in people:
            for number, rows in enumerate(by_view(night.rows())):
                self.views.setdefault(number, []).append((epochs_of(night, rows), rows))

    @torch.inference_mode()
    def __call__(self, network: SleepLMNetwork) -> dict[str, float]:
        """Measure a network."""
        model = NanoSleepLM(network, self.tokenizer)
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

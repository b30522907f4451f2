"""How a run goes, on people set aside for choosing: zero-shot stages by channel subset, and retrieval."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from tokenizers import Tokenizer

from sleeplm.kinds.channels import FACETS
from sleeplm.kinds.stages import STAGE_PROMPTS, STAGES
from sleeplm.network.nano.encoder import NanoSleepLM
from sleeplm.network.nano.network import SleepLMNetwork
from sleeplm.recording.epochs import Epochs
from train.corpus.night import Row, TrainingNight, by_subset
from train.evaluation.metrics import hits_in, kappa


def epochs_of(night: TrainingNight, rows: Sequence[Row]) -> Epochs:
    """Epochs as the rows' channel subset has them."""
    present = np.array([row.present for row in rows])
    signals = np.stack([night.signals[row.epoch] for row in rows]).astype(np.float32)
    return Epochs(signals * present[..., None], present)


def joint_caption(captions: Mapping[str, Sequence[str]]) -> str:
    """All facets of an epoch in a row."""
    return " ".join(captions[f][0] for f in FACETS if f in captions)


def retrieval(model: NanoSleepLM, embeddings: np.ndarray, rows: Sequence[Row], k: int, n: int, seed: int) -> float:
    """Share of captions that find their epoch, or one measured the same, among the `k` nearest of `n` epochs."""
    rng = np.random.default_rng(seed)
    with_text = np.array([i for i, row in enumerate(rows) if row.captions])
    chosen = rng.choice(with_text, min(n, len(with_text)), replace=False)
    texts = model.embed_text([joint_caption(rows[i].captions) for i in chosen])
    checksums = [tuple(sorted(rows[i].checksums.items())) for i in chosen]
    same = np.array([[a == b for b in checksums] for a in checksums])
    return float(hits_in(texts @ embeddings[chosen].T, same, k).mean())


class Validation:
    """What is printed while training: zero-shot stages by channel subset, and retrieval, on people set aside.

    Parameters
    ----------
    people : sequence of TrainingNight
    tokenizer : Tokenizer
    """

    def __init__(self, people: Sequence[TrainingNight], tokenizer: Tokenizer):
        self.tokenizer = tokenizer
        self.subsets: dict[int, list[tuple[Epochs, list[Row]]]] = {}
        for night in people:
            for number, rows in enumerate(by_subset(night.rows())):
                self.subsets.setdefault(number, []).append((epochs_of(night, rows), rows))

    @torch.inference_mode()
    def __call__(self, network: SleepLMNetwork) -> dict[str, float]:
        """Measure a network."""
        model = NanoSleepLM(network, self.tokenizer)
        found = {}
        for number, people in self.subsets.items():
            embeddings = np.concatenate([model.embed_signals(epochs) for epochs, _ in people])
            rows = [row for _, of_night in people for row in of_night]
            stages = model.zero_shot(embeddings, STAGE_PROMPTS)
            scored = [i for i, row in enumerate(rows) if row.stage in STAGES]
            found[f"kappa_subset_{number}"] = kappa([rows[i].stage for i in scored], [stages[i] for i in scored])
            if number == 0:
                found["recall_at_10"] = retrieval(model, embeddings, rows, 10, 1000, seed=0)
        return found

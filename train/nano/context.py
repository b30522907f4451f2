"""Train the context network: what stage an epoch is, given the embeddings of the night around it.

    python -m train.nano.context --corpus runs/corpus --weights sleeplm/network/nano/weights

The encoder stays as it is. Minutes on one core: the nights are embedded once, then only a small network learns.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from sleeplm.kinds.stages import STAGES
from sleeplm.network.nano.context import ContextNetwork, save_context
from sleeplm.network.nano.encoder import NanoSleepLM
from sleeplm.network.nano.files import described_sha256
from sleeplm.recording.epochs import Epochs
from train.corpus.night import Night, nights
from train.evaluation.metrics import kappa
from train.schedule import learning_rate

_SUBSETS = 2  # of channels: the whole, and one EEG alone
_LENGTH = 160  # epochs of a stretch that one step reads
_STRETCHES = 16  # of a step
_SHIFT, _NOISE = 0.5, 0.7  # length of what is added to a night's and to each epoch's unit vector, at most
_LOST = 0.1  # share of epochs of which nothing is shown
_UNSCORED = -100  # what `cross_entropy` leaves out


def sequences(model: NanoSleepLM, people: Sequence[Night]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Embeddings ``[epochs, dim]`` and numbers of stages ``[epochs]``: each night with two subsets of channels."""
    number: dict[str, int] = {stage: i for i, stage in enumerate(STAGES)}
    found = []
    for night in people:
        stages, subsets = night.stages_and_presence()
        signals, truth = night.signals.astype(np.float32), np.array([number.get(s, _UNSCORED) for s in stages])
        for present in subsets[:_SUBSETS]:
            found.append((model.embed_signals(Epochs(signals * present[..., None], present)), truth))
    return found


def blurred(embeddings: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Embeddings as those of another person and laboratory might lie: shifted as a whole, noisy, some of them lost.

    Simulated embeddings tell stages better than real ones do; without this the network would not learn to look
    around.
    """
    dim = embeddings.shape[1]
    shift = rng.uniform(0, _SHIFT) * rng.normal(size=dim) / dim**0.5
    noise = rng.uniform(0, _NOISE) * rng.normal(size=embeddings.shape) / dim**0.5
    moved = embeddings + shift + noise
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
    moved[rng.random(len(moved)) < _LOST] = 0
    return moved.astype(np.float32)


def train(embedded: Sequence[tuple[np.ndarray, np.ndarray]], steps: int, rate: float, seed: int) -> ContextNetwork:
    """A context network trained on stretches of these nights; it follows from the seed."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = ContextNetwork(embedded[0][0].shape[1]).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.05)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(rate, step / steps)
        vectors = np.zeros((_STRETCHES, _LENGTH, network.dim), dtype=np.float32)
        truth = np.full((_STRETCHES, _LENGTH), _UNSCORED)
        for i, night in enumerate(rng.integers(len(embedded), size=_STRETCHES)):
            embeddings, stages = embedded[night]
            first = rng.integers(max(len(stages) - _LENGTH, 0) + 1)
            part = slice(first, first + _LENGTH)
            vectors[i, : len(stages[part])] = blurred(embeddings[part], rng)
            truth[i, : len(stages[part])] = stages[part]
        logits = network(torch.from_numpy(vectors))
        loss = functional.cross_entropy(
            logits.flatten(0, 1), torch.from_numpy(truth.ravel()), ignore_index=_UNSCORED
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    return network.eval().requires_grad_(False)


def agreement(network: ContextNetwork, embedded: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """Kappa over all scored epochs of some nights."""
    found = np.concatenate([network.probabilities(embeddings).argmax(1) for embeddings, _ in embedded])
    truth = np.concatenate([stages for _, stages in embedded])
    scored = truth != _UNSCORED
    return kappa(truth[scored], found[scored])


def main(arguments: Sequence[str] | None = None) -> None:
    """Embed, train, validate, write beside the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="folder of the encoder; written beside it")
    parser.add_argument("--nights", type=int, default=24, help="at most; embedding them takes longest")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    everybody = [night for night in nights(given.corpus, "train") if night.simulated]  # real ones are no nights
    people, others = everybody[: given.nights], nights(given.corpus, "validation")
    if not people:
        parser.error(f"no nights in {given.corpus}; simulate some with python -m train.corpus.simulate")
    model = NanoSleepLM.from_folder(given.weights)
    network = train(sequences(model, people), given.steps, given.rate, given.seed)
    about = {"trained_on": f"{len(people)} simulated nights", "steps": given.steps, "seed": given.seed}
    if others:
        about["validation_kappa"] = round(agreement(network, sequences(model, others)), 3)
    save_context(network, given.weights, described_sha256(given.weights), about)
    print(json.dumps(about))


if __name__ == "__main__":
    main()

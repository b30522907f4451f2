"""Stand-ins for what is slow to load, and small nights to try them on."""

import hashlib
from dataclasses import dataclass
from datetime import time
from types import SimpleNamespace

import numpy as np
import torch
from edfio import Edf, EdfSignal

PATCHES, TOKENS, WIDTH = 30, 4, 24


@dataclass(frozen=True)
class Encoded:
    embeddings: np.ndarray
    patches: np.ndarray
    tokens: np.ndarray


class FakeEncoder:
    """An encoder without weights: a fixed random projection of each channel's size and change."""

    def __init__(self, dim=16, name="fake"):
        self.name, self.dim = name, dim
        self.network = SimpleNamespace(state_dict=lambda: {name: torch.zeros(dim)})
        self.encoded = 0  # how many epochs were ever encoded

    def encode(self, epochs) -> Encoded:
        self.encoded += len(epochs.signals)
        seconds = epochs.signals.reshape(len(epochs.signals), 14, PATCHES, 64).transpose(0, 2, 1, 3)
        features = np.concatenate([np.log1p(seconds.std(-1)), np.log1p(np.abs(np.diff(seconds)).mean(-1))], axis=-1)
        patches = _unit(features @ self._projection(features.shape[-1], self.dim) + 0.01)
        tokens = patches[:, :TOKENS] @ self._projection(self.dim, WIDTH)
        return Encoded(_unit(patches.mean(axis=1)), patches, tokens)

    def embed_text(self, texts) -> np.ndarray:
        seeds = [int.from_bytes(hashlib.sha256(t.encode()).digest()[:4]) for t in texts]
        return _unit(np.stack([np.random.default_rng(s).normal(size=self.dim) for s in seeds]))

    def _projection(self, rows, columns):
        return np.random.default_rng(rows).normal(size=(rows, columns))


def _unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def write_short_night(path, minutes=4, seed=0, patient=None):
    """A recording of a few minutes of noise and sines under plain names, too short to be staged."""
    random = np.random.default_rng(seed)
    t = np.arange(minutes * 60 * 128) / 128
    signals = {
        "C3-M2": (random.normal(0, 20, len(t)), 128, "uV"),
        "C4-M1": (random.normal(0, 20, len(t)) + 15 * np.sin(2 * np.pi * 10 * t), 128, "uV"),
        "Flow": (np.sin(2 * np.pi * 0.25 * t[::4]), 32, "mV"),
        "SpO2": (95 + random.normal(0, 0.3, minutes * 60).cumsum() / 8, 1, "%"),
    }
    edf = Edf(
        [EdfSignal(x, hz, label=name, physical_dimension=unit) for name, (x, hz, unit) in signals.items()],
        starttime=time(23, 0),
        **({"patient": patient} if patient else {}),
    )
    edf.write(path)
    return path

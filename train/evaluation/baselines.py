"""What learns from reference people: features by formula, linear probes, an untrained encoder."""

import warnings
from collections.abc import Sequence

import numpy as np
import torch

from sleeplm.network.encoder import Encoder
from sleeplm.network.nano.measured import measured
from sleeplm.network.nano.preparation import prepare
from sleeplm.recording.epochs import Epochs

_BATCH = 128
_STRENGTH = 1.0  # inverse penalty of the logistic regressions


def formula_features(epochs: Epochs) -> np.ndarray:
    """Mean and spread over an epoch of each channel's band powers, and what is measured of it: rates, saturation.

    The same numbers that the network is given, without a network.
    """
    out = []
    for first in range(0, len(epochs), _BATCH):
        signals = torch.nan_to_num(torch.tensor(epochs.signals[first : first + _BATCH], dtype=torch.float32))
        present = torch.tensor(epochs.present[first : first + _BATCH], dtype=torch.bool)
        bands = prepare(signals, present).bands
        rates = torch.nan_to_num(measured(signals), nan=0.0, posinf=0.0, neginf=0.0)
        out.append(torch.cat((bands.mean(2).flatten(1), bands.std(2).flatten(1), rates), dim=1).numpy())
    return np.concatenate(out)


def untrained(model: Encoder, seed: int = 0) -> Encoder:
    """An encoder of signals of the same form with random weights; texts it reads as the trained one does."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        blank = model.with_random_weights()
    blank.embed_text = model.embed_text  # type: ignore[method-assign]  # of this one alone, whatever its class
    return blank


class Probe:
    """Logistic regression on standardised features.

    Parameters
    ----------
    features : ndarray ``[epochs, features]``
    labels : ndarray ``[epochs]``
        Of at least two kinds.
    """

    def __init__(self, features: np.ndarray, labels: np.ndarray):
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        self.mean, self.spread = features.mean(0), features.std(0) + 1e-6
        self.learned = LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=200)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.learned.fit((features - self.mean) / self.spread, labels)

    def labels(self, features: np.ndarray) -> np.ndarray:
        """The likeliest label of each epoch."""
        return self.learned.predict((features - self.mean) / self.spread)

    def scores(self, features: np.ndarray) -> np.ndarray:
        """How likely the higher of two labels is."""
        return self.learned.decision_function((features - self.mean) / self.spread)


def drawn(labels: np.ndarray, shots: int, kinds: Sequence | np.ndarray, rng: np.random.Generator) -> dict:
    """Indices of `shots` examples of each kind that there are at all."""
    places = {kind: np.flatnonzero(labels == kind) for kind in kinds}
    return {k: rng.choice(at, min(shots, len(at)), replace=False) for k, at in places.items() if len(at)}

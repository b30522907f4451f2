"""Hypnograms that the probabilities of an automatic staging allow: samples that show how sure its numbers are."""

import numpy as np

from sleeplm.kinds.stages import STAGES

N_SAMPLES = 200
SEED = 0  # the same night has the same intervals
# How stages follow each other from epoch to epoch in 1,116 nights that people staged (CinC 2018 and BOAS, as
# `simulate.fitting.scored_nights` reads them); rows and columns in the order of STAGES, nothing is impossible.
TRANSITIONS = np.array([
    [0.854, 0.138, 0.006, 0.0005, 0.0015],
    [0.103, 0.677, 0.199, 0.0005, 0.0205],
    [0.017, 0.038, 0.907, 0.029, 0.009],
    [0.006, 0.004, 0.108, 0.881, 0.001],
    [0.014, 0.030, 0.010, 0.0005, 0.9455],
])  # fmt: skip
# Errors of a staging are those of a night and not of an epoch: each sample leans to each stage by a normal draw of
# this standard deviation, in logarithms. Fitted by the coverage of 90% intervals on 18 simulated nights (seeds from
# 500): .79 at .75, .89 at 1, .95 at 1.25; `python -m benchmarks.staging_doubt` measures it on others and on people.
LEANING = 1.1
_LEAST = 1e-4


def sample_hypnograms(probabilities: np.ndarray, n_samples: int = N_SAMPLES, seed: int = SEED) -> np.ndarray:
    """Hypnograms drawn from a hidden Markov model whose evidence is the staging's probabilities.

    Forward filtering, backward sampling (Scott 2002, J Am Stat Assoc 97:337): the evidence of an epoch is its
    probabilities times a leaning to each stage that is drawn anew for each sample (`LEANING`).

    Parameters
    ----------
    probabilities : ndarray
        Of `STAGES`, ``[epochs, 5]``; NaN where an epoch was not staged.
    n_samples : int
    seed : int

    Returns
    -------
    ndarray of int8
        Indices of `STAGES`, ``[samples, epochs]``; -1 where an epoch was not staged.
    """
    rng = np.random.default_rng(seed)
    known = np.isfinite(probabilities).all(axis=1)
    evidence = np.log(np.maximum(probabilities[known], _LEAST))
    out = np.full((n_samples, len(probabilities)), -1, dtype=np.int8)
    if not len(evidence):
        return out
    leaning = rng.normal(0, LEANING, (n_samples, 1, len(STAGES)))
    weights = np.exp(evidence - evidence.max(axis=1, keepdims=True)) * np.exp(leaning)  # [samples, epochs, stages]
    filtered = np.empty_like(weights)
    filtered[:, 0] = weights[:, 0]
    for epoch in range(weights.shape[1]):
        if epoch:
            filtered[:, epoch] = (filtered[:, epoch - 1] @ TRANSITIONS) * weights[:, epoch]
        filtered[:, epoch] /= filtered[:, epoch].sum(axis=1, keepdims=True)
    uniform = rng.random((n_samples, weights.shape[1]))
    drawn = np.empty((n_samples, weights.shape[1]), dtype=np.int8)
    drawn[:, -1] = _draw(filtered[:, -1], uniform[:, -1])
    for epoch in range(weights.shape[1] - 2, -1, -1):
        backward = filtered[:, epoch] * TRANSITIONS[:, drawn[:, epoch + 1]].T
        drawn[:, epoch] = _draw(backward, uniform[:, epoch])
    out[:, known] = drawn
    return out


def _draw(weights: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """One index a row, with chances as its weights."""
    total = np.cumsum(weights, axis=1)
    return np.minimum((total < uniform[:, None] * total[:, -1:]).sum(axis=1), weights.shape[1] - 1).astype(np.int8)

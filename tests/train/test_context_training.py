import numpy as np
import pytest
import torch

from train.nano.context import agreement, blurred, train

DIM = 16


def night(seed, n=240, spread=0.9):
    """Stages that last, seen through noise: an epoch by itself often looks like another stage."""
    rng = np.random.default_rng(seed)
    stages = np.repeat(rng.integers(0, 5, n // 20), 20)
    vectors = np.eye(5, DIM)[stages] + spread * rng.normal(size=(n, DIM))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    truth = np.where(rng.random(n) < 0.05, -100, stages)
    return vectors.astype(np.float32), truth


def test_it_learns_to_look_around():
    network = train([night(s) for s in range(6)], steps=15, rate=2e-2, seed=1)
    new = [night(s) for s in (100, 101)]
    alone = [(v[[i]], t[[i]]) for v, t in new for i in range(len(t))]
    assert agreement(network, new) > 0.6
    assert agreement(network, new) > agreement(network, alone) + 0.1


def test_training_follows_from_its_seed():
    seen = [night(0), night(1, n=60)]  # one is shorter than a stretch
    a, b, c = (train(seen, steps=3, rate=1e-3, seed=s).state_dict() for s in (1, 1, 2))
    assert all(torch.equal(a[k], b[k]) for k in a) and not all(torch.equal(a[k], c[k]) for k in a)


@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_blurred_keeps_its_length_or_is_lost(seed):
    vectors, _ = night(seed)
    moved = blurred(vectors, np.random.default_rng(seed))
    lengths = np.linalg.norm(moved, axis=1)
    lost = lengths == 0
    assert 0.02 < lost.mean() < 0.25
    np.testing.assert_allclose(lengths[~lost], 1, rtol=1e-5)
    assert not np.allclose(moved[~lost], vectors[~lost])

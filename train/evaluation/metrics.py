"""The textbook measures that figures are made of. Pure functions of arrays."""

from collections.abc import Sequence

import numpy as np

Labels = Sequence | np.ndarray


def kappa(truth: Labels, found: Labels) -> float:
    """Cohen's kappa of two labellings (Cohen 1960); NaN where both give one label throughout, or none."""
    if not len(truth):
        return float("nan")
    if isinstance(truth, np.ndarray) and isinstance(found, np.ndarray) and _are_numbers(truth, found):
        a, b = truth, found
    else:
        a, b = numbered(truth, found)
    kinds = max(a.max(), b.max()) + 1
    counts = np.bincount(a * kinds + b, minlength=kinds * kinds).reshape(kinds, kinds) / len(a)
    chance = counts.sum(0) @ counts.sum(1)
    return float((np.trace(counts) - chance) / (1 - chance)) if chance < 1 - 1e-12 else float("nan")


def _are_numbers(*labellings: np.ndarray) -> bool:
    return all(x.dtype.kind == "i" and x.min() >= 0 for x in labellings)


def numbered(*labellings: Labels) -> list[np.ndarray]:
    """Labellings of the same items as numbers from 0, a label the same in all; `kappa` of numbers is fast."""
    _, numbers = np.unique(np.concatenate(labellings), return_inverse=True)
    return np.split(numbers, np.cumsum([len(x) for x in labellings])[:-1])


def auroc(truth: np.ndarray, scores: np.ndarray) -> float:
    """Area under the receiver operating characteristic: the chance that a true epoch outranks a false one.

    NaN where all are true or none is, or a score is not known (Mann and Whitney 1947; ties count half).
    """
    if not np.isfinite(scores).all():
        return float("nan")
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return float("nan")
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[truth.astype(bool)].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def matched(
    truth: Sequence[tuple[float, float]], found: Sequence[tuple[float, float]], least_iou: float
) -> list[tuple[int, int]]:
    """Pairs of spans that overlap by at least `least_iou`, each span used at most once, best overlap first."""
    if not len(truth) or not len(found):
        return []
    a, b = np.asarray(truth, dtype=float), np.asarray(found, dtype=float)
    order = np.argsort(b[:, 0], kind="stable")
    longest = (b[:, 1] - b[:, 0]).max()
    firsts = np.searchsorted(b[order, 0], a[:, 0] - longest)
    lasts = np.searchsorted(b[order, 0], a[:, 1])
    pairs = [(i, j) for i, (first, last) in enumerate(zip(firsts, lasts, strict=True)) for j in order[first:last]]
    if not pairs:
        return []
    i, j = np.array(pairs).T
    shared = np.minimum(a[i, 1], b[j, 1]) - np.maximum(a[i, 0], b[j, 0])
    whole = np.maximum(a[i, 1], b[j, 1]) - np.minimum(a[i, 0], b[j, 0])
    overlap = shared / np.maximum(whole, 1e-9)
    left: set[int] = set()
    right: set[int] = set()
    pairs = []
    for k in np.argsort(-overlap, kind="stable"):
        if overlap[k] >= least_iou and i[k] not in left and j[k] not in right:
            left.add(i[k])
            right.add(j[k])
            pairs.append((int(i[k]), int(j[k])))
    return pairs


def f1(hits: float, truth: float, found: float) -> float:
    """Harmonic mean of precision and recall; NaN where there was nothing to find and nothing found."""
    return 2 * hits / (truth + found) if truth + found else float("nan")


def hits_in(scores: np.ndarray, same: np.ndarray, k: int) -> np.ndarray:
    """For each query ``[queries, items]`` whether one that answers it is among its `k` best, bool ``[queries]``."""
    k = min(k, scores.shape[1])
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    return np.asarray(np.take_along_axis(same, best, axis=1).any(1))

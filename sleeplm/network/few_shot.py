"""A classifier from a handful of examples, and from texts: ridge regression, every label counting alike."""

from collections.abc import Mapping

import numpy as np

from sleeplm.errors import UsageError

# Of the mean squared length of unit vectors about their mean; chosen among .001 to 1 by the kappa of stages at 1, 5
# and 20 examples a stage on five simulated nights of people out of distribution in laboratories of all kinds.
_PENALTY = 0.03
_PENALTY_WITH_TEXTS = 0.3  # among .03 to .3, likewise on the eight validation nights (people out of distribution)
_OF_NEIGHBOUR = 0.25  # chosen among .25, .5 and 1 like the penalty with texts


def with_neighbours(embeddings: np.ndarray) -> np.ndarray:
    """Epochs that follow one another, each with a quarter of the one before and of the one after.

    A night is a sequence: what holds in an epoch mostly holds beside it. For what is asked of a night in its order
    (`few_shot_scores` of it), never for what an index holds.

    Parameters
    ----------
    embeddings : ndarray ``[epochs, dim]``

    Returns
    -------
    ndarray ``[epochs, dim]``
        Weighted means; no longer of unit length.
    """
    weight = np.ones((len(embeddings), 1), dtype=embeddings.dtype)
    total = embeddings.copy()
    for before, after in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
        total[before] += _OF_NEIGHBOUR * embeddings[after]
        weight[before] += _OF_NEIGHBOUR
    return total / weight


def few_shot_scores(
    embeddings: np.ndarray, examples: Mapping[str, np.ndarray], texts: Mapping[str, np.ndarray] | None = None
) -> np.ndarray:
    """How much each epoch is like the examples of each label.

    Ridge regression of the labels' indicators on the embeddings, centred, each label weighing the same however many
    examples it has: with one example a label it ranks much as the nearest example does, with more it learns which
    directions matter. Where the labels have texts, the regression begins from these and learns only what they leave
    unexplained (a prior at the text's classifier, as Tip-Adapter has it: Zhang et al. 2022, ECCV).

    Parameters
    ----------
    embeddings : ndarray ``[epochs, dim]``
        L2-normalised.
    examples : mapping of label to ndarray ``[n, dim]``
        Embeddings of epochs that have the label; n may differ between labels.
    texts : mapping of label to ndarray ``[dim]``, optional
        Embeddings of texts that describe the labels; those of labels without examples are not used.

    Returns
    -------
    ndarray ``[epochs, labels]``
        In the order of `examples`; about 1 for an epoch like a label's examples and 0 for one unlike them.

    Raises
    ------
    UsageError
        Fewer than two labels, a label without examples or without texts, or embeddings of another size.
    """
    if texts is not None and (mute := set(examples) - set(texts)):
        raise UsageError(f"Give words for each label that has examples; {sorted(mute)[0]!r} has none.")
    if len(examples) < 2:
        raise UsageError("Give examples of at least two labels.")
    dim = embeddings.shape[-1]
    for label, vectors in examples.items():
        if np.ndim(vectors) != 2 or not len(vectors):
            raise UsageError(f"Give at least one embedding of {label!r}, as an array [examples, {dim}].")
        if vectors.shape[1] != dim:
            raise UsageError(f"The examples of {label!r} have {vectors.shape[1]} dimensions, the epochs {dim}.")
    counts = [len(vectors) for vectors in examples.values()]
    x = np.concatenate(list(examples.values())).astype(np.float64)
    weight = np.repeat(1 / np.array(counts) / len(counts), counts)  # sums to one
    labels = np.repeat(np.eye(len(counts)), counts, axis=0)
    centre, share = weight @ x, 1 / len(counts)
    x = x - centre
    weighed, wanted = (x * weight[:, None]).T, labels - share
    start, penalty = np.zeros((dim, len(counts))), _PENALTY
    if texts is not None:
        start, penalty = np.stack([texts[label] for label in examples], axis=1), _PENALTY_WITH_TEXTS
        start = start - start.mean(1, keepdims=True)
    learned = np.linalg.solve(weighed @ x + penalty * np.eye(dim), weighed @ (wanted - x @ start))
    return (embeddings - centre) @ (start + learned) + share

"""How similar a network's own captions and true ones are, word by word (BERTScore: Zhang et al. 2020, ICLR).

With the frozen sentence encoder that is installed (all-MiniLM-L6-v2, its last layer, not weighted, not rescaled):
values of another language model stand on another scale. So the same measure stands beside it of the true caption of
another epoch, which is what the form of captions alone earns, and of the true one rendered again in other words.
The code is ours, as TorchMetrics 1.9 gives scores in another order than the texts.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from sleeplm.kinds.channels import FACETS
from sleeplm.network.nano.sentences import word_states
from train.corpus.night import render_without_context
from train.evaluation.figures import Figure, counted, interval, mean_of

BERT_SCORE = "Similarity of its own captions to true ones"


def bert_score_figures(
    generated: Sequence[Mapping[str, str]], attributes: Sequence[dict[str, dict]], groups: Sequence[int]
) -> list[Figure]:
    """BERTScore (F1) of captions for each facet, mean over epochs.

    Parameters
    ----------
    generated : sequence of dict
        The network's caption of an epoch by facet.
    attributes : sequence of dict
        What is true of the same epochs.
    groups : sequence of int
        The person of each epoch; people stand one after another.
    """
    people = np.asarray(groups)
    true, again = (render_without_context(attributes, f"likeness {number}") for number in range(2))
    figures = []
    for facet in FACETS:
        rows = np.array([i for i, row in enumerate(true) if row.get(facet) and generated[i].get(facet)], dtype=int)
        if not len(rows):
            continue
        texts, other_texts = ([rendered[i][facet] for i in rows] for rendered in (true, again))
        scores = similarity([generated[i][facet] for i in rows], texts)
        beside = {
            "true caption of another epoch": similarity(
                [other_texts[i] for i in _others(people[rows])], texts
            ).mean(),
            "true caption told again": similarity(other_texts, texts).mean(),
        }
        ends = interval(mean_of(scores), people[rows])
        n = counted(len(rows), "captions", people[rows].tolist())
        figures.append(Figure(BERT_SCORE, facet, "BERTScore", *ends, n, {k: float(v) for k, v in beside.items()}))
    return figures


def similarity(texts: Sequence[str], references: Sequence[str]) -> np.ndarray:
    """BERTScore (F1) of each text with its reference, ``[texts]``; 1 where they are the same.

    Every word goes with the most similar one of the other text: precision is the mean cosine over the words of the
    text, recall that over those of the reference.
    """
    f1 = []
    for own, other in zip(word_states(texts), word_states(references), strict=True):
        cosines = own @ other.T
        precision, recall = cosines.max(1).mean(), cosines.max(0).mean()
        f1.append(2 * precision * recall / (precision + recall))
    return np.array(f1, dtype=np.float32)


def _others(groups: np.ndarray) -> np.ndarray:
    """For each epoch one of the same person, half of the person's epochs further on."""
    others = np.arange(len(groups))
    for group in np.unique(groups):
        own = np.flatnonzero(groups == group)
        others[own] = np.roll(own, len(own) // 2)
    return others

"""Texts that find their epoch among a thousand, and epochs that find their text."""

from collections.abc import Sequence

import numpy as np

from sleeplm.captions.reading_back import read_back
from sleeplm.encoder import SleepLM
from sleeplm.vocabulary import FACETS
from train.corpus import tell_alone
from train.evaluation.figures import Figure, counted, interval
from train.evaluation.people import WHOLE, Person, groups_of, together
from train.evaluation.scores import hits_in

AMONG = 1000
DEPTHS = (1, 5, 10)
_TELLINGS = 3  # of each epoch, from which it is known what is true of it


def retrieval_figures(model: SleepLM, people: Sequence[Person]) -> list[Figure]:
    """Recall both ways, of all facets in a row and of a single one.

    A hit is the epoch that the text was told of, or one of which all that the text claims is true as well.
    """
    rng = np.random.default_rng(0)
    groups = groups_of(people)
    chosen = np.sort(rng.choice(len(groups), min(AMONG, len(groups)), replace=False))
    told = [
        [row for p in people for row in tell_alone(p.attributes, f"retrieval {number} {p.name}")]
        for number in range(_TELLINGS)
    ]
    told = [[rows[i] for i in chosen] for rows in told]
    true = [_claims([rows[i] for rows in told]) for i in range(len(chosen))]
    embeddings = together(model.embed_signals(p.seen(WHOLE)) for p in people)[chosen]
    kinds = {"all facets in a row": FACETS, **{f"{facet} alone": (facet,) for facet in FACETS}}
    return [
        figure
        for name, facets in kinds.items()
        for figure in _both_ways(model, name, facets, told[0], true, embeddings, groups[chosen])
    ]


def _claims(tellings: Sequence[dict[str, str]]) -> frozenset:
    return frozenset(c for row in tellings for facet, text in row.items() for c in read_back(text, facet))


def _both_ways(model, name, facets, told, true, embeddings, groups) -> list[Figure]:
    have = np.array([any(f in row for f in facets) for row in told])
    rows = np.flatnonzero(have)
    texts = [" ".join(told[i][f] for f in facets if f in told[i]) for i in rows]
    said = [_claims([{f: told[i][f] for f in facets if f in told[i]}]) for i in rows]
    same = np.array([[claims <= true[j] for j in rows] for claims in said]).reshape(len(rows), len(rows))
    np.fill_diagonal(same, True)
    scores = model.embed_text(texts) @ embeddings[rows].T
    figures = []
    for way, s, answers in (("text to epoch", scores, same), ("epoch to text", scores.T, same.T)):
        for depth in DEPTHS:
            hits = hits_in(s, answers, depth).astype(float)
            ends = interval(lambda i, hits=hits: float(hits[i].mean()), groups[rows])
            chance = float(1 - np.exp(np.log1p(-answers.mean(1).clip(max=1 - 1e-9)) * depth).mean())
            n = counted(len(rows), "epochs and texts", groups[rows])
            figures.append(Figure(f"Retrieval, {way}", name, f"R@{depth}", *ends, n, {"chance": chance}))
    return figures

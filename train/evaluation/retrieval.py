"""Texts that find their epoch among a thousand, and epochs that find their text."""

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.sparse import csr_matrix

from sleeplm.captions.reading.claims import read_back
from sleeplm.kinds.channels import FACETS
from train.corpus.night import render_without_context
from train.evaluation.embedding_cache import EvaluationContext
from train.evaluation.figures import Figure, counted, interval, mean_of
from train.evaluation.metrics import hits_in
from train.evaluation.people import groups_of

AMONG = 1000  # epochs that are searched
DEPTHS = (1, 5, 10)
TEXT_TO_EPOCH, EPOCH_TO_TEXT = "Retrieval, text to epoch", "Retrieval, epoch to text"
ALL_FACETS = "all facets in a row"
_RENDERINGS = 3  # of each epoch, whose claims together are what is true of it
Claims = dict[str, frozenset]  # by facet


def retrieval_figures(context: EvaluationContext) -> list[Figure]:
    """Recall both ways, of all facets in a row and of a single one.

    A hit is the epoch that the text was rendered from, or one of which all that the text claims is true as well.
    """
    rng = np.random.default_rng(0)
    groups = groups_of(context.people)
    chosen = np.sort(rng.choice(len(groups), min(AMONG, len(groups)), replace=False))
    attributes = [row for person in context.people for row in person.attributes]
    asked = [attributes[i] for i in chosen]
    rendered = [render_without_context(asked, f"retrieval {number}") for number in range(_RENDERINGS)]
    claimed = [[_claims(row) for row in rendering] for rendering in rendered]
    true = [union_of(c for rendering in claimed for c in rendering[i].values()) for i in range(len(asked))]
    vectors = [cache.all_vectors(context.people)[chosen] for cache in (context.trained, context.untrained)]
    kinds = {ALL_FACETS: FACETS, **{f"{facet} alone": (facet,) for facet in FACETS}}
    figures: list[Figure] = []
    for name, facets in kinds.items():
        rows = np.array([i for i, row in enumerate(rendered[0]) if any(f in row for f in facets)], dtype=int)
        if not len(rows):
            continue
        texts = [" ".join(rendered[0][i][f] for f in facets if f in rendered[0][i]) for i in rows]
        stated = [union_of(claimed[0][i].get(f, frozenset()) for f in facets) for i in rows]
        same = claims_hold(stated, [true[i] for i in rows])
        np.fill_diagonal(same, True)
        scores, blank = (
            cache.model.embed_text(texts) @ v[rows].T
            for cache, v in zip((context.trained, context.untrained), vectors, strict=True)
        )
        figures += _recall(TEXT_TO_EPOCH, name, scores, blank, same, groups[chosen][rows])
        figures += _recall(EPOCH_TO_TEXT, name, scores.T, blank.T, same.T, groups[chosen][rows])
    return figures


def _claims(row: dict[str, str]) -> Claims:
    return {facet: frozenset(read_back(row[facet], facet)) for facet in FACETS if facet in row}


def union_of(sets: Iterable[frozenset]) -> frozenset:
    """All that is in any of some sets."""
    return frozenset(x for one in sets for x in one)


def claims_hold(stated: Sequence[frozenset], true: Sequence[frozenset]) -> np.ndarray:
    """Whether all that each text claims is among what is true of each epoch, bool ``[texts, epochs]``."""
    numbers: dict[tuple, int] = {}

    def counted_in(claims: Sequence[frozenset]) -> csr_matrix:
        columns = [numbers.setdefault(c, len(numbers)) for found in claims for c in found]
        ends = np.cumsum([0, *map(len, claims)])
        return csr_matrix((np.ones(len(columns), np.int32), columns, ends), shape=(len(claims), most))

    most = len(union_of((*stated, *true)))
    shared = counted_in(stated) @ counted_in(true).T
    return shared.toarray() == np.array([len(claims) for claims in stated]).reshape(-1, 1)


def _recall(
    table: str, name: str, scores: np.ndarray, blank: np.ndarray, same: np.ndarray, groups: np.ndarray
) -> list[Figure]:
    n = counted(len(scores), "epochs and texts", groups)
    answers = same.mean(1).clip(max=1 - 1e-9)
    figures = []
    for depth in DEPTHS:
        hits = hits_in(scores, same, depth).astype(float)
        ends = interval(mean_of(hits), groups)
        beside = {
            "chance": float(1 - np.exp(np.log1p(-answers) * depth).mean()),
            "untrained encoder": float(hits_in(blank, same, depth).mean()),
        }
        figures.append(Figure(table, name, f"R@{depth}", *ends, n, beside))
    return figures

"""Texts that find their epoch among a thousand, and epochs that find their text."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from sleeplm.captions.reading.claims import read_back
from sleeplm.kinds.channels import FACETS
from train.corpus.corpus import tell_alone
from train.evaluation.embedding_cache import EvaluationContext
from train.evaluation.figures import Figure, counted, interval
from train.evaluation.people import groups_of
from train.evaluation.scores import hits_in

AMONG = 1000
DEPTHS = (1, 5, 10)
TEXT_TO_EPOCH, EPOCH_TO_TEXT = "Retrieval, text to epoch", "Retrieval, epoch to text"
ALL_FACETS = "all facets in a row"
_TELLINGS = 3  # of each epoch, from which it is known what is true of it
Claims = dict[str, frozenset]  # by facet


def retrieval_figures(bench: EvaluationContext) -> list[Figure]:
    """Recall both ways, of all facets in a row and of a single one.

    A hit is the epoch that the text was told of, or one of which all that the text claims is true as well.
    """
    rng = np.random.default_rng(0)
    groups = groups_of(bench.people)
    chosen = np.sort(rng.choice(len(groups), min(AMONG, len(groups)), replace=False))
    attributes = [row for person in bench.people for row in person.attributes]
    seen = [attributes[i] for i in chosen]
    told = [tell_alone(seen, f"retrieval {number}") for number in range(_TELLINGS)]
    claimed = [[_claims(row) for row in telling] for telling in told]
    true = [frozenset().union(*(c for telling in claimed for c in telling[i].values())) for i in range(len(seen))]
    vectors = [readings.all_vectors(bench.people)[chosen] for readings in (bench.trained, bench.untrained)]
    kinds = {ALL_FACETS: FACETS, **{f"{facet} alone": (facet,) for facet in FACETS}}
    figures = []
    for name, facets in kinds.items():
        rows = np.array([i for i, row in enumerate(told[0]) if any(f in row for f in facets)], dtype=int)
        if not len(rows):
            continue
        texts = [" ".join(told[0][i][f] for f in facets if f in told[0][i]) for i in rows]
        said = [frozenset().union(*(claimed[0][i].get(f, ()) for f in facets)) for i in rows]
        same = claims_hold(said, [true[i] for i in rows])
        np.fill_diagonal(same, True)
        scores, blank = (
            readings.model.embed_text(texts) @ v[rows].T
            for readings, v in zip((bench.trained, bench.untrained), vectors, strict=True)
        )
        figures += _recall(TEXT_TO_EPOCH, name, scores, blank, same, groups[chosen][rows])
        figures += _recall(EPOCH_TO_TEXT, name, scores.T, blank.T, same.T, groups[chosen][rows])
    return figures


def _claims(row: dict[str, str]) -> Claims:
    return {facet: frozenset(read_back(row[facet], facet)) for facet in FACETS if facet in row}


def claims_hold(said: Sequence[frozenset], true: Sequence[frozenset]) -> np.ndarray:
    """Whether all that each text claims is among what is true of each epoch, bool ``[texts, epochs]``."""
    numbers: dict[tuple, int] = {}

    def counted_in(claims: Sequence[frozenset]) -> csr_matrix:
        columns = [numbers.setdefault(c, len(numbers)) for found in claims for c in found]
        ends = np.cumsum([0, *map(len, claims)])
        return csr_matrix((np.ones(len(columns), np.int32), columns, ends), shape=(len(claims), most))

    most = len(frozenset().union(*said, *true))
    shared = counted_in(said) @ counted_in(true).T
    return shared.toarray() == np.array([len(claims) for claims in said]).reshape(-1, 1)


def _recall(
    table: str, name: str, scores: np.ndarray, blank: np.ndarray, same: np.ndarray, groups: np.ndarray
) -> list[Figure]:
    n = counted(len(scores), "epochs and texts", groups)
    answers = same.mean(1).clip(max=1 - 1e-9)
    figures = []
    for depth in DEPTHS:
        hits = hits_in(scores, same, depth).astype(float)
        ends = interval(lambda i, hits=hits: float(hits[i].mean()), groups)
        beside = {
            "chance": float(1 - np.exp(np.log1p(-answers) * depth).mean()),
            "untrained encoder": float(hits_in(blank, same, depth).mean()),
        }
        figures.append(Figure(table, name, f"R@{depth}", *ends, n, beside))
    return figures

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from train.evaluation.figures import counted, interval
from train.evaluation.metrics import auroc, f1, hits_in, kappa, matched

LABELS = st.lists(st.tuples(st.sampled_from("WNR"), st.sampled_from("WNR")), min_size=2, max_size=40)
RANKED = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40)


@settings(deadline=None)
@given(LABELS)
def test_kappa_is_cohens(pairs):
    truth, found = map(list, zip(*pairs, strict=True))
    if len({*truth, *found}) > 1:
        assert kappa(truth, found) == pytest.approx(cohen_kappa_score(truth, found))


@settings(deadline=None)
@given(RANKED)
def test_auroc_counts_ties_as_half(pairs):
    truth, scores = (np.array(side) for side in zip(*pairs, strict=True))
    if len(set(truth.tolist())) == 2:
        assert auroc(truth, scores) == pytest.approx(roc_auc_score(truth, scores))
    else:
        assert np.isnan(auroc(truth, scores))


def test_spans_match_once_best_overlap_first():
    assert matched([(0, 10)], [(0, 10), (1, 10)], 0.5) == [(0, 0)]
    assert matched([(0, 10), (20, 30)], [(5, 15)], 0.2) == [(0, 0)]
    assert matched([(0, 10), (20, 30)], [(5, 15)], 0.5) == []
    assert sorted(matched([(0, 10), (10, 20)], [(9, 21), (0, 9)], 0.2)) == [(0, 1), (1, 0)]
    assert matched([], [(0, 1)], 0.2) == [] == matched([(0, 1)], [], 0.2)
    assert f1(1, 2, 1) == pytest.approx(2 / 3) and np.isnan(f1(0, 0, 0))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40)), max_size=25), st.randoms())
def test_a_long_span_among_short_ones_hides_no_match(spans, random):
    truth = [(float(a), float(a + d)) for a, d in dict(spans).items()]
    found = [*random.sample(truth, len(truth)), (0.0, 400.0)]
    pairs = matched(truth, found, 0.999)
    assert len(pairs) == len(truth) and all(truth[i] == found[j] for i, j in pairs)


def test_hits_are_among_the_best():
    scores, same = np.array([[0.9, 0.1, 0.5], [0.8, 0.2, 0.5]]), np.eye(2, 3, dtype=bool)
    assert hits_in(scores, same, 1).tolist() == [True, False]
    assert hits_in(scores, same, 2).tolist() == [True, False]
    assert hits_in(scores, same, 10).tolist() == [True, True]


def test_an_interval_resamples_people_not_epochs():
    values = np.repeat([0.0, 0.0, 1.0, 1.0], 250)
    mean = lambda i: values[i].mean()  # noqa: E731
    by_person = interval(mean, np.repeat(range(4), 250))
    by_epoch = interval(mean, np.zeros(1000))
    assert by_person[0] == by_epoch[0] == 0.5
    assert by_person[1] <= 0.25 and by_person[2] >= 0.75
    assert 0.45 < by_epoch[1] < 0.5 < by_epoch[2] < 0.55
    assert all(map(np.isnan, interval(mean, np.zeros(0))))
    assert counted(3, "epochs", [1, 1, 1]) == "3 epochs of 1 person"

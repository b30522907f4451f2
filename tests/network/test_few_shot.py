import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sleeplm.errors import UsageError
from sleeplm.network.few_shot import few_shot_scores, with_neighbours


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def people(rng, n, spread):
    """Unit vectors of three classes, told apart by the first three directions; the others are noise."""
    truth = rng.integers(0, 3, n)
    return unit(np.eye(3, 24)[truth] + spread * rng.normal(size=(n, 24))), truth


@pytest.mark.parametrize(("shots", "least"), [(1, 0.65), (20, 0.9)])
def test_more_examples_tell_classes_better_than_chance(shots, least):
    rng = np.random.default_rng(0)
    seen, known = people(rng, 400, 0.25)
    new, truth = people(rng, 300, 0.25)
    examples = {str(k): seen[known == k][:shots] for k in range(3)}
    assert (few_shot_scores(new, examples).argmax(1) == truth).mean() >= least


def test_a_direction_that_varies_within_every_label_is_not_what_decides():
    rng = np.random.default_rng(1)
    (seen, known), (new, truth) = people(rng, 200, 0.05), people(rng, 200, 0.05)
    seen, new = (unit(x + 4 * rng.normal(size=(len(x), 1)) * np.eye(1, 24, 10)) for x in (seen, new))
    examples = {str(k): seen[known == k][:5] for k in range(3)}
    means = np.stack([vectors.mean(0) for vectors in examples.values()])
    nearest = ((new[:, None] - means) ** 2).sum(-1).argmin(1)
    found = few_shot_scores(new, examples).argmax(1)
    assert (found == truth).mean() > (nearest == truth).mean()


@settings(deadline=None)
@given(st.integers(1, 30))
def test_a_label_weighs_the_same_however_many_examples_it_has(repeats):
    rng = np.random.default_rng(2)
    a, b, new = unit(rng.normal(size=(2, 8))), unit(rng.normal(size=(2, 8))), unit(rng.normal(size=(5, 8)))
    once = few_shot_scores(new, {"a": a, "b": b})
    again = few_shot_scores(new, {"a": np.repeat(a, repeats, axis=0), "b": b})
    np.testing.assert_allclose(once, again, atol=1e-9)
    np.testing.assert_allclose(once.sum(1), 1)


@pytest.mark.parametrize(
    ("examples", "says"),
    [
        ({"a": np.ones((2, 8))}, "two labels"),
        ({"a": np.ones((2, 8)), "b": np.ones((0, 8))}, "at least one embedding of 'b'"),
        ({"a": np.ones((2, 8)), "b": np.ones(8)}, "at least one embedding of 'b'"),
        ({"a": np.ones((2, 8)), "b": np.ones((1, 9))}, "9 dimensions, the epochs 8"),
    ],
)
def test_examples_that_teach_nothing_are_refused(examples, says):
    with pytest.raises(UsageError, match=says):
        few_shot_scores(np.ones((3, 8)), examples)


def test_words_help_where_examples_are_few_and_yield_to_many():
    rng = np.random.default_rng(0)
    (seen, known), (new, truth) = people(rng, 900, 0.25), people(rng, 300, 0.25)
    true = {str(k): np.eye(3, 24)[k] for k in range(3)}
    vague = true | {"1": np.eye(3, 24)[0] * 0.6 + np.eye(3, 24)[1] * 0.4}  # words that mean another label as well

    def right(shots, words):
        examples = {str(k): seen[known == k][:shots] for k in range(3)}
        return (few_shot_scores(new, examples, words).argmax(1) == truth).mean()

    alone = (np.array([new @ v for v in vague.values()]).argmax(0) == truth).mean()
    assert right(1, true) > right(1, None) + 0.05
    assert right(200, vague) > alone


def test_words_are_of_the_labels_that_have_examples():
    examples, e = {"a": np.ones((1, 8)), "b": np.zeros((1, 8))}, np.eye(8)
    more = {"b": e[1], "c": e[2], "a": e[0]}
    assert few_shot_scores(e[:2], examples, more).shape == (2, 2)
    with pytest.raises(UsageError, match="'b' has none"):
        few_shot_scores(np.ones((3, 8)), examples, {"a": np.ones(8)})


def test_neighbours_count_a_quarter_and_a_night_begins_and_ends():
    found = with_neighbours(np.eye(4))
    np.testing.assert_allclose(found[0], [4 / 5, 1 / 5, 0, 0])
    np.testing.assert_allclose(found[2], [0, 1 / 6, 2 / 3, 1 / 6])
    assert with_neighbours(np.eye(1, 4)).tolist() == np.eye(1, 4).tolist() and not len(
        with_neighbours(np.zeros((0, 4)))
    )


def test_neighbours_tell_what_noise_hides():
    rng = np.random.default_rng(3)
    seen, known = people(rng, 400, 0.5)
    truth = np.repeat([0, 1, 2, 1, 0], 40)
    new = unit(np.eye(3, 24)[truth] + 0.5 * rng.normal(size=(200, 24)))
    examples = {str(k): seen[known == k][:20] for k in range(3)}
    right = [(few_shot_scores(x, examples).argmax(1) == truth).mean() for x in (new, with_neighbours(new))]
    assert right[1] > right[0] + 0.05

import hashlib
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from distributed import LocalCluster

from index.cohort.folder import manifests, opened
from sleeplm.errors import StudyError, UsageError
from sleeplm.kinds.events import EVENT_TYPES
from sleeplm.network.nano.sentences import Parts
from sleeplm.simulate import simulate_night
from train.corpus.night import EVALUATED_SUBSETS, nights, subsets_of
from train.corpus.shuffle_buffer import ShuffleBuffer
from train.corpus.simulate import SETTINGS, planned, simulate_corpus
from train.nano import text_embeddings
from train.nano.dataset import InMemoryDataset
from train.nano.pretrain import caption_tokenizer

HOURS = 0.25


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three people to train on and one to test on, and what their folders hold."""
    folder = tmp_path_factory.mktemp("corpora") / "corpus"
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0") as cluster:
        for split, count in (("train", 3), ("test", 1)):
            people = planned(folder, split, first=1, count=count, hours=HOURS, lab="varied")
            outcome = simulate_corpus(folder, people, split, scheduler=cluster.scheduler_address)
            assert (outcome.made, outcome.failed) == (count, [])
        again = simulate_corpus(folder, people, split, scheduler=cluster.scheduler_address)
        assert (again.made, again.there) == (0, 1)
    return folder


@pytest.fixture(autouse=True)
def quick_sentences(monkeypatch):
    """Sentences embedded by their sums: the encoder of sentences is slow, and another test's business."""

    def embed(templates):
        counts = [1 + t.count("#") for t in templates]
        sums = [int.from_bytes(hashlib.sha256(t.encode()).digest()[:4]) for t in templates]
        vectors = [np.random.default_rng(s).normal(size=(n, 384)) for s, n in zip(sums, counts, strict=True)]
        return np.concatenate(vectors).astype(np.float32), np.cumsum(counts) - counts

    monkeypatch.setattr(text_embeddings, "template_embeddings", embed)


def buffer(folder, at_once=2):
    load = partial(InMemoryDataset, captions=12, pairs=8, seed=5)
    return ShuffleBuffer(nights(folder, "train"), load, seed=5, at_once=at_once, batches_a_fill=3)


def same(a, b):
    """Whether two arrays, or texts taken apart, are equal."""
    if isinstance(a, Parts):
        return all(
            np.array_equal(x, y, equal_nan=True) for x, y in zip(vars(a).values(), vars(b).values(), strict=True)
        )
    return np.array_equal(a, b)


def test_nobody_is_on_two_sides(made):
    sides = {split: {n.person for n in nights(made, split)} for split in ("train", "validation", "test")}
    assert [len(people) for people in sides.values()] == [3, 0, 1]
    assert not sides["train"] & sides["test"]


def test_the_truth_of_a_simulated_night_is_its_scoring(made):
    (night,) = nights(made, "test")
    (person,) = planned(made, "test", first=1, count=1, hours=HOURS, lab="varied")
    truth = simulate_night(person.seed, HOURS, person.profile, lab="varied")
    rows = night.rows()[: night.n_epochs]
    assert [r.stage for r in rows] == [str(s) for s in truth.hypnogram]
    (manifest,) = (m for m in manifests(made) if m["study"] == night.study)
    assert set(manifest["counts"]["event_sources"]) == set(EVENT_TYPES)
    assert set(manifest["counts"]["event_sources"].values()) == {"expert"}
    assert sum(manifest["counts"]["events"].values()) == len(truth.events)


def test_a_night_is_told_otherwise_by_another_seed_and_measured_alike(made):
    night = nights(made, "test")[0]
    one, same, other = (night.rendered(seed).rows() for seed in (1, 1, 2))
    assert one == same
    assert [r.attributes for r in one] == [r.attributes for r in other]
    assert [r.captions for r in one] != [r.captions for r in other]
    assert len(one) == len(EVALUATED_SUBSETS) * night.n_epochs
    assert subsets_of(night.study, 1) != subsets_of(night.study, 2)


def test_a_batch_is_the_same_wherever_a_run_goes_on(made):
    tokenizer = caption_tokenizer(buffer(made).fill(0), 300)
    whole = buffer(made)
    drawn = [whole.at(step).batch(6, tokenizer, 30, 5, step) for step in range(8)]
    for step in (7, 4):
        again = buffer(made).at(step).batch(6, tokenizer, 30, 5, step)
        assert all(same(value, getattr(drawn[step], name)) for name, value in vars(again).items())


def test_a_shelf_holds_its_nights_alone_and_every_night_comes_once_a_pass(made):
    some = buffer(made)
    fills = [[n.study for n in some.nights_of(i)] for i in range(6)]
    everyone = sorted(n.study for n in nights(made, "train"))
    for turn in range(3):
        assert sorted(fills[2 * turn] + fills[2 * turn + 1]) == everyone
    assert max(map(len, fills)) == 2
    assert len({tuple(s) for s in fills[::2]}) > 1
    assert some.nights_of(0)[0].seed != some.nights_of(2)[0].seed
    assert len(some.fill(1).signals) == len(fills[1])


def test_what_is_no_corpus_is_refused(tmp_path):
    with pytest.raises(StudyError, match="no cohort"):
        nights(tmp_path, "train")
    with (
        opened(tmp_path / "captions", replace(SETTINGS, signals=False)),
        pytest.raises(UsageError, match="without"),
    ):
        nights(tmp_path / "captions", "train")

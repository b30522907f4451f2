from dataclasses import replace

import numpy as np
import pytest
import torch

from sleeplm.network.encoder import Encoding
from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.encoder import NanoSleepLM
from sleeplm.network.nano.network import SleepLMNetwork
from sleeplm.network.nano.tokenizer import train_tokenizer
from sleeplm.night import Event
from train.corpus.held_out import ASKED, named_in
from train.evaluation.embedding_cache import EmbeddingCache
from train.evaluation.held_out_concepts import (
    ALL_WORDINGS,
    CONCEPTS,
    FIRST_SEED,
    HELD_OUT,
    held_out_figures,
    planned_with_concepts,
    resting_bpm,
    spindles_in,
)
from train.evaluation.people import simulated

TINY = NetworkConfig(
    name="test", dim=8, width=16, layers=1, heads=2, channel_width=4, tokens=2, decoder_layers=1, decoder_heads=2,
    vocabulary=300, caption_length=8,
)  # fmt: skip


@pytest.fixture(scope="module")
def people():
    """Two people, one of whom has a slow heart and, in its first minutes, Cheyne-Stokes breathing."""
    one, other = simulated(2, 0.25, 700_000, scored=False)
    events = (Event("cheyne_stokes", 20.0, 130.0), *one.truth.events)
    slow = [{**row, "cardiac": {"hr_mean_bpm": 44}} for row in one.attributes]
    fast = [{**row, "cardiac": {"hr_mean_bpm": 50} if i else {}} for i, row in enumerate(other.attributes)]
    return [
        replace(one, truth=replace(one.truth, events=events), attributes=slow),
        replace(other, attributes=fast, name="other"),
    ]


class Knowing(NanoSleepLM):
    """A model that knows which concepts hold, by the person; or one that knows nothing."""

    def __init__(self, people, knows=True):
        torch.manual_seed(0)
        super().__init__(SleepLMNetwork(TINY), train_tokenizer(["words"], 300))
        self.knows, self.read = knows, iter(people)

    def encode(self, epochs):
        person = next(self.read)  # each is read once, in order
        truths = [np.nan_to_num(ways[""].holds(person)) * self.knows for ways in CONCEPTS.values()]
        vectors = np.stack(truths, axis=1).astype(np.float32)
        return Encoding(
            vectors, np.zeros((len(epochs), 30, 3)), np.zeros((len(epochs), 2, 16)), np.zeros((len(epochs), 0))
        )

    def embed_text(self, texts):
        return np.array([[concept in named_in(text) for concept in CONCEPTS] for text in texts], dtype=np.float32)


def test_who_knows_a_concept_ranks_it_first_and_who_does_not_by_chance(people):
    held_out, trained, blank = (EmbeddingCache(Knowing(people, knows)) for knows in (True, False, False))
    figures = {f.name: f for f in held_out_figures(held_out, trained, blank, people)}
    assert {f.table for f in figures.values()} == {HELD_OUT}
    for name, ways in CONCEPTS.items():
        assert len([f for f in figures if f.startswith(name)]) == len(ASKED[name]) + 2 * len(ways)
        for wording in (ALL_WORDINGS, *(f'"{w}"' for w in ASKED[name])):
            figure = figures[f"{name}, {wording}"]
            assert figure.value == 1 and set(figure.baselines.values()) == {0.5}
    assert "59 epochs of 2 people, it holds in 30" in figures[f"bradycardia, {ALL_WORDINGS}"].n
    assert "it holds in 5" in figures[f"Cheyne-Stokes breathing, {ALL_WORDINGS}"].n
    in_n2 = figures[f"sleep spindles, in N2 sleep alone, {ALL_WORDINGS}"]
    assert in_n2.n.startswith(f"{sum((p.stages == 'N2').sum() for p in people)} epochs")


def test_spindles_are_counted_in_the_epoch_that_they_begin_in(people):
    events = (Event("spindle", 29.5, 1.0), Event("spindle", 31.0, 1.0), Event("spindle", 9000.0, 1.0))
    person = replace(people[0], truth=replace(people[0].truth, events=events))
    found = spindles_in(person)
    assert len(found) == len(person) and found[:3].tolist() == [1, 1, 0] and found.sum() == 2
    many = CONCEPTS["sleep spindles"]["3 or more against none"].holds(person)
    assert np.isnan(many[:2]).all() and not many[2:].any()


def test_people_are_chosen_who_have_what_is_asked_for():
    plans = planned_with_concepts(4, 2.0)
    assert [p.profile for p in plans[:2]] == ["csa", "csa"] and len({p.name for p in plans}) == 4
    assert all(resting_bpm(p) < 45 for p in plans[2:]) and not any(p.out_of_distribution for p in plans[:2])
    assert all(p.seed >= FIRST_SEED and p.hours == 2 and not p.scored for p in plans)
    assert len(planned_with_concepts(1, 1.0)) == 2

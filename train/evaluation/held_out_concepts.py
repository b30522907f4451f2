"""Three concepts asked for by their names, of a network whose words never held them (`train.corpus.held_out`).

Beside it the same words asked of the network that read of everything and of an untrained one, and what the network
knows in other words: the nearest thing that it did read of, asked for in place of the concept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count as counting
from itertools import islice

import numpy as np

from sleeplm.simulate import PROFILES
from sleeplm.simulate.profiles import draw_person
from sleeplm.simulate.simulator import random_streams
from sleeplm.units import EPOCH_S
from train.corpus.held_out import ASKED, DESCRIBED
from train.evaluation.conditions import SLOW_HEART, Beside, ranked
from train.evaluation.embedding_cache import EmbeddingCache
from train.evaluation.figures import Figure
from train.evaluation.people import Person, Plan, groups_of

HELD_OUT = "Concepts that no word of the training named"
ALL_WORDINGS, IN_OTHER_WORDS = "all wordings", "described by what was read"
FIRST_SEED = 950_000  # of people who have what is asked for
_SLOW_HEARTED = ("healthy-young", "healthy-old")
_RESTING_BPM = (
    45  # in N2 under it, so that much of the night is slow; only people out of distribution have such hearts
)
_MANY_SPINDLES = 3  # in an epoch


@dataclass(frozen=True)
class Concept:
    """A concept: in which epochs it holds, and what of it could be known in other words.

    Attributes
    ----------
    holds : callable
        Of a person: 1 and 0 for each epoch, NaN where it is not known.
    neighbour : str
        The nearest thing that the captions did name.
    sign : int
        -1 where the concept is the neighbour's opposite.
    """

    holds: Callable[[Person], np.ndarray]
    neighbour: str
    sign: int = 1


def _touched(person: Person, kind: str) -> np.ndarray:
    """Epochs that an event of this type lies in."""
    out = np.zeros(len(person))
    for event in person.truth.events_of(kind):
        out[int(event.start_s // EPOCH_S) : int(np.ceil(event.end_s / EPOCH_S))] = 1
    return out


def spindles_in(person: Person) -> np.ndarray:
    """How many spindles begin in each epoch."""
    starts = [int(event.start_s // EPOCH_S) for event in person.truth.events_of("spindle")]
    return np.bincount(starts, minlength=len(person))[: len(person)]


def _many_spindles(person: Person) -> np.ndarray:
    """1 where there are several, 0 where there is none; what lies between is left out."""
    found = spindles_in(person)
    return np.where(found >= _MANY_SPINDLES, 1.0, np.where(found == 0, 0.0, np.nan))


def _spindles_in_n2(person: Person) -> np.ndarray:
    return np.where(person.stages == "N2", (spindles_in(person) > 0).astype(float), np.nan)


_N2, _FAST = "N2 sleep", "fast heart rate"
CONCEPTS: dict[str, dict[str, Concept]] = {
    "Cheyne-Stokes breathing": {"": Concept(lambda p: _touched(p, "cheyne_stokes"), "central apnea")},
    "sleep spindles": {
        "": Concept(lambda p: (spindles_in(p) > 0).astype(float), _N2),
        f"{_MANY_SPINDLES} or more against none": Concept(_many_spindles, _N2),
        "in N2 sleep alone": Concept(_spindles_in_n2, _N2),
    },
    "bradycardia": {"": Concept(lambda p: SLOW_HEART.of([p]), _FAST, -1)},
}


def planned_with_concepts(count: int, hours: float) -> list[Plan]:
    """People who have what is asked for: half of them with Cheyne-Stokes breathing, half with a slow heart."""
    each = max(count // 2, 1)
    breathing = [Plan("csa", FIRST_SEED + number, hours, scored=False) for number in range(each)]
    others = (
        Plan(_SLOW_HEARTED[seed % len(_SLOW_HEARTED)], seed, hours, scored=False, out_of_distribution=True)
        for seed in counting(FIRST_SEED + each)
    )
    return [*breathing, *islice((plan for plan in others if resting_bpm(plan) < _RESTING_BPM), each)]


def resting_bpm(plan: Plan) -> float:
    """The heart rate in N2 of the person whom `simulate_night` draws."""
    rng = random_streams(plan.seed, plan.profile, plan.out_of_distribution)["person"]
    return draw_person(PROFILES[plan.profile], rng, plan.out_of_distribution).profile.heart_bpm


def held_out_figures(
    held_out: EmbeddingCache, trained: EmbeddingCache, blank: EmbeddingCache, people: Sequence[Person]
) -> list[Figure]:
    """AUROC of each concept over all epochs, asked for in all wordings at once and in each, and described.

    Parameters
    ----------
    held_out : EmbeddingCache
        Of the network whose words never held the concepts.
    trained, blank : EmbeddingCache
        Of the network that read of everything, and of one with random weights.
    people : sequence of Person
        Some of whom have what is asked for.
    """
    figures, groups = [], groups_of(people)
    for name, ways in CONCEPTS.items():
        for way, concept in ways.items():
            truth = np.concatenate([concept.holds(person) for person in people])
            near = concept.sign * _near(held_out, people, (concept.neighbour,))
            what = f"not {concept.neighbour}" if concept.sign < 0 else concept.neighbour
            wordings = {ALL_WORDINGS: ASKED[name], IN_OTHER_WORDS: DESCRIBED[name]}
            wordings |= {f'"{w}"': (w,) for w in ASKED[name]} if not way else {}
            for wording, words in wordings.items():
                beside: Beside = {
                    "chance": 0.5,
                    "untrained encoder": _near(blank, people, words),
                    "trained on all words": _near(trained, people, words),
                    f'asked for "{what}" instead': near,
                }
                title = ", ".join(part for part in (name, way, wording) if part)
                figures.append(ranked(HELD_OUT, title, truth, _near(held_out, people, words), groups, beside))
    return figures


def _near(cache: EmbeddingCache, people: Sequence[Person], words: Sequence[str]) -> np.ndarray:
    return cache.model.zero_shot_scores(cache.all_vectors(people), {"": words})[:, 0]

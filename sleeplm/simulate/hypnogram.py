"""A night's sleep stages: a chain that knows the cycle, the place in it, the age of a stage, and whose it is.

How likely a stage is left, and for which, comes from `fitted.json`, made of expert hypnograms by
`sleeplm.simulate.fitting`; a person leaves each stage sooner or later, and for other stages, than people do on
average.
"""

from dataclasses import dataclass

import numpy as np

from sleeplm.kinds.stages import STAGES
from sleeplm.simulate.population import HABITS, N1, N2, N3, TILTS, R, W, fitted
from sleeplm.simulate.profiles import Person

__all__ = ["N1", "N2", "N3", "Chain", "R", "W", "simulate_chains", "simulate_stages"]

AGES = (1, 2, 3, 4, 6, 10, 18, 34, 66)  # epochs that a stage has lasted: first of each class
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)  # of the lengths of periods


@dataclass(frozen=True)
class Chain:
    """What is common to all people.

    Attributes
    ----------
    leave : ndarray ``[stage, age]``
        Chance that a stage is left after an epoch, by how long it has lasted (`AGES`).
    place : ndarray ``[cycle, part, stage]``
        Factor of it: first, second or later cycle; early, middle, late NREM period, REM period.
    goes : ndarray ``[cycle, part, from, to]``
        Where a stage that is left leads, rows summing to 1.
    nrem, rem : ndarray ``[cycle, 7]``
        `QUANTILES` of the lengths of periods, in epochs.
    """

    leave: np.ndarray
    place: np.ndarray
    goes: np.ndarray
    nrem: np.ndarray
    rem: np.ndarray

    @classmethod
    def from_json(cls, numbers: dict) -> "Chain":
        """From the part `chain` of `fitted.json`."""
        return cls(**{name: np.array(numbers[name]) for name in ("leave", "place", "goes", "nrem", "rem")})


def _plan(n_epochs: int, chain: Chain, habits: np.ndarray, rng: np.random.Generator, breadth: float) -> np.ndarray:
    """Cycle and part ``[nights, epochs, 2]`` of every epoch after sleep onset."""
    out = np.zeros((len(habits), n_epochs, 2), dtype=np.int8)
    factors = np.exp(habits[:, [HABITS.index("NREM period"), HABITS.index("R period")]])
    for night, (nrem_factor, rem_factor) in zip(out, factors, strict=True):
        at = cycle = 0
        while at < n_epochs:
            slot = min(cycle, len(chain.nrem) - 1)
            nrem, rem = (
                max(2, round(f * np.interp(0.5 + breadth * (rng.random() - 0.5), QUANTILES, lengths[slot])))
                for f, lengths in ((nrem_factor, chain.nrem), (rem_factor, chain.rem))
            )
            end = min(at + nrem + rem, n_epochs)
            night[at:end, 0] = slot
            night[at:end, 1] = np.minimum(3 * np.arange(end - at) // nrem, 3)
            at, cycle = end, cycle + 1
    return out


def simulate_chains(
    n_epochs: int, chain: Chain, habits: np.ndarray, rng: np.random.Generator, breadth: float = 1.0
) -> np.ndarray:
    """Stages ``[nights, epochs]`` from sleep onset on, of people with `habits` ``[nights, len(HABITS)]``.

    `breadth` is the middle part of the lengths of periods that are drawn.
    """
    n = len(habits)
    plan = _plan(n_epochs, chain, habits, rng, breadth)
    leave = np.exp(habits[:, : len(STAGES)])
    tilt = np.ones((n, len(STAGES), len(STAGES)))
    for i, (a, b) in enumerate(TILTS, start=len(STAGES)):
        tilt[:, a, b] = np.exp(habits[:, i])
    age_class = np.searchsorted(AGES, np.arange(1, n_epochs + 2), side="right") - 1
    draws = rng.random((2, n_epochs, n))
    codes = np.zeros((n, n_epochs), dtype=np.int8)
    nights, state, age = np.arange(n), np.full(n, N1), np.zeros(n, dtype=int)
    dreaming = np.zeros(n, dtype=bool)
    for t in range(n_epochs):
        slot, part = plan[:, t, 0], plan[:, t, 1]
        codes[:, t] = state
        chance = chain.leave[state, age_class[age]] * chain.place[slot, part, state] * leave[nights, state]
        weights = np.cumsum(chain.goes[slot, part, state] * tilt[nights, state], axis=1)
        other = np.minimum((draws[1, t][:, None] * weights[:, -1:] >= weights).sum(axis=1), R)
        begins = (part == 3) & ~dreaming & ((state == N1) | (state == N2))
        moved = (draws[0, t] < np.minimum(chance, 0.98)) | begins
        following = np.where(begins, R, np.where(moved, other, state))
        dreaming = (part == 3) & (dreaming | begins)
        age = np.where(following == state, age + 1, 0)
        state = following
    return codes


def simulate_stages(n_epochs: int, person: Person, rng: np.random.Generator) -> np.ndarray:
    """Draw a night's stages.

    Parameters
    ----------
    n_epochs : int
        Epochs of 30 s from lights off to lights on.
    person : Person
        Gives sleep latency and habits.

    Returns
    -------
    ndarray of int8, ``[epochs]``
        Indices into `STAGES`.
    """
    latency = min(round(person.profile.latency_min * 2), n_epochs // 3)
    chain = Chain.from_json(fitted()["chain"])
    codes = np.full(n_epochs, W, dtype=np.int8)
    breadth = min(person.profile.breadth, 1.0)
    codes[latency:] = simulate_chains(n_epochs - latency, chain, np.array([person.sleep]), rng, breadth)[0]
    return codes

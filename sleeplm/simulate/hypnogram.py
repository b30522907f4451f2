"""A night's sleep stages: a Markov chain whose chances change with the cycle and the place in it.

Chances and lengths of periods come from `hypnogram.json`, fitted to expert hypnograms by `sleeplm.simulate.fit`;
they are tilted until the night's expected stage shares are those of the person.
"""

import json
from functools import cache
from importlib.resources import files

import numpy as np

from sleeplm.simulate.profiles import Person
from sleeplm.vocabulary import STAGES

W, N1, N2, N3, R = range(len(STAGES))
TILTS = 25  # rounds of adjustment; shares agree to about a percent after 15


@cache
def _fitted() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Chances ``[cycle, part, from, to]`` and quantiles ``[cycle, 5]`` of NREM and REM period lengths in epochs."""
    fit = json.loads(files("sleeplm.simulate").joinpath("hypnogram.json").read_text())
    chances = np.array(fit["transitions_by_cycle_and_part"])
    leaving = chances[:, 3, R].copy()
    leaving[:, R] = 0  # where a REM period is over, R is left as real sleepers leave it
    chances[:, :3, R] = (leaving / leaving.sum(axis=1, keepdims=True))[:, None]
    chances[:, :3, :R, R] = 0
    chances /= chances.sum(axis=-1, keepdims=True)
    nrem, rem = (np.array(fit[f"{k}_period_epochs_quantiles_5_25_50_75_95"]) for k in ("nrem", "rem"))
    return chances, nrem, rem


def _draw_length(quantiles: np.ndarray, factor: float, rng: np.random.Generator) -> int:
    return max(2, round(factor * np.interp(rng.uniform(0.05, 0.95), (0.05, 0.25, 0.5, 0.75, 0.95), quantiles)))


def _plan(n_epochs: int, person: Person, rng: np.random.Generator) -> np.ndarray:
    """Cycle and part ``[epochs, 2]`` of every epoch after sleep onset."""
    _, nrem, rem = _fitted()
    rem_factor = np.clip(person.shares[R] / 0.17, 0.6, 1.4)
    plan: list[tuple[int, int]] = []
    cycle = 0
    while len(plan) < n_epochs:
        slot = min(cycle, len(nrem) - 1)
        length = _draw_length(nrem[slot], 0.85, rng)
        plan += [(slot, min(2, 3 * i // length)) for i in range(length)]
        plan += [(slot, 3)] * _draw_length(rem[slot], rem_factor, rng)
        cycle += 1
    return np.array(plan[:n_epochs])


def _tilted(chances: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Chances with every target stage weighted, rows summing to 1 again."""
    scaled = chances * weights
    return scaled / scaled.sum(axis=-1, keepdims=True)


def _tilt_to(shares: np.ndarray, chances: np.ndarray, plan: np.ndarray) -> np.ndarray:
    """Tilt `chances` so that the expected share of each stage over `plan` comes near `shares`."""
    weights = np.ones(len(STAGES))
    for _ in range(TILTS):
        tilted = _tilted(chances, weights)
        state, total = np.eye(len(STAGES))[N1], np.zeros(len(STAGES))
        for slot, part in plan:
            total += state
            state = state @ tilted[slot, part]
        weights *= (shares / np.maximum(total / len(plan), 1e-3)) ** 0.3
        weights = np.clip(weights / weights[N2], 0.05, 20)
    return _tilted(chances, weights)


def simulate_stages(n_epochs: int, person: Person, rng: np.random.Generator) -> np.ndarray:
    """Draw a night's stages.

    Parameters
    ----------
    n_epochs : int
        Epochs of 30 s from lights off to lights on.
    person : Person
        Gives sleep latency and the wanted shares of the stages.

    Returns
    -------
    ndarray of int8, ``[epochs]``
        Indices into `STAGES`.
    """
    latency = min(round(person.profile.latency_min * 2), n_epochs // 3)
    plan = _plan(n_epochs - latency, person, rng)
    chances = np.cumsum(_tilt_to(np.array(person.shares), _fitted()[0], plan), axis=-1)
    codes = np.zeros(n_epochs, dtype=np.int8)
    state = N1
    for i, (slot, part) in enumerate(plan):
        codes[latency + i] = state
        state = min(int(np.searchsorted(chances[slot, part, state], rng.random())), R)
    return codes

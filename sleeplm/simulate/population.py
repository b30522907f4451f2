"""How people differ in their sleep: habits and stage shares, jointly, as fitted to real nights (`fitted.json`)."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from sleeplm.kinds.stages import STAGES

W, N1, N2, N3, R = range(len(STAGES))
TILTS = ((W, N2), (N1, W), (N2, W), (N2, N3), (N3, W), (N3, N1), (R, W), (R, N2))
HABITS = (
    *(f"{s} left" for s in STAGES),
    *(f"{STAGES[a]} to {STAGES[b]}" for a, b in TILTS),
    "R period",
    "NREM period",
)
"""What differs between people: log of how readily a stage is left, log odds of where to, log lengths of periods."""

LEAST = 0.002  # share that stands for none, so that its logarithm exists


@cache
def fitted() -> dict:
    """The numbers of `fitted.json`."""
    return json.loads(files("sleeplm.simulate").joinpath("fitted.json").read_text())


def log_shares(shares: np.ndarray) -> np.ndarray:
    """Log odds of W, and log ratios of N1, N3 and R to N2, from shares of the sleep period ``[..., 5]``."""
    shares = np.maximum(np.asarray(shares, dtype=float), LEAST)
    odds = np.log(shares[..., W] / np.maximum(1 - shares[..., W], LEAST))
    ratios = (np.log(shares[..., s] / shares[..., N2]) for s in (N1, N3, R))
    return np.stack([odds, *ratios], axis=-1)


def shares_of(logs: np.ndarray) -> np.ndarray:
    """Shares of the five stages ``[5]`` from `log_shares` ``[4]``."""
    wake = 1 / (1 + np.exp(-logs[0]))
    asleep = np.exp([logs[1], 0.0, logs[2], logs[3]])
    return np.r_[wake, (1 - wake) * asleep / asleep.sum()]


@dataclass(frozen=True)
class Population:
    """A normal distribution of habits, and what shares of the stages they lead to.

    Attributes
    ----------
    mean, cov : ndarray ``[habits]``, ``[habits, habits]``
    shares : ndarray ``[4]``
        `log_shares` of people with mean habits.
    slope : ndarray ``[4, habits]``
        How they change with the habits, to first order.
    """

    mean: np.ndarray
    cov: np.ndarray
    shares: np.ndarray
    slope: np.ndarray

    @classmethod
    def fitted(cls) -> "Population":
        """That of the real nights."""
        numbers = fitted()["people"]
        return cls(**{name: np.array(numbers[name]) for name in ("mean", "cov", "shares", "slope")})

    @property
    def shares_cov(self) -> np.ndarray:
        """Covariance ``[4, 4]`` of the log shares among people."""
        return self.slope @ self.cov @ self.slope.T

    def draw_habits(self, logs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Habits of someone whose `log_shares` are `logs`: the normal distribution on that condition."""
        gain = self.cov @ self.slope.T @ np.linalg.inv(self.shares_cov)
        drawn = draw_normal(self.mean, self.cov, rng)
        return drawn + gain @ (logs - self.shares - self.slope @ (drawn - self.mean))


def draw_normal(mean: np.ndarray, cov: np.ndarray, rng: np.random.Generator, n: int | None = None) -> np.ndarray:
    """Draws from a normal distribution, those over 2.5 standard deviations pulled back to it.

    By Cholesky's factor: unlike singular vectors it has one sign only, on every machine.
    """
    factor = np.linalg.cholesky(cov + 1e-9 * np.eye(len(mean)))
    z = np.clip(rng.standard_normal(len(mean) if n is None else (n, len(mean))), -2.5, 2.5)
    return mean + z @ factor.T

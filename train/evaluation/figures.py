"""A measured figure, and its interval by resampling people."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

DRAWS = 200  # resamplings of an interval
_LEVEL = 0.95


@dataclass(frozen=True)
class Figure:
    """One figure with the conditions that it holds under.

    Attributes
    ----------
    table : str
        The table that it stands in.
    name, measure : str
        What was asked, and the measure of the answer.
    value, low, high : float
        With its 95% interval; NaN where there was nothing to measure.
    n : str
        What it rests on, in words: ``3840 epochs of 8 people``.
    baselines : mapping of str to float
        The same measure of what knows less.
    """

    table: str
    name: str
    measure: str
    value: float
    low: float
    high: float
    n: str
    baselines: Mapping[str, float] = field(default_factory=dict)


def interval(
    statistic: Callable[[np.ndarray], float], groups: np.ndarray, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float, float]:
    """A statistic and its 95% percentile interval (Efron and Tibshirani 1993) over resampled people.

    Parameters
    ----------
    statistic : callable
        Of the indices of items, repeats among them, to a number.
    groups : ndarray ``[items]``
        Whom each item is of. People are drawn with all their items; where there is one person, items are.

    Returns
    -------
    value, low, high : float
    """
    everything = np.arange(len(groups))
    if not len(groups):
        return (float("nan"),) * 3
    rng = np.random.default_rng(seed)
    people = np.unique(groups)
    of = [np.flatnonzero(groups == person) for person in people] if len(people) > 1 else everything[:, None]
    found = []
    for _ in range(draws):
        drawn = np.concatenate([of[i] for i in rng.integers(len(of), size=len(of))])
        value = statistic(drawn)
        if np.isfinite(value):
            found.append(value)
    edge = (1 - _LEVEL) / 2
    low, high = np.quantile(found, (edge, 1 - edge)) if found else (np.nan, np.nan)
    return float(statistic(everything)), float(low), float(high)


def mean_of(values: np.ndarray) -> Callable[[np.ndarray], float]:
    """The mean of some items, as `interval` asks for it."""
    return lambda rows: float(values[rows].mean())


def agreement_of(
    measure: Callable[[np.ndarray, np.ndarray], float], truth: np.ndarray, found: np.ndarray
) -> Callable[[np.ndarray], float]:
    """A measure of what was found of some items against the truth, as `interval` asks for it."""
    return lambda rows: measure(truth[rows], found[rows])


def counted(items: int, what: str, groups: Sequence | np.ndarray) -> str:
    """``3840 epochs of 8 people``, as a figure's n says it."""
    people = len(set(groups))
    return f"{items} {what} of {people} {'person' if people == 1 else 'people'}"

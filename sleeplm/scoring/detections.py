"""What a detector gives: the events it found, what it looked for, and what it could not look for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sleeplm.night import Event


@dataclass(frozen=True)
class Detections:
    """The result of one detector on one night.

    Attributes
    ----------
    events : list of Event
        In order of start.
    scored : tuple of str
        Event types that could be looked for: of these, none found means that there are none.
    warnings : tuple of str
        What could not be looked for, and why, a sentence each.
    rules : mapping of str to str
        Types that can be scored by more than one rule, and the name of the one in force.
    searched : ndarray of bool or None
        Epochs ``[epochs]`` whose signals could be searched: indices of what was `scored` rest on these alone. None
        where nothing was scored.
    """

    events: list[Event] = field(default_factory=list)
    scored: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    searched: np.ndarray | None = None


def margin(value: float, least: float, full: float) -> float:
    """From .5 where a value just meets a rule's limit to 1 where it is as clear as can be, in hundredths.

    It is a margin and no probability: no detector here was calibrated against events of experts.

    Parameters
    ----------
    value, least, full : float
        What was measured, what the rule asks for, and what leaves no doubt, in the same unit; `full` may lie below
        `least`.

    >>> margin(3, 3, 10), margin(6.5, 3, 10), margin(40, 3, 10), margin(0.1, 0.3, 0)
    (0.5, 0.75, 1.0, 0.83)
    """
    return round(0.5 + 0.5 * min(max((value - least) / (full - least), 0.0), 1.0), 2)

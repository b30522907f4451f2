"""What a detector gives: the events it found, what it looked for, and what it could not look for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    """

    events: list[Event] = field(default_factory=list)
    scored: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)

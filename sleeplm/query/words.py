"""A query in words: what it measures, and when."""

from sleeplm.kinds.channels import POSITION_KINDS
from sleeplm.kinds.events import EVENT_KINDS
from sleeplm.kinds.stages import STAGE_KINDS, Stage
from sleeplm.query.language import (
    GROUPS,
    Both,
    Clock,
    Either,
    Events,
    Extent,
    Near,
    Not,
    Part,
    Position,
    Saturation,
    Staged,
    When,
)

_EXTENTS = {"night": "the whole recording", "bed": "the time in bed", "sleep": "sleep"}
_OF = {"half": "of the sleep period", "third": "of the sleep period", "hour": "in bed", "cycle": "of sleep"}
_POSITIONS = {kind.name: kind.words for kind in POSITION_KINDS}
_GROUP_NOUNS = {GROUPS["apnea"]: "apneas", GROUPS["respiratory"]: "respiratory events"}


def what_words(what: Events | Staged | Saturation) -> str:
    """As ``"obstructive apneas and hypopneas"``."""
    if isinstance(what, Saturation):
        return when_words(what)
    if isinstance(what, Staged):
        return stage_words(what.name)
    return _types_words(what.types)


def stage_words(name: str) -> str:
    """A stage as ``"REM sleep"``."""
    return STAGE_KINDS[Stage(name)].plain


def when_words(when: When) -> str:
    """As ``"REM sleep and on the back"``; parts of parts stand in brackets."""
    match when:
        case Extent(name):
            return _EXTENTS[name]
        case Staged(name):
            return stage_words(name)
        case Saturation(side, percent):
            side = "below" if side == "below" else "at or above"
            return f"oxygen saturation {side} {percent}%"
        case Position(name):
            return _POSITIONS[name]
        case Part(name, number):
            return f"{name} {number} {_OF[name]}"
        case Clock(side, clock):
            return f"{side} {clock}"
        case Near(seconds, types):
            return f"within {seconds} s after {_types_words(types)}"
        case Not(inner):
            return f"not {_part(inner)}"
        case Both(parts):
            return " and ".join(map(_part, parts))
        case Either(parts):
            return " or ".join(map(_part, parts))
    raise TypeError(f"{when!r} is no part of a night")


def _types_words(types: tuple[str, ...]) -> str:
    if types in _GROUP_NOUNS:
        return _GROUP_NOUNS[types]
    plurals = [EVENT_KINDS[t].plural for t in types]
    return " and ".join([", ".join(plurals[:-1]), plurals[-1]] if len(plurals) > 1 else plurals)


def _part(when: When) -> str:
    return f"({when_words(when)})" if isinstance(when, Both | Either) else when_words(when)

"""What scorers call stages, events and lights, by the table in ``words.json``."""

import json
import re
import unicodedata
from functools import cache
from importlib.resources import files

from sleeplm.vocabulary import EVENT_TYPES, Stage

_MAX_WORD = 120  # characters; what is longer is a remark, not a scorer's word


@cache
def _table(*keys: str) -> dict[str, str]:
    """Folded word to what it means, one part of ``words.json``."""
    part = json.loads((files(__package__) / "words.json").read_text(encoding="utf-8"))
    for key in keys:
        part = part[key]
    if isinstance(part, list):
        return {fold(word): keys[-1] for word in part}
    return {fold(word): meaning for meaning, words in part.items() for word in words}


def fold(word: str) -> str:
    """Fold case, accents and punctuation; ``?`` stays, and what follows ``|`` goes.

    >>> fold("Sleep_stage_N2"), fold("Éveil"), fold("Obstructive apnea|Obstructive Apnea")
    ('sleep stage n2', 'eveil', 'obstructive apnea')
    """
    plain = unicodedata.normalize("NFKD", word[:_MAX_WORD].split("|")[0])
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return re.sub(r"(?:[^\w?]|_)+", " ", plain).strip()


def stage_of(word: str) -> Stage | None:
    """The stage that a word names; None where it names none. Bare numbers name none: codings differ."""
    found = _table("stages").get(fold(word))
    return None if found is None else Stage(found)


def event_of(word: str) -> str | None:
    """The event type that a word names, or None; a word of our own vocabulary names itself."""
    if word.strip() in EVENT_TYPES:
        return word.strip()
    return _table("events").get(fold(word))


def lights_of(word: str) -> str | None:
    """``"lights_off"``, ``"lights_on"`` or None."""
    return _table("lights_off").get(fold(word)) or _table("lights_on").get(fold(word))


def is_aside(word: str) -> bool:
    """Whether a word is known and no scoring: positions, notices of the recorder, an empty text."""
    return not fold(word) or fold(word) in _table("aside")

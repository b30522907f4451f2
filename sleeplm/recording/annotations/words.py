"""What scorers call stages, events and lights, by the table in ``words.json``."""

import json
import re
import unicodedata
from functools import cache
from importlib.resources import files

from sleeplm.kinds.events import EVENT_TYPES
from sleeplm.kinds.stages import Stage

ASIDE = "aside"
Meaning = Stage | tuple[str, str] | str
_MAX_WORD = 120  # characters; what is longer is a remark, not a scorer's word


@cache
def _part(key: str) -> dict[str, tuple[str, str]]:
    """Folded word to what it means and how it is spelt, of one part of ``words.json``."""
    part = json.loads((files(__package__) / "words.json").read_text(encoding="utf-8"))[key]
    groups = {key: part} if isinstance(part, list) else part
    return {fold(word): (meaning, word) for meaning, words in groups.items() for word in reversed(words)}


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
    found = _part("stages").get(fold(word))
    return None if found is None else Stage(found[0])


def event_of(word: str) -> tuple[str, str] | None:
    """The event type that a word names, and the word as our table spells it; None if it names none.

    What the file has besides (``Obstructive apnea|J. Smith``) may be a name: it goes no further. A type of our own
    vocabulary names itself.
    """
    if word.strip() in EVENT_TYPES:
        return word.strip(), word.strip()
    return _part("events").get(fold(word))


def meaning_of(word: str) -> Meaning | None:
    """What a word says: a stage, an event and how it is spelt, ``"lights_off"``, ``"lights_on"`` or `ASIDE`.

    `ASIDE` is a word that is known and no scoring (positions, notices of the recorder) or no word; None: not known.
    """
    folded = fold(word)
    light = next((key for key in ("lights_off", "lights_on") if folded in _part(key)), None)
    aside = ASIDE if not folded or folded in _part(ASIDE) else None
    return stage_of(word) or event_of(word) or light or aside


def known_text(text: str) -> str | None:
    """The text of an annotation as far as it consists of words of our table; None where it does not.

    What stands behind ``|``, and what is too long to be a word, is left out; other text that our table folds away
    is punctuation.
    """
    word = " ".join(text.split("|")[0][:_MAX_WORD].split())
    if not fold(word) or meaning_of(word) is None:
        return None
    return word if word.isprintable() else fold(word)

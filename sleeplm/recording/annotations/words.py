"""What scorers' words mean: stages, events and lights, by our table and by what a lab said of its own words."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from sleeplm.errors import UsageError
from sleeplm.kinds.events import EVENT_TYPES
from sleeplm.kinds.stages import Stage
from sleeplm.recording.annotations.phrases import bare, phrase_meaning
from sleeplm.recording.annotations.word_table import ASIDE, MAX_WORD, Meaning, fold, plain_meaning

__all__ = [
    "ASIDE", "IGNORE", "MAX_WORD", "Meaning", "event_of", "fold", "known_text", "lab_meaning", "lab_words",
    "meaning_of", "said_of", "stage_of", "word_key",
]  # fmt: skip

IGNORE = "ignore"  # what a lab says of a word that scores nothing
_KEY = re.compile(r"[0-9a-f]{64}")
# What a lab says of its words, while one of its files is read: the formats ask for meanings in many places.
_LAB: ContextVar[Mapping[str, str] | None] = ContextVar("lab_words", default=None)


def stage_of(word: str) -> Stage | None:
    """The stage that a word names; None where it names none. Bare numbers name none: codings differ."""
    found = meaning_of(word)
    return found if isinstance(found, Stage) else None


def event_of(word: str) -> tuple[str, str] | None:
    """The event type that a word names, and the word as our table spells it; None if it names none.

    What the file has besides (``Obstructive apnea|J. Smith``) may be a name: it goes no further. A type of our own
    vocabulary names itself.
    """
    found = meaning_of(word)
    return found if isinstance(found, tuple) else None


def meaning_of(word: str) -> Meaning | None:
    """What a word says: a stage, an event and how it is spelt, ``"lights_off"``, ``"lights_on"`` or `ASIDE`.

    `ASIDE` is a word that is known and no scoring (positions, notices of the recorder) or no word; None: not known.
    What the lab said of the word (`lab_words`) counts first.
    """
    said = lab_meaning(word)
    return _meaning_in_table(word) if said is None else said


def lab_meaning(word: str) -> Meaning | None:
    """What the lab said of a word (`lab_words`); None where it said nothing."""
    lab = _LAB.get()
    said = lab.get(word_key(word)) if lab else None
    return None if said is None else _said_meaning(said)


@cache
def _said_meaning(said: str) -> Meaning | None:
    return ASIDE if said == IGNORE else _meaning_in_table(said)


def _meaning_in_table(word: str) -> Meaning | None:
    if word.strip() in EVENT_TYPES:
        return word.strip(), word.strip()
    folded = fold(word)
    return plain_meaning(folded) if not folded or plain_meaning(folded) else phrase_meaning(word)


def known_text(text: str) -> str | None:
    """The text of an annotation as far as it consists of words of our table; None where it does not.

    What stands behind ``|`` or ``@@``, and what is too long to be a word, is left out; other text that our table
    folds away is punctuation.
    """
    word = " ".join(text.split("|")[0].split("@@")[0][:MAX_WORD].split())
    if not fold(word) or _meaning_in_table(word) is None:
        return None
    return word if word.isprintable() else fold(word)


def word_key(word: str) -> str:
    """By what a lab's word is kept, whatever its measures: a hash, since a word may be somebody's name."""
    return word if _KEY.fullmatch(word) else hashlib.sha256(bare(word).encode()).hexdigest()


def said_of(words: Mapping[str, str]) -> dict[str, str]:
    """What a lab says of its words, checked: by `word_key`, a stage, a type of event, lights or `IGNORE`.

    Raises
    ------
    UsageError
        A meaning is none that we know.
    """
    said = {}
    for word, meaning in words.items():
        means = None if meaning.strip() == IGNORE else _meaning_in_table(meaning)
        if meaning.strip() != IGNORE and (means is None or means == ASIDE):
            raise UsageError(
                f"a word cannot mean {meaning!r}; give a stage (W, N1, N2, N3, NREM, R), lights_off, lights_on, "
                f"{IGNORE}, or a type of event: {', '.join(EVENT_TYPES)}"
            )
        known = str(means) if isinstance(means, Stage) else means[0] if isinstance(means, tuple) else means
        said[word_key(word)] = known or IGNORE
    return said


@contextmanager
def lab_words(words: Mapping[str, str]) -> Iterator[None]:
    """While it is open, these words mean what the lab said of them.

    Parameters
    ----------
    words : mapping of str to str
        A word as the file has it, or its `word_key`, to a meaning as `said_of` takes it.
    """
    token = _LAB.set(said_of(words))
    try:
        yield
    finally:
        _LAB.reset(token)

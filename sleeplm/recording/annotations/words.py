"""What scorers call stages, events and lights, by the table in ``words.json`` and what a lab said of its own words."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files

from sleeplm.errors import UsageError
from sleeplm.kinds.events import EVENT_TYPES
from sleeplm.kinds.stages import Stage

ASIDE = "aside"
IGNORE = "ignore"  # what a lab says of a word that scores nothing
Meaning = Stage | tuple[str, str] | str
MAX_WORD = 120  # characters; what is longer is a remark, not a scorer's word
_KEY = re.compile(r"[0-9a-f]{64}")
# Prefixes of the NSRR's ontologies of sleep, and what their names of a finding end in.
_ONTOLOGY = re.compile(r"\s*S[DR]O:(\w.*?)(?:Finding|Event)?\s*", re.I)
# What a lab says of its words, while one of its files is read: the formats ask for meanings in many places.
_LAB: ContextVar[Mapping[str, str] | None] = ContextVar("lab_words", default=None)


@cache
def part_of_table(key: str) -> dict[str, tuple[str, str]]:
    """Folded word to what it means and how it is spelt, of one part of ``words.json``."""
    part = json.loads((files(__package__) / "words.json").read_text(encoding="utf-8"))[key]
    groups = {key: part} if isinstance(part, list) else part
    return {fold(word): (meaning, word) for meaning, words in groups.items() for word in reversed(words)}


@cache
def _joined(key: str) -> dict[str, tuple[str, str]]:
    """The same by words written without spaces, of five letters or more: shorter ones may be initials."""
    return {w.replace(" ", ""): m for w, m in part_of_table(key).items() if len(w.replace(" ", "")) >= 5}


def fold(word: str) -> str:
    """Fold case, accents and punctuation; ``?`` stays, what follows ``|`` or ``@@`` goes, so does ``SDO:``.

    >>> fold("Sleep_stage_N2"), fold("Éveil"), fold("Obstructive apnea|Obstructive Apnea")
    ('sleep stage n2', 'eveil', 'obstructive apnea')
    >>> fold("Lights off@@EEG F4-A1"), fold("SDO:HypopneaFinding")
    ('lights off', 'hypopnea')
    """
    plain = word[:MAX_WORD].split("|")[0].split("@@")[0]
    if found := _ONTOLOGY.fullmatch(plain):
        plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", found[1])
    plain = unicodedata.normalize("NFKD", plain)
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return re.sub(r"(?:[^\w?]|_)+", " ", plain).strip()


def in_table(key: str, folded: str) -> tuple[str, str] | None:
    """What a folded word means in a part of the table, and how it is spelt there; spaces do not matter."""
    return part_of_table(key).get(folded) or _joined(key).get(folded.replace(" ", ""))


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
    from sleeplm.recording.annotations.phrases import phrase_meaning

    if word.strip() in EVENT_TYPES:
        return word.strip(), word.strip()
    folded = fold(word)
    return plain_meaning(folded) if not folded or plain_meaning(folded) else phrase_meaning(word)


def plain_meaning(folded: str) -> Meaning | None:
    """What a folded word says that stands whole in the table."""
    if stage := in_table("stages", folded):
        return Stage(stage[0])
    if event := in_table("events", folded):
        return event
    light = next((key for key in ("lights_off", "lights_on") if in_table(key, folded)), None)
    return light or (ASIDE if not folded or in_table(ASIDE, folded) else None)


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
    """By what a lab's word is kept: a hash, since a word may be somebody's name."""
    return word if _KEY.fullmatch(word) else hashlib.sha256(fold(word).encode()).hexdigest()


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

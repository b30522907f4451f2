"""The query language: its grammar, and the reader of it.

query:   measure "(" what ")" ["in" when]
measure: "count" | "per_hour" | "minutes" | "share" | "mean" | "median" | "longest" | "shortest" | "first" | "last"
what:    "stage" STAGE | saturation | kind ("," kind)*
saturation: "spo2" ("below" | "above") PERCENT
when:    both ("or" both)*
both:    one ("and" one)*
one:     "not" one | "(" when ")" | "night" | "bed" | "sleep" | "stage" STAGE | "position" POSITION | saturation
         | ("half" | "third" | "hour" | "cycle") N | ("before" | "after") HH:MM
         | "within" SECONDS "s" "after" kind
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import POSITIONS
from sleeplm.kinds.events import APNEAS, EVENT_TYPES, RESPIRATORY
from sleeplm.kinds.stages import NREM_STAGES, Stage

MEASURES = ("count", "per_hour", "minutes", "share", "mean", "median", "longest", "shortest", "first", "last")
_OF_ONE = ("mean", "median", "shortest")  # measures that a stage does not have
GROUPS = {"apnea": APNEAS, "respiratory": RESPIRATORY}
STAGES = {"W": (Stage.W,), "NREM": NREM_STAGES, **{s: (Stage(s),) for s in ("N1", "N2", "N3", "R")}}
PLACES = tuple(name for name in POSITIONS.values() if name != "unknown")
_EXTENTS = ("night", "bed", "sleep")
PARTS = {"half": 2, "third": 3, "hour": 48, "cycle": 48}  # how many there may be; no recording is longer than 48 h
_LONGEST = 2000  # characters; longer is no question
_DEEPEST = 20  # brackets in each other; deeper ones would exhaust the stack, and nobody asks so
_TOKEN = re.compile(r"\s*(?:(?P<clock>\d{1,2}:\d{2})(?![\w:])|(?P<word>\w+)|(?P<mark>[(),]))")


@dataclass(frozen=True)
class Events:
    """Events of these types."""

    types: tuple[str, ...]


@dataclass(frozen=True)
class Staged:
    """Stretches of a stage, by its name in `STAGES`; as a when: the time in it."""

    name: str


@dataclass(frozen=True)
class Saturation:
    """The time in which the cleaned oxygen saturation lies ``below`` a percentage, or at it and ``above``."""

    side: str
    percent: int


@dataclass(frozen=True)
class Extent:
    """The whole ``night``, the time in ``bed`` or the ``sleep`` in it."""

    name: str


@dataclass(frozen=True)
class Position:
    """The time in a body position."""

    name: str


@dataclass(frozen=True)
class Part:
    """The nth half or third of the sleep period, hour since lights off, or sleep cycle."""

    name: str
    number: int


@dataclass(frozen=True)
class Clock:
    """The time in bed ``before`` or ``after`` a time of the clock."""

    side: str
    clock: str


@dataclass(frozen=True)
class Near:
    """The seconds after the end of events of these types."""

    seconds: int
    types: tuple[str, ...]


@dataclass(frozen=True)
class Not:
    """The time in bed outside of a when."""

    inner: "When"


@dataclass(frozen=True)
class Both:
    """The time that lies in each of these."""

    parts: tuple["When", ...]


@dataclass(frozen=True)
class Either:
    """The time that lies in any of these."""

    parts: tuple["When", ...]


When = Extent | Staged | Saturation | Position | Part | Clock | Near | Not | Both | Either


@dataclass(frozen=True)
class Query:
    """A measure of something, in a part of the night."""

    measure: str
    what: Events | Staged | Saturation
    when: When


def parse(text: str) -> Query:
    """Read a query.

    Raises
    ------
    UsageError
        It is none; the sentence says what was expected, and where.
    """
    if len(text) > _LONGEST:
        raise UsageError(f"a query has at most {_LONGEST} characters")
    return _Reader(text).query()


class _Reader:
    """One pass over the words of a query."""

    def __init__(self, text: str):
        self._words = [*_split(text), ""]
        self._at = 0
        self._depth = 0

    def query(self) -> Query:
        measure = self._one_of(MEASURES, "a measure")
        self._expect("(")
        what = self._what()
        self._expect(")")
        if not isinstance(what, Events) and measure in (*_OF_ONE, "per_hour"):
            raise UsageError(f"{measure} is of events alone, not of a stage or a saturation")
        when: When = Extent("sleep" if measure == "per_hour" else "bed")
        if self._took("in"):
            when = self._when()
        if self._word:
            self._fail("the end or 'in'")
        return Query(measure, what, when)

    def _what(self) -> Events | Staged | Saturation:
        if self._took("stage"):
            return Staged(self._one_of(STAGES, "a stage"))
        if self._took("spo2"):
            return self._saturation()
        types = list(self._kind())
        while self._took(","):
            types += self._kind()
        return Events(tuple(dict.fromkeys(types)))

    def _saturation(self) -> Saturation:
        return Saturation(self._one_of(("below", "above"), "a side"), self._number(100))

    def _kind(self) -> tuple[str, ...]:
        name = self._one_of((*GROUPS, *EVENT_TYPES), "a kind of event")
        return GROUPS.get(name, (name,))

    def _when(self) -> When:
        parts = [self._both()]
        while self._took("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> When:
        parts = [self._single()]
        while self._took("and"):
            parts.append(self._single())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _single(self) -> When:
        if self._took("not"):
            return Not(self._deeper(self._single))
        if self._took("("):
            inner = self._deeper(self._when)
            self._expect(")")
            return inner
        word = self._one_of(
            (*_EXTENTS, "stage", "position", "spo2", *PARTS, "before", "after", "within"), "a part of the night"
        )
        if word == "spo2":
            return self._saturation()
        if word in _EXTENTS:
            return Extent(word)
        if word == "stage":
            return Staged(self._one_of(STAGES, "a stage"))
        if word == "position":
            return Position(self._one_of(PLACES, "a position"))
        if word in PARTS:
            return Part(word, self._number(PARTS[word]))
        if word == "within":
            seconds = self._number(3600)
            self._expect("s")
            self._expect("after")
            return Near(seconds, self._kind())
        return Clock(word, self._clock())

    def _deeper(self, read: Callable[[], When]) -> When:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UsageError(f"a query has at most {_DEEPEST} brackets and 'not' in each other")
        inner = read()
        self._depth -= 1
        return inner

    @property
    def _word(self) -> str:
        return self._words[self._at]

    def _next(self) -> str:
        self._at += 1
        return self._words[self._at - 1]

    def _took(self, word: str) -> bool:
        there = self._word == word
        self._at += there
        return there

    def _expect(self, word: str) -> None:
        if not self._took(word):
            self._fail(repr(word))

    def _one_of(self, words, what: str) -> str:
        if self._word not in words:
            self._fail(f"{what} ({', '.join(words)})")
        return self._next()

    def _number(self, most: int) -> int:
        if not (self._word.isascii() and self._word.isdigit() and 1 <= int(self._word) <= most):
            self._fail(f"a number from 1 to {most}")
        return int(self._next())

    def _clock(self) -> str:
        if ":" not in self._word:
            self._fail("a time such as 02:30")
        return self._next()

    def _fail(self, expected: str) -> NoReturn:
        found = f"{self._word!r}" if self._word else "the end"
        raise UsageError(f"the query has {found} where {expected} should stand")


def _split(text: str) -> Iterator[str]:
    text = text.strip()
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise UsageError(f"the query has {text[at:].lstrip()[0]!r}, which no query holds")
        at = match.end()
        yield match.group().strip()

"""A caption as tokens: words of the lexicon with all that each may mean, numbers with their units, the joints."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sleeplm.captions.text import lexicon
from sleeplm.kinds.bands import EEG_BANDS
from sleeplm.kinds.channels import MODALITIES
from sleeplm.kinds.events import plural_of

_UNITS = {
    "%": ("%", "percent", "per cent"),
    "uV": ("uV", "µV", "μV", "microvolts", "microvolt"),
    "bpm": ("bpm", "beats per minute", "beats/min", "beats a minute"),
    "/min": ("per minute", "breaths per minute", "breaths/min", "breaths a minute", "a minute", "/min"),
    "ms": ("ms", "milliseconds"),
    "s": ("s", "sec", "seconds", "second"),
    "Hz": ("Hz", "hertz"),
    "deg": ("degrees", "degree", "°"),
    "times": ("times",),
}
_JOINTS = {
    "from": ("from",), "to": ("to",), "between": ("between",), "and": ("and",), "or": ("or", "nor"),
    "no": ("without", "free of", "none of", "not any"), "about": ("about", "around", "roughly", "approximately"),
    "end": ("until", "ending at", "over at", "ends at"), "lasting": ("lasting", "for"), "a": ("a", "an"),
    "break": ("with", "but", "plus", "then"), "clause": ("while", "whereas"),
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_][a-z0-9]*|[%°/]")
_PIECE = re.compile(
    rf"(?P<number>(?<![a-z\d.])(?:\d+(?:\.\d+)?|\.\d+))|(?P<word>{_WORD.pattern})|(?P<punctuation>[.;,:()])"
)


@dataclass
class Token:
    """One piece of a caption.

    Attributes
    ----------
    kinds : dict of str to value
        What it may be: ``{"event": "arousal"}``, ``{"joint": "from"}``, ``{"number": 12.5}``; ``"qualities"`` holds
        the attributes that a quality may state, as ``{attribute: (value, kind of noun)}``.
    clause, atom : int
        Sentences and their parts by semicolon are clauses; atoms end at commas, brackets and some joints too.
    """

    kinds: dict
    clause: int = 0
    atom: int = 0

    def get(self, kind: str) -> Any:
        """Its value as this kind; None where it is none."""
        return self.kinds.get(kind)


def _add(table: dict[str, dict], phrases: Iterable[str], kind: str, value: object) -> None:
    for phrase in phrases:
        table.setdefault(phrase.lower(), {})[kind] = value


@lru_cache(maxsize=1)
def _phrases() -> dict[str, dict]:
    """Every phrase that means something, in lower case, with its kinds."""
    table: dict[str, dict] = {}
    for kind, nouns in (
        ("stage", lexicon.STAGE_NOUNS),
        ("channel", lexicon.CHANNEL_NOUNS),
        ("position", lexicon.POSITION_NOUNS),
        ("topic", lexicon.TOPIC_NOUNS),
        ("evidence", lexicon.EVIDENCE_NOUNS),
        ("unit", _UNITS),
        ("joint", _JOINTS),
        ("event", lexicon.EVENT_NOUNS),
        ("event", {t: tuple(map(plural_of, n)) for t, n in lexicon.EVENT_NOUNS.items()}),
    ):
        for value, phrases in nouns.items():
            _add(table, phrases, kind, value)
    _add(table, lexicon.PREVIOUS_STAGE, "introduces", "previous_stage")
    _add(table, lexicon.NEXT_STAGE, "introduces", "next_stage")
    _add(table, lexicon.EVIDENCE, "introduces", "evidence")
    for n, word in enumerate(lexicon.COUNT_WORDS):
        _add(table, (word,), "count", n)
    for name in EEG_BANDS:
        _add(table, (name, *lexicon.EVIDENCE_NOUNS.get(name, ())), "band", name)
    for name in MODALITIES["brain"].channels:
        _add(table, (name,), "derivation", name)
    for attribute, values in lexicon.QUALITIES.items():
        for value, (noun, phrases) in values.items():
            for phrase in phrases:
                table.setdefault(phrase.lower(), {}).setdefault("qualities", {})[attribute] = (value, noun)
    return table


@lru_cache(maxsize=1)
def _by_first_word() -> dict[str, list[tuple[str, dict]]]:
    """The phrases with their kinds by the word that they begin with, the longest first."""
    table: dict[str, list[tuple[str, dict]]] = {}
    for phrase in sorted(_phrases(), key=len, reverse=True):
        table.setdefault(_first_word(phrase), []).append((phrase, _phrases()[phrase]))
    return table


def _first_word(phrase: str) -> str:
    match = _WORD.match(phrase)
    assert match, f"{phrase!r} begins with no word"
    return match[0]


def _pieces(text: str) -> Iterator[tuple[int, int, str, Any]]:
    """Numbers, phrases and punctuation of a text: ``(start, end, kind, value)``; other words are passed over.

    A unit may touch its number: 62%, 40uV. A letter before a number makes it a name: C3, N2.
    """
    lower = text.lower()
    if len(lower) != len(text):  # a letter whose small form is two
        lower = text = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    table, position = _by_first_word(), 0
    while match := _PIECE.search(lower, position):
        start, position = match.span()
        if match["number"]:
            value = float(match["number"])
            yield start, position, "number", int(value) if value == int(value) else value
        elif match["punctuation"]:
            yield start, position, "punctuation", match["punctuation"]
        else:
            touching = start > 0 and lower[start - 1].isdigit()
            for phrase, kinds in table.get(match["word"], ()):
                end = start + len(phrase)
                whole = not (phrase[-1].isalnum() and lower[end : end + 1].isalnum())
                if whole and lower.startswith(phrase, start) and (not touching or "unit" in kinds):
                    yield start, end, "phrase", kinds
                    position = end
                    break


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text, numbers joined with their units into lists and ranges, clauses and atoms counted.

    A number token has ``number`` (a list) with ``unit``, or ``range`` (a pair) with ``unit``; ``about`` where it is
    stated roughly.
    """
    return _counted(_grouped(_raw(text)))


def _raw(text: str) -> list[Token]:
    of = {"number": lambda v: {"number": [v]}, "phrase": lambda v: v, "punctuation": lambda v: {"punctuation": v}}
    return [Token(of[kind](value)) for _, _, kind, value in _pieces(text)]


def _grouped(raw: list[Token]) -> list[Token]:
    """Numbers with their unit: ``3, 9 and 20 s`` is one token, ``from 3 to 20 s`` too."""
    out: list[Token] = []
    i = 0
    while i < len(raw):
        token = raw[i]
        if token.get("number") is None:
            out.append(token)
            i += 1
            continue
        numbers, joints, j = list(token.get("number")), [], i + 1
        while j + 1 < len(raw) and raw[j + 1].get("number") is not None and _joins(raw[j]):
            numbers += raw[j + 1].get("number")
            joints.append(raw[j].get("joint") or ",")
            j += 2
        if j < len(raw) and raw[j].get("unit"):
            out.append(_group(numbers, joints, raw[j].get("unit"), out))
            j += 1
        else:
            out.append(Token({"number": [numbers[0]], "unit": None}))
            j = i + 1
        i = j
    return out


def _joins(token: Token) -> bool:
    return token.get("punctuation") == "," or token.get("joint") in ("and", "to", "or")


def _group(numbers: list, joints: list[str], unit: str, before: list[Token]) -> Token:
    last = before[-1].get("joint") if before else None
    if joints == ["to"] or (joints == ["and"] and last == "between"):
        if last in ("from", "between"):
            before.pop()
        return Token({"range": tuple(numbers), "unit": unit})
    about = last == "about"
    if about:
        before.pop()
    return Token({"number": numbers, "unit": unit, **({"about": True} if about else {})})


def _counted(tokens: list[Token]) -> list[Token]:
    clause = atom = 0
    out = []
    for token in tokens:
        sign, joint = token.get("punctuation"), token.get("joint")
        if (sign and sign in ".;") or joint == "clause":
            clause, atom = clause + 1, atom + 1
        elif sign or joint in ("and", "or", "break"):
            atom += 1
        out.append(Token(token.kinds, clause, atom))
    return out


class TokenText:
    """The tokens of a text, and where they stand to each other.

    Parameters
    ----------
    tokens : list of Token

    Attributes
    ----------
    used : set of int
        Indices of tokens that have been read: `nearest` passes them over.
    """

    def __init__(self, tokens: list[Token]):
        self.tokens = tokens
        self.used: set[int] = set()

    def clause(self, i: int) -> range:
        """Indices of the clause that a token is in."""
        first = last = i
        while first and self.tokens[first - 1].clause == self.tokens[i].clause:
            first -= 1
        while last + 1 < len(self.tokens) and self.tokens[last + 1].clause == self.tokens[i].clause:
            last += 1
        return range(first, last + 1)

    def nearest(self, i: int, belongs: Callable[[Token], Any]) -> int | None:
        """The nearest token that belongs: in the same atom, else before it in the clause, else after it."""
        at = self.tokens[i].atom
        there = [j for j in self.clause(i) if j != i and j not in self.used and belongs(self.tokens[j])]
        if not there:
            return None
        return min(there, key=lambda j: (_far(self.tokens[j].atom - at), abs(j - i), j < i))

    def before(self, i: int, kind: str) -> Any:
        """The value of the last token of a kind before this one in its clause; None without one."""
        values = (self.tokens[j].get(kind) for j in range(i - 1, self.clause(i)[0] - 1, -1))
        return next((value for value in values if value), None)

    def atom(self, i: int) -> list[Token]:
        """The tokens of the atom that a token is in."""
        return [self.tokens[j] for j in self.clause(i) if self.tokens[j].atom == self.tokens[i].atom]

    def in_atom(self, i: int, kind: str) -> Any:
        """The value of the nearest token of a kind in the same atom; None without one."""
        j = self.nearest(i, lambda t: t.get(kind) and t.atom == self.tokens[i].atom)
        return None if j is None else self.tokens[j].get(kind)


def _far(atoms: int) -> int:
    """How far an atom is: those before count less than any after."""
    return 0 if atoms == 0 else -atoms if atoms < 0 else 1000 + atoms


_SLOT_KINDS = ("stage", "event", "channel", "derivation", "band", "position", "evidence")


def slots_in(text: str) -> list[tuple[int, int, str]]:
    """Where a text has slots: ``(start, end, kind)`` of numbers, counts, names and qualities, in order.

    A number takes its unit, its "about" and the others of its list or range with it; a count its noun; a name or a
    quality the word "the" or "sleep" that may stand with it.
    """
    found: list[tuple[int, int, str]] = []
    for start, end, piece, value in _pieces(text):
        kinds = value if piece == "phrase" else {}
        kind = "number" if piece == "number" else next((k for k in _SLOT_KINDS if k in kinds), None)
        if kind is None:
            if "qualities" in kinds:
                kind = "quality"
            elif "count" in kinds or kinds.get("joint") in ("a", "no"):
                kind = "count"
            elif "unit" in kinds:
                kind = "unit"
            elif kinds.get("joint") == "about":
                kind = "about"
            else:
                continue
        found.append((start, end, kind))
    return _joined(text, found)


def _joined(text: str, found: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    out: list[tuple[int, int, str]] = []
    for start, end, kind in found:
        between = text[out[-1][1] : start].strip() if out else "."
        last = out[-1][2] if out else None
        if last in ("about", "number") and kind == "number" and between in ("", ",", "and", "to", "or"):
            out[-1] = (out[-1][0], end, "number")
        elif (last == "number" and kind == "unit" and not between) or (
            last in ("count", "number") and kind == "event" and not between
        ):
            out[-1] = (out[-1][0], end, "number" if kind == "unit" else "event")
        elif kind != "unit":
            out.append((start, end, kind))
    return [(a, b, k) for a, b, k in out if k not in ("count", "about")]

"""A caption as tokens: words of the lexicon with all that each may mean, numbers with their units, the joints."""

import re
from dataclasses import dataclass
from functools import lru_cache

from sleeplm.captions import lexicon

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
_COUNT_WORDS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_JOINTS = {
    "from": ("from",), "to": ("to",), "between": ("between",), "and": ("and",), "or": ("or", "nor"),
    "no": ("without", "free of", "none of", "not any"), "about": ("about", "around", "roughly", "approximately"),
    "end": ("until", "ending at", "over at", "ends at"), "lasting": ("lasting", "for"), "a": ("a", "an"),
    "break": ("with", "but", "plus", "then"), "clause": ("while", "whereas"),
}  # fmt: skip
BAND_NAMES = ("delta", "theta", "alpha", "sigma", "beta")


@dataclass
class Token:
    """One piece of a caption.

    Attributes
    ----------
    kinds : dict of str to value
        What it may be: ``{"event": "arousal"}``, ``{"joint": "from"}``, ``{"number": 12.5}``; ``"words"`` holds the
        attributes that a quality may state, as ``{attribute: (value, kind of noun)}``.
    clause, atom : int
        Sentences and their parts by semicolon are clauses; atoms end at commas, brackets and some joints too.
    """

    kinds: dict
    clause: int = 0
    atom: int = 0

    def get(self, kind: str):
        """Its value as this kind; None where it is none."""
        return self.kinds.get(kind)


def _add(table: dict, phrases, kind: str, value) -> None:
    for phrase in phrases:
        table.setdefault(phrase.lower(), {})[kind] = value


def plural_of(noun: str) -> str:
    """The plural of an event's noun."""
    return lexicon.PLURALS.get(noun, f"{noun}s")


@lru_cache(maxsize=1)
def _phrases() -> dict[str, dict]:
    """Every phrase that means something, in lower case, with its kinds."""
    table: dict[str, dict] = {}
    for kind, nouns in (
        ("stage", lexicon.STAGE_NOUNS),
        ("channel", lexicon.CHANNEL_NOUNS),
        ("position", lexicon.POSITION_NOUNS),
        ("topic", lexicon.TOPIC_NOUNS),
        ("supports", lexicon.SUPPORTS),
        ("unit", _UNITS),
        ("joint", _JOINTS),
        ("event", lexicon.EVENT_NOUNS),
        ("event", {t: tuple(map(plural_of, n)) for t, n in lexicon.EVENT_NOUNS.items()}),
    ):
        for value, phrases in nouns.items():
            _add(table, phrases, kind, value)
    _add(table, lexicon.BEFORE, "marker", "previous_stage")
    _add(table, lexicon.AFTER, "marker", "next_stage")
    _add(table, lexicon.SUPPORT, "marker", "supports")
    for n, word in enumerate(_COUNT_WORDS):
        _add(table, (word,), "count", n)
    for name in BAND_NAMES:
        _add(table, (name, *lexicon.SUPPORTS.get(name, ())), "band", name)
    for name in ("C3", "C4"):
        _add(table, (name,), "lead", name)
    for attribute, values in lexicon.WORDS.items():
        for value, (noun, phrases) in values.items():
            for phrase in phrases:
                table.setdefault(phrase.lower(), {}).setdefault("words", {})[attribute] = (value, noun)
    return table


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern:
    phrases = sorted(_phrases(), key=len, reverse=True)
    edged = [rf"{re.escape(p)}(?![A-Za-z0-9])" if p[-1].isalnum() else re.escape(p) for p in phrases]
    words = "|".join(rf"(?<![A-Za-z0-9]){e}" if p[0].isalpha() else e for p, e in zip(phrases, edged, strict=True))
    # A unit may touch its number: 62%, 40uV. A letter before a number makes it a name: C3, N2.
    units = "|".join(re.escape(u) for us in _UNITS.values() for u in us if u.isascii() and u.isalpha())
    return re.compile(
        rf"(?P<number>(?<![A-Za-z\d.])\d+(?:\.\d+)?)(?:(?={units})(?P<unit>{units})(?![A-Za-z0-9]))?"
        rf"|(?P<phrase>{words})|(?P<mark>[.;,:()])|[A-Za-z]+|.",
        re.IGNORECASE | re.DOTALL,
    )


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text, numbers joined with their units into lists and ranges, clauses and atoms counted.

    A number token has ``number`` (a list) with ``unit``, or ``range`` (a pair) with ``unit``; ``about`` where it is
    said roughly.
    """
    return _counted(_grouped(_raw(text)))


def _raw(text: str) -> list[Token]:
    table, out = _phrases(), []
    for match in _pattern().finditer(text):
        if match["number"]:
            value = float(match["number"])
            out.append(Token({"number": [int(value) if value == int(value) else value]}))
            if match["unit"]:
                out.append(Token(table[match["unit"].lower()]))
        elif match["phrase"]:
            out.append(Token(table[match["phrase"].lower()]))
        elif match["mark"]:
            out.append(Token({"mark": match["mark"]}))
    return out


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
    return token.get("mark") == "," or token.get("joint") in ("and", "to", "or")


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
        mark, joint = token.get("mark"), token.get("joint")
        if (mark and mark in ".;") or joint == "clause":
            clause, atom = clause + 1, atom + 1
        elif mark or joint in ("and", "or", "break"):
            atom += 1
        out.append(Token(token.kinds, clause, atom))
    return out


_SLOT_KINDS = ("stage", "event", "channel", "lead", "band", "position", "supports")


def slots_in(text: str) -> list[tuple[int, int, str]]:
    """Where a text has slots: ``(start, end, kind)`` of numbers, counts, names and qualities, in order.

    A number takes its unit, its "about" and the others of its list or range with it; a count its noun; a name or a
    quality the word "the" or "sleep" that may stand with it.
    """
    table = _phrases()
    found: list[tuple[int, int, str]] = []
    for match in _pattern().finditer(text):
        kinds = table[match["phrase"].lower()] if match["phrase"] else {}
        kind = "number" if match["number"] else next((k for k in _SLOT_KINDS if k in kinds), None)
        if kind is None:
            if "words" in kinds:
                kind = "quality"
            elif "count" in kinds or kinds.get("joint") in ("a", "no"):
                kind = "count"
            elif "unit" in kinds:
                kind = "unit"
            elif kinds.get("joint") == "about":
                kind = "about"
            else:
                continue
        found.append((match.start(), match.end(), kind))
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

"""The templates that captions are written in, and the record of what a caption claims.

A template is a sentence part with choices and slots: ``"[heart rate|pulse] {hr_mean_bpm} bpm"``. Choices may be
nested. A slot is the name of a value, and what it states is noted as a claim: a number as it is printed, a pair as
``3 to 20`` (``{&name}``: ``3 and 20``), a list as English lists it, a quality that `lexicon.QUALITIES` knows in
one of its words. ``{~name}`` states a number roughly ("about 60") where that is simpler; ``{=name}`` claims
nothing, and ``{!name}`` claims without writing: for what the words around it state.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sleeplm.captions.features.rounding import coarse, printed
from sleeplm.captions.text.lexicon import COUNT_WORDS, QUALITIES
from sleeplm.kinds.channels import MODALITIES

Claim = tuple[str, Any]
T = TypeVar("T")
_PIECE = re.compile(r"\[|\]|\||\{([~=&!]?)(\w+)\}|[^\[\]|{}]+")
_ROUGHLY = ("about", "around", "roughly")
_EEG = MODALITIES["brain"].channels
# How often a caption for training has all clauses, and in the usual order: half and half, so that both are learnt.
_ALL_CLAUSES, _IN_ORDER = 0.5, 0.6
_JOINTS = (". ", ". ", "; ")


class Renderer:
    """Writes one caption: every choice is drawn from its own generator, every number from the attributes.

    Parameters
    ----------
    seed : int or str
        The same seed and attributes give the same text.
    attributes : mapping
        Values of the slots.
    full : bool
        Whether nothing that could be stated is left out, and what matters most comes first.

    Attributes
    ----------
    about : dict
        Attributes that were stated roughly, with the round number that was written.
    claims : list of (str, value)
        What was stated, in the order of writing; see `distinct_claims`.
    """

    def __init__(self, seed: int | str, attributes: Mapping, full: bool = False):
        self.draw = random.Random(seed)
        self.attributes = attributes
        self.full = full
        self.about: dict[str, int] = {}
        self.claims: list[Claim] = []

    def of(self, attributes: Mapping) -> "Renderer":
        """A renderer of other attributes that draws from the same generator, its claims being ours."""
        other = Renderer.__new__(Renderer)
        other.draw, other.attributes, other.about, other.claims = self.draw, attributes, self.about, self.claims
        other.full = self.full
        return other

    def one_of(self, options: Sequence[T]) -> T:
        """One of several, each as likely; half the cost of `random.choice`."""
        return options[int(self.draw.random() * len(options))]

    def render(self, *templates: str, prefix: str = "", **slots: Any) -> str:
        """One of the templates, its choices made and its slots filled; claims are named `prefix` and slot."""
        written: list[str] = []
        self._write(_parsed(self.one_of(templates)), slots, prefix, written)
        return "".join(written)

    def claim(self, name: str, value: object) -> None:
        """Note something that a text states beside its slots."""
        self.claims.append((name, value))

    def compose(self, clauses: Sequence["Clause"], always: int = 1) -> str:
        """Sentences from clauses, the first few of them always, of the others some or all, in varied order."""
        kept, others = list(clauses[:always]), list(clauses[always:])
        if others and not self.full and self.draw.random() > _ALL_CLAUSES:
            chosen = self.draw.sample(range(len(others)), self.draw.randint(0 if kept else 1, len(others)))
            others = [others[i] for i in sorted(chosen)]
        kept += others
        if len(kept) > 1 and not self.full and self.draw.random() > _IN_ORDER:
            self.draw.shuffle(kept)
        return self.joined([clause(self) for clause in kept])

    def joined(self, clauses: Sequence[str]) -> str:
        """Clauses in sentences: each by itself, or several in a row."""
        text = capitalized(clauses[0])
        one = self.draw.random() < 0.25
        for clause in clauses[1:]:
            joint = "; " if one else self.one_of(_JOINTS)
            text += joint + (capitalized(clause) if joint == ". " else clause)
        return f"{text}."

    def _write(self, nodes: tuple, slots: Mapping, prefix: str, written: list[str]) -> None:
        """Write the nodes of a parsed template, drawing its choices from left to right."""
        for node in nodes:
            if isinstance(node, str):
                written.append(node)
            elif node[0] == "choice":
                self._write(self.one_of(node[1]), slots, prefix, written)
            else:
                _, mode, name = node
                written.append(
                    self._fill(mode, name, slots[name] if name in slots else self.attributes[name], prefix)
                )

    def _fill(self, mode: str, name: str, value: Any, prefix: str) -> str:
        """The text of a slot, its claim noted."""
        if mode == "=":
            return value if isinstance(value, str) else printed(value)
        if mode == "!":
            self.claims.append((prefix + name, value))
            return ""
        if isinstance(value, list):
            self.claims += [(prefix + name, v) for v in value]
            return listed([printed(v) for v in value])
        if isinstance(value, tuple):
            self.claims.append((prefix + name, value))
            return f"{printed(value[0])} {'and' if mode == '&' else 'to'} {printed(value[1])}"
        if name in QUALITIES and value in QUALITIES[name]:
            self.claims.append((prefix + name, value))
            return self.one_of(QUALITIES[name][value][1])
        if isinstance(value, str):
            return value
        about = coarse(name, value) if mode == "~" else None
        if about is None:
            self.claims.append((prefix + name, value))
            return printed(value)
        self.about[prefix + name] = about
        word = self.one_of(_ROUGHLY)
        self.claims.append((prefix + name, f"about {printed(about)}"))
        return f"{word} {printed(about)}"


Clause = Callable[[Renderer], str]


@lru_cache(maxsize=4096)
def _parsed(template: str) -> tuple:
    """A template as a tree: texts, ``("choice", branches)`` and ``("slot", mode, name)``."""
    stack: list[list[list]] = [[[]]]
    for match in _PIECE.finditer(template):
        piece = match[0]
        if piece == "[":
            stack.append([[]])
        elif piece == "|":
            stack[-1].append([])
        elif piece == "]":
            branches = tuple(tuple(b) for b in stack.pop())
            stack[-1][-1].append(("choice", branches))
        else:
            stack[-1][-1].append(("slot", match[1], match[2]) if match[2] else piece)
    return tuple(stack[0][0])


def distinct_claims(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Claims without repeats, in a fixed order; whole numbers as int, so that 15.0 and 15 are one.

    What is claimed of the EEG without a derivation (``EEG.``) is of the one that is named, where only one is.
    """
    named = {name.partition(".")[0] for name, _ in claims if "." in name} & set(_EEG)
    of = f"{named.pop()}." if len(named) == 1 else "EEG."
    return tuple(sorted({(name.replace("EEG.", of, 1), _plain(v)) for name, v in claims}, key=repr))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_plain(v) for v in value)
    return int(value) if isinstance(value, float) and value == int(value) else value


def capitalized(text: str) -> str:
    """The text with a capital first letter, the rest as it was."""
    return text[:1].upper() + text[1:]


def listed(items: Sequence[str], last: str = "and") -> str:
    """Items as English lists them.

    >>> listed(["3", "9.5", "20"])
    '3, 9.5 and 20'
    """
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """A number of things, small numbers in words.

    >>> counted(1, "spindle"), counted(3, "spindle"), counted(14, "slow wave"), counted(0, "arousal")
    ('one spindle', 'three spindles', '14 slow waves', 'no arousals')
    """
    number = COUNT_WORDS[n] if n < len(COUNT_WORDS) else str(n)
    return f"{number} {noun if n == 1 else plural or noun + 's'}"


def with_article(noun: str) -> str:
    """The noun with a or an, by its first letter (none of ours begins with a silent h or a spoken "yu").

    >>> with_article("obstructive apnea"), with_article("hypopnea")
    ('an obstructive apnea', 'a hypopnea')
    """
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"

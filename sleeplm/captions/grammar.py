"""The small grammar that captions are written in.

A template is a sentence part with choices and slots: ``"[heart rate|pulse] {hr_mean_bpm} bpm"``. Choices may be
nested; a slot is the name of an attribute, and ``{~name}`` says it roughly ("about 60") where that is simpler.
"""

import random
import re
from collections.abc import Mapping, Sequence

from sleeplm.captions.rounding import coarse, printed

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(~?)(\w+)\}")
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ALL_CLAUSES, _IN_ORDER, _ONE_SENTENCE = (
    0.5,
    0.6,
    0.4,
)  # how often a caption says all, in the usual order, in one go


class Teller:
    """Writes one caption: every choice is drawn from its own generator, every number from the attributes.

    Parameters
    ----------
    seed : int or str
        The same seed and attributes give the same text.
    attributes : mapping
        Values of the slots.

    Attributes
    ----------
    about : dict
        Attributes that were said roughly, with the round number that was said.
    """

    def __init__(self, seed: int | str, attributes: Mapping):
        self.draw = random.Random(seed)
        self.attributes = attributes
        self.about: dict[str, int] = {}

    def say(self, *templates: str, **slots) -> str:
        """One of the templates, its choices made and its slots filled."""
        text = self.draw.choice(templates)
        while match := _CHOICE.search(text):
            text = text[: match.start()] + self.draw.choice(match[1].split("|")) + text[match.end() :]
        return _SLOT.sub(lambda m: self._fill(m[2], bool(m[1]), {**self.attributes, **slots}), text)

    def compose(self, clauses: Sequence[str | None], always: int = 1) -> str:
        """Sentences from clauses, the first few of them always, of the others some or all, in varied order."""
        kept = [c for c in clauses if c]
        if len(kept) > always and self.draw.random() > _ALL_CLAUSES:
            others = self.draw.sample(range(always, len(kept)), self.draw.randint(0, len(kept) - always))
            kept = [kept[i] for i in (*range(always), *sorted(others))]
        if self.draw.random() > _IN_ORDER:
            self.draw.shuffle(kept)
        one = self.draw.random() < _ONE_SENTENCE
        text = capitalized(kept[0])
        for clause in kept[1:]:
            text += f"; {clause}" if one else f". {capitalized(clause)}"
        return f"{text}."

    def _fill(self, name: str, roughly: bool, values: Mapping) -> str:
        value = values[name]
        if isinstance(value, str):
            return value
        about = coarse(name, value) if roughly else None
        if about is None:
            return printed(value)
        self.about[name] = about
        return f"{self.draw.choice(('about', 'around', 'roughly'))} {printed(about)}"


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
    number = _COUNTS[n] if n < len(_COUNTS) else str(n)
    return f"{number} {noun if n == 1 else plural or noun + 's'}"


def with_article(noun: str) -> str:
    """The noun with a or an, by its first letter (none of ours begins with a silent h or a spoken "yu").

    >>> with_article("obstructive apnea"), with_article("hypopnea")
    ('an obstructive apnea', 'a hypopnea')
    """
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"

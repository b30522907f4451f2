"""What a question may lean on: the turn before it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.answers import Answer
from assistant.tools import TOOLS, Call

_LEANS = re.compile(
    r"^(?:and|also|or|but|then|same|what about|how about|only|just|in|during|for|when\??$|where\??$)\b"
    r"|\b(?:that|it|those|these|them|there|this one)\W*$",
    re.IGNORECASE,
)
SHORT = 2  # words that make no question of their own
LONG = 7  # words from which a question stands by itself


@dataclass(frozen=True)
class Turn:
    """A question that was asked, and the calls that answered it."""

    question: str
    calls: tuple[Call, ...]


def last_turn(history: Iterable[tuple[str, Answer]]) -> Turn | None:
    """The turn before this question; None where there is none, or where it was declined as out of scope.

    Parameters
    ----------
    history : iterable of (str, Answer)
        Questions with their answers, the oldest first.
    """
    turns: Sequence[tuple[str, Answer]] = list(history)
    if not turns:
        return None
    question, answer = turns[-1]
    calls = tuple(call_from(tool) for tool in answer.tools if tool["tool"] in TOOLS and tool["tool"] != "decline")
    return Turn(question, calls) if calls else None


def leans_on_before(question: str) -> bool:
    """Whether a question is of the kind that is only understood from the one before it: ``"and REM?"``."""
    words = len(question.split())
    return words <= SHORT or (words < LONG and _LEANS.search(question.strip()) is not None)


def call_from(tool: dict) -> Call:
    """The call that an answer's ``tools`` entry names."""
    values = tool["arguments"].values()
    flat = [a for value in values for a in (value if isinstance(value, list) else [value])]
    return Call(tool["tool"], tuple(str(a) for a in flat))

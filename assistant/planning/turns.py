"""The turn before a question, which a question may lean on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.grounding.answers import Answer
from assistant.tools import TOOLS, Call


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


def call_from(tool: dict) -> Call:
    """The call that an answer's ``tools`` entry names."""
    values = tool["arguments"].values()
    flat = [a for value in values for a in (value if isinstance(value, list) else [value])]
    return Call(tool["tool"], tuple(str(a) for a in flat))

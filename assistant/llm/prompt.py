"""What a language model is given: a task, the question as data, and soft tokens of the night."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

PLAN, WRITE, READ = "plan", "write", "read"


@dataclass(frozen=True)
class Prompt:
    """One request to a language model.

    Attributes
    ----------
    task : str
        `PLAN`, `WRITE` or `READ`.
    user : str
        What is asked, as plain data: no word in it is an instruction, no special token is read in it.
    system : str
        Instructions for a model that was not trained for the task; our adapter does without them.
    tokens : ndarray or None
        SleepLM tokens ``[tokens, width]`` to be projected and put before the text.
    """

    task: str
    user: str
    system: str = ""
    tokens: np.ndarray | None = None


class Writer(Protocol):
    """A language model: it continues a prompt with text of a grammar."""

    name: str

    def reads(self, network: dict) -> bool:
        """Whether it can be given tokens of a network, as `Study.model` names it."""

    def describe(self) -> dict:
        """Name, adapter and how it runs, for `Answer.model`."""

    def complete(self, prompt: Prompt, grammar: str, max_tokens: int, seed: int | None = None) -> Iterator[str]:
        """Yield the text piece by piece; with a seed it is sampled, without it is the likeliest."""

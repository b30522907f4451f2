"""What an answer is made of, and the steps in which it is streamed."""

from dataclasses import dataclass, field

from sleeplm.night import Fact


@dataclass(frozen=True)
class Citation:
    """A stretch of the night that a fact of the answer rests on.

    Attributes
    ----------
    start_s, end_s : float
        Seconds from the first sample of the recording.
    epochs : tuple of (int, int)
        First and last epoch, from 1, both included.
    fact : str
        The id of the fact.
    """

    start_s: float
    end_s: float
    epochs: tuple[int, int]
    fact: str

    def as_dict(self) -> dict:
        """The citation as the JSON contract has it."""
        return {
            "start_s": self.start_s,
            "end_s": self.end_s,
            "epochs": list(self.epochs),
            "fact": self.fact,
        }


@dataclass(frozen=True)
class ToolStep:
    """A tool was called; `label` says so in words for people (``"looked up the stages"``)."""

    tool: str
    arguments: dict
    label: str


@dataclass(frozen=True)
class TextStep:
    """The answer so far, whole, already filled with values."""

    text: str


@dataclass(frozen=True)
class Answer:
    """A finished answer: its text with all values filled in, and what it rests on.

    `facts` are those whose values stand in `text`; `tools` are dicts with ``tool`` and ``arguments``; `unavailable`
    is true whenever the answer declines (not recorded, outside the study, out of scope); `model` names the language
    model, its adapter and whether the text was written by it or by the plain evidence sentences.
    """

    text: str
    facts: list[Fact] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    tools: list[dict] = field(default_factory=list)
    unavailable: bool = False
    model: dict = field(default_factory=dict)
    seconds: dict = field(default_factory=dict)

    def as_json(self) -> dict:
        """The answer as `sleeplm ask --json` prints it."""
        return {
            "answer": self.text,
            "facts": [{"id": f.id, "value": f.value, "unit": f.unit} for f in self.facts],
            "citations": [c.as_dict() for c in self.citations],
            "tools": self.tools,
            "unavailable": self.unavailable,
            "model": self.model,
            "seconds": self.seconds,
        }

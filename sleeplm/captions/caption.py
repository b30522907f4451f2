"""A text about an epoch or a night, with the numbers that it states."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Caption:
    """A text with what it rests on.

    Attributes
    ----------
    text : str
        Plain sentences.
    attributes : dict
        What was measured, each number as it is printed; ``about`` holds those that the text states roughly.
    source : str
        ``"measured"``, or ``"model"`` where a network wrote it.
    claims : tuple of (str, value)
        What the text claims, noted while it was written: numbers, words that state an attribute, events and their
        times. It is not stored: `reading.claims.read_back` gives it again from the text.
    """

    text: str
    attributes: dict = field(default_factory=dict)
    source: str = "measured"
    claims: tuple = field(default=(), compare=False)

    def as_dict(self) -> dict:
        """The caption as the JSON contract has it."""
        return {"text": self.text, "attributes": self.attributes, "source": self.source}

    @classmethod
    def from_dict(cls, values: Mapping) -> "Caption":
        """Read back what `as_dict` wrote."""
        return cls(**values)

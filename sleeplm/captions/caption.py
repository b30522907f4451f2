"""A text about an epoch or a night, with the numbers that it says."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Caption:
    """A text with what it rests on.

    Attributes
    ----------
    text : str
        Plain sentences.
    attributes : dict
        What was measured, each number as it is printed; ``about`` holds those that the text says roughly.
    source : str
        ``"measured"``, or ``"model"`` where a network wrote it.
    """

    text: str
    attributes: dict = field(default_factory=dict)
    source: str = "measured"

    def as_dict(self) -> dict:
        """The caption as the JSON contract has it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping) -> "Caption":
        """Read back what `as_dict` wrote."""
        return cls(**values)

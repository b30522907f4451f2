"""What one answer may rest on: facts of the night, and statements made from it, in the order to be told."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from assistant.answers import Citation
from sleeplm.errors import ModelError
from sleeplm.network.encoder import Encoder, refuse_other_network
from sleeplm.night import Fact
from sleeplm.units import EPOCH_S

MAX_CITATIONS = 6  # stretches shown for one fact, the longest first


@dataclass(frozen=True)
class Evidence:
    """Facts for one answer.

    Attributes
    ----------
    facts : tuple of Fact
        Those with a value are to be told, in this order; those without one say in `text` why.
    declined : str or None
        The whole answer, where there is nothing to tell: outside the study, out of scope, not recorded.
    """

    facts: tuple[Fact, ...] = ()
    declined: str | None = None

    @property
    def told(self) -> list[Fact]:
        """The facts that exist."""
        return [f for f in self.facts if f.value is not None]

    @property
    def absent(self) -> list[Fact]:
        """The facts that do not exist for this night."""
        return [f for f in self.facts if f.value is None]

    @property
    def unavailable(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.told


@dataclass
class Context:
    """What the tools may look at: one study, the index, and the model of signals when first needed."""

    study: Any
    index: Any = None
    load_encoder: Callable[[], Encoder] | None = None
    read_epoch: Callable[[int], str | None] | None = None
    slots: Any = None
    _encoder: Encoder | None = field(default=None, repr=False)

    @property
    def encoder(self) -> Encoder:
        """The network whose space the study's embeddings lie in.

        Raises
        ------
        ModelError
            No encoder was given, or another than the study was embedded by.
        """
        if self._encoder is None:
            if self.load_encoder is None:
                raise ModelError("no SleepLM is loaded, so phrases cannot be looked for in the signals")
            encoder = self.load_encoder()
            refuse_other_network(encoder, self.study.model)
            self._encoder = encoder
        return self._encoder


def merge(parts: Iterable[Evidence]) -> Evidence:
    """One evidence out of several: each fact once, in order; declined only where nothing can be told."""
    parts = list(parts)
    facts: dict[str, Fact] = {}
    for part in parts:
        for fact in part.facts:
            facts.setdefault(fact.id, fact)
    declined = list(dict.fromkeys(p.declined for p in parts if p.declined))
    told = any(f.value is not None for f in facts.values())
    return Evidence(tuple(facts.values()), None if told or not declined else " ".join(declined))


def statement(id: str, name: str, value: str, epochs=(), signals=(), source="measured", definition="") -> Fact:
    """Make a fact whose value is a clause; its sentence is the clause itself."""
    text = value[:1].upper() + value[1:].rstrip(".") + "."
    return Fact(id, name, value, "", text, definition, tuple(signals), source, tuple(epochs))


def absence(id: str, name: str, why: str) -> Fact:
    """Make a fact that does not exist for this night, with the sentence that says why."""
    return Fact(id, name, None, "", why, "")


def citations(facts: Iterable[Fact]) -> list[Citation]:
    """Stretches that the facts rest on, each once: of each fact the longest, at most `MAX_CITATIONS`."""
    found: dict[tuple[int, int], Citation] = {}
    for fact in facts:
        longest_first = sorted(fact.epochs, key=lambda e: (e[0] - e[1], e[0]))
        for first, last in longest_first[:MAX_CITATIONS]:
            whole = Citation((first - 1.0) * EPOCH_S, float(last * EPOCH_S), (first, last), fact.id)
            found.setdefault((first, last), whole)
    return list(found.values())

"""What a network embeds of people's nights: each night with each subset of channels is embedded once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sleeplm.network.encoder import Encoder, Encoding
from train.evaluation.baselines import formula_features, untrained
from train.evaluation.people import WHOLE, Person, together


class EmbeddingCache:
    """A network and all that it has embedded so far.

    Parameters
    ----------
    model : Encoder

    Attributes
    ----------
    model : Encoder
    """

    def __init__(self, model: Encoder):
        self.model = model
        self._nights: dict[str, Encoding] = {}
        self._vectors: dict[tuple[str, str], np.ndarray] = {}

    def night(self, person: Person) -> Encoding:
        """Embeddings, patches and tokens of the whole recording."""
        if person.name not in self._nights:
            self._nights[person.name] = self.model.encode(person.with_channels(WHOLE))
        return self._nights[person.name]

    def vectors(self, person: Person, subset: str = WHOLE) -> np.ndarray:
        """Embeddings of a night with a subset of channels, ``[epochs, dim]``."""
        if subset == WHOLE:
            return self.night(person).embeddings
        if (person.name, subset) not in self._vectors:
            self._vectors[person.name, subset] = self.model.embed_signals(person.with_channels(subset))
        return self._vectors[person.name, subset]

    def all_vectors(self, people: Sequence[Person], subset: str = WHOLE) -> np.ndarray:
        """Those of all people one after the other, ``[all epochs, dim]``."""
        return together(self.vectors(person, subset) for person in people)


class Features:
    """What is measured by formula in people's nights: each night with each subset of channels once."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], np.ndarray] = {}

    def all_of(self, people: Sequence[Person], subset: str = WHOLE) -> np.ndarray:
        """`formula_features` of all people one after the other, ``[all epochs, features]``."""
        for person in people:
            if (person.name, subset) not in self._of:
                self._of[person.name, subset] = formula_features(person.with_channels(subset))
        return together(self._of[person.name, subset] for person in people)


@dataclass(frozen=True)
class EvaluationContext:
    """What a part of the evaluation rests on.

    Attributes
    ----------
    trained, untrained : EmbeddingCache
        Of the network that is measured, and of one of the same form with random weights.
    reference : sequence of Person
        Whom examples, probes and the logistic regression learn from.
    people : sequence of Person
        Others, whom they are measured on.
    features : Features
        Of all of them.
    """

    trained: EmbeddingCache
    untrained: EmbeddingCache
    reference: Sequence[Person]
    people: Sequence[Person]
    features: Features = field(default_factory=Features)

    @classmethod
    def of(cls, model: Encoder, reference: Sequence[Person], people: Sequence[Person]) -> "EvaluationContext":
        """The context of a network, nothing embedded so far."""
        return cls(EmbeddingCache(model), EmbeddingCache(untrained(model)), reference, people)

    @property
    def model(self) -> Encoder:
        """The network that is measured."""
        return self.trained.model

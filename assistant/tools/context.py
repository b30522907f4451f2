"""What the tools may look at: one study, and what answers about it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from assistant.question.slots import Slots
from sleeplm.errors import ModelError
from sleeplm.network.encoder import Encoder, refuse_other_network


@dataclass
class Context:
    """What the tools may look at: one study, the index, and the model of signals when first needed."""

    study: Any
    index: Any = None
    load_encoder: Callable[[], Encoder] | None = None
    read_epoch: Callable[[int], str | None] | None = None
    slots: Slots = field(default_factory=Slots)
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

"""The network that embeds nights, as a user names it, and what works with it of what was made with ours."""

from dataclasses import dataclass
from typing import Any

from assistant.projector import read_config
from sleeplm.analysis import model_of
from sleeplm.encoder import SleepLM
from sleeplm.errors import ModelError, UsageError
from sleeplm.released import ReleasedSleepLM

MOST_NAME = 80  # characters


@dataclass(frozen=True)
class Network:
    """A loaded network.

    Attributes
    ----------
    encoder : SleepLM
    model : dict
        Its name, SHA-256 and size of the space, as studies and indices name it.
    limits : str
        One sentence on what works with it and what does not; empty where all does.
    """

    encoder: Any
    model: dict
    limits: str

    @property
    def name(self) -> str:
        """What people are told that it is called."""
        return self.model["name"]


def load_network(name: str | None = None, bf16: bool = False) -> Network:
    """Load the network of a folder or of a name on the hub, ours where there is no name.

    Parameters
    ----------
    name : str, optional
        As `SleepLM.from_pretrained` takes it.
    bf16 : bool
        Whether it computes in bfloat16, which the released network can.

    Raises
    ------
    ModelError
        It is not there, is damaged, or has a name that cannot be shown.
    UsageError
        It does not compute in bfloat16.
    """
    encoder = SleepLM.from_pretrained(name)
    if not encoder.name.isprintable() or not 1 <= len(encoder.name) <= MOST_NAME:
        raise ModelError(f"the name of the network is not one line of 1 to {MOST_NAME} printable characters")
    if bf16:
        if not isinstance(encoder, ReleasedSleepLM):
            raise UsageError(f"{encoder.name} computes in float32; bfloat16 is for the released network")
        encoder.to_bfloat16()
    model = model_of(encoder)
    return Network(encoder, model, limits_of(model, dense=not isinstance(encoder, ReleasedSleepLM)))


def limits_of(model: dict, dense: bool) -> str:
    """What works with a network and what does not, as one sentence; empty where all does.

    Parameters
    ----------
    model : dict
        As `model_of` gives it.
    dense : bool
        Whether it embeds the seconds of an epoch too.
    """
    ours = read_config()
    if dense and model["sha256"] == ours["encoder_sha256"]:
        return ""
    needs = f"need {ours['encoder']}, which comes with this package, and are refused"
    works = f"{model['name']} embeds the nights: numbers, captions, likeness of epochs"
    if dense:
        return f"{works}, search by text and phrases within a night work; readings of an epoch's signal {needs}."
    return f"{works} and search by text work; phrases within a night and readings of an epoch's signal {needs}."

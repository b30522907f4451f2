"""The network that embeds nights, as a user names it, and what of the assistant works with it."""

from dataclasses import dataclass

from assistant.projector import read_config
from sleeplm.network.encoder import Encoder, model_of
from sleeplm.network.loading import load_encoder


@dataclass(frozen=True)
class Network:
    """A loaded network.

    Attributes
    ----------
    encoder : Encoder
    model : dict
        Its name, SHA-256 and size of the space, as studies and indices name it.
    limits : str
        One sentence on what works with it and what does not; empty where all does.
    """

    encoder: Encoder
    model: dict
    limits: str

    @property
    def name(self) -> str:
        """What it is called in studies, indexes and messages."""
        return self.model["name"]


def load_network(name: str | None = None, bf16: bool = False) -> Network:
    """Load the network of a folder or of a name on the hub, ours where there is no name.

    Parameters
    ----------
    name, bf16
        As `sleeplm.network.loading.load_encoder` takes them.

    Raises
    ------
    ModelError, UsageError
        As `load_encoder`.
    """
    encoder = load_encoder(name, bf16)
    model = model_of(encoder)
    return Network(encoder, model, limits_of(model, dense=encoder.dense))


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

"""A small network over the embeddings of a night's epochs: the stage of each, given those around it.

It stands on top of the encoder and apart from it, in files of its own: an epoch's embedding means the same alone as
in its night, and what an index holds never changes with the neighbours.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from sleeplm.errors import ModelError
from sleeplm.files import sha256, write_whole
from sleeplm.kinds.stages import STAGES
from sleeplm.network.tensors import load_strictly

STEM = "context"
FILES = (f"{STEM}.safetensors", f"{STEM}.json")
WIDTH = 64


class ContextNetwork(nn.Module):
    """A bidirectional recurrent network (GRU, Cho et al. 2014) from embeddings to stages.

    Parameters
    ----------
    dim : int
        Size of the embeddings.
    width : int
        Units of each direction.
    """

    def __init__(self, dim: int, width: int = WIDTH):
        super().__init__()
        self.dim, self.width = dim, width
        self.about: dict = {}  # how its weights were made, where they were read from a file
        self.enter = nn.Sequential(nn.Linear(dim, width), nn.GELU())
        self.along = nn.GRU(width, width, batch_first=True, bidirectional=True)
        self.stage = nn.Linear(3 * width, len(STAGES))

    def forward(self, embeddings: Tensor) -> Tensor:
        """Log-odds of the stages: ``[nights, epochs, dim]`` to ``[nights, epochs, 5]``."""
        own = self.enter(embeddings)
        around, _ = self.along(own)
        return self.stage(torch.cat((own, around), dim=-1))

    def probabilities(self, embeddings: np.ndarray) -> np.ndarray:
        """Probability of each stage, in the order of `STAGES`, float32 ``[epochs, 5]``.

        Parameters
        ----------
        embeddings : ndarray ``[epochs, dim]``
            Of epochs that follow one another.
        """
        if not len(embeddings):
            return np.zeros((0, len(STAGES)), dtype=np.float32)
        with torch.inference_mode():
            night = torch.tensor(embeddings, dtype=torch.float32, device=self.stage.weight.device)[None]
            return self(night)[0].softmax(-1).cpu().numpy()


def save_context(network: ContextNetwork, folder: Path, encoder_sha256: str, about: dict | None = None) -> None:
    """Write ``context.safetensors`` (fp16) and ``context.json`` beside the weights of the encoder.

    Parameters
    ----------
    encoder_sha256 : str
        SHA-256 of the encoder's weights: over other embeddings this network means nothing.
    about : dict, optional
        How it was trained; by default what the network's own file stated.
    """
    content = save({key: value.detach().half().contiguous() for key, value in network.state_dict().items()})
    card = {
        "dim": network.dim,
        "width": network.width,
        "encoder_sha256": encoder_sha256,
        "sha256": sha256(content),
        "about": network.about if about is None else about,
    }
    write_whole(folder / f"{STEM}.safetensors", content)
    write_whole(folder / f"{STEM}.json", json.dumps(card, indent=2) + "\n")


def load_context(folder: Path, encoder_sha256: str) -> ContextNetwork | None:
    """The context network of a folder of weights; None where it has none.

    Raises
    ------
    ModelError
        It is damaged, or was trained over other weights than those with this checksum.
    """
    weights, card = folder / f"{STEM}.safetensors", folder / f"{STEM}.json"
    if not card.is_file():
        return None
    try:
        values = json.loads(card.read_text())
        sizes = (values["dim"], values["width"])
        of, expected = values["encoder_sha256"], values["sha256"]
        about = dict(values.get("about", {}))
        if not all(type(size) is int and 0 < size <= 4096 for size in sizes):
            raise ValueError(sizes)
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{card.name} is not the description of a context network") from error
    if of != encoder_sha256:
        raise ModelError(
            f"{card.name} belongs to other weights; train it again with `python -m train.nano.context`"
        )
    content = weights.read_bytes() if weights.is_file() else b""
    if sha256(content) != expected:
        raise ModelError(f"{weights.name} is not the file that {card.name} describes: its sum differs")
    try:
        state = load(content)
    except SafetensorError as error:
        raise ModelError(f"{weights.name} is not a whole safetensors file") from error
    network = ContextNetwork(*sizes)
    network.about = about
    load_strictly(network, state)
    return network.eval().requires_grad_(False)

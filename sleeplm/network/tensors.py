"""Tensors by name: put into a network only if they are exactly its own, known by their checksum."""

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from sleeplm.errors import ModelError


def load_strictly(network: nn.Module, state: Mapping[str, Tensor], assign: bool = False) -> None:
    """Fill a network, in fp32, from tensors that must be exactly its own.

    Parameters
    ----------
    network : Module
    state : mapping of str to Tensor
    assign : bool
        Whether the tensors take the place of the network's own, in place of being copied into them.

    Raises
    ------
    ModelError
        Names the first tensor that is missing, unknown, misshapen or not finite.
    """
    own = network.state_dict()
    for key in sorted(own.keys() ^ state.keys()):
        raise ModelError(f"the weights {'lack' if key in own else 'have an unknown tensor'} {key!r}")
    for key, value in state.items():
        if value.shape != own[key].shape:
            raise ModelError(f"the tensor {key!r} has shape {list(value.shape)}, not {list(own[key].shape)}")
        if not torch.isfinite(value).all():
            raise ModelError(f"the tensor {key!r} holds values that are not finite")
    whole = {key: value.float() for key, value in state.items()}
    network.load_state_dict(whole, strict=True, assign=assign)


def sha256_of_tensors(state: Mapping[str, Tensor]) -> str:
    """SHA-256 of named tensors, their shapes and their bytes, in whatever order they come."""
    whole = hashlib.sha256()
    for name, tensor in sorted(state.items()):
        whole.update(f"{name} {list(tensor.shape)}".encode())
        whole.update(tensor.cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return whole.hexdigest()

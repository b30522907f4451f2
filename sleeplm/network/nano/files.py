"""Weights on disk: half-precision safetensors, and a JSON beside them with the shape and the sum of the weights."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes
from torch import nn

from sleeplm.errors import ModelError
from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.network import SleepLMNetwork

STEM = "nano"
TOKENIZER_FILE = "tokenizer.json"
FILES = (f"{STEM}.safetensors", f"{STEM}.json", TOKENIZER_FILE)


def save_network(network: SleepLMNetwork, folder: Path, about: dict | None = None) -> str:
    """Write ``nano.safetensors`` (fp16) and ``nano.json`` (configuration, sum, their making); the sum.

    `about` says how the weights were made; by default what the network's own file said.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = {key: _halved(value.detach()).contiguous() for key, value in network.state_dict().items()}
    content = to_bytes(state)
    card = {
        "config": network.config.as_dict(),
        "sha256": hashlib.sha256(content).hexdigest(),
        "about": network.about if about is None else about,
    }
    write_whole(folder / f"{STEM}.safetensors", content)
    write_whole(folder / f"{STEM}.json", (json.dumps(card, indent=2) + "\n").encode())
    return card["sha256"]


def _halved(value: torch.Tensor) -> torch.Tensor:
    """In half precision; a count stays whole."""
    return value.half() if value.is_floating_point() else value


def write_whole(file: Path, content: bytes) -> None:
    """Write a file that is never seen in part; whoever still maps the old one keeps it whole."""
    partial = file.with_name(f"{file.name}.partial")
    partial.write_bytes(content)
    partial.replace(file)


def described_sha256(folder: Path) -> str:
    """SHA-256 of a folder's weights as their description, which `load_network` checks, gives it."""
    return json.loads((folder / f"{STEM}.json").read_text())["sha256"]


def load_network(folder: Path) -> SleepLMNetwork:
    """Load a network in fp32, ready to use.

    Raises
    ------
    ModelError
        A file is missing or unreadable, the sum differs, or a tensor is missing, unknown, misshapen or not finite.
    """
    weights, card = folder / f"{STEM}.safetensors", folder / f"{STEM}.json"
    for file in (weights, card):
        if not file.is_file():
            raise ModelError(
                f"the weights folder lacks {file.name}; train them with `python -m train.nano.pretrain`"
            )
    try:
        values = json.loads(card.read_text())
        config, expected = NetworkConfig.from_dict(values["config"]), values["sha256"]
        about = dict(values.get("about", {}))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{card.name} is not the description of a network") from error
    if sum_of(weights) != expected:
        raise ModelError(f"{weights.name} is not the file that {card.name} describes: its sum differs")
    try:
        state = load_file(weights)
    except SafetensorError as error:
        raise ModelError(f"{weights.name} is not a whole safetensors file") from error
    network = SleepLMNetwork(config)
    network.about = about
    load_strictly(network, state)
    return network.eval().requires_grad_(False)


def load_strictly(network: nn.Module, state: Mapping[str, torch.Tensor], assign: bool = False) -> None:
    """Fill a network, in fp32, from tensors that must be exactly its own; `assign` puts them in place of its own.

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


def sha256_of_tensors(state: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 of named tensors, their shapes and their bytes, in whatever order they come."""
    whole = hashlib.sha256()
    for name, tensor in sorted(state.items()):
        whole.update(f"{name} {list(tensor.shape)}".encode())
        whole.update(tensor.cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return whole.hexdigest()


def sum_of(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()

"""Weights on disk: half-precision safetensors, and a JSON beside them with their shape and their SHA-256."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes
from torch import nn

from sleeplm.errors import ModelError
from sleeplm.files import sha256, sha256_of, write_whole
from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.network import SleepLMNetwork

STEM = "nano"
TOKENIZER_FILE = "tokenizer.json"
FILES = (f"{STEM}.safetensors", f"{STEM}.json", TOKENIZER_FILE)


def save_network(network: SleepLMNetwork, folder: Path, about: dict | None = None) -> str:
    """Write ``nano.safetensors`` (fp16) and ``nano.json`` (configuration, SHA-256, their making); the SHA-256.

    `about` says how the weights were made; by default what the network's own file said.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = {key: _halved(value.detach()).contiguous() for key, value in network.state_dict().items()}
    content = to_bytes(state)
    card = {
        "config": network.config.as_dict(),
        "sha256": sha256(content),
        "about": network.about if about is None else about,
    }
    write_whole(folder / f"{STEM}.safetensors", content)
    write_whole(folder / f"{STEM}.json", json.dumps(card, indent=2) + "\n")
    return card["sha256"]


def _halved(value: torch.Tensor) -> torch.Tensor:
    """In half precision; a count stays whole."""
    return value.half() if value.is_floating_point() else value


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
    if sha256_of(weights) != expected:
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

"""Weights on disk: half-precision safetensors, and a JSON beside them with their shape and their SHA-256."""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes

from sleeplm.errors import ModelError
from sleeplm.files import sha256, sha256_of, write_whole
from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.network import SleepLMNetwork
from sleeplm.network.tensors import load_strictly

STEM = "nano"
TOKENIZER_FILE = "tokenizer.json"
WEIGHTS = Path(__file__).parent / "weights"  # those that ship with the package
FILES = (f"{STEM}.safetensors", f"{STEM}.json", TOKENIZER_FILE)


def save_network(network: SleepLMNetwork, folder: Path, about: dict | None = None) -> str:
    """Write ``nano.safetensors`` (fp16) and ``nano.json`` (configuration, SHA-256, their making); the SHA-256.

    `about` says how the weights were made; by default what the network's own file stated.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = {key: _halved(value.detach()).contiguous() for key, value in network.state_dict().items()}
    content = to_bytes(state)
    checksum = sha256(content)
    card = {
        "config": network.config.as_dict(),
        "sha256": checksum,
        "about": network.about if about is None else about,
    }
    write_whole(folder / f"{STEM}.safetensors", content)
    write_whole(folder / f"{STEM}.json", json.dumps(card, indent=2) + "\n")
    return checksum


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
        A file is missing or unreadable, the checksum differs, or a tensor is missing, unknown, misshapen or not
        finite.
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

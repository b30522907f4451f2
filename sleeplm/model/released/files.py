"""Released weights on disk: read as published, converted once to safetensors with a JSON that has their sum."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from sleeplm.errors import ModelError
from sleeplm.files import open_regular
from sleeplm.model.released.checkpoint import read_checkpoint
from sleeplm.model.released.network import ReleasedNetwork
from sleeplm.model.released.sizes import read_sizes

SHARED = "biosignals.shared_channel_rope.freqs"
_MOST_JSON_BYTES = 1 << 20


def load_released(weights: str | Path, config: str | Path) -> ReleasedNetwork:
    """Load a released network in fp32, ready to use.

    Parameters
    ----------
    weights : path
        The published checkpoint (``.pt``), or the ``.safetensors`` that `convert` made of it.
    config : path
        JSON: the published configuration, or the description that `convert` wrote beside its weights.

    Raises
    ------
    ModelError
        A file is missing, hostile or altered, weights and configuration contradict each other, or a tensor is
        missing, unknown, misshapen or not finite; it is named.
    """
    weights, config = Path(weights), Path(config)
    values = _read_json(config)
    if weights.suffix != ".safetensors":
        return build(read_checkpoint(weights), values.get("config", values))
    if not isinstance(values.get("config"), Mapping) or not isinstance(values.get("sha256"), str):
        raise ModelError(f"{config.name} does not describe converted weights: it lacks their configuration or sum")
    if not weights.is_file():
        raise ModelError(f"there is no file {weights.name}")
    if sum_of(weights) != values["sha256"]:
        raise ModelError(f"{weights.name} is not the file that {config.name} describes: its sum differs")
    try:
        state = load_file(weights)
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{weights.name} is not a whole safetensors file") from error
    return build(state, values["config"])


def convert(checkpoint: Path, config: Mapping, weights: Path, description: Path, source: Mapping) -> None:
    """Read a published checkpoint, and write it as safetensors (fp32) and a JSON beside it.

    Parameters
    ----------
    checkpoint : path
        The published ``.pt``.
    config : mapping
        Its configuration, as published.
    weights, description : path
        Where to write; each file takes its name only when it is whole.
    source : mapping
        Where the checkpoint is from; kept in the JSON.

    Raises
    ------
    ModelError
        As `load_released`.
    """
    state = build(read_checkpoint(checkpoint), config).state_dict()
    weights.parent.mkdir(parents=True, exist_ok=True)
    partial = weights.with_suffix(".partial")
    # The frequencies that the blocks share are one tensor under several names; a file has each name once.
    save_file({key: value.clone() if key.endswith("freqs") else value for key, value in state.items()}, partial)
    card = {"config": dict(config), "sha256": sum_of(partial), "source": dict(source)}
    partial.replace(weights)
    written = description.with_suffix(".partial-json")
    written.write_text(json.dumps(card, indent=2) + "\n")
    written.replace(description)


def build(state: Mapping[str, Tensor], config: Mapping) -> ReleasedNetwork:
    """A network of exactly these tensors, in fp32.

    Raises
    ------
    ModelError
        Names the tensor or the key of the configuration that is wrong.
    """
    sizes = read_sizes({key: tuple(value.shape) for key, value in state.items()}, config)
    with torch.device("meta"):
        network = ReleasedNetwork(sizes)
    own = network.state_dict()
    for key in sorted(own.keys() ^ state.keys()):
        raise ModelError(f"the weights {'lack' if key in own else 'have an unknown tensor'} {key!r}")
    for key, value in state.items():
        if value.shape != own[key].shape:
            raise ModelError(f"the tensor {key!r} has shape {list(value.shape)}, not {list(own[key].shape)}")
        if not torch.isfinite(value).all():
            raise ModelError(f"the tensor {key!r} holds values that are not finite")
        if key.endswith(".channel_attention.rotary_emb.freqs") and not torch.equal(value, state[SHARED]):
            raise ModelError(f"the tensor {key!r} differs from {SHARED!r}, which it repeats")
    network.load_state_dict({key: value.float() for key, value in state.items()}, strict=True, assign=True)
    return network.eval().requires_grad_(False)


def sum_of(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _read_json(file: Path) -> dict:
    try:
        with open_regular(file) as opened:
            content = opened.read(_MOST_JSON_BYTES + 1)
        if len(content) > _MOST_JSON_BYTES:
            raise ModelError(f"{file.name} is too large for the configuration of a network")
        values = json.loads(content)
    except OSError as error:
        raise ModelError(f"the configuration {file.name} cannot be opened") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{file.name} is not the configuration of a network") from error
    if not isinstance(values, dict):
        raise ModelError(f"{file.name} is not the configuration of a network")
    return values

"""Published weights on disk: read as published, converted once to safetensors and a JSON with their SHA-256."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from sleeplm.errors import ModelError
from sleeplm.files import open_regular, sha256_of, write_whole, written_whole
from sleeplm.network.published.checkpoint import read_checkpoint
from sleeplm.network.published.network import PublishedNetwork
from sleeplm.network.published.sizes import read_sizes
from sleeplm.network.tensors import load_strictly

SHARED = "biosignals.shared_channel_rope.freqs"
_MOST_JSON_BYTES = 1 << 20


def load_released(weights: str | Path, config: str | Path) -> PublishedNetwork:
    """Load a published network in fp32, ready to use.

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
    values = read_config(config)
    if weights.suffix != ".safetensors":
        return build(read_checkpoint(weights), values.get("config", values))
    if not isinstance(values.get("config"), Mapping) or not isinstance(values.get("sha256"), str):
        raise ModelError(f"{config.name} does not describe converted weights: it lacks their configuration or sum")
    if not weights.is_file():
        raise ModelError(f"there is no file {weights.name}")
    if sha256_of(weights) != values["sha256"]:
        raise ModelError(f"{weights.name} is not the file that {config.name} describes: its sum differs")
    try:
        state = load_file(weights)
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{weights.name} is not a whole safetensors file") from error
    network = build(state, values["config"])
    network.about = dict(values["source"]) if isinstance(values.get("source"), Mapping) else {}
    return network


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
    write_converted(build(read_checkpoint(checkpoint), config), weights, description, source)


def write_converted(network: PublishedNetwork, weights: Path, description: Path, source: Mapping) -> None:
    """Write a network as `convert` does; the description, which has the weights' checksum, last."""
    # The frequencies that the blocks share are one tensor under several names; a file has each name once.
    state = network.state_dict()
    with written_whole(weights) as partial:
        save_file({key: value.clone() if key.endswith("freqs") else value for key, value in state.items()}, partial)
        card = {"config": dict(network.config), "sha256": sha256_of(partial), "source": dict(source)}
    write_whole(description, json.dumps(card, indent=2) + "\n")


def build(state: Mapping[str, Tensor], config: Mapping) -> PublishedNetwork:
    """A network of exactly these tensors, in fp32; its `config` is the configuration given.

    Raises
    ------
    ModelError
        Names the tensor or the key of the configuration that is wrong.
    """
    sizes = read_sizes({key: tuple(value.shape) for key, value in state.items()}, config)
    with torch.device("meta"):
        network = PublishedNetwork(sizes)
    load_strictly(network, state, assign=True)
    for key, value in state.items():
        if key.endswith(".channel_attention.rotary_emb.freqs") and not torch.equal(value, state[SHARED]):
            raise ModelError(f"the tensor {key!r} differs from {SHARED!r}, which it repeats")
    network.config = config
    return network.eval().requires_grad_(False)


def read_config(file: Path) -> dict:
    """A configuration or a description.

    Raises
    ------
    ModelError
        The file is missing, too large, or no JSON object.
    """
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

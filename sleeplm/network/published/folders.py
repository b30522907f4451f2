"""Where published weights are: on the hub, in a folder as published, or converted."""

import json
import shutil
import tempfile
from pathlib import Path

from sleeplm.errors import ModelError
from sleeplm.files import cache_folder, sha256
from sleeplm.network.published.files import convert, load_released, read_config, write_converted
from sleeplm.network.published.network import PublishedNetwork
from sleeplm.network.published.sizes import CONFIG
from sleeplm.network.published.tokenizer import FILES as TOKENIZER_FILES

CHECKPOINT, PUBLISHED_CONFIG = "model_checkpoint.pt", "config.json"  # as on the hub
WEIGHTS, DESCRIPTION = "released.safetensors", "released.json"  # converted
FILES = (CHECKPOINT, PUBLISHED_CONFIG, WEIGHTS, DESCRIPTION, *TOKENIZER_FILES)


def holds_published(folder: Path) -> bool:
    """Whether a folder has published weights, as published or converted."""
    return (folder / CHECKPOINT).is_file() or (folder / DESCRIPTION).is_file()


def name_in(folder: Path) -> str:
    """The name in the description of converted weights, else the folder's."""
    try:
        return str(json.loads((folder / DESCRIPTION).read_text())["source"]["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return folder.resolve().name


def load(folder: Path, name: str) -> PublishedNetwork:
    """Load from a folder; a published checkpoint is converted the first time, and read from the cache after that.

    Raises
    ------
    ModelError
        As `load_released`, or the cache cannot be written.
    """
    if (folder / DESCRIPTION).is_file():
        return load_released(folder / WEIGHTS, folder / DESCRIPTION)
    target = cache_folder() / f"released-{_key(folder)}"
    if not (target / DESCRIPTION).is_file():
        _convert_into(target, folder, name)
    return load_released(target / WEIGHTS, target / DESCRIPTION)


def save(network: PublishedNetwork, folder: Path, name: str, tokenizer: Path) -> None:
    """Write converted weights, their description, with how they were made, and their tokenizer's files."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in TOKENIZER_FILES:
        if tokenizer.resolve() != folder.resolve():
            shutil.copyfile(tokenizer / file, folder / file)
    write_converted(network, folder / WEIGHTS, folder / DESCRIPTION, {**network.about, "name": name})


def _key(folder: Path) -> str:
    """What tells one checkpoint and its configuration from others, without reading gigabytes."""
    parts: list[str | int] = []
    for file in (folder / CHECKPOINT, folder / PUBLISHED_CONFIG):
        if file.is_file():
            status = file.resolve().stat()
            parts += [str(file.resolve()), status.st_size, status.st_mtime_ns]
    return sha256(repr(parts).encode())[:16]


def _convert_into(target: Path, folder: Path, name: str) -> None:
    """Convert a published checkpoint into a folder of the cache, which takes its place whole or not at all."""
    config = folder / PUBLISHED_CONFIG
    values = read_config(config) if config.is_file() else CONFIG
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".released-", dir=target.parent))
        try:
            convert(folder / CHECKPOINT, values, making / WEIGHTS, making / DESCRIPTION, {"name": name})
            if not target.exists():
                making.rename(target)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    except OSError as error:
        if not (target / DESCRIPTION).is_file():  # else another process was faster, and its files are whole
            raise ModelError(f"the weights cannot be converted: {error.strerror}; set SLEEPLM_CACHE") from error

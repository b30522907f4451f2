"""Weights by their name on the Hugging Face hub: what was first downloaded stays what is used."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from sleeplm.errors import ModelError
from sleeplm.files import cache_folder, write_whole

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def folder_of(path: str | Path, files: Sequence[str]) -> Path:
    """A folder by its path, or by its name on the hub the folder with those of some files that it has.

    Raises
    ------
    ModelError
        As `snapshot`.
    """
    folder = Path(path).expanduser()
    is_name = _NAME.fullmatch(str(path)) is not None and ".." not in str(path)
    return snapshot(str(path), files) if is_name and not folder.exists() else folder


def snapshot(name: str, files: Sequence[str]) -> Path:
    """Folder with those of some files that a repository has, downloaded once and for all.

    The commit that is found the first time is written down, and every later call uses it, whatever the repository
    has become. To take a newer one, delete the pin, which lies in `pin_file`.

    Parameters
    ----------
    name : str
        ``owner/name``.
    files : sequence of str
        Those that are wanted; what the repository lacks is left out.

    Raises
    ------
    ModelError
        There is no such repository, or it cannot be reached and is not here yet.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HFValidationError, HTTPError

    try:
        revision, held = _pinned(name)
        wanted = [file for file in files if file in held]
        if not wanted:
            raise ModelError(f"{name} on the hub holds none of {', '.join(files)}")
        paths = [Path(hf_hub_download(name, file, revision=revision)) for file in wanted]
    except HFValidationError as error:
        raise ModelError(f"{name!r} is no repository's name; write it as owner/name") from error
    except (HTTPError, OSError) as error:  # what the hub's library raises without a network is an OSError too
        raise ModelError(
            f"{name} cannot be fetched from the hub: connect to the network once, or give a folder that holds "
            f"{files[0]}"
        ) from error
    return paths[0].parent


def pin_file(name: str) -> Path:
    """Where the commit of a repository is written down."""
    return cache_folder() / "pins" / f"{name.replace('/', '--')}.json"


def _pinned(name: str) -> tuple[str, list[str]]:
    """The commit that is used of a repository, and the names of its files."""
    from huggingface_hub import HfApi

    file = pin_file(name)
    if not file.is_file():
        info = HfApi().model_info(name)
        pin = {"revision": info.sha, "files": sorted(sibling.rfilename for sibling in info.siblings or ())}
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(pin, indent=2) + "\n")
    try:
        pin = json.loads(file.read_text())
        revision, held = pin["revision"], list(pin["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"the note {file} of which {name} is used is damaged; delete it") from error
    if not isinstance(revision, str) or not _COMMIT.fullmatch(revision):
        raise ModelError(f"the note {file} of which {name} is used names no commit; delete it")
    return revision, held

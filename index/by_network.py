"""A folder with an index for each network: what two networks embedded is never compared."""

import re
from pathlib import Path

from index.store import ROWS, Index
from sleeplm.errors import SearchError
from sleeplm.study.folder import MANIFEST

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")


def folder_for(folder: Path, model: dict) -> Path:
    """Where the index of a network lies in a folder of indices, by its name and what tells its weights."""
    return folder / f"{_NOT_IN_A_NAME.sub('-', model['name'])[:40]}-{model['sha256'][:12]}"


def indices_in(folder: str | Path) -> list[Index]:
    """The index that a folder is, and those that lie in it."""
    folder = Path(folder).absolute()
    inside = sorted(folder.iterdir()) if folder.is_dir() else ()
    whole = [there for there in (folder, *inside) if all((there / name).is_file() for name in (ROWS, MANIFEST))]
    return [Index.open(there) for there in whole]


def index_of(folder: str | Path, model: dict) -> Index:
    """The index, in a folder or the folder itself, that holds the vectors of a network.

    Parameters
    ----------
    folder : path
    model : dict
        The network's name and SHA-256 (`sleeplm.study.analysis.model_of`).

    Raises
    ------
    SearchError
        There is no index, or only of other networks.
    """
    there = indices_in(folder)
    for index in there:
        if index.model == model:
            return index
    if there:
        names = " and of ".join(dict.fromkeys(index.model["name"] for index in there))
        raise SearchError(f"the index in {folder} holds vectors of {names}, not of {model['name']} as it is now")
    return Index.open(folder)  # which says that there is none


def only_index(folder: str | Path) -> Index:
    """The index in a folder, or the folder itself, where there is one alone.

    Raises
    ------
    SearchError
        There is none, or there are several; these are named.
    """
    there = indices_in(folder)
    if len(there) > 1:
        names = ", ".join(index.folder.name for index in there)
        raise SearchError(f"{folder} holds an index for each of {len(there)} networks; name one of {names}")
    return there[0] if there else Index.open(folder)

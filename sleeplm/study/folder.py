"""Study folders on disk: where they lie, what a study's id is, and how a folder is written whole or not at all."""

import hmac
import json
import math
import os
import re
import secrets
import shutil
from base64 import b32encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from sleeplm.errors import StudyError
from sleeplm.files import sha256, sha256_of
from sleeplm.recording.suffixes import WHOLE
from sleeplm.study.choices import USUAL, Choices
from sleeplm.units import SAMPLES_PER_EPOCH

MANIFEST = "manifest.json"
FORMAT = "sleeplm-study 3"
LOCK_TIMEOUT_S = 120
NOT_RECORDED = -32768  # the code of a sample that does not exist
TOP_LEVEL = 32767
_KEY = ".key"
_LOCK = ".lock"
_NEW, _OLD, _DELETED = ".sleeplm-new-", ".sleeplm-old-", ".sleeplm-deleted-"


def studies_folder(studies_dir: str | Path | None = None) -> Path:
    """Where studies are kept: the folder given, else ``SLEEPLM_STUDIES``, else the platform's data folder."""
    if studies_dir is None:
        studies_dir = os.environ.get("SLEEPLM_STUDIES")
    if studies_dir:
        return Path(studies_dir).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("sleeplm") / "studies"


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold a folder of studies for writing, after clearing what interrupted writes left in it.

    Raises
    ------
    StudyError
        The folder cannot be written, or another process holds it for too long.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(directory / _LOCK, timeout=LOCK_TIMEOUT_S):
            _clear_leftovers(directory)
            yield
    except Timeout:
        raise StudyError(f"another process has been writing to {directory} for {LOCK_TIMEOUT_S} s") from None
    except OSError as error:
        raise StudyError(f"studies cannot be written to {directory}: {error.strerror or error}") from error


def _clear_leftovers(directory: Path) -> None:
    """Remove half-written and half-deleted folders; bring back a study whose replacement never arrived."""
    for folder in directory.iterdir():
        if folder.name.startswith((_NEW, _DELETED)):
            shutil.rmtree(folder)
        elif folder.name.startswith(_OLD):
            home = directory / folder.name.removeprefix(_OLD)
            if home.exists():
                shutil.rmtree(folder)
            else:
                folder.rename(home)


def study_id(directory: Path, path: Path, scorings: Sequence[Path] = (), choices: Choices = USUAL) -> str:
    """Id of the study of these inputs: 16 characters, the same for the same bytes and choices.

    It is a keyed hash (HMAC-SHA256, key made once for this folder of studies), so that it cannot be recomputed from
    a recording by who does not hold the key. Whose night it is does not count: person, age and sex change no number
    of the night, and may be corrected as a label may.
    """
    return keyed(key_of(directory), inputs_of(digests_of(path, scorings), choices))


def digests_of(path: Path, scorings: Sequence[Path] = ()) -> dict[str, list[str]]:
    """SHA-256 of the bytes of a recording's files and of its scorings; StudyError where one cannot be read."""
    return {"recording": [_digest(p) for p in _files_of(path)], "scorings": [_digest(p) for p in scorings]}


def inputs_of(digests: Mapping[str, list[str]], choices: Choices) -> str:
    """All that a study's id is a keyed hash of, as text: SHA-256 of the files' bytes, and the choices."""
    return json.dumps({**digests, **choices.as_inputs()})


def person_id(directory: Path, key: str) -> str:
    """Id of a person: a keyed hash of what the user calls them, with the key of the studies' ids."""
    return person_of_key(key_of(directory), key)


def person_of_key(secret: bytes, key: str) -> str:
    """The same by the key itself."""
    return keyed(secret, f"person\0{key}")


def keyed(secret: bytes, message: str) -> str:
    """A keyed hash (HMAC-SHA256) of a text: 16 characters."""
    return b32encode(hmac.digest(secret, message.encode(), "sha256")).decode().lower()[:16]


def _files_of(path: Path) -> list[Path]:
    """The recording's files: formats other than EDF may keep header and signals apart, under one stem."""
    if path.is_dir() or path.suffix.casefold() in WHOLE:
        return [path]
    return sorted(p for p in path.parent.iterdir() if p.stem == path.stem and p.is_file())


def is_id(text: str) -> bool:
    """Whether this is the form of a study's id."""
    return re.fullmatch("[a-z2-7]{16}", text) is not None


def _digest(path: Path) -> str:
    """SHA-256 of a file's bytes; of a folder's, those of all its files in order of name."""
    try:
        if path.is_dir():
            parts = [[p.relative_to(path).as_posix(), _digest(p)] for p in sorted(path.rglob("*")) if p.is_file()]
            return sha256(json.dumps(parts).encode())
        return sha256_of(path)
    except OSError as error:
        raise StudyError(f"an input file cannot be read: {error.strerror}") from error


def key_of(directory: Path) -> bytes:
    """The key of the ids in a folder of studies, made once for it."""
    path = directory / _KEY
    if not path.exists():
        with locked(directory):
            if not path.exists():
                new = directory / f"{_NEW}{secrets.token_hex(4)}"
                new.mkdir(mode=0o700)
                with open(os.open(new / _KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(secrets.token_bytes(32))
                    _sync(file)
                os.replace(new / _KEY, path)
                new.rmdir()
    try:
        key = path.read_bytes()
    except OSError as error:
        raise StudyError(f"the key of {directory} cannot be read: {error.strerror}") from error
    if len(key) != 32:
        raise StudyError(f"the key {path} is damaged; delete it, and nights analysed again get new ids")
    return key


@contextmanager
def new_folder(directory: Path, name: str) -> Iterator[Path]:
    """A folder to be filled (manifest last) that takes its place whole, or not at all; call it under `locked`."""
    folder = directory / f"{_NEW}{name}-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
        _sync_folder(folder)
        home, old = directory / name, directory / f"{_OLD}{name}"
        if home.exists():
            home.rename(old)
        folder.rename(home)
        _sync_folder(directory)
        if old.exists():
            shutil.rmtree(old)
    finally:
        if folder.exists():
            shutil.rmtree(folder)


def save(folder: Path, contents: Mapping[str, Any]) -> None:
    """Write arrays (``name.npy``) and JSON values (``name.json``), each through to the disk."""
    for name, value in contents.items():
        temporary = folder / f"{name}.new"
        with temporary.open("wb") as file:
            if name.endswith(".npy"):
                np.save(file, value, allow_pickle=False)
            else:
                file.write(json.dumps(plain(value), ensure_ascii=False, allow_nan=False).encode())
            _sync(file)
        temporary.replace(folder / name)


def load_json(folder: Path, name: str):
    """Read one JSON file of a study folder; StudyError where it is missing or damaged."""
    try:
        return json.loads((folder / name).read_bytes())
    except (OSError, ValueError) as error:
        raise _not_whole(folder, name) from error


def load_array(folder: Path, name: str, mapped: bool = False) -> np.ndarray:
    """Read one array of a study folder, memory-mapped where it is large; StudyError where it is damaged."""
    try:
        return np.load(folder / name, mmap_mode="r" if mapped else None, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise _not_whole(folder, name) from error


def load_manifest(folder: Path) -> dict:
    """The manifest of a study folder, after a look at whether all that it lists is there.

    Raises
    ------
    StudyError
        The folder is not a study, or it is not whole.
    """
    if not (folder / MANIFEST).is_file():
        raise StudyError(f"{folder} is not a study: it has no {MANIFEST}; analyse the recording again")
    manifest = load_json(folder, MANIFEST)
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise StudyError(f"{folder} is not a study that this version reads; analyse the recording again")
    files = manifest.get("files")
    if not isinstance(files, dict):
        raise _not_whole(folder, MANIFEST)
    for name, size in files.items():
        file = folder / Path(name).name
        if not file.is_file() or file.stat().st_size != size:
            raise _not_whole(folder, name)
    return manifest


def _not_whole(folder: Path, name: str) -> StudyError:
    return StudyError(f"the study in {folder} is not whole ({name} is missing or damaged); analyse it again")


def file_sizes(folder: Path) -> dict[str, int]:
    """Name and size in bytes of what a folder holds, for its manifest."""
    return {p.name: p.stat().st_size for p in sorted(folder.iterdir())}


def remove_folder(folder: Path) -> None:
    """Delete a study folder: in one step it is no study any more, then its files go."""
    with locked(folder.parent):
        doomed = folder.parent / f"{_DELETED}{secrets.token_hex(4)}"
        folder.rename(doomed)
        shutil.rmtree(doomed)


def plain(value):
    """A value as JSON can hold it: numpy's numbers as Python's, and what is not finite as None."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def pack(signals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Signals as 16-bit levels with the range of each epoch, so that quiet epochs keep their detail.

    Parameters
    ----------
    signals : ndarray
        ``[..., 1920]``, one epoch a row, NaN where nothing was recorded.

    Returns
    -------
    levels : ndarray
        int16, same shape; `NOT_RECORDED` where NaN.
    ranges : ndarray
        float32 ``[..., 2]``: middle and step of each epoch. A sample is off by no more than half a step, which is
        1/131068 of the epoch's range, and the rounding of float32.
    """
    known = np.isfinite(signals)
    low = np.where(known, signals, np.inf).min(axis=-1)
    high = np.where(known, signals, -np.inf).max(axis=-1)
    empty = ~known.any(axis=-1)
    low, high = np.where(empty, 0, low).astype(np.float64), np.where(empty, 0, high).astype(np.float64)
    ranges = np.stack([(low + high) / 2, (high - low) / (2 * TOP_LEVEL)], axis=-1).astype(np.float32)
    middle, step = ranges[..., :1], ranges[..., 1:]
    levels = np.rint((np.where(known, signals, middle) - middle) / np.where(step > 0, step, 1))
    levels = np.clip(levels, -TOP_LEVEL, TOP_LEVEL).astype(np.int16)
    levels[~known] = NOT_RECORDED
    return levels, ranges


def unpack(levels: np.ndarray, ranges: np.ndarray) -> np.ndarray:
    """What `pack` packed, as float32 ``[..., 1920]``."""
    if levels.shape[-1] != SAMPLES_PER_EPOCH:
        raise ValueError(f"an epoch has {SAMPLES_PER_EPOCH} samples, not {levels.shape[-1]}")
    values = levels * ranges[..., 1:] + ranges[..., :1]
    return np.where(levels == NOT_RECORDED, np.float32(np.nan), values).astype(np.float32, copy=False)


def _sync(file) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make renames durable, where the platform lets a folder be opened."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

"""Files: opened only if they are files, written whole or not at all, known by their checksum."""

import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_STEM = 50  # characters of its stem in the name of a partial file: at most 200 of the 255 bytes of a name


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading bytes; no pipe, on which opening may wait, and no device, which never ends.

    Raises
    ------
    OSError
        It cannot be opened, or it is a folder, a pipe or a device.
    ValueError
        The path has a NUL in it.
    """
    file = open(path, "rb", opener=_at_once)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError("it is a pipe or a device")
    return file


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # else a pipe waits for somebody who writes


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path beside `path` to be written, which takes its place at the end, or nothing does.

    The new file is on the disk before it takes the place of the old one, and is removed where writing fails.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with written_whole(Path(folder, "a.txt")) as partial:
    ...         _ = partial.write_text("whole")
    ...     Path(folder, "a.txt").read_text()
    'whole'
    """
    partial = path.with_name(f".{path.stem[:_STEM]}-{secrets.token_hex(4)}{path.suffix}")
    try:
        yield partial
        with partial.open("r+b") as file:  # Windows flushes only what may be written
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file whole or not at all (`written_whole`); text as UTF-8."""
    with written_whole(path) as partial:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)


def sha256(content: bytes) -> str:
    """SHA-256 of bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits.

    Raises
    ------
    OSError
        It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_folder() -> Path:
    """``SLEEPLM_CACHE``, else the platform's cache folder."""
    if given := os.environ.get("SLEEPLM_CACHE"):
        return Path(given).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("sleeplm")

"""Files: opened only if they are files, and where what can be made again is kept."""

import os
import stat
from pathlib import Path
from typing import BinaryIO


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading bytes, and nothing else: a pipe may keep who opens it waiting, a device never ends.

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


def cache_folder() -> Path:
    """``SLEEPLM_CACHE``, else the platform's cache folder."""
    if given := os.environ.get("SLEEPLM_CACHE"):
        return Path(given).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("sleeplm")

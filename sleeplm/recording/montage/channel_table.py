"""The table of channel names: the user's own rows, if there are any, before the packaged ones of ``channels.json``.

The user's table has the same form. It is the file that the environment variable ``SLEEPLM_CHANNELS`` names, else
``channels.json`` in the platform's folder of settings.
"""

import json
import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from sleeplm.errors import UsageError
from sleeplm.files import open_regular
from sleeplm.kinds.channels import CHANNEL, RECORDABLE_NAMES

VARIABLE = "SLEEPLM_CHANNELS"
_MAX_BYTES = 1_000_000
_LISTS = ("labels", "minus", "with", "without")
_PACKAGED = "the packaged table"


@dataclass(frozen=True)
class Candidate:
    """One way to get a channel, a row of the table; labels are normalised. `own` is a row of the user's table."""

    labels: tuple[str, ...]
    minus: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    note: str | None = None
    stands_in: bool = False
    own: bool = False


def normalise(label: str) -> str:
    """Fold case, accents, blanks and punctuation; a hyphen stays only between digits.

    >>> normalise("EEG C3:M2"), normalise("Débit nasal"), normalise("1-2")
    ('eegc3m2', 'debitnasal', '1-2')
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", label) if not unicodedata.combining(c)).casefold()
    return re.sub(r"((?<=[0-9])[\W_]+(?=[0-9]))|[\W_]+", lambda m: "-" if m.group(1) else "", plain)


def candidates() -> dict[str, tuple[Candidate, ...]]:
    """The table, canonical channel by canonical channel, best candidate first.

    Raises
    ------
    UsageError
        The user's table cannot be read, or a row of it makes no sense; the sentence names the row.
    """
    shipped = packaged()
    path = _users_table()
    if path is None:
        return shipped
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise UsageError(
            f"The channel table {path} cannot be read ({error.strerror}); correct {VARIABLE} or unset it."
        ) from error
    own = _users(path, changed)
    return {name: own.get(name, ()) + shipped[name] for name in RECORDABLE_NAMES}


def _users_table() -> Path | None:
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser()
    from platformdirs import user_config_path

    usual = user_config_path("sleeplm") / "channels.json"
    return usual if usual.is_file() else None


@lru_cache(maxsize=1)
def packaged() -> dict[str, tuple[Candidate, ...]]:
    """The table that comes with the package."""
    return parse_table((files(__package__) / "channels.json").read_bytes(), _PACKAGED)


@lru_cache(maxsize=1)
def _users(path: Path, changed: int) -> dict[str, tuple[Candidate, ...]]:
    """The user's table as of its last change."""
    try:
        with open_regular(path) as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"The channel table {path} cannot be read: {error.strerror or error}.") from error
    return parse_table(content, str(path))


def parse_table(content: bytes, name: str) -> dict[str, tuple[Candidate, ...]]:
    """Read a table; `name` is what people call it.

    Raises
    ------
    UsageError
        It is no JSON, or a row makes no sense.
    """
    where = f"The channel table {name}"
    if len(content) > _MAX_BYTES:
        raise UsageError(f"{where} is larger than 1 MB.")
    try:
        table = json.loads(content)
    except json.JSONDecodeError as error:
        raise UsageError(f"{where} is no JSON: {error.msg} in line {error.lineno}.") from error
    except (ValueError, RecursionError) as error:  # not UTF-8, a number of thousands of digits, too deep
        raise UsageError(f"{where} is no JSON in UTF-8.") from error
    if not isinstance(table, dict):
        raise UsageError(f'{where} must be an object of rows by channel, as in {{"C3": [{{"labels": ["XYZ"]}}]}}.')
    found = {}
    for channel, rows in table.items():
        if channel == "about":
            continue
        if channel not in CHANNEL:
            raise UsageError(f"{where} has rows for {channel!r}; canonical are: {', '.join(RECORDABLE_NAMES)}.")
        if not isinstance(rows, list):
            raise UsageError(f"{where}: what stands for {channel} must be a list of rows.")
        own = name != _PACKAGED
        read = (_row(row, f"{where}: row {n} of {channel}") for n, row in enumerate(rows, start=1))
        found[channel] = tuple(replace(row, own=own) for row in read)
    return found


def _row(row, where: str) -> Candidate:
    """One checked row; `where` names it."""
    if not isinstance(row, Mapping):
        raise UsageError(f'{where} must be an object, as in {{"labels": ["XYZ"]}}.')
    unknown = sorted(set(row) - {*_LISTS, "note", "stands_in"})
    if unknown:
        raise UsageError(f"{where} has the unknown key {unknown[0]!r}.")
    for key in _LISTS:
        labels = row.get(key, [])
        if not isinstance(labels, list) or not all(isinstance(x, str) and normalise(x) for x in labels):
            raise UsageError(f"{where}: {key!r} must be a list of labels, none of them empty.")
    if not row.get("labels"):
        raise UsageError(f"{where} has no 'labels'.")
    if not isinstance(row.get("note"), str | None) or not isinstance(row.get("stands_in", False), bool):
        raise UsageError(f"{where}: 'note' must be a text and 'stands_in' true or false.")
    if row.get("stands_in") and not row.get("note"):
        raise UsageError(f"{where} stands in for the channel and needs a 'note' that says what it is.")
    labels, minus, needs, refuses = (tuple(dict.fromkeys(map(normalise, row.get(key, ())))) for key in _LISTS)
    return Candidate(labels, minus, needs, refuses, row.get("note"), row.get("stands_in", False))

"""Which nights a cohort has: files, folders and patterns that a user names, and the table that tells of them."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from glob import glob, has_magic
from pathlib import Path

from sleeplm.errors import UsageError
from sleeplm.recording.suffixes import SEARCHED
from sleeplm.study.person import UNSAID, Person, person_of, read_table

SPLITS = {"train": 0.8, "validation": 0.1, "test": 0.1}  # shares of the people
COLUMNS = ("file", "scoring", "person", "age", "sex", "lights_off", "lights_on", "split")
_SEPARATOR = "|"  # between the scoring files of a cell


@dataclass(frozen=True)
class Night:
    """One recording of a cohort, and what is said of it.

    Attributes
    ----------
    number : int
        From 1, in the order of the files: by it a night is named wherever its file must not be.
    path : Path
        Absolute, as every machine that works on it sees it.
    scorings : tuple of Path
    person : Person
    lights_off, lights_on : str or None
        Clock times.
    split : str or None
        One of `SPLITS`; None: by the person.
    complete : bool
        Whether the scorings looked for every type of event: what they do not hold did not happen.
    """

    number: int
    path: Path = field(repr=False)
    scorings: tuple[Path, ...] = field(default=(), repr=False)
    person: Person = field(default=UNSAID, repr=False)
    lights_off: str | None = None
    lights_on: str | None = None
    split: str | None = None
    complete: bool = False


def find_nights(
    named: Sequence[str | Path], table: str | Path | None = None, scorings: Sequence[str] = ()
) -> list[Night]:
    """The nights that are named, in order of path.

    Parameters
    ----------
    named : sequence of path or pattern
        Recordings, folders (all recordings in them, at any depth) and patterns such as ``nights/*.edf``; may be
        empty where the table names the files.
    table : path, optional
        CSV with the column ``file`` and any of `COLUMNS`: ``scoring`` holds paths apart by ``|``. Paths are those
        that the table's folder sees. With `named`, the table tells of those files, by path or by name.
    scorings : sequence of str
        Where the scorings of a file lie, seen from its folder, such as ``{stem}-nsrr.xml``.

    Raises
    ------
    UsageError
        A name leads nowhere, or the table cannot be used.
    """
    paths = sorted({path for name in named for path in _expanded(str(name))})
    rows = _of_table(Path(table)) if table is not None else {}
    if not named:
        paths = sorted(rows)
    if not paths:
        raise UsageError("no recording is named; give files, folders, patterns, or a table with the column file")
    by_name = _by_name(rows)
    nights = []
    for number, path in enumerate(paths, start=1):
        night = rows.get(path) or by_name.get(path.name) or (None if rows else Night(0, path))
        if night is None:
            raise UsageError(f"the table has no row for night {number} of the files that were given")
        beside = tuple(path.parent / pattern.replace("{stem}", path.stem) for pattern in scorings)
        nights.append(replace(night, number=number, path=path, scorings=(*night.scorings, *beside)))
    _refuse_people_on_two_sides(nights)
    return nights


def _expanded(name: str) -> list[Path]:
    if has_magic(name) and not Path(name).exists():
        found = [Path(os.path.abspath(path)) for path in glob(name, recursive=True)]
        if not found:
            raise UsageError("a pattern matches no file; check the names that were given")
        return found
    path = Path(os.path.abspath(Path(name).expanduser()))
    if path.is_dir() and path.suffix.casefold() not in SEARCHED:
        inside = [p for p in path.rglob("*") if p.suffix.casefold() in SEARCHED]
        if not inside:
            raise UsageError(f"a folder that was given holds no recording ({', '.join(SEARCHED)})")
        return inside
    return [path]


def _of_table(table: Path) -> dict[Path, Night]:
    nights: dict[Path, Night] = {}
    for number, cells in enumerate(read_table(table, COLUMNS), start=1):
        where = f"row {number} of the table '{table.name}'"
        if not cells["file"]:
            raise UsageError(f"{where} names no file")
        path = _seen_from(table.parent, cells["file"])
        if path in nights:
            raise UsageError(f"{where} names a file that an earlier row has named")
        try:
            nights[path] = _of_cells(number, path, cells, table.parent)
        except UsageError as error:
            raise UsageError(f"{where} cannot be used: {error}") from error
    return nights


def _of_cells(number: int, path: Path, cells: Mapping[str, str], folder: Path) -> Night:
    split = cells.get("split") or None
    if split not in (None, *SPLITS):
        raise UsageError(f"the split must be one of {', '.join(SPLITS)}, or left empty")
    parts = [part.strip() for part in cells.get("scoring", "").split(_SEPARATOR)]
    return Night(
        number,
        path,
        tuple(_seen_from(folder, part) for part in parts if part),
        person_of(cells.get("person"), cells.get("age"), cells.get("sex")),
        cells.get("lights_off") or None,
        cells.get("lights_on") or None,
        split,
    )


def _by_name(rows: Mapping[Path, Night]) -> dict[str, Night]:
    """Rows by the name of their file, where it names one only."""
    names = Counter(path.name for path in rows)
    return {path.name: night for path, night in rows.items() if names[path.name] == 1}


def _seen_from(folder: Path, path: str) -> Path:
    return Path(os.path.abspath(folder / path.replace("\\", "/")))


def _refuse_people_on_two_sides(nights: Sequence[Night]) -> None:
    """UsageError where the table puts one person into two splits, or only some of their nights into one."""
    sides: dict[str, set[str | None]] = {}
    for night in nights:
        if night.person.key is not None:
            sides.setdefault(night.person.key, set()).add(night.split)
    if any(len(splits) > 1 for splits in sides.values()):
        raise UsageError("the table puts the nights of one person into more than one split; give them all the same")

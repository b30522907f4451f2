"""Whose night it is: what a user or a cohort's table says of it, and what a study keeps of that."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sleeplm.errors import UsageError
from sleeplm.files import open_regular
from sleeplm.recording.privacy.subject import AGE_CAP, MAX_AGE, SEXES, Subject, age_words, capped

COLUMNS = ("file", "person", "age", "sex")
MAX_COHORT_BYTES = 16 * 1024**2
MAX_COHORT_LINES = 100_000
MAX_COHORT_LINE = 100_000  # characters: columns by the thousand
MAX_KEY = 200  # characters
_SEX_WORDS = {"f": "F", "female": "F", "m": "M", "male": "M"}
_EMPTY = {"", "na", "n/a", "nan", "."}


@dataclass(frozen=True)
class Person:
    """What is said of who slept; what is None is left to the recording's header.

    Attributes
    ----------
    key : str or None
        What the user calls the person. It is never stored: a study keeps a keyed hash of it.
    age_years : int or None
        Whole years at the time of the recording, `AGE_CAP` for that age and more.
    sex : str or None
        ``"F"`` or ``"M"``.
    """

    key: str | None = None
    age_years: int | None = None
    sex: str | None = None

    def over(self, other: "Person") -> "Person":
        """This, and what it leaves open from another."""
        return Person(
            other.key if self.key is None else self.key,
            other.age_years if self.age_years is None else self.age_years,
            other.sex if self.sex is None else self.sex,
        )


UNSAID = Person()


def person_of(key: str | None = None, age: str | int | None = None, sex: str | None = None) -> Person:
    """A person from what somebody typed; blanks say nothing.

    Raises
    ------
    UsageError
        The age is none, or the sex is not F or M; the sentence begins with the field and does not repeat the key.
    """
    key = (key or "").strip() or None
    if key is not None and not (len(key) <= MAX_KEY and key.isprintable()):
        raise UsageError(f"the key of a person has at most {MAX_KEY} characters, all of them printable")
    return Person(key, _age(age), _sex(sex))


def _age(given: str | int | None) -> int | None:
    text = "" if given is None else str(given).strip()
    if text.casefold() in _EMPTY:
        return None
    if text == f"{AGE_CAP}+":
        return AGE_CAP
    age = capped(int(text)) if text.isascii() and text.isdigit() and len(text) <= 3 else None
    if age is None:
        raise UsageError(f"the age must be a whole number of years from 0 to {MAX_AGE}, or {AGE_CAP}+")
    return age


def _sex(given: str | None) -> str | None:
    text = (given or "").strip().casefold()
    if text in _EMPTY:
        return None
    if text not in _SEX_WORDS:
        raise UsageError(f"the sex must be {' or '.join(SEXES)}, or left empty")
    return _SEX_WORDS[text]


def read_cohort(path: str | Path) -> dict[str, Person]:
    """Read a cohort's table: who slept in which file.

    Parameters
    ----------
    path : path
        CSV (comma, semicolon or tab) with the columns ``file`` (name of the recording's file, without folders),
        ``person``, ``age`` and ``sex``, of which all but ``file`` may be left out; further columns are not read.

    Returns
    -------
    dict of str to Person
        By file name.

    Raises
    ------
    UsageError
        It is no such table, or a row of it cannot be used; the sentence names the row, counted from 1 after the
        header.
    """
    path = Path(path)
    people: dict[str, Person] = {}
    for number, cells in enumerate(read_table(path, COLUMNS), start=1):
        where = f"row {number} of the cohort's table '{path.name}'"
        file = cells["file"].replace("\\", "/").rpartition("/")[2]
        if not file:
            raise UsageError(f"{where} names no file")
        if file in people:
            raise UsageError(f"{where} names a file that an earlier row has named")
        try:
            people[file] = person_of(cells.get("person"), cells.get("age"), cells.get("sex"))
        except UsageError as error:
            raise UsageError(f"{where} cannot be used: {error}") from error
    return people


def read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a cohort's table, by column, in small letters.

    Parameters
    ----------
    path : Path
        CSV (comma, semicolon or tab).
    columns : sequence of str
        That it may have, each once: the first it must have, and one of the others.

    Raises
    ------
    UsageError
        It is no such table; the sentence names the row, counted from 1 after the header.
    """
    text = _text(path)
    if text.count("\n") > MAX_COHORT_LINES or max(map(len, text.split("\n"))) > MAX_COHORT_LINE:
        raise UsageError(
            f"the cohort's table '{path.name}' has more than {MAX_COHORT_LINES} lines, or a line of more than "
            f"{MAX_COHORT_LINE} characters; give a table with the columns {', '.join(columns)} alone"
        )
    lines = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=text.partition("\n")[0].count))
    try:
        header, *rows = [[cell.strip() for cell in row] for row in lines if any(map(str.strip, row))] or [[]]
    except csv.Error as error:
        raise UsageError(f"the cohort's table '{path.name}' cannot be read as CSV ({error})") from error
    names = [name.casefold() for name in header]
    first, *others = columns
    if first not in names or not set(others) & set(names) or any(names.count(name) > 1 for name in columns):
        raise UsageError(
            f"the cohort's table '{path.name}' needs a first row that names its columns, each once: {first}, and "
            f"{', '.join(others[:-1])} or {others[-1]}"
        )
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            where = f"row {number} of the cohort's table '{path.name}'"
            raise UsageError(f"{where} has {len(row)} cells, and the header has {len(names)}")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _text(path: Path) -> str:
    try:
        with open_regular(path) as file:
            data = file.read(MAX_COHORT_BYTES + 1)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"the cohort's table '{path.name}' cannot be opened; check that it is a file you may read"
        ) from error
    if len(data) > MAX_COHORT_BYTES:
        raise UsageError(f"the cohort's table '{path.name}' is larger than {MAX_COHORT_BYTES // 1024**2} MB")
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UsageError(f"the cohort's table '{path.name}' is no text; save it as CSV in UTF-8")


def of_file(cohort: dict[str, Person], file: Path) -> Person:
    """Who slept in a file; UsageError where no row names it."""
    if file.name not in cohort:
        raise UsageError(
            "the cohort's table has no row for this recording; its column file must hold the file's name"
        )
    return cohort[file.name]


def recorded_person(given: Person, header: Subject, person_id: str | None, before: dict | None = None) -> dict:
    """What a study keeps of a person, as the JSON contract has it.

    Parameters
    ----------
    given : Person
        By the user; wins.
    header : Subject
        What the recording's header tells.
    person_id : str or None
        The keyed hash of ``given.key``.
    before : dict, optional
        What the study kept before: what the user said then stays until it is said anew.

    Returns
    -------
    dict
        ``id`` (None: the study is its own person), ``age_years``, ``age_90_plus``, ``sex``, and ``source``: for age
        and sex ``"user"``, ``"header"`` or None.
    """
    before = before or {}
    age, age_by = _first(given.age_years, "age_years", before, header.age_years)
    sex, sex_by = _first(given.sex, "sex", before, header.sex)
    return {
        "id": person_id or before.get("id"),
        "age_years": age,
        "age_90_plus": None if age is None else age >= AGE_CAP,
        "sex": sex,
        "source": {"age_years": age_by, "sex": sex_by},
    }


def _first(given, field: str, before: dict, header):
    if given is not None:
        return given, "user"
    if before.get("source", {}).get(field) == "user":
        return before[field], "user"
    return header, None if header is None else "header"


def in_words(person: dict) -> str:
    """Age and sex for people: ``"54 years, female"``; empty where neither is known."""
    age = None if person["age_years"] is None else f"{age_words(person['age_years'])} years"
    sex = {"F": "female", "M": "male", None: None}[person["sex"]]
    return ", ".join(part for part in (age, sex) if part)

"""The rows behind the vectors: one SQLite row an epoch, and conditions on them that can only read."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sleeplm.errors import SearchError
from sleeplm.intervals import epochs_between
from sleeplm.kinds.channels import SUMMARY
from sleeplm.kinds.stages import Stage
from sleeplm.night import Scoring, clock_at
from sleeplm.units import EPOCH_S

# The columns that a condition may name, and what they hold; NULL where it was not recorded.
COLUMNS = {
    "study": "TEXT NOT NULL",
    "label": "TEXT NOT NULL",
    "person": "TEXT NOT NULL",
    "age_years": "INTEGER",
    "sex": "TEXT",
    "simulated": "INTEGER NOT NULL",
    "epoch": "INTEGER NOT NULL",
    "start_s": "REAL NOT NULL",
    "clock": "TEXT",
    "stage": "TEXT NOT NULL",
    "stage_source": "TEXT",
    "events": "TEXT NOT NULL",
    "position": "TEXT",
    "hr_mean_bpm": "REAL",
    "hr_min_bpm": "REAL",
    "hr_max_bpm": "REAL",
    "spo2_mean_pct": "REAL",
    "spo2_min_pct": "REAL",
    "rate_per_min": "REAL",
    "caption": "TEXT NOT NULL",
    "analysed_at": "TEXT NOT NULL",
}
FUNCTIONS = (
    "abs", "coalesce", "glob", "ifnull", "instr", "length", "like", "lower", "max", "min", "nullif", "round",
    "substr", "substring", "trim", "upper",
)  # fmt: skip
CONDITION_LIMIT_S = 5.0  # a condition over a million rows takes about a second
_PROGRESS_STEPS = 10_000  # of SQLite's machine between two looks at the time
_LIMITS = {
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 4000,
    sqlite3.SQLITE_LIMIT_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
}

_SCHEMA = f"""
CREATE TABLE rows (id INTEGER PRIMARY KEY AUTOINCREMENT, {", ".join(f"{n} {t}" for n, t in COLUMNS.items())},
                   UNIQUE (study, epoch));
CREATE TABLE state (generation INTEGER NOT NULL);
INSERT INTO state VALUES (0);
"""


def rows_of(study) -> list[dict]:
    """What is kept of each epoch of a study, by column.

    Numbers and position are those of the captions; `events` names the types of the scored events that touch the
    epoch, apart by spaces, so that ``events LIKE '%hypopnea%'`` finds them. `person` is the id of whose night it
    is, the study's own where nobody said so: nights that share it belong on one side of a split.
    """
    types = types_by_epoch(study.scoring, study.n_epochs)
    hypnogram = study.scoring.hypnogram or (Stage.UNSCORED,) * study.n_epochs
    return [_row(study, i, hypnogram[i], types[i]) for i in range(study.n_epochs)]


def types_by_epoch(scoring: Scoring, n_epochs: int) -> list[set[str]]:
    """The types of the scored events that touch each epoch."""
    types: list[set[str]] = [set() for _ in range(n_epochs)]
    for event in scoring.events:
        if event.end_s > 0 and event.start_s < n_epochs * EPOCH_S:
            first, last = epochs_between(event.start_s, event.end_s, n_epochs)
            for number in range(first, last + 1):
                types[number - 1].add(event.type)
    return types


def _row(study, i: int, stage: Stage, types: set[str]) -> dict:
    captions = study.captions[i]
    attributes: dict = {}
    for facet in ("cardiac", "respiratory", "somatic"):
        attributes |= captions[facet].attributes if facet in captions else {}
    measured = ("position", *(n for n in COLUMNS if n.endswith(("_bpm", "_pct", "_per_min"))))
    return {
        "study": study.id,
        "label": study.label,
        "person": study.person_id,
        "age_years": study.person["age_years"],
        "sex": study.person["sex"],
        "simulated": int(study.simulated),
        "epoch": i + 1,
        "start_s": float(i * EPOCH_S),
        "clock": clock_at(study.start_clock, i * EPOCH_S),
        "stage": str(stage),
        "stage_source": study.scoring.hypnogram_source if stage != Stage.UNSCORED else None,
        "events": " ".join(sorted(types)),
        "caption": " ".join(c.text for f, c in captions.items() if f != SUMMARY),
        "analysed_at": study.created,
        **{name: attributes.get(name) for name in measured},
    }


def create(path: Path) -> None:
    """Make an empty table of rows."""
    with connect(path, new=True) as connection:
        connection.executescript(_SCHEMA)


@contextmanager
def connect(path: Path, new: bool = False) -> Iterator[sqlite3.Connection]:
    """A connection for writing and plain reads; what SQLite says against it is a SearchError."""
    try:
        uri = f"{path.absolute().as_uri()}?mode={'rwc' if new else 'rw'}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=60)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")  # what a person deleted is not left in free pages
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise SearchError(f"the index rows in {path} cannot be used: {error}") from error


def insert(connection: sqlite3.Connection, rows: list[dict]) -> list[int]:
    """Insert rows and give back their ids, in order; ids are never used twice."""
    names = ", ".join(COLUMNS)
    marks = ", ".join(f":{n}" for n in COLUMNS)
    statement = f"INSERT INTO rows ({names}) VALUES ({marks})"
    return [int(connection.execute(statement, row).lastrowid or 0) for row in rows]  # SQLite counts from 1


def ids_where(connection: sqlite3.Connection, condition: str) -> list[int]:
    """Ids of the rows that a condition holds for.

    The condition is untrusted: while it runs, the connection can only read the columns of the one table, with a
    short list of functions and for a limited time.

    Raises
    ------
    SearchError
        It is no condition, names what is not there, asks for more than reading, or takes too long.
    """
    deadline = time.monotonic() + CONDITION_LIMIT_S
    try:
        with _only_reads(connection, deadline):
            return [row for (row,) in connection.execute(f"SELECT id FROM rows WHERE (\n{condition}\n)")]
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        if time.monotonic() > deadline:
            raise SearchError(f"the condition took longer than {CONDITION_LIMIT_S:g} s; make it simpler") from None
        raise SearchError(
            f"the condition {condition[:80]!r} cannot be used ({error}); it may compare the columns "
            f"{', '.join(COLUMNS)}, as in \"stage = 'N3' AND spo2_min_pct < 90\""
        ) from None


@contextmanager
def _only_reads(connection: sqlite3.Connection, deadline: float) -> Iterator[None]:
    """Shut a connection to all but reading rows; from then on it takes short statements only."""
    connection.execute("PRAGMA query_only = ON")
    for limit, value in _LIMITS.items():
        connection.setlimit(limit, value)
    connection.set_progress_handler(lambda: int(time.monotonic() > deadline), _PROGRESS_STEPS)
    connection.set_authorizer(_only_reading)
    try:
        yield
    finally:
        connection.set_authorizer(None)
        connection.set_progress_handler(None, 0)


def _only_reading(action, first, second, database, trigger) -> int:
    allowed = (
        action == sqlite3.SQLITE_SELECT
        or (action == sqlite3.SQLITE_READ and first == "rows" and second in ("id", "", *COLUMNS))
        or (action == sqlite3.SQLITE_FUNCTION and second in FUNCTIONS)
    )
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

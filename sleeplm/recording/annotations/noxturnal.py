"""Noxturnal's event export: start, end, event and duration, in clock times, in the language of the lab."""

import re
from datetime import datetime

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.scored import Scored, ScoringFile, sort_out
from sleeplm.recording.annotations.words import fold

ORDER = 2
NAME = "a Noxturnal export"
SUFFIXES = (".csv", ".tsv", ".txt")

_START = ("heure de debut", "start time", "start")
_END = ("heure de fin", "end time", "end", "stop time")
_EVENT = ("evenement", "event", "event type")
_STAMP = re.compile(
    r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}) (\d{1,2}):(\d{2}):(\d{2})(?:[.,]\d+)?(?: ?([AaPp])\.?[Mm]\.?)?"
)


def parse(file: ScoringFile) -> Scored | None:
    """Stages and events of a Noxturnal export; None if the file's header is another."""
    if not file.rows:
        return None
    header = [fold(cell) for cell in file.rows[0]]
    columns = [next((i for i, h in enumerate(header) if h in names), None) for names in (_START, _END, _EVENT)]
    if None in columns or not any(_stamped(row, columns[0]) for row in file.rows[1:3]):
        return None
    rows = [row for row in file.rows[1:] if len(row) > max(columns) and row[columns[0]].strip("[]")]
    matches = [(_match(file, row[columns[0]]), _match(file, row[columns[1]]), row[columns[2]]) for row in rows]
    month_first = any(int(m.group(2)) > 12 or m.group(7) for pair in matches for m in pair[:2])
    marks = [(_stamp(file, a, month_first), _stamp(file, b, month_first), word) for a, b, word in matches]
    if not marks:
        raise UnknownScoringError(
            f"'{file.name}' is a Noxturnal export without any event; export the scoring again."
        )
    origin = min(start for start, _, _ in marks)
    scored = sort_out(
        ((start - origin).total_seconds(), max(0.0, (end - start).total_seconds()), word)
        for start, end, word in marks
    )
    scored.origin = origin
    return scored


def _stamped(row: list[str], column: int) -> bool:
    return len(row) > column and _STAMP.fullmatch(row[column]) is not None


def _match(file: ScoringFile, text: str) -> re.Match:
    found = _STAMP.fullmatch(text)
    if found is None:
        raise UnknownScoringError(
            f"'{file.name}' has a row whose time is not day/month/year hours:minutes:seconds; export it again."
        )
    return found


def _stamp(file: ScoringFile, found: re.Match, month_first: bool) -> datetime:
    first, second, year, hour, minute, sec = (int(found.group(i)) for i in range(1, 7))
    if found.group(7):
        hour = hour % 12 + (12 if found.group(7) in "Pp" else 0)
    day, month = (second, first) if month_first else (first, second)
    try:
        return datetime(year, month, day, hour, minute, sec)
    except ValueError as error:
        raise UnknownScoringError(f"'{file.name}' has a row with an impossible date; export it again.") from error

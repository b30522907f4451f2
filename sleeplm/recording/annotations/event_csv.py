"""A table of events: what, from when, for how long (``type,start_s,duration_s`` and its relatives)."""

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.scored import Scored, ScoringFile, nothing_found, seconds, sort_out
from sleeplm.recording.annotations.words import fold

ORDER = 3
NAME = "a table of events ('type,start_s,duration_s')"
SUFFIXES = (".csv", ".tsv", ".txt")

_TYPE = ("type", "event", "event type", "name", "label", "annotation", "description", "trial type")
_START = ("start s", "start", "onset", "onset s", "start sec", "begin", "start seconds")
_DURATION = ("duration s", "duration", "dur", "length s", "duration sec", "duration seconds")


def parse(file: ScoringFile) -> Scored | None:
    """Events (and stages, where some are named) of a table with start and duration; None if it is another."""
    if not file.rows:
        return None
    header = [fold(cell) for cell in file.rows[0]]
    columns = [next((i for i, h in enumerate(header) if h in names), None) for names in (_TYPE, _START, _DURATION)]
    if None in columns:
        return None
    scored = sort_out(_mark(file, n, row, columns) for n, row in enumerate(file.rows[1:], 1))
    return nothing_found(scored) if len(file.rows) == 1 else scored


def _mark(file: ScoringFile, n: int, row: list[str], columns: list[int]) -> tuple[float, float, str]:
    if len(row) > max(columns):
        start_s, duration_s = (seconds(row[i]) for i in columns[1:])
        if start_s is not None and duration_s is not None and duration_s >= 0:
            return start_s, duration_s, row[columns[0]]
    raise UnknownScoringError(
        f"Row {n} of '{file.name}' has no valid start and duration in seconds; correct it or export it again."
    )

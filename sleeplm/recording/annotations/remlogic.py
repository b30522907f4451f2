"""RemLogic's event export: a tab-separated text of clock times, with R&K or AASM stages and phases of CAP."""

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.clock import clock_s, on_one_line
from sleeplm.recording.annotations.scored import Scored, ScoringFile, seconds, sort_out
from sleeplm.recording.annotations.words import fold

ORDER = 2
NAME = "a RemLogic export"
SUFFIXES = (".txt",)

_HEADER_WITHIN = 200  # lines: what stands above the table names the patient and the events


def parse(file: ScoringFile) -> Scored | None:
    """Stages and events of a RemLogic export; None if the file has no such table.

    Clock times stand alone: the date above the table is that of the recording's first day, not of a row.
    """
    lines = file.lines
    header = next((i for i, line in enumerate(lines[:_HEADER_WITHIN]) if _columns(line)), None)
    if header is None:
        return None
    columns = _columns(lines[header])
    rows = [(n, line.split("\t")) for n, line in enumerate(lines[header + 1 :], 1) if line.strip()]
    marks = [_mark(file, n, row, columns) for n, row in rows]
    if not marks:
        raise UnknownScoringError(
            f"'{file.name}' is a RemLogic export without any event; export the scoring again."
        )
    origin, starts = on_one_line([clock for clock, *_ in marks])
    scored = sort_out((start, length, word) for start, (_, length, word) in zip(starts, marks, strict=True))
    scored.origin = origin
    return scored


def _columns(line: str) -> tuple[int, int, int] | None:
    """Where time, duration and event stand, if this line is the table's header."""
    if line.count("\t") > 50:
        return None
    cells = [fold(cell) for cell in line.split("\t")]
    found = [next((i for i, c in enumerate(cells) if c.startswith(name)), None) for name in ("time hh", "duration")]
    found.append(cells.index("event") if "event" in cells else None)
    return None if None in found else tuple(found)


def _mark(file: ScoringFile, n: int, row: list[str], columns: tuple[int, int, int]) -> tuple[float, float, str]:
    """Clock in seconds since midnight, duration, word."""
    if len(row) > max(columns):
        clock, length_s = (
            clock_s(row[columns[0]].rpartition("T")[2]),
            seconds(row[columns[1]].replace(",", ".") or "0"),
        )
        if clock is not None and length_s is not None and length_s >= 0:
            return clock, length_s, row[columns[2]]
    raise UnknownScoringError(
        f"Row {n} of '{file.name}' has no valid start and duration; correct it or export it again."
    )

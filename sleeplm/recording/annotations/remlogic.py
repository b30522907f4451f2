"""RemLogic's event export: a tab-separated text of clock times, with R&K or AASM stages and phases of CAP.

The phases (MCAP-A1 to A3) are kept as events of type ``other`` under their own word: no rule of ours counts them.
"""

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.clock import clock_s, from_one_origin, length_s
from sleeplm.recording.annotations.scored import Scored, ScoringFile, sort_out
from sleeplm.recording.annotations.tables import TYPE
from sleeplm.recording.annotations.words import fold

ORDER = 1
NAME = "a RemLogic export"
SUFFIXES = (".txt",)

_HEADER_WITHIN = 200  # lines: what stands above the table names the patient and the events
_MAX_CELLS = 50  # of the header, which has five or six: a longer line is none


def parse(file: ScoringFile) -> Scored | None:
    """Stages and events of a RemLogic export in any language; None if the file has no such table.

    Clock times stand alone: the date above the table is that of the recording's first day, not of a row.

    Raises
    ------
    UnknownScoringError
        A row has no valid times, or there is none.
    """
    lines = file.lines
    headers = ((i, _columns(line)) for i, line in enumerate(lines[:_HEADER_WITHIN]))
    header, columns = next(((i, found) for i, found in headers if found), (0, None))
    if columns is None:
        return None
    rows = [(n, line.split("\t")) for n, line in enumerate(lines[header + 1 :], 1) if line.strip()]
    marks = [_mark(file, n, row, columns) for n, row in rows]
    if not marks:
        raise UnknownScoringError(
            f"'{file.name}' is a RemLogic export without any event; export the scoring again."
        )
    origin, starts = from_one_origin("clock", [clock for clock, *_ in marks], file.night, file.name)
    scored = sort_out((start, length, word) for start, (_, length, word) in zip(starts, marks, strict=True))
    scored.origin = origin
    return scored


def _columns(line: str) -> tuple[int, int, int] | None:
    """Where time (``[hh:mm:ss]``), duration (``[s]``) and event stand, if this line is the table's header.

    The units are the same in every language; the event stands under its word or between the two.
    """
    if line.count("\t") > _MAX_CELLS or "[" not in line:
        return None
    cells = [cell.strip().lower() for cell in line.split("\t")]
    time_at = next((i for i, cell in enumerate(cells) if "[hh:mm:ss" in cell or "[hh.mm.ss" in cell), None)
    length_at = next((i for i, cell in enumerate(cells) if cell.endswith("[s]")), None)
    if time_at is None or length_at is None:
        return None
    event_at = next((i for i, cell in enumerate(cells) if fold(cell) in TYPE), None)
    if event_at is None and length_at - time_at == 2:
        event_at = time_at + 1
    return None if event_at is None else (time_at, length_at, event_at)


def _mark(file: ScoringFile, n: int, row: list[str], columns: tuple[int, int, int]) -> tuple[float, float, str]:
    """Clock in seconds since midnight, duration, word."""
    if len(row) > max(columns):
        clock = clock_s(row[columns[0]].rpartition("T")[2])
        length = length_s(row[columns[1]].strip() or "0", decimal_comma=True)
        if clock is not None and length is not None:
            return clock, length, row[columns[2]]
    raise UnknownScoringError(
        f"Row {n} of '{file.name}' has no valid start and duration; correct it or export it again."
    )

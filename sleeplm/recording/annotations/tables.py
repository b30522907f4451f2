"""Tables as people write them: which column is what, and from when to when each row lasts."""

from collections.abc import Sequence
from datetime import datetime, time

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.clock import (
    DAY_S,
    Moment,
    length_s,
    moments,
    of_many_kinds,
    through_the_hour_of_dst,
)
from sleeplm.recording.annotations.scored import ScoringFile
from sleeplm.recording.annotations.words import fold

TYPE = (
    "type", "event", "events", "event type", "event name", "name", "annotation", "annotations", "description",
    "trial type", "eventtype", "ereignis", "evenement", "evento", "typ", "label",
)  # fmt: skip
STAGE = (
    "stage", "stages", "sleep stage", "sleepstage", "stade", "hypnogram", "stage label", "sleep stages", "hypno",
    "stage name", "user defined stage", "schlafstadium", "schlafphase", "stade de sommeil", "stage hum",
    "stage human",
)  # fmt: skip
EPOCH = ("epoch", "epochs", "epoch number", "epoch id", "epoch no", "epoque", "epoche", "n", "no")
ELAPSED = ("elapsed", "elapsed time", "relative time", "time from start")  # h:mm:ss there is no clock
START = (
    "start s", "start", "onset", "onset s", "start sec", "begin", "start seconds", "start time", "begin s",
    "onset sec", "onset seconds", "time", "time s", "time sec", "seconds", "clock", "clock time", "timestamp",
    "starttime", "onset time", "debut", "debut s", "heure de debut", "startzeit", "beginn", "inicio",
    "time hh mm ss", *ELAPSED,
)  # fmt: skip
DURATION = (
    "duration s", "duration", "dur", "length s", "duration sec", "duration seconds", "length", "duree", "duree s",
    "dauer", "dauer s", "duration ms", "duration min", "dur s", "duracion",
)  # fmt: skip
END = (
    "end", "end s", "stop", "stop s", "end time", "stop time", "end sec", "end seconds", "finish", "fin", "ende",
    "endzeit", "heure de fin", "endtime", "offset", "offset s",
)  # fmt: skip
PERSON = ("record", "record id", "participant", "participant id", "subject", "subject id", "patient", "patient id")
_EPOCH_1970_S = (datetime(1970, 1, 1) - datetime.min).total_seconds()
_AT_THE_START_S = (
    300.0  # a scoring begins with its recording; a clock of de-identified 1970 does so at midnight alone
)
_UNITS = {"ms": 0.001, "min": 60.0}


def header_of(file: ScoringFile) -> list[str]:
    """The first row, folded."""
    return [fold(cell) for cell in file.rows[0]] if file.rows else []


def column(header: Sequence[str], names: Sequence[str]) -> int | None:
    """Where the first of these names stands; None where none does."""
    return next((header.index(name) for name in names if name in header), None)


def body(file: ScoringFile) -> list[tuple[int, list[str]]]:
    """The rows below the header, numbered from 1, without empty ones and one of units such as ``[],[s]``.

    Raises
    ------
    UnknownScoringError
        The table holds several nights.
    """
    rows = [(n, row) for n, row in enumerate(file.rows[1:], 1) if any(row)]
    if rows and all(cell.startswith("[") or not cell for cell in rows[0][1]):
        del rows[0]
    person = column(header_of(file), PERSON)
    if person is not None and len({row[person] for _, row in rows if len(row) > person}) > 1:
        raise UnknownScoringError(
            f"'{file.name}' holds the scorings of several nights; give a file with the rows of this one."
        )
    return rows


def spans(
    file: ScoringFile, rows: list[tuple[int, list[str]]]
) -> tuple[datetime | time | None, list[float], list[float] | None]:
    """Origin, seconds from it to the start of each row, and how long each lasts; None where no column says so.

    Raises
    ------
    UnknownScoringError
        A row has no valid start and duration, or the table has times of more than one kind.
    """
    header = header_of(file)
    start_at, length_at, end_at = (column(header, names) for names in (START, DURATION, END))
    # Starts and ends together decide whether the month comes first.
    texts = [row[at] if len(row) > at else "" for at in (start_at, end_at) if at is not None for _, row in rows]
    times = moments(texts, file.decimal_comma)
    if start_at is not None and header[start_at] in ELAPSED:
        elapsed = [length_s(text, file.decimal_comma) for text in texts]
        times = [None if at is None else ("start", at) for at in elapsed]
    starts: list[Moment] = []
    for (n, _), at in zip(rows, times[: len(rows)], strict=True):
        if at is None:
            raise no_span(file, n)
        starts.append(at)
    ends = times[len(rows) :] or [None] * len(rows)
    starts = _without_dst(file, rows, _since_the_epoch(file, starts))
    origin, offsets = of_many_kinds(starts, file.night, file.name)
    if length_at is None and end_at is None:
        return origin, offsets, None
    given: list[float | None] = [None] * len(rows)
    if length_at is not None:
        unit = _UNITS.get(header[length_at].rpartition(" ")[2], 1.0)
        cells = [length_s(row[length_at], file.decimal_comma) if len(row) > length_at else None for _, row in rows]
        given = [None if length is None else length * unit for length in cells]
    lengths = []
    for (n, _), start, end, length in zip(rows, starts, ends, given, strict=True):
        if length is None and end is not None and end[0] == start[0]:
            length = round(end[1] - start[1], 6)
            length = length % DAY_S if start[0] == "clock" else length
        if length is None or length < 0:
            raise no_span(file, n)
        lengths.append(length)
    return origin, offsets, lengths


def _since_the_epoch(file: ScoringFile, starts: list[Moment]) -> list[Moment]:
    """Dates that count seconds from 1970 (MNE's and pandas' where no date is known) as seconds from the start."""
    since = [at - _EPOCH_1970_S for _, at in starts]
    of_1970 = bool(starts) and {kind for kind, _ in starts} == {"date"} and file.night is not None
    if of_1970 and 0 <= min(since) < _AT_THE_START_S and file.night and max(since) <= file.night.duration_s:
        return [("start", round(at, 6)) for at in since]
    return starts


def _without_dst(file: ScoringFile, rows: list[tuple[int, list[str]]], starts: list[Moment]) -> list[Moment]:
    """Starts by a clock that went back or forth by an hour, as if it had not; a notice says so."""
    if not starts or {kind for kind, _ in starts} - {"clock", "date"} or len({kind for kind, _ in starts}) > 1:
        return starts
    epoch_at = column(header_of(file), EPOCH)
    cells = [row[epoch_at] if len(row) > epoch_at else "" for _, row in rows] if epoch_at is not None else []
    numbers = [int(cell) if cell.isdecimal() else -1 for cell in cells]
    mended = through_the_hour_of_dst([at for _, at in starts], numbers or None)
    if mended is None:
        return starts
    file.notices.append("its clock changes by an hour (daylight saving); rows follow each other")
    return [(kind, at) for (kind, _), at in zip(starts, mended, strict=True)]


def no_span(file: ScoringFile, n: int) -> UnknownScoringError:
    """The refusal of a row without sound times."""
    return UnknownScoringError(
        f"Row {n} of '{file.name}' has no valid start and duration; correct it or export it again."
    )


def cell(file: ScoringFile, n: int, row: list[str], at: int) -> str:
    """One cell of row n.

    Raises
    ------
    UnknownScoringError
        The row ends before it.
    """
    if len(row) <= at:
        raise UnknownScoringError(f"Row {n} of '{file.name}' is cut short; correct it or export it again.")
    return row[at]

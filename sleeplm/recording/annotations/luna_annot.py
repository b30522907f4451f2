"""Luna's .annot: a row an annotation, with class, start and stop, in any of Luna's notations of time.

Format: https://zzz.bwh.harvard.edu/luna/ref/annotations/.
"""

import math
import re
from datetime import datetime
from typing import NoReturn

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.clock import DAY_S, Moment, clock_s, of_many_kinds
from sleeplm.recording.annotations.luna_eannot import LIGHTS_ON, lights_of
from sleeplm.recording.annotations.scored import Scored, ScoringFile, seconds, sort_out
from sleeplm.recording.annotations.words import fold, stage_of
from sleeplm.units import EPOCH_S

ORDER = 2
NAME = "Luna's .annot"
SUFFIXES = (".annot",)

_COLUMNS = {3: (0, 1, 2), 4: (0, 2, 3), 6: (0, 3, 4)}  # class, start and stop in rows of so many cells
_HEADERS = ("class start stop", "class instance start stop", "class instance channel start stop meta")
STAGING = ("sleepstage", "sleep stage", "stage", "stages", "hypnogram")  # classes whose instance is the stage
_EPOCH = re.compile(r"e:(\d{1,6})(?::(\d{1,4}(?:\.\d+)?))?(?::(\d{1,4}(?:\.\d+)?))?", re.ASCII)
_ELAPSED = re.compile(r"(?:0\+)?(\d{1,3}):(\d{1,2}):(\d{1,2}(?:\.\d+)?)", re.ASCII)
_DATED = re.compile(r"(\d{1,2})[-/](\d{1,2}|[A-Za-z]{3})[-/](\d{4}|\d{2})[- ](\S.*)", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def parse(file: ScoringFile) -> Scored | None:
    """Stages and events of an .annot file, known by that ending or by Luna's header; None if it is another.

    Raises
    ------
    UnknownScoringError
        A row has no time, or the file has times of more than one kind (from the start, clock, date).
    """
    rows = _rows(file)
    if not rows:
        return None
    moments = [_moment(start) or _refuse(file, n) for n, (_, start, _) in rows]
    origin, starts = of_many_kinds(moments, file.night, file.name)
    given = [_length(file, row, moment) for row, moment in zip(rows, moments, strict=True)]
    lengths = [
        b - a if length is None else length
        for a, b, length in zip(starts, [*starts[1:], math.inf], given, strict=True)
    ]
    scored = _sort_out(file, rows, starts, lengths)
    scored.origin = origin
    return scored


def _sort_out(
    file: ScoringFile, rows: list[tuple[int, tuple[str, str, str]]], starts: list[float], lengths: list[float]
) -> Scored:
    """Sort the rows; a stage in the last one may last until the end of the recording."""
    for (n, (word, *_)), length in zip(rows, lengths, strict=True):
        if length < 0 or (math.isinf(length) and stage_of(word) is None and word != LIGHTS_ON):
            _refuse(file, n)
    words = ["?" if word == LIGHTS_ON else word for _, (word, *_) in rows]
    closed = [length if math.isfinite(length) else EPOCH_S for length in lengths]
    scored = sort_out(zip(starts, closed, words, strict=True))
    if scored.stages:
        spans = [(start, start + length) for start, length in zip(starts, closed, strict=True)]
        lights_on = [span for span, (_, (word, *_)) in zip(spans, rows, strict=True) if word == LIGHTS_ON]
        first, last = min(s for s, *_ in scored.stages), max(s + d for s, d, _ in scored.stages)
        scored.lights = lights_of(lights_on, first, last) | scored.lights
    if math.isinf(lengths[-1]) and scored.stages and scored.stages[-1][0] == starts[-1]:
        scored.stages[-1] = (starts[-1], math.inf, scored.stages[-1][2])
    return scored


def _rows(file: ScoringFile) -> list[tuple[int, tuple[str, str, str]]]:
    """Number of each row, with what it marks, start and stop; none if the file is no .annot."""
    lines = [line for line in file.lines if line.strip() and not line.startswith("#")]
    headed = bool(lines) and " ".join(_cells(lines[0][:500])[:6]).lower().startswith(_HEADERS)
    if not headed and file.path.suffix.lower() != ".annot":
        return []
    return [(n, _row(file, n, _cells(line))) for n, line in enumerate(lines[headed:], 1)]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split()


def _row(file: ScoringFile, n: int, cells: list[str]) -> tuple[str, str, str]:
    columns = _COLUMNS.get(min(len(cells), 6))
    if columns is None:
        raise UnknownScoringError(f"Row {n} of '{file.name}' is cut short; correct it or export it again.")
    word, start, stop = (cells[i] for i in columns)
    if columns[1] > 1 and cells[1] != "." and fold(word) in STAGING:
        word = cells[1]
    return word, start, stop


def _refuse(file: ScoringFile, n: int) -> NoReturn:
    raise UnknownScoringError(
        f"Row {n} of '{file.name}' has no valid start and duration; correct it or export it again."
    )


def _moment(text: str, end: bool = False) -> Moment | None:
    """The moment that a time in any of Luna's notations is; of an epoch its start, or its `end`."""
    at = seconds(text)
    if at is None and text.startswith("0+"):
        at = _elapsed_s(text)
    if at is None and (epoch := _epoch(text)) is not None:
        at = sum(epoch) if end else epoch[0]
    if at is not None:
        return "start", at
    if (at := clock_s(text)) is not None:
        return "clock", at
    return _dated(text)


def _elapsed_s(text: str) -> float | None:
    found = _ELAPSED.fullmatch(text)
    return None if found is None else int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])


def _epoch(text: str) -> tuple[float, float] | None:
    """Start and length in seconds of ``e:NUMBER``, ``e:NUMBER:LENGTH`` or ``e:NUMBER:LENGTH:STEP``."""
    found = _EPOCH.fullmatch(text)
    if found is None or int(found[1]) < 1:
        return None
    length_s = float(found[2] or EPOCH_S)
    return (int(found[1]) - 1) * float(found[3] or length_s), length_s


def _dated(text: str) -> Moment | None:
    """Day, month, year and clock; of two digits, 85 to 99 are of the last century, as in EDF."""
    found = _DATED.fullmatch(text)
    clock = clock_s(found[4]) if found else None
    if found is None or clock is None or (found[2].isalpha() and found[2].lower() not in _MONTHS):
        return None
    month = _MONTHS.index(found[2].lower()) + 1 if found[2].isalpha() else int(found[2])
    year = int(found[3]) + (0 if len(found[3]) == 4 else 1900 if int(found[3]) >= 85 else 2000)
    if not 1900 <= year < 2100:
        return None
    try:
        return "date", (datetime(year, month, int(found[1])) - datetime.min).total_seconds() + clock
    except ValueError:
        return None


def _length(file: ScoringFile, row: tuple[int, tuple[str, str, str]], moment: Moment) -> float | None:
    """Seconds from start to stop; None: until the next row begins."""
    n, (_, start, stop) = row
    kind, at = moment
    if stop == "...":
        return None
    if stop == ".":
        return (_epoch(start) or (0.0, 0.0))[1]
    if stop.startswith("+"):
        length = seconds(stop[1:])
        length = _elapsed_s(stop[1:]) if length is None else length
        return _refuse(file, n) if length is None else length
    until = _moment(stop, end=True)
    if until is None or until[0] != kind:
        _refuse(file, n)
    return (until[1] - at) % DAY_S if kind == "clock" else until[1] - at

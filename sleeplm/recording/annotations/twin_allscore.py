"""Twin's "allscore" text (Wisconsin Sleep Cohort): a clock time and a mark a line, stages from change to change.

Format: https://sleepdata.org/datasets/wsc (files ``*.allscore.txt``).
"""

import re

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.clock import clock_s, from_one_origin
from sleeplm.recording.annotations.scored import Scored, ScoringFile, seconds, sort_out

ORDER = 1
NAME = "Twin's allscore text (WSC)"
SUFFIXES = (".txt",)

_ROW = re.compile(r"(\d{1,2}:\d{2}:\d{2}(?:\.\d{1,6})?)\t(.*)", re.ASCII)
_LENGTH = re.compile(r"- DUR: ?(\d{1,5}(?:\.\d{1,3})?) ?SEC\.?", re.I)
_STAGE = re.compile(r"STAGE - (.{1,20})", re.I)
_KNOWN_BY = re.compile(r"STAGE - |START RECORDING|[^\t]{1,60} - DUR: ", re.I)
_NO_EVENT = re.compile(r"(?:START|STOP|END|PAUSE|RESUME)\b.*RECORDING|POSITION\b.*|RECORDING\b.*", re.I)
_LOOKED_AT = 200  # rows, of which one must be Twin's own


def parse(file: ScoringFile) -> Scored | None:
    """Stages, events and lights; None if the lines are no clock times with marks of Twin's.

    Raises
    ------
    UnknownScoringError
        A row among them has no clock time.
    """
    lines = [line.rstrip() for line in file.lines if line.strip()]
    found = [_ROW.fullmatch(line) for line in lines[:_LOOKED_AT]]
    if not found or found[0] is None or not any(row and _KNOWN_BY.match(row[2]) for row in found):
        return None
    rows = [_row(file, n, line) for n, line in enumerate(lines, 1)]
    origin, starts = from_one_origin("clock", [at for at, *_ in rows], file.night, file.name)
    marks = [(start, length, word) for start, (_, length, word) in zip(starts, rows, strict=True)]
    events = sort_out(mark for mark in marks if not _STAGE.fullmatch(mark[2]) and not _NO_EVENT.fullmatch(mark[2]))
    changes = sorted((at, change[1]) for at, _, word in marks if (change := _STAGE.fullmatch(word)))
    last = max(events.lights.get("lights_on", max(starts)), *(at for at, _ in changes), 0.0)
    until = [*(at for at, _ in changes), last][1:]
    stages = sort_out(
        (at, end - at, word) for (at, word), end in zip(changes, until, strict=bool(changes)) if end > at
    )
    events.stages, events.origin = stages.stages, origin
    events.unknown += stages.unknown
    return events


def _row(file: ScoringFile, n: int, line: str) -> tuple[float, float, str]:
    """Clock in seconds since midnight, duration and mark of a row."""
    found = _ROW.fullmatch(line)
    at = clock_s(found[1]) if found else None
    if found is None or at is None:
        raise UnknownScoringError(f"Row {n} of '{file.name}' has no clock time; correct it or export it again.")
    length = _LENGTH.search(found[2])
    return at, (seconds(length[1]) or 0.0) if length else 0.0, found[2].strip()

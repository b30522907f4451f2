"""Text exports of SOMNOmedics DOMINO: a file a signal, with stages (Schlafprofil.txt) or events (Flow Events.txt).

The header says ``Signal ID``, ``Start Time``, ``Unit``, ``Signal Type`` (``Discret`` or ``Impuls``) and, for
stages, ``Rate``; then come rows such as ``23:57:00,000; Wake`` or ``00:41:31,513-00:41:42,736; 11;Hypopnea``, in
newer versions with the date before the clock and the stage behind the event. The header is English in every
language; the words are not. Format: as the DOMINO converter of the Snooz toolbox describes it.
"""

import re
from datetime import datetime, time, timedelta

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.clock import DAY_S, clock_s, from_one_origin, moments
from sleeplm.recording.annotations.scored import Scored, ScoringFile, sort_out
from sleeplm.recording.annotations.words import fold, meaning_of, stage_of
from sleeplm.units import EPOCH_S

ORDER = 1
NAME = "a DOMINO text export"
SUFFIXES = (".txt",)

_RATE = re.compile(r"rate: *(\d{1,5}(?:[.,]\d{1,3})?) *(m?s) *", re.I)
_START = re.compile(r"start time:.*?(\d{1,2}:\d{2}:\d{2}(?: ?[AaPp]\.?[Mm]\.?)?) *", re.I)
_CLOCK = r"\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,6})?"
_DATE = r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4} "
_ROW = re.compile(rf"((?:{_DATE})?{_CLOCK})(?: ?- ?(?:{_DATE})?({_CLOCK}))? *;(.*)", re.ASCII)
_BEFORE_S = 3600.0  # by which an event may stand before the start of its file
_NO_STAGE = ("a", "artifact", "artefact", "artefakt", "movement", "bewegung", "bewegungszeit")


def parse(file: ScoringFile) -> Scored | None:
    """Stages or events of one DOMINO file, known by its first line; None if that is another.

    A file of arousals has an arousal in every row, whatever cause the row names.

    Raises
    ------
    UnknownScoringError
        A row has no valid time, or the file has none.
    """
    lines = file.lines
    first = next((line for line in lines if line.strip()), "")
    signal = fold(first[:200])
    if not signal.startswith("signal id "):
        return None
    begin = next((i for i, line in enumerate(lines) if _ROW.fullmatch(line.strip())), None)
    if begin is None:
        raise UnknownScoringError(f"'{file.name}' is a DOMINO export without any row; export the scoring again.")
    rows = _rows(file, lines[begin:])
    header = lines[:begin]
    origin, starts = _on_one_line(file, rows, header)
    marks = []
    arousals = "arousal" in signal or "korrelationma" in signal
    staging = "schlafprofil" in signal or any(length is None and stage_of(word) for _, length, word in rows)
    for start, (_, length, word) in zip(starts, rows, strict=True):
        if staging:
            marks.append((start, _rate_s(header), "?" if fold(word) in _NO_STAGE else word))
        else:
            marks.append((start, length or 0.0, "Arousal" if arousals and meaning_of(word) is None else word))
    scored = sort_out(marks)
    scored.origin = origin
    return scored


def _rows(file: ScoringFile, lines: list[str]) -> list[tuple[str, float | None, str]]:
    """Start, duration in seconds and word of each row; where it has an end, its word is the second cell."""
    rows: list[tuple[str, float | None, str]] = []
    for n, line in enumerate(lines, 1):
        if not line.strip():
            continue
        found = _ROW.fullmatch(line.strip())
        begun = clock_s(found[1].split(" ")[-1]) if found else None
        ended = clock_s(found[2]) if found and found[2] else begun
        if found is None or begun is None or ended is None:
            raise UnknownScoringError(f"Row {n} of '{file.name}' has no valid time; export the scoring again.")
        cells = [cell.strip() for cell in found[3].split(";")]
        if found[2]:
            rows.append((found[1], round((ended - begun) % DAY_S, 6), cells[min(1, len(cells) - 1)]))
        else:
            rows.append((found[1], None, cells[0]))
    return rows


def _on_one_line(
    file: ScoringFile, rows: list[tuple[str, float | None, str]], header: list[str]
) -> tuple[datetime | time | None, list[float]]:
    """Origin and seconds from it: of dates where rows have them, else of the clock at which the header starts."""
    at = [moment for moment in moments([start for start, *_ in rows]) if moment is not None]
    if len(at) < len(rows) or len({kind for kind, _ in at}) > 1:
        raise UnknownScoringError(f"'{file.name}' has rows without a valid date; export the scoring again.")
    kind, clocks = at[0][0], [seconds for _, seconds in at]
    start = next((m for m in map(_START.fullmatch, header) if m), None)
    begun = clock_s(start[1]) if start else None
    if kind != "clock" or begun is None:
        return from_one_origin(kind, clocks, file.night, file.name)
    # A few events in a long night: only the start decides on which side of midnight they are. Some stand before it.
    offsets = [round((t - begun + _BEFORE_S) % DAY_S - _BEFORE_S, 6) for t in clocks]
    return (datetime.min + timedelta(seconds=begun)).time(), offsets


def _rate_s(header: list[str]) -> float:
    found = next((m for m in map(_RATE.fullmatch, header) if m), None)
    if found is None:
        return float(EPOCH_S)
    return float(found[1].replace(",", ".")) * (0.001 if found[2].lower() == "ms" else 1.0)

"""A table of events (``type,start_s,duration_s`` and its relatives): what, from when, how long or until when.

Noxturnal's exports are such tables, in dates with clock times and in the language of the lab.
"""

from sleeplm.recording.annotations.scored import Scored, ScoringFile, nothing_found, sort_out
from sleeplm.recording.annotations.tables import (
    DURATION,
    END,
    STAGE,
    START,
    TYPE,
    body,
    cell,
    column,
    header_of,
    spans,
)
from sleeplm.recording.annotations.words import meaning_of, stage_of

ORDER = 3
NAME = "a table of events ('type,start_s,duration_s', a Noxturnal export)"
SUFFIXES = (".csv", ".tsv", ".txt")


def parse(file: ScoringFile) -> Scored | None:
    """Events (and stages, where some are named) of a table with start and duration or end; None if it is another.

    Starts are seconds from the first sample, clock times, or dates with clock times. Of several columns that may
    name the event, the one with most words that we know does. Stages alone need no duration: each lasts until the
    next.

    Raises
    ------
    UnknownScoringError
        A row has no valid times, or the table has times of more than one kind or several nights.
    """
    header = header_of(file)
    columns = [i for i, name in enumerate(header) if name in TYPE]
    if not columns or column(header, START) is None:
        return None
    rows = body(file)
    words = [[row[i] for _, row in rows if len(row) > i] for i in columns]
    known = [sum(meaning_of(word) is not None for word in set(cells) if word) for cells in words]
    type_at = columns[known.index(max(known))]
    if column(header, STAGE) is not None and not max(known):
        return None  # a row an epoch, with remarks on it
    timed = column(header, DURATION) is not None or column(header, END) is not None
    if not timed and not (rows and any(map(stage_of, words[columns.index(type_at)]))):
        return None
    origin, starts, lengths = spans(file, rows)
    marks = [cell(file, n, row, type_at) for n, row in rows]
    scored = sort_out(zip(starts, [0.0] * len(starts) if lengths is None else lengths, marks, strict=True))
    scored.origin = origin
    return scored if rows else nothing_found(scored)

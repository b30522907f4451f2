"""The events file of BIDS: tab-separated, ``onset``, ``duration`` and ``trial_type``, with ``n/a`` for none.

Format: https://bids-specification.readthedocs.io/en/stable/modality-specific-files/task-events.html.
"""

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.scored import Scored, ScoringFile, nothing_found, seconds, sort_out

ORDER = 2
NAME = "BIDS events"
SUFFIXES = (".tsv",)

_NEEDED = ("onset", "duration", "trial_type")


def parse(file: ScoringFile) -> Scored | None:
    """Stages and events of a BIDS events file; None if its header is another.

    An ``n/a`` for the duration is taken as no duration, one for the type as nothing scored.

    Raises
    ------
    UnknownScoringError
        A row has no onset, or a duration that is neither a number of seconds nor ``n/a``.
    """
    lines = [line for line in file.lines if line.strip()]
    header = lines[0].strip()[:2000].split("\t") if lines else []
    if not set(_NEEDED) <= set(header):
        return None
    columns = [header.index(name) for name in _NEEDED]
    marks = (_mark(file, n, line.split("\t"), columns) for n, line in enumerate(lines[1:], 1))
    scored = sort_out(mark for mark in marks if mark is not None)
    return nothing_found(scored) if len(lines) == 1 else scored


def _mark(file: ScoringFile, n: int, row: list[str], columns: list[int]) -> tuple[float, float, str] | None:
    if len(row) > max(columns):
        onset, length, word = (row[i].strip() for i in columns)
        if word == "n/a":
            return None
        start_s, duration_s = seconds(onset), 0.0 if length == "n/a" else seconds(length)
        if start_s is not None and duration_s is not None and duration_s >= 0:
            return start_s, duration_s, word
    raise UnknownScoringError(
        f"Row {n} of '{file.name}' has no valid start and duration in seconds; correct it or export it again."
    )

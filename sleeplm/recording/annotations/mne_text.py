"""Annotations that MNE saved as text or CSV (``mne.Annotations.save``).

Format: https://mne.tools/stable/generated/mne.Annotations.html.
"""

import re
from datetime import datetime

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.scored import Scored, ScoringFile, seconds, sort_out

ORDER = 1
NAME = "annotations saved by MNE"
SUFFIXES = (".txt",)

_FIRST = "mne-annotations"
_START = re.compile(
    r"orig_time ?: ?(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)(?:[+-]\d{2}:\d{2}|Z)?", re.ASCII
)


def parse(file: ScoringFile) -> Scored | None:
    """Stages and events; None if the first line does not say that MNE wrote it.

    Onsets count from ``orig_time``, where the file says one: MNE writes the clock of the recording there and calls
    it UTC. Without one they count from the first sample.

    Raises
    ------
    UnknownScoringError
        A row is not an onset, a duration and a description, or ``orig_time`` is no time.
    """
    comments = file.comments
    if not comments or comments[0].lower() != _FIRST:
        return None
    scored = sort_out(_mark(file, n, row) for n, row in enumerate(file.rows, 1))
    stated = next((line for line in comments if line.lower().startswith("orig_time")), "")
    if stated and not stated.lower().endswith("none"):
        found = _START.fullmatch(stated)
        try:
            scored.origin = datetime.fromisoformat(f"{found[1]}T{found[2]}") if found else None
        except ValueError:
            scored.origin = None
        if scored.origin is None:
            raise UnknownScoringError(f"'{file.name}' has an orig_time that is no date and time; save it again.")
    return scored


def _mark(file: ScoringFile, n: int, row: list[str]) -> tuple[float, float, str]:
    start_s, length_s = (seconds(cell) for cell in row[:2]) if len(row) >= 3 else (None, None)
    if start_s is None or length_s is None or length_s < 0:
        raise UnknownScoringError(
            f"Row {n} of '{file.name}' has no valid onset, duration and description; save it again."
        )
    return start_s, length_s, ",".join(row[2:])

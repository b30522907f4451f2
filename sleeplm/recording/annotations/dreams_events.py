"""Events of the DREAMS databases: a line in brackets names what was scored, then come starts and durations.

Format: https://zenodo.org/records/2650142 (spindles, K-complexes, REMs, PLMs, apneas).
"""

import re

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.scored import Scored, ScoringFile, seconds, sort_out

ORDER = 1
NAME = "events of the DREAMS databases"
SUFFIXES = (".txt",)

_FIRST = re.compile(r"\[((?:vis|auto)[^\]]{2,120})\]", re.I)
_WORDS = (
    ("spindle", "Spindle"), ("arousal", "Arousal"), ("plm", "PLM"), ("rem", "Rapid eye movement"),
    ("hypopnea", "Hypopnea"), ("apnea", "Apnea"),
)  # fmt: skip


def parse(file: ScoringFile) -> Scored | None:
    """Events of one kind; None if the first line is another.

    Raises
    ------
    UnknownScoringError
        A row is not a start and a duration in seconds.
    """
    lines = [line.strip() for line in file.lines if line.strip()]
    found = _FIRST.fullmatch(lines[0]) if lines else None
    if found is None or "hypnogram" in lines[0].lower():
        return None
    word = next((word for part, word in _WORDS if part in found[1].lower()), found[1])
    marks = []
    for n, line in enumerate(lines[1:], 1):
        cells = [seconds(cell) for cell in line.split()[:2]]
        if len(cells) < 2 or cells[0] is None or cells[1] is None or cells[1] < 0:
            raise UnknownScoringError(
                f"Row {n} of '{file.name}' has no valid start and duration in seconds; export it again."
            )
        marks.append((cells[0], cells[1], word))
    scored = sort_out(marks)
    if not marks:
        scored.warnings.append("it holds no event")
    return scored

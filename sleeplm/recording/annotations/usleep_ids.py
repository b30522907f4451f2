"""The .ids of U-Time and U-Sleep: start, duration and stage of each stretch, in seconds from the first sample.

Format: https://github.com/perslev/psg-utils (``init_sec,duration_sec,stage``).
"""

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.scored import Scored, ScoringFile, seconds, sort_out

ORDER = 2
NAME = "U-Sleep's .ids"
SUFFIXES = (".ids",)


def parse(file: ScoringFile) -> Scored | None:
    """Stages of an .ids file, known by that ending; None if it is another.

    Raises
    ------
    UnknownScoringError
        A row is not a start, a duration and a word.
    """
    if file.path.suffix.lower() != ".ids":
        return None
    marks = []
    for n, row in enumerate(file.rows, 1):
        start_s, length_s = (seconds(cell) for cell in row[:2]) if len(row) >= 3 else (None, None)
        if start_s is None or length_s is None or length_s < 0:
            if n == 1 and len(row) >= 3:
                continue  # a header
            raise UnknownScoringError(
                f"Row {n} of '{file.name}' has no valid start, duration and stage; correct it or export it again."
            )
        marks.append((start_s, length_s, row[2]))
    return sort_out(marks)

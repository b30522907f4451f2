"""Stanford's .STA: an epoch number and a stage number a line.

Format: https://sleepdata.org/datasets/stages, https://github.com/Stanford-STAGES.
"""

import re

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.codings import coding_of
from sleeplm.recording.annotations.scored import Scored, ScoringFile
from sleeplm.recording.annotations.stage_csv import one_an_epoch

ORDER = 2
NAME = "Stanford's .STA"
SUFFIXES = (".sta",)

_ROW = re.compile(r"\s*(\d{1,6})[\s,;]+(-?\d{1,2})(?:[\s,;].*)?", re.ASCII)


def parse(file: ScoringFile) -> Scored | None:
    """Stages, one an epoch; None if the file has another ending.

    Raises
    ------
    UnknownScoringError
        A row is no epoch and stage that follow those before, or its numbers can mean several things.
    """
    if file.path.suffix.lower() != ".sta":
        return None
    lines = [line for line in file.lines if line.strip() and not line.startswith("#")]
    numbers: list[tuple[int, str]] = []
    for n, line in enumerate(lines, 1):
        row = _ROW.fullmatch(line)
        if row is None or (numbers and int(row[1]) != numbers[-1][0] + 1):
            raise UnknownScoringError(
                f"Row {n} of '{file.name}' is no epoch and stage that follow the row before; export it again."
            )
        numbers.append((int(row[1]), str(int(row[2]))))
    if not numbers:
        raise UnknownScoringError(f"'{file.name}' holds no stage; export the scoring again.")
    coding = coding_of(file, {stage for _, stage in numbers}, [])
    means = ", ".join(f"{number} {coding[number]}" for number in sorted({stage for _, stage in numbers}, key=int))
    return one_an_epoch(file, [coding[stage] for _, stage in numbers], [f"its numbers are read as {means}"])

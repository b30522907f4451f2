"""Hypnograms of the DREAMS databases: a first line in brackets that says so, then a number each 5 s.

Format: https://zenodo.org/records/2650142.
"""

import re

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.codings import DREAMS
from sleeplm.recording.annotations.scored import Scored, ScoringFile
from sleeplm.recording.annotations.stage_csv import one_an_epoch

ORDER = 1
NAME = "a DREAMS hypnogram"
SUFFIXES = (".txt",)

_FIRST = re.compile(r"\[[^\]]{0,80}hypnogram[^\]]{0,80}\]", re.I)
_STEP_S = 5.0


def parse(file: ScoringFile) -> Scored | None:
    """Stages by R&K or AASM rules; None if the first line is another.

    Raises
    ------
    UnknownScoringError
        A row has another number than those of DREAMS.
    """
    lines = [line.strip() for line in file.lines if line.strip()]
    if not lines or not _FIRST.fullmatch(lines[0]):
        return None
    wrong = next((n for n, line in enumerate(lines[1:], 1) if line not in DREAMS), None)
    if wrong is not None or len(lines) == 1:
        raise UnknownScoringError(
            f"Row {wrong or 1} of '{file.name}' is no stage of a DREAMS hypnogram (-3 to 5); export it again."
        )
    return one_an_epoch(file, [DREAMS[line] for line in lines[1:]], [], _STEP_S)

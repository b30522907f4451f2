"""A table of stages: one an epoch, or one at each change (``Time,Stage``), or a bare list."""

import math
import re

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.scored import Scored, ScoringFile, seconds
from sleeplm.recording.annotations.words import fold, stage_of
from sleeplm.vocabulary import EPOCH_S, Stage

ORDER = 4
NAME = "a table of stages ('epoch,stage')"
SUFFIXES = (".csv", ".tsv", ".txt")

_STAGE = ("stage", "stages", "sleep stage", "stade", "hypnogram", "stage label", "sleepstage")
_EPOCH = ("epoch", "epochs", "epoch number", "epoque", "n", "no")
_TIME = ("time", "time s", "start s", "onset", "seconds", "start")
# pyDYNAM-O's coding, known by its header: https://github.com/preraulab/pyDYNAM-O
_DYNAMO_HEADER = ["time", "stage"]
_DYNAMO = {"5": Stage.W, "4": Stage.R, "3": Stage.N1, "2": Stage.N2, "1": Stage.N3, "0": Stage.UNSCORED}
# Rechtschaffen & Kales as EDF and NSRR number it. A file with a 5 and without a 4 can be nothing else that is
# in use: in the numberings that end with REM at 4 there is no 5, in UCDDB's (4 and 5 are S3 and S4) none is
# without 4.
_RK = {
    "0": Stage.W, "1": Stage.N1, "2": Stage.N2, "3": Stage.N3, "5": Stage.R, "6": Stage.UNSCORED,
    "9": Stage.UNSCORED, "-1": Stage.UNSCORED,
}  # fmt: skip
# YASA's (https://yasa-sleep.org), known by its -2 for unscored, which no numbering with another REM has.
_YASA = {
    "-2": Stage.UNSCORED, "-1": Stage.UNSCORED, "0": Stage.W, "1": Stage.N1, "2": Stage.N2, "3": Stage.N3,
    "4": Stage.R,
}  # fmt: skip
_DECLARED = re.compile(r"(-?\d+) ?= ?(\S+?)(?:[,;]|\s|$)")


def parse(file: ScoringFile) -> Scored | None:
    """Stages of a table or a list; None if the file is neither.

    The order of rows counts: the first is epoch 1, at second 0, if its numbers begin at 0, at 1 or anywhere,
    as long as they follow each other. Numbers for stages are taken only where they can mean one thing, or
    where a line such as ``# 0=W 1=N1 2=N2 3=N3 4=R`` says what they mean.
    """
    if not file.rows:
        return None
    header = [fold(cell) for cell in file.rows[0]]
    columns = [next((i for i, h in enumerate(header) if h in names), None) for names in (_STAGE, _EPOCH, _TIME)]
    stage_at, epoch_at, time_at = columns
    if stage_at is None:
        return _bare_list(file)
    rows = file.rows[1:]
    if not rows:
        raise UnknownScoringError(f"'{file.name}' has a header and no stage; export the scoring again.")
    words = [_cell(file, n, row, stage_at) for n, row in enumerate(rows, 1)]
    stages, said = _stages(file, words, _DYNAMO if header[:2] == _DYNAMO_HEADER else None)
    if time_at is not None and epoch_at is None:
        times = [_cell(file, n, row, time_at) for n, row in enumerate(rows, 1)]
        return Scored(stages=_change_points(file, times, stages), warnings=said)
    if epoch_at is not None:
        _check_order(file, [_cell(file, n, row, epoch_at) for n, row in enumerate(rows, 1)])
    return _one_an_epoch(stages, said)


def _bare_list(file: ScoringFile) -> Scored | None:
    """One stage a line without a header; None where the lines are something else."""
    if any(len(row) != 1 for row in file.rows):
        return None
    words = [row[0] for row in file.rows]
    known = sum(stage_of(w) is not None or re.fullmatch(r"-?\d{1,2}", w) is not None for w in words)
    return _one_an_epoch(*_stages(file, words, None)) if known >= 0.5 * len(words) else None


def _cell(file: ScoringFile, n: int, row: list[str], column: int) -> str:
    if len(row) <= column:
        raise UnknownScoringError(f"Row {n} of '{file.name}' is cut short; correct it or export it again.")
    return row[column]


def _stages(file: ScoringFile, words: list[str], coding: dict[str, Stage] | None) -> tuple[list[Stage], list[str]]:
    """The stage of each word or number, and how numbers were read."""
    words = [re.sub(r"^(-?\d+)\.0*$", r"\1", w) for w in words]
    numbers = {w for w in words if re.fullmatch(r"-?\d+", w)}
    if numbers:
        coding = _declared(file) or coding or _only_coding(file, numbers)
    stages = []
    for n, word in enumerate(words, 1):
        stage = coding.get(word) if coding and word in numbers else Stage.UNSCORED if not word else stage_of(word)
        if stage is None:
            raise UnknownScoringError(
                f"Row {n} of '{file.name}' has a stage that we do not know; write W, N1, N2, N3, R or ? there."
            )
        stages.append(stage)
    means = ", ".join(f"{number} {coding[number]}" for number in sorted(numbers)) if numbers else ""
    return stages, [f"its numbers are read as {means}"] if numbers else []


def _declared(file: ScoringFile) -> dict[str, Stage] | None:
    """The coding that a comment of the file declares."""
    pairs = [pair for comment in file.comments for pair in _DECLARED.findall(comment)]
    coding = {number: stage_of(word) for number, word in pairs}
    return {number: stage for number, stage in coding.items() if stage is not None} or None


def _only_coding(file: ScoringFile, numbers: set[str]) -> dict[str, Stage]:
    if "5" in numbers and numbers <= set(_RK):
        return _RK
    if "-2" in numbers and numbers <= set(_YASA):
        return _YASA
    raise UnknownScoringError(
        f"The stages of '{file.name}' are numbers that different systems mean differently; write W, N1, N2, N3, "
        "R, or say what they mean in a first line such as '# 0=W 1=N1 2=N2 3=N3 4=R'."
    )


def _check_order(file: ScoringFile, cells: list[str]) -> None:
    previous = None
    for n, cell in enumerate(cells, 1):
        number = seconds(cell)
        if number is None or (previous is not None and number != previous + 1):
            raise UnknownScoringError(
                f"Row {n} of '{file.name}' does not follow the epoch before it; give all epochs in order."
            )
        previous = number


def _one_an_epoch(stages: list[Stage], said: list[str]) -> Scored:
    spans = [(i * EPOCH_S, EPOCH_S, s) for i, s in enumerate(stages)]
    return Scored(stages=spans, counted=True, warnings=said)


def _change_points(file: ScoringFile, cells: list[str], stages: list[Stage]) -> list[tuple[float, float, Stage]]:
    """Each stage lasts until the next row; the last until the recording ends."""
    times = [seconds(cell) for cell in cells]
    for n, (a, b) in enumerate(zip([-math.inf, *times], times, strict=False), 1):
        if b is None or a is None or b <= a:
            raise UnknownScoringError(
                f"Row {n} of '{file.name}' has no time in seconds after that of the row before; correct it."
            )
    ends = [*times[1:], math.inf]
    return [(t, e - t, s) for t, e, s in zip(times, ends, stages, strict=True)]

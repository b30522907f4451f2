"""A table of stages: one an epoch, from when to when, or one at each change (``Time,Stage``); or a bare list."""

import math
import re
from itertools import pairwise

from sleeplm.errors import UnknownScoringError, UnknownStagesError
from sleeplm.kinds.stages import Stage
from sleeplm.recording.annotations.codings import coding_of, declared_epoch_s
from sleeplm.recording.annotations.scored import Scored, ScoringFile, seconds
from sleeplm.recording.annotations.tables import (
    EPOCH,
    STAGE,
    START,
    body,
    cell,
    column,
    header_of,
    spans,
)
from sleeplm.recording.annotations.words import ASIDE, lab_meaning, stage_of
from sleeplm.units import EPOCH_S

ORDER = 4
NAME = "a table of stages ('epoch,stage')"
SUFFIXES = (".csv", ".tsv", ".txt")


def parse(file: ScoringFile) -> Scored | None:
    """Stages of a table or a list; None if the file is neither.

    Without times the order of rows counts: the first is epoch 1, at second 0, if its numbers begin at 0, at 1 or
    anywhere, as long as they follow each other; an epoch lasts 30 s, or what ``# epoch_s=20`` declares. Numbers for
    stages are taken only where they can mean one thing, or where a line such as ``# 0=W 1=N1 2=N2 3=N3 4=R`` says
    what they mean.

    Raises
    ------
    UnknownScoringError
        A row has no stage or time that we know, or its numbers can mean several things.
    """
    header = header_of(file)
    stage_at, epoch_at, start_at = (column(header, names) for names in (STAGE, EPOCH, START))
    if stage_at is None:
        return _bare_list(file)
    rows = body(file)
    if not rows:
        raise UnknownScoringError(f"'{file.name}' has a header and no stage; export the scoring again.")
    stages, notices = _stages(file, [cell(file, n, row, stage_at) for n, row in rows], header)
    if start_at is not None:
        origin, starts, given = spans(file, rows)
        lengths = _until_next(file, starts) if given is None else given
        return Scored(stages=list(zip(starts, lengths, stages, strict=True)), origin=origin, warnings=notices)
    if epoch_at is not None:
        _check_order(file, [cell(file, n, row, epoch_at) for n, row in rows])
    return one_an_epoch(file, stages, notices)


def one_an_epoch(file: ScoringFile, stages: list[Stage], warnings: list[str], epoch_s: float = EPOCH_S) -> Scored:
    """Stages that follow each other from the first sample on, each as long as the file declares, else `epoch_s`."""
    epoch_s = declared_epoch_s(file) or epoch_s
    return Scored(
        stages=[(i * epoch_s, epoch_s, s) for i, s in enumerate(stages)],
        counted=True,
        declare="write '# epoch_s={}' in its first line",
        warnings=warnings,
    )


def _bare_list(file: ScoringFile) -> Scored | None:
    """One stage a line, or all in one line, without a header; None where the lines are something else."""
    words = [row[0] for row in file.rows if len(row) == 1]
    if len(file.rows) == 1:
        words = file.rows[0] if len(file.rows[0]) > 1 else file.rows[0][0].split()
    elif len(words) < len(file.rows):
        return None
    known = sum(stage_of(w) is not None or re.fullmatch(r"-?\d{1,3}", w) is not None for w in words)
    return one_an_epoch(file, *_stages(file, words, [])) if words and known >= 0.5 * len(words) else None


def _stages(file: ScoringFile, words: list[str], header: list[str]) -> tuple[list[Stage], list[str]]:
    """The stage of each word or number, and how numbers were read."""
    words = [re.sub(r"^(-?\d+)\.0*$", r"\1", w) for w in words]
    numbers = {w for w in words if re.fullmatch(r"-?\d+", w)}
    said = {number: lab_meaning(number) for number in numbers}
    coding = coding_of(file, numbers, header) if None in said.values() else {}
    known: dict[str, Stage | None] = {word: stage_of(word) for word in set(words)}
    known.update({word: Stage.UNSCORED for word in known if lab_meaning(word) == ASIDE})
    known.update({"": Stage.UNSCORED, **coding})
    unknown = [n for n, word in enumerate(words) if known[word] is None]
    if unknown:
        raise UnknownStagesError(
            f"Row {unknown[0] + 1} of '{file.name}' has a stage that we do not know; write W, N1, N2, N3, R or ? "
            "there, or say what the word means (--word WORD=N2).",
            tuple((words[n], float(n * EPOCH_S), float(EPOCH_S)) for n in unknown),
        )
    means = ", ".join(f"{number} {known[number]}" for number in sorted(numbers, key=int))
    stages = [stage for word in words if (stage := known[word]) is not None]
    return stages, [f"its numbers are read as {means}"] if numbers else []


def _check_order(file: ScoringFile, cells: list[str]) -> None:
    previous = None
    for n, text in enumerate(cells, 1):
        number = seconds(text)
        if number is None or (previous is not None and number != previous + 1):
            raise UnknownScoringError(
                f"Row {n} of '{file.name}' does not follow the epoch before it; give all epochs in order."
            )
        previous = number


def _until_next(file: ScoringFile, starts: list[float]) -> list[float]:
    """Each stage lasts until the next row; the last as long as all others, else until the recording ends."""
    steps = [b - a for a, b in pairwise(starts)]
    for n, step in enumerate(steps, 2):
        if step <= 0:
            raise UnknownScoringError(
                f"Row {n} of '{file.name}' has no time in seconds after that of the row before; correct it."
            )
    regular = len(steps) > 1 and max(steps) - min(steps) < 1e-3
    return [*steps, declared_epoch_s(file) or (steps[0] if regular else math.inf)]

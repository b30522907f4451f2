"""Visbrain's hypnograms: each stage with the second at which it ends, or Elan's .hyp, a number a step.

Formats: ``visbrain/io/rw_hypno.py`` of https://github.com/EtienneCmb/visbrain.
"""

import math

from sleeplm.errors import UnknownScoringError
from sleeplm.intervals import constant_ranges
from sleeplm.kinds.stages import Stage
from sleeplm.recording.annotations.scored import Scored, ScoringFile, seconds, unknown_epochs
from sleeplm.recording.annotations.words import stage_of
from sleeplm.units import EPOCH_S

ORDER = 1
NAME = "a hypnogram of Visbrain or Elan"
SUFFIXES = (".txt", ".hyp")

_ELAN_HEADER = ("time_base", "sampling_period", "epoch_nb", "epoch_list")
_ELAN = {
    "0": Stage.W, "1": Stage.N1, "2": Stage.N2, "3": Stage.N3, "4": Stage.N3, "5": Stage.R,
    "-1": Stage.UNSCORED, "-2": Stage.UNSCORED,
}  # fmt: skip


def parse(file: ScoringFile) -> Scored | None:
    """Stages of a Visbrain or Elan hypnogram, known by their headers; None if the file has none of them.

    Raises
    ------
    UnknownScoringError
        Ends that do not grow, or no valid step of time.
    """
    lines = [line.strip() for line in file.lines if line.strip()]
    if lines and lines[0].lower().startswith("*duration_sec"):
        return Scored(stages=_by_ends(file, [line for line in lines if not line.startswith("*")]))
    if len(lines) > 4 and tuple(line[:40].split()[0] for line in lines[:4]) == _ELAN_HEADER:
        return _by_steps(file, lines)
    return None


def _by_ends(file: ScoringFile, lines: list[str]) -> list[tuple[float, float, Stage]]:
    stages, begin = [], 0.0
    for n, line in enumerate(lines, 1):
        word, _, end = line.replace("\t", " ").rpartition(" ")
        stage, end_s = stage_of(word), seconds(end)
        if stage is None:
            raise UnknownScoringError(
                f"Row {n} of '{file.name}' has a stage that we do not know; write W, N1, N2, N3, R or ? there."
            )
        if end_s is None or end_s <= begin:
            raise UnknownScoringError(
                f"Row {n} of '{file.name}' has no time in seconds after that of the row before; correct it."
            )
        stages.append((begin, end_s - begin, stage))
        begin = end_s
    return stages


def _by_steps(file: ScoringFile, lines: list[str]) -> Scored:
    step_s = seconds(lines[0].split()[-1])
    if step_s is None or not 1 <= step_s <= 300:
        raise UnknownScoringError(
            f"'{file.name}' has no valid length of its epochs in seconds; export the scoring again."
        )
    numbers = lines[len(_ELAN_HEADER) :]
    stages = [  # steps are often of 1 s
        ((first - 1) * step_s, (last - first + 1) * step_s, _ELAN.get(number, Stage.UNSCORED))
        for number, first, last in constant_ranges(numbers)
    ]
    unknown = sum(number not in _ELAN for number in numbers) * step_s
    warnings = unknown_epochs(math.ceil(unknown / EPOCH_S))
    return Scored(stages=stages, counted=True, warnings=warnings)

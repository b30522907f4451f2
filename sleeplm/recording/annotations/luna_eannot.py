"""Luna's .eannot: a label an epoch, a line each, without any time.

Format: https://zzz.bwh.harvard.edu/luna/ref/annotations/.
"""

import re

from sleeplm.recording.annotations.scored import Scored, ScoringFile, unknown_epochs
from sleeplm.recording.annotations.words import stage_of
from sleeplm.vocabulary import EPOCH_S, Stage

ORDER = 2
NAME = "Luna's .eannot"
SUFFIXES = (".eannot",)


def parse(file: ScoringFile) -> Scored | None:
    """Stages of an .eannot file, known by that ending; None if it is another or no line of it is a stage.

    A label of something else than a stage says that it is somewhere in the epoch, which is no event: it is
    counted. Stages in numbers are those of a bare list, which knows when they mean one thing.
    """
    if file.path.suffix.lower() != ".eannot":
        return None
    labels = [line.strip() for line in file.lines if line.strip() and not line.startswith("#")]
    if any(re.fullmatch(r"-?\d+", label) for label in labels):
        return None
    stages = [stage_of(label) for label in labels]
    if not any(stages):
        return None
    spans = [(i * EPOCH_S, EPOCH_S, stage or Stage.UNSCORED) for i, stage in enumerate(stages)]
    missing = sum(stage is None and label != "." for stage, label in zip(stages, labels, strict=True))
    return Scored(stages=spans, counted=True, warnings=unknown_epochs(missing))

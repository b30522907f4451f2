"""Luna's .eannot: a label an epoch, a line each, without any time.

Format: https://zzz.bwh.harvard.edu/luna/ref/annotations/.
"""

import re
from collections.abc import Sequence

from sleeplm.kinds.stages import Stage
from sleeplm.recording.annotations.scored import Scored, ScoringFile, unknown_epochs
from sleeplm.recording.annotations.words import stage_of
from sleeplm.units import EPOCH_S

ORDER = 2
NAME = "Luna's .eannot"
SUFFIXES = (".eannot",)

LIGHTS_ON = "L"  # Luna's stage for an epoch with lights on


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
    stages = [Stage.UNSCORED if label == LIGHTS_ON else stage_of(label) for label in labels]
    if not any(stages):
        return None
    lights_on = [(i * EPOCH_S, (i + 1) * EPOCH_S) for i, label in enumerate(labels) if label == LIGHTS_ON]
    lights = lights_of(lights_on, 0.0, len(labels) * EPOCH_S)
    spans: list[tuple[float, float, Stage]] = [
        (i * EPOCH_S, EPOCH_S, stage or Stage.UNSCORED) for i, stage in enumerate(stages)
    ]
    missing = sum(stage is None and label != "." for stage, label in zip(stages, labels, strict=True))
    return Scored(stages=spans, lights=lights, counted=True, warnings=unknown_epochs(missing))


def lights_of(lights_on: Sequence[tuple[float, float]], first_s: float, last_s: float) -> dict[str, float]:
    """Lights off and on where epochs with lights on, from start to end, lie at the ends of the night.

    Parameters
    ----------
    lights_on : sequence of (float, float)
        Start and end of each stretch with lights on, in seconds.
    first_s, last_s : float
        Where the staging begins and ends.
    """
    lights, off_s, on_s = {}, first_s, last_s
    for start_s, end_s in sorted(lights_on):
        if start_s <= off_s:
            off_s = max(off_s, end_s)
    for start_s, end_s in sorted(lights_on, key=lambda span: span[1], reverse=True):
        if end_s >= on_s:
            on_s = min(on_s, start_s)
    if first_s < off_s < last_s:
        lights["lights_off"] = off_s
    if first_s < on_s < last_s:
        lights["lights_on"] = on_s
    return lights

"""Philips Respironics' RML, which Sleepware G3 and Somnolyzer write: stages from change to change, and events.

Format: http://www.respironics.com/PatientStudy.xsd.
"""

import math
import re
from xml.etree.ElementTree import Element

from sleeplm.errors import UnknownScoringError
from sleeplm.kinds.stages import Stage
from sleeplm.recording.annotations.scored import Scored, ScoringFile, seconds, sort_out
from sleeplm.recording.annotations.words import stage_of

ORDER = 1
NAME = "Respironics RML"
SUFFIXES = (".rml",)

_XSD = "{http://www.respironics.com/PatientStudy.xsd}"
_STAGES = {
    "Wake": Stage.W, "NonREM1": Stage.N1, "NonREM2": Stage.N2, "NonREM3": Stage.N3, "NonREM4": Stage.N3,
    "REM": Stage.R,
}  # fmt: skip


def parse(file: ScoringFile) -> Scored | None:
    """Stages and events of an RML file; None if it is none.

    Where nobody staged the night, the stages of the machine are taken, with a warning.

    Raises
    ------
    UnknownScoringError
        An event has no time, or the stages do not follow each other.
    """
    root = file.xml
    if root is None or root.tag != f"{_XSD}PatientStudy":
        return None
    marks = []
    for n, event in enumerate(root.iterfind(f"{_XSD}ScoringData/{_XSD}Events/{_XSD}Event"), 1):
        start_s, duration_s = seconds(event.get("Start", "")), seconds(event.get("Duration", "0"))
        if start_s is None or duration_s is None or duration_s < 0:
            raise UnknownScoringError(
                f"Event {n} of '{file.name}' has no valid start and duration in seconds; export the scoring again."
            )
        # "ObstructiveApnea" in words
        marks.append((start_s, duration_s, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", event.get("Type", "")[:100])))
    scored = sort_out(marks)
    for who in ("UserStaging", "MachineStaging"):
        staging = root.find(f"{_XSD}ScoringData/{_XSD}StagingData/{_XSD}{who}")
        changes = [] if staging is None else list(staging.iter(f"{_XSD}Stage"))
        if changes:
            scored.stages = _stages(file, changes)
            scored.unknown += [
                (change.get("Type", ""), start_s, length_s if math.isfinite(length_s) else 0.0)
                for change, (start_s, length_s, _) in zip(changes, scored.stages, strict=True)
                if _stage(change) is None
            ]
            if who == "MachineStaging":
                scored.warnings.append("its stages were scored by a machine")
            break
    return scored


def _stage(change: Element) -> Stage | None:
    return _STAGES.get(change.get("Type", "")) or stage_of(change.get("Type", ""))


def _stages(file: ScoringFile, changes: list[Element]) -> list[tuple[float, float, Stage]]:
    """Each stage lasts until the next change, the last until the recording ends."""
    starts: list[float] = []
    for n, change in enumerate(changes, 1):
        start_s = seconds(change.get("Start", ""))
        if start_s is None or (starts and start_s <= starts[-1]):
            raise UnknownScoringError(
                f"Stage {n} of '{file.name}' has no time in seconds after that of the one before; export it again."
            )
        starts.append(start_s)
    ends = [*starts[1:], math.inf]
    stages = [_stage(change) or Stage.UNSCORED for change in changes]
    return [(a, b - a, stage) for a, b, stage in zip(starts, ends, stages, strict=True)]

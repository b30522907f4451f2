"""Compumedics Profusion's XML (CMPStudyConfig): events in seconds, and a number for each epoch's stage.

Format: https://github.com/nsrr/edf-editor-translator/wiki/Compumedics-Annotation-Format.
"""

from xml.etree.ElementTree import Element

from sleeplm.errors import UnknownScoringError
from sleeplm.kinds.stages import Stage
from sleeplm.recording.annotations.nsrr_xml import UNSURE
from sleeplm.recording.annotations.scored import (
    Scored,
    ScoringFile,
    event_of_xml,
    seconds,
    sort_out,
    unknown_epochs,
)
from sleeplm.units import EPOCH_S

ORDER = 1
NAME = "Profusion XML"
SUFFIXES = (".xml",)

_STAGES = {
    "0": Stage.W, "1": Stage.N1, "2": Stage.N2, "3": Stage.N3, "4": Stage.N3, "5": Stage.R,
    "6": Stage.UNSCORED, "9": Stage.UNSCORED,
}  # fmt: skip


def parse(file: ScoringFile) -> Scored | None:
    """Stages and events of a Profusion XML file; None if it is none.

    Raises
    ------
    UnknownScoringError
        An event has no time, or the epochs have no length.
    """
    root = file.xml
    if root is None or root.tag != "CMPStudyConfig":
        return None
    scored = sort_out(
        (event_of_xml(file, n, e, "Name") for n, e in enumerate(root.iterfind("ScoredEvents/ScoredEvent"), 1)),
        UNSURE,
    )
    numbers = [(stage.text or "").strip() for stage in root.iterfind("SleepStages/SleepStage")]
    epoch_s = _epoch_s(file, root)
    if numbers:
        scored.stages = [(i * epoch_s, epoch_s, _STAGES.get(n, Stage.UNSCORED)) for i, n in enumerate(numbers)]
        scored.counted = True
    scored.warnings += unknown_epochs(sum(n not in _STAGES for n in numbers))
    return scored


def _epoch_s(file: ScoringFile, root: Element) -> float:
    length_s = seconds(root.findtext("EpochLength") or str(EPOCH_S))
    if length_s is None or not 1 <= length_s <= 300:
        raise UnknownScoringError(
            f"'{file.name}' has no valid length of its epochs in seconds; export the scoring again."
        )
    return length_s

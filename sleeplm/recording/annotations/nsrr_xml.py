"""The XML of the National Sleep Research Resource (PSGAnnotation): stages and events in seconds.

Format: https://github.com/nsrr/edf-editor-translator/wiki.
"""

from collections.abc import Iterator

from sleeplm.recording.annotations.scored import Scored, ScoringFile, event_of_xml, sort_out
from sleeplm.recording.annotations.words import fold

ORDER = 1
NAME = "NSRR XML"
SUFFIXES = (".xml",)
# The NSRR's table of Compumedics' words, by which SHHS, CFS, CHAT, MESA and its other cohorts were translated, has
# "Unsure" as a respiratory event of over 50% less flow with 3% desaturation, the AASM's alternative hypopnea; it is
# no doubt of the scorer's (edf-editor-translator, configuration/nsrr-psg-events-compumedics-mapping.csv).
UNSURE = {
    "unsure": (
        ("hypopnea", "Unsure"),
        "the National Sleep Research Resource defines it so (flow down by over 50% with a desaturation of 3%); say "
        "--word Unsure=ignore if this scorer meant doubt",
    )
}


def parse(file: ScoringFile) -> Scored | None:
    """Stages and events of an NSRR XML file; None if it is none.

    Raises
    ------
    UnknownScoringError
        An event has no time.
    """
    if file.xml is None or file.xml.tag != "PSGAnnotation":
        return None
    return sort_out(_marks(file), UNSURE)


def _marks(file: ScoringFile) -> Iterator[tuple[float, float, str]]:
    """Start, duration and concept of each event; an unsure stage is unscored."""
    assert file.xml is not None
    for n, event in enumerate(file.xml.iter("ScoredEvent"), 1):
        start_s, duration_s, word = event_of_xml(file, n, event, "EventConcept")
        staged = fold(event.findtext("EventType") or "").startswith("stage")
        yield start_s, duration_s, "Unsure stage" if staged and fold(word) == "unsure" else word

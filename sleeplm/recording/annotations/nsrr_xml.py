"""The XML of the National Sleep Research Resource (PSGAnnotation): stages and events in seconds.

Format: https://github.com/nsrr/edf-editor-translator/wiki.
"""

from sleeplm.recording.annotations.scored import Scored, ScoringFile, event_of_xml, sort_out

ORDER = 1
NAME = "NSRR XML"
SUFFIXES = (".xml",)


def parse(file: ScoringFile) -> Scored | None:
    """Stages and events of an NSRR XML file; None if it is none.

    Raises
    ------
    UnknownScoringError
        An event has no time.
    """
    if file.xml is None or file.xml.tag != "PSGAnnotation":
        return None
    return sort_out(event_of_xml(file, n, e, "EventConcept") for n, e in enumerate(file.xml.iter("ScoredEvent"), 1))

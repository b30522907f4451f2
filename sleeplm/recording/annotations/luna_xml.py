"""Luna's XML: instances of classes, with start and duration in seconds.

Format: https://zzz.bwh.harvard.edu/luna/ref/annotations/ (``WRITE-ANNOTS xml``).
"""

from sleeplm.recording.annotations.luna_annot import STAGING
from sleeplm.recording.annotations.scored import Scored, ScoringFile, event_of_xml, sort_out
from sleeplm.recording.annotations.words import fold

ORDER = 1
NAME = "Luna's XML"
SUFFIXES = (".xml",)


def parse(file: ScoringFile) -> Scored | None:
    """Stages and events of Luna's XML; None if it is another.

    Raises
    ------
    UnknownScoringError
        An instance has no time.
    """
    if file.xml is None or file.xml.tag != "Annotations":
        return None
    marks = []
    for n, instance in enumerate(file.xml.iter("Instance"), 1):
        start_s, length_s, name = event_of_xml(file, n, instance, "Name")
        word = instance.get("class", "")
        marks.append((start_s, length_s, name if fold(word) in STAGING and name not in ("", ".") else word))
    return sort_out(marks)

"""The XML into which EDFbrowser writes annotations: onsets as dates with clock times, or in seconds.

Format: https://www.teuniz.net/edfbrowser/ (Export annotations, ``<annotationlist>``).
"""

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.clock import length_s, moments, of_many_kinds
from sleeplm.recording.annotations.scored import Scored, ScoringFile, sort_out

ORDER = 1
NAME = "EDFbrowser's XML"
SUFFIXES = (".xml",)


def parse(file: ScoringFile) -> Scored | None:
    """Stages and events; None if it is another XML.

    Raises
    ------
    UnknownScoringError
        An annotation has no time.
    """
    if file.xml is None or file.xml.tag != "annotationlist":
        return None
    found = list(file.xml.iter("annotation"))
    at = moments([(e.findtext("onset") or "").strip().lstrip("+") for e in found])
    lengths = [length_s((e.findtext("duration") or "0").strip() or "0") for e in found]
    for n, (moment, length) in enumerate(zip(at, lengths, strict=True), 1):
        if moment is None or length is None:
            raise UnknownScoringError(
                f"Annotation {n} of '{file.name}' has no valid onset and duration; export the scoring again."
            )
    origin, starts = of_many_kinds([m for m in at if m is not None], file.night, file.name)
    texts = [e.findtext("description") or "" for e in found]
    scored = sort_out(zip(starts, [length or 0.0 for length in lengths], texts, strict=True))
    scored.origin = origin
    return scored

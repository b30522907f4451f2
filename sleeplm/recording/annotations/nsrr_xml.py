"""The XML of the National Sleep Research Resource (PSGAnnotation): stages and events in seconds.

Format: https://github.com/nsrr/edf-editor-translator/wiki.
"""

from xml.etree.ElementTree import Element, ParseError

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations.scored import Scored, ScoringFile, seconds, sort_out


def parse(file: ScoringFile) -> Scored | None:
    """Stages and events of an NSRR XML file; None if the file is no XML.

    Raises
    ------
    UnknownScoringError
        It is XML of another kind, broken, or tries to define entities.
    """
    import defusedxml
    from defusedxml.ElementTree import fromstring

    if not file.data.lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t\0").startswith(b"<"):
        return None
    try:
        root = fromstring(file.data, forbid_dtd=True)
    except (ParseError, defusedxml.DefusedXmlException, ValueError, LookupError) as error:
        raise UnknownScoringError(f"'{file.name}' is no sound XML; export the scoring again.") from error
    if root.tag != "PSGAnnotation":
        raise UnknownScoringError(
            f"'{file.name}' is XML, but not NSRR's PSGAnnotation; export the scoring as NSRR XML, EDF+ or CSV."
        )
    return sort_out(_mark(file, n, event) for n, event in enumerate(root.iter("ScoredEvent"), 1))


def _mark(file: ScoringFile, n: int, event: Element) -> tuple[float, float, str]:
    start_s = seconds(event.findtext("Start") or "")
    duration_s = seconds(event.findtext("Duration") or "0")
    if start_s is None or duration_s is None or duration_s < 0:
        raise UnknownScoringError(
            f"Event {n} of '{file.name}' has no valid start and duration in seconds; export the scoring again."
        )
    return start_s, duration_s, event.findtext("EventConcept") or ""

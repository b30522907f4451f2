"""EDF+ and BDF+ annotations: a file of their own, as Sleep-EDF has them, or one with signals."""

from datetime import date, datetime, time

from sleeplm.errors import DamagedFileError, UnknownScoringError
from sleeplm.recording.annotations.scored import Scored, ScoringFile, sort_out
from sleeplm.recording.formats.edf import read_edf_annotations
from sleeplm.recording.formats.edf_header import begins_as_edf

ORDER = 0
NAME = "EDF+ annotations"
SUFFIXES = ()  # a recording has the same

_SEPARATOR = b"\x14"  # two an annotation; signals have a few by chance
_MAX_SEPARATORS = 1_000_000


def parse(file: ScoringFile) -> Scored | None:
    """Stages and events among the annotations of an EDF+ file; None if the file is no EDF."""
    if not begins_as_edf(file.data) or len(file.data) < 256:
        return None
    if file.data.count(_SEPARATOR) > _MAX_SEPARATORS:
        raise UnknownScoringError(
            f"'{file.name}' has more than {_MAX_SEPARATORS // 2} annotations, which no night fills; give the "
            "scoring alone."
        )
    try:
        header, annotations = read_edf_annotations(file.path)
    except DamagedFileError as error:
        raise UnknownScoringError(str(error)) from error
    scored = sort_out(annotations)
    if header.start_clock is not None:
        clock = time.fromisoformat(header.start_clock)
        day = header.start_date and date.fromisoformat(header.start_date)
        scored.origin = datetime.combine(day, clock) if day else clock
    return scored

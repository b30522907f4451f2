"""EDF+ and BDF+ annotations: a file of their own, as Sleep-EDF has them, or one with signals."""

from datetime import date, datetime, time

from sleeplm.errors import DamagedFileError, UnknownScoringError
from sleeplm.night import day_seconds
from sleeplm.recording.annotations.clock import DAY_S
from sleeplm.recording.annotations.resmed import is_resmed, settled
from sleeplm.recording.annotations.scored import Scored, ScoringFile, sort_out
from sleeplm.recording.formats.edf import read_edf_annotations
from sleeplm.recording.formats.edf_header import begins_as_edf
from sleeplm.recording.protocol import NightTime

ORDER = 0
NAME = "EDF+ annotations"
SUFFIXES = ()  # a recording has the same

HALF_DAY_S = DAY_S / 2
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
    origin: datetime | time | None = None
    if header.start_clock is not None:
        clock = time.fromisoformat(header.start_clock)
        day = header.start_date and date.fromisoformat(header.start_date)
        origin = datetime.combine(day, clock) if day else clock
    if is_resmed(annotations):
        annotations, notice = settled(annotations, _offset_s(origin, file.night), file.night)
        file.notices += [notice] if notice else []
    scored = sort_out(annotations)
    scored.origin = origin
    return scored


def _offset_s(origin: datetime | time | None, night: NightTime | None) -> float:
    """Seconds from the first sample of the recording to the start of the annotations, by their clocks."""
    if origin is None or night is None or night.start_clock is None:
        return 0.0
    clock = origin.time() if isinstance(origin, datetime) else origin
    return (day_seconds(clock.isoformat()[:8]) - day_seconds(night.start_clock) + HALF_DAY_S) % DAY_S - HALF_DAY_S

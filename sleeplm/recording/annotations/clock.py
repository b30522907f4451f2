"""Times as people and scorers' systems write them (seconds, clocks, dates with clocks), on one line of time."""

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import accumulate, pairwise
from statistics import median

from sleeplm.errors import UnknownScoringError
from sleeplm.night import day_seconds
from sleeplm.recording.annotations.scored import seconds
from sleeplm.recording.dates import known_date
from sleeplm.recording.protocol import NightTime
from sleeplm.units import EPOCH_S

DAY_S, HOUR_S = 86400.0, 3600.0
_LEAST_STEPS = 10  # rows that show a regular step
Moment = tuple[str, float]  # what a time counts from ("start", "clock" of a day, "date"), and seconds from it
_CLOCK = re.compile(r"(\d{1,2})([.:])(\d{1,2})\2(\d{1,2})(?:[.,](\d{1,9}))?(?: ?([AaPp])\.?[Mm]\.?)?", re.ASCII)
_DATED = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})[ T](\S[^Z]*?)Z?", re.ASCII)
_SPAN = re.compile(r"(\d{1,3}):(\d{1,2}):(\d{1,2}(?:[.,]\d{1,9})?)", re.ASCII)


def clock_s(text: str) -> float | None:
    """Seconds since midnight of ``22:18:17``, ``22.18.17`` or ``10:18:17.5 PM``; None if it is none of these."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute, sec = (int(found.group(i)) for i in (1, 3, 4))
    if found.group(6):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found.group(6) in "Pp" else 0)
    if hour > 23 or minute > 59 or sec > 59:
        return None
    return hour * 3600 + minute * 60 + sec + float(f"0.{found.group(5) or 0}")


def length_s(text: str, decimal_comma: bool = False) -> float | None:
    """Seconds of a duration, written as a number or as ``0:00:12.5``; None if it is none or negative."""
    found = _SPAN.fullmatch(text.strip())
    if found:
        return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3].replace(",", "."))
    length = seconds(text, decimal_comma)
    return None if length is None or length < 0 else length


def moments(texts: Sequence[str], decimal_comma: bool = False) -> list[Moment | None]:
    """The moment that each of these texts is; None where it is no time.

    Whether 1/2/2018 is a day of January or of February, all of them together decide: the month comes first where a
    second number is beyond 12 or a clock has AM or PM, else the day.
    """
    dated = [_DATED.fullmatch(text.strip()) for text in texts]
    month_first = any(m and m[2] == "/" and (m[5][-1:] in "Mm." or int(m[3]) > 12) for m in dated)
    found: list[Moment | None] = []
    for text, match in zip(texts, dated, strict=True):
        if match:
            at = _date_s(match, month_first)
            found.append(None if at is None else ("date", at))
        elif (at := seconds(text, decimal_comma)) is not None:
            found.append(("start", at))
        else:
            at = clock_s(text)
            found.append(None if at is None else ("clock", at))
    return found


def _date_s(found: re.Match, month_first: bool) -> float | None:
    """Seconds since the year 1 of ``2018-01-31 23:00:00``, ``31.01.2018 23:00:00`` or ``1/31/2018 11:00:00 PM``."""
    first, second, third, clock = int(found[1]), int(found[3]), int(found[4]), clock_s(found[5])
    year, month, day = (first, second, third) if len(found[1]) == 4 else (third, second, first)
    if month_first and len(found[1]) < 4:
        month, day = day, month
    if clock is None or not 1900 <= year < 2200:
        return None
    try:
        return (datetime(year, month, day) - datetime.min).total_seconds() + clock
    except ValueError:
        return None


def from_one_origin(
    kind: str, at: list[float], night: NightTime | None = None, name: str = ""
) -> tuple[datetime | time | None, list[float]]:
    """The origin of times that all count from ``"start"``, ``"clock"`` or ``"date"``, and the seconds from it.

    Raises
    ------
    UnknownScoringError
        Clock times that can mean two days of a recording of more than one.
    """
    if kind == "clock":
        if night is not None and night.start_clock is not None:
            return time.fromisoformat(night.start_clock), on_the_night(at, night, name)
        return on_one_line(at)
    if kind == "date":
        first = min(at)
        return datetime.min + timedelta(seconds=first), [round(t - first, 6) for t in at]
    return None, at


def of_many_kinds(
    moments: Sequence[Moment], night: NightTime | None, name: str
) -> tuple[datetime | time | None, list[float]]:
    """The origin of times of any kinds, and the seconds from it; kinds are mixed where the night's start is known.

    Raises
    ------
    UnknownScoringError
        They are mixed, and the recording does not say when it starts, or on which day.
    """
    kinds = {kind for kind, _ in moments}
    if len(kinds) <= 1:
        kind = next(iter(kinds), "start")
        return from_one_origin(kind, [at for _, at in moments], night, name)
    start_s = _start_s(night, dated="date" in kinds)
    if night is None or start_s is None:
        raise UnknownScoringError(
            f"'{name}' mixes seconds, clock times and dates, and the recording does not say when it starts; export "
            "the scoring again with one of them."
        )
    clocks = iter(on_the_night([at for kind, at in moments if kind == "clock"], night, name))
    offsets = [next(clocks) if kind == "clock" else at - start_s * (kind == "date") for kind, at in moments]
    return None, [round(offset, 6) for offset in offsets]


def _start_s(night: NightTime | None, dated: bool) -> float | None:
    """Seconds since the year 1 (or midnight, without a date) of the first sample; None where not known."""
    if night is None or night.start_clock is None:
        return None
    if not dated:
        return float(day_seconds(night.start_clock))
    if (day := known_date(night.start_date)) is None:
        return None
    return (datetime.fromisoformat(f"{day}T{night.start_clock}") - datetime.min).total_seconds()


def on_the_night(clocks_s: Sequence[float], night: NightTime, name: str) -> list[float]:
    """Seconds from the first sample to each clock time (seconds since midnight), which may lie beyond both ends.

    In a recording of up to a day each clock time has one place. In a longer one the order of rows tells the days
    apart: each that is earlier than the one before is of the next day.

    Raises
    ------
    UnknownScoringError
        A clock time can mean two days, and the rows are in no order.
    """
    start_s, lasts_s = day_seconds(night.start_clock or "00:00:00"), night.duration_s
    first = [(clock - start_s) % DAY_S for clock in clocks_s]
    if not any(at < lasts_s for at in first):
        return _beside(clocks_s, start_s, lasts_s)
    if not any(at + DAY_S < lasts_s for at in first):
        nearer_the_end = [at < lasts_s or at - lasts_s <= DAY_S - at for at in first]
        return [round(at if near else at - DAY_S, 6) for at, near in zip(first, nearer_the_end, strict=True)]
    days = [0, *accumulate(later < earlier for earlier, later in pairwise(first))]
    placed = [round(at + DAY_S * day, 6) for at, day in zip(first, days, strict=True)]
    if max(placed) >= lasts_s + EPOCH_S:
        raise UnknownScoringError(
            f"'{name}' gives clock times in no order, and the recording lasts {lasts_s / 3600:.0f} h, so that a "
            "time can mean two days; give the rows in order, or dates."
        )
    return placed


def _beside(clocks_s: Sequence[float], start_s: float, lasts_s: float) -> list[float]:
    """Seconds from the first sample to clock times of which none lies within the recording, before or after it."""
    if not clocks_s:
        return []
    origin, offsets = on_one_line(list(clocks_s))
    begins = (day_seconds(origin.isoformat()[:8]) + origin.microsecond / 1e6 - start_s) % DAY_S
    before = DAY_S - begins - max(offsets) < begins - lasts_s
    return [round(begins - DAY_S * before + offset, 6) for offset in offsets]


def on_one_line(clocks_s: list[float]) -> tuple[time, list[float]]:
    """The first of these clock times, and the seconds from it to each, where no recording is known.

    The night begins after the longest stretch of the day without any: so it may cross midnight, in any order.
    """
    ordered = sorted(set(clocks_s))
    gaps = [b - a for a, b in pairwise((*ordered, ordered[0] + DAY_S))]
    first = ordered[(gaps.index(max(gaps)) + 1) % len(ordered)]
    return (datetime.min + timedelta(seconds=first)).time(), [round((t - first) % DAY_S, 6) for t in clocks_s]


def through_the_hour_of_dst(at: Sequence[float], numbers: Sequence[float] | None) -> list[float] | None:
    """Times of rows that follow each other, with an hour that a clock went back or forth undone.

    Parameters
    ----------
    at : sequence of float
        Seconds of each row, in a regular step but for the hour.
    numbers : sequence of float, optional
        Numbers of the rows, where they have some: a missing hour is daylight saving only where they go on.

    Returns
    -------
    list of float or None
        None where there is no such hour: times are taken as they stand.
    """
    steps = [(b - a + DAY_S / 2) % DAY_S - DAY_S / 2 for a, b in pairwise(at)]
    if len(steps) < _LEAST_STEPS:
        return None
    usual = median(steps)
    odd = [i for i, step in enumerate(steps) if abs(step - usual) > 1e-3]
    if not odd or usual <= 0 or len(odd) > 2:
        return None
    for i in odd:
        goes_on = numbers is not None and numbers[i + 1] == numbers[i] + 1
        back, forth = (abs(steps[i] - usual - hour) < 1 for hour in (-HOUR_S, HOUR_S))
        if not back and not (forth and goes_on):
            return None
        steps[i] = usual
    return [at[0], *(at[0] + s for s in accumulate(steps))]

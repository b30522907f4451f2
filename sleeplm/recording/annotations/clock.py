"""Times as people and scorers' systems write them (seconds, clocks, dates with clocks), on one line of time."""

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import pairwise

from sleeplm.recording.annotations.scored import seconds

DAY_S = 86400.0
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


def on_one_line(clocks_s: list[float]) -> tuple[time, list[float]]:
    """The first of these clock times, and the seconds from it to each.

    The night begins after the longest stretch of the day without any: so it may cross midnight, in any order.
    """
    ordered = sorted(set(clocks_s))
    gaps = [b - a for a, b in pairwise((*ordered, ordered[0] + DAY_S))]
    first = ordered[(gaps.index(max(gaps)) + 1) % len(ordered)]
    return (datetime.min + timedelta(seconds=first)).time(), [round((t - first) % DAY_S, 6) for t in clocks_s]


def from_one_origin(kind: str, at: list[float]) -> tuple[datetime | time | None, list[float]]:
    """The origin of times that all count from ``"start"``, ``"clock"`` or ``"date"``, and the seconds from it."""
    if kind == "clock":
        return on_one_line(at)
    if kind == "date":
        first = min(at)
        return datetime.min + timedelta(seconds=first), [round(t - first, 6) for t in at]
    return None, at

"""Clock times without a date, as scorers' systems export them, on one line of time."""

import re
from datetime import datetime, time, timedelta
from itertools import pairwise

DAY_S = 86400.0
_CLOCK = re.compile(r"(\d{1,2})([.:])(\d{1,2})\2(\d{1,2})(?:[.,](\d{1,9}))?(?: ?([AaPp])\.?[Mm]\.?)?", re.ASCII)


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


def on_one_line(clocks_s: list[float]) -> tuple[time, list[float]]:
    """The first of these clock times, and the seconds from it to each.

    The night begins after the longest stretch of the day without any: so it may cross midnight, in any order.
    """
    ordered = sorted(set(clocks_s))
    gaps = [b - a for a, b in pairwise((*ordered, ordered[0] + DAY_S))]
    first = ordered[(gaps.index(max(gaps)) + 1) % len(ordered)]
    return (datetime.min + timedelta(seconds=first)).time(), [(t - first) % DAY_S for t in clocks_s]

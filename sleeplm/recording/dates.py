"""Dates of recordings: those that de-identification puts in the place of the true one are unknown."""

from datetime import date

# EDF's two-digit years begin with 1985, and its authors ask for 01.01.85 where the date is unknown; de-identified
# exports have 1900, 1970 or 1980 as well, or the first day of 2000. No recording in such a file is of these days.
_UNKNOWN_UNTIL = 1985
_UNKNOWN_DAYS = ("2000-01-01", "2000-01-02")


def known_date(iso: str | None) -> str | None:
    """A date ``YYYY-MM-DD``; None where there is none or it stands for an unknown one.

    >>> known_date("2021-02-01"), known_date("1985-01-01"), known_date("2000-01-01")
    ('2021-02-01', None, None)
    """
    if iso is None or date.fromisoformat(iso).year <= _UNKNOWN_UNTIL or iso in _UNKNOWN_DAYS:
        return None
    return iso

"""Who slept, as far as a study may know: age in whole years and sex. Nothing else leaves a reader."""

import re
from dataclasses import dataclass
from datetime import date

AGE_CAP = 90  # stands for this age and more: higher ages single people out (HIPAA, 45 CFR 164.514)
MAX_AGE = 130  # nobody grew older than 122: what is above is a wrong birth date
SEXES = ("F", "M")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True)
class Subject:
    """Age and sex of who slept.

    Attributes
    ----------
    age_years : int or None
        Whole years at the start of the recording; `AGE_CAP` stands for that age and more.
    sex : str or None
        ``"F"`` or ``"M"``.
    """

    age_years: int | None = None
    sex: str | None = None


NOBODY_KNOWN = Subject()


def subject_of(field: str, start: date | None) -> Subject:
    """Age and sex in the patient field of an EDF+ or BDF+ header.

    The field is ``code sex birthdate name``, apart by blanks, each ``X`` where it is not known
    (https://www.edfplus.info/specs/edfplus.html#header). Files without a birth date may have the age as the
    Sleep-EDF database does, in the place of the name: ``X F X Female_33yr``.

    Parameters
    ----------
    field : str
        The 80 characters.
    start : date or None
        Of the recording; without it a birth date gives no age.
    """
    parts = field.split(" ")
    if len(parts) < 4 or parts[1] not in (*SEXES, "X"):  # not EDF+: free text, of which nothing is taken
        return NOBODY_KNOWN
    sex = parts[1] if parts[1] in SEXES else None
    age = whole_years(edf_plus_date(parts[2]), start)
    if age is None and (found := re.search(r"(?:^|[ _])(\d{1,3})yr(?:$|[ _])", " ".join(parts[3:]), re.ASCII)):
        age = capped(int(found.group(1)))
    return Subject(age, sex)


def whole_years(birth: date | None, at: date | None) -> int | None:
    """Age in whole years, capped; None where a date is unknown or nobody is of that age."""
    if birth is None or at is None:
        return None
    return capped(at.year - birth.year - ((at.month, at.day) < (birth.month, birth.day)))


def capped(age_years: int) -> int | None:
    """The age, at most `AGE_CAP`; None where nobody is of that age."""
    return min(age_years, AGE_CAP) if 0 <= age_years <= MAX_AGE else None


def age_words(age_years: int) -> str:
    """An age for people: ``"54"``, ``"90+"``."""
    return f"{AGE_CAP}+" if age_years >= AGE_CAP else str(age_years)


def edf_plus_date(text: str) -> date | None:
    """The date that EDF+ writes as ``02-AUG-1951``; None where the text is none."""
    found = re.fullmatch(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})", text, re.ASCII)
    if not found or found.group(2).upper() not in _MONTHS:
        return None
    try:
        return date(int(found.group(3)), _MONTHS.index(found.group(2).upper()) + 1, int(found.group(1)))
    except ValueError:
        return None

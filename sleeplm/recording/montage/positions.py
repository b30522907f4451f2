"""Body positions from a lab's numbers, by the codings in ``position_codes.json`` or one of the lab's own."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import POSITIONS
from sleeplm.recording.montage.channel_table import normalise

_CODE = {name: code for code, name in POSITIONS.items()}
UNKNOWN = _CODE["unknown"]
_PAIR = re.compile(r"\s*([+-]?\d{1,6}(?:\.\d{1,6})?)\s*=\s*([a-z]+)\s*", re.ASCII)
MAX_PAIRS = 32  # of a coding of the lab's own: sensors tell of a dozen positions at most
_ALSO = {
    "back": "supine",
    "front": "prone",
    "belly": "prone",
    "stomach": "prone",
    "sitting": "upright",
    "up": "upright",
}
_ANGLE_UNITS = ("°", "deg", "degree", "degrees")


@dataclass(frozen=True)
class Coding:
    """One way to write positions as numbers: a row of ``position_codes.json``, or the lab's own."""

    name: str
    words: str
    codes: dict[float, int]  # value in the file to a code of `POSITIONS`
    degrees: dict[float, int]  # angle to a code of `POSITIONS`
    units: tuple[str, ...]
    montage: tuple[str, ...]
    likely: tuple[str, ...]
    source: str


@cache
def codings() -> dict[str, Coding]:
    """The table, by name."""
    table = json.loads((files(__package__) / "position_codes.json").read_text(encoding="utf-8"))
    return {
        name: Coding(
            name=name,
            words=row["words"],
            codes={float(value): _CODE[position] for value, position in row.get("codes", {}).items()},
            degrees={float(angle): _CODE[position] for position, angle in row.get("degrees", {}).items()},
            units=tuple(row.get("units", ())),
            montage=tuple(row.get("montage", ())),
            likely=tuple(row.get("likely", ())),
            source=row["source"],
        )
        for name, row in table.items()
        if name != "about"
    }


def own_coding(text: str) -> Coding:
    """A coding of the lab's own, as ``1=supine,2=left,3=right,4=prone``; its name is the same for the same pairs.

    Raises
    ------
    UsageError
        It is no list of values with their positions.
    """
    found = [_PAIR.fullmatch(part) for part in text.casefold().split(",")[: MAX_PAIRS + 1]]
    known = sorted((float(pair[1]), _ALSO.get(pair[2], pair[2])) for pair in found if pair)
    values = [value for value, _ in known]
    if len(known) != len(found) or len(set(values)) < len(values) or len(known) > MAX_PAIRS or len(known) < 2:
        known = []
    if not known or not {position for _, position in known} <= set(_CODE):
        raise UsageError(
            "A coding of positions is written as 1=supine,2=left,3=right,4=prone, each value once, with the "
            f"positions {', '.join(_CODE)}."
        )
    name = ",".join(f"{value:g}={position}" for value, position in known)
    words = "the lab's own coding: " + ", ".join(f"{value:g} {position}" for value, position in known)
    return Coding(name, words, {v: _CODE[p] for v, p in known}, {}, (), (), (), "the user")


def coding_names() -> tuple[str, ...]:
    """The names by which a user chooses a coding."""
    return tuple(codings())


def certain_coding(unit: str, labels: Sequence[str]) -> Coding | None:
    """The coding that a position signal's unit or its file's montage makes certain; None where neither does."""
    there = {_fold(label) for label in labels}
    if unit.count("=") > 1:  # what a person answered
        return own_coding(unit)
    for coding in codings().values():
        if unit.strip() == coding.name or unit.strip().casefold() in coding.units:
            return coding
        if coding.montage and there.issuperset(_fold(label) for label in coding.montage):
            return coding
    return None


def likely_coding(labels: Sequence[str]) -> str | None:
    """Name of the coding of the cohort whose montage a file has; None where it is none that is known."""
    there = set(map(normalise, labels))
    likely = (c.name for c in codings().values() if c.likely and there.issuperset(map(normalise, c.likely)))
    return next(likely, None)


def possible_codings(values: np.ndarray, unit: str, labels: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the codings in which all these values, as the file has them, mean a position; the likely first."""
    seen = np.unique(values[np.isfinite(values)])
    angle = unit.strip().casefold() in _ANGLE_UNITS or bool(np.any(np.abs(seen) > 30))
    if angle:
        within = bool(seen.size) and float(np.abs(seen).max()) <= 360
        return tuple(c.name for c in codings().values() if c.degrees) if within else ()
    found = [c.name for c in codings().values() if c.codes and np.isin(np.round(seen), list(c.codes)).all()]
    likely = likely_coding(labels)
    first = sorted(found, key=lambda name: name != likely)
    codes = [codings()[name].codes for name in first]
    return tuple(name for i, name in enumerate(first) if codes[i] not in codes[:i])  # each meaning once


def decode(values: np.ndarray, coding: Coding | None) -> np.ndarray:
    """Codes of `kinds.channels.POSITIONS`, float32 ``[samples]``; unknown where a value means none, NaN stays NaN.

    Without a coding all is unknown: a position that is a mere guess is used for nothing.
    """
    out = np.full(values.shape, UNKNOWN, dtype=np.float32)
    if coding is not None and coding.degrees:
        for angle, code in coding.degrees.items():
            out[np.mod(values - angle + 45, 360) < 90] = code
    elif coding is not None:
        known = np.array(sorted(coding.codes))
        reach = min(0.5, float(np.diff(known).min()) / 2)  # codes of a sensor's own may be volts
        for value, code in coding.codes.items():
            out[np.abs(values - value) < reach] = code
    out[~np.isfinite(values)] = np.nan
    return out


def _fold(label: str) -> str:
    return "".join(label.split()).casefold()

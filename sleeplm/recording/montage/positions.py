"""Body positions from a lab's numbers, by the codings in ``position_codes.json``."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from sleeplm.kinds.channels import POSITIONS

_CODE = {name: code for code, name in POSITIONS.items()}
UNKNOWN = _CODE["unknown"]
_ANGLE_UNITS = ("°", "deg", "degree", "degrees")


@dataclass(frozen=True)
class Coding:
    """One way to write positions as numbers, a row of ``position_codes.json``."""

    name: str
    words: str
    codes: dict[float, int]  # value in the file to a code of `POSITIONS`
    degrees: dict[float, int]  # angle to a code of `POSITIONS`
    units: tuple[str, ...]
    montage: tuple[str, ...]
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
            source=row["source"],
        )
        for name, row in table.items()
        if name != "about"
    }


def coding_names() -> tuple[str, ...]:
    """The names by which a user chooses a coding."""
    return tuple(codings())


def certain_coding(unit: str, labels: Sequence[str]) -> Coding | None:
    """The coding that a position signal's unit or its file's montage makes certain; None where neither does."""
    there = {_fold(label) for label in labels}
    for coding in codings().values():
        if unit.strip() == coding.name or unit.strip().casefold() in coding.units:
            return coding
        if coding.montage and there.issuperset(_fold(label) for label in coding.montage):
            return coding
    return None


def possible_codings(values: np.ndarray, unit: str) -> tuple[str, ...]:
    """Names of the codings in which all these values, as the file has them, mean a position."""
    seen = np.unique(values[np.isfinite(values)])
    angle = unit.strip().casefold() in _ANGLE_UNITS or bool(np.any(np.abs(seen) > 30))
    if angle:
        within = bool(seen.size) and float(np.abs(seen).max()) <= 360
        return tuple(c.name for c in codings().values() if c.degrees) if within else ()
    return tuple(c.name for c in codings().values() if c.codes and np.isin(np.round(seen), list(c.codes)).all())


def decode(values: np.ndarray, coding: Coding | None) -> np.ndarray:
    """Codes of `kinds.channels.POSITIONS`, float32 ``[samples]``; unknown where a value means none, NaN stays NaN.

    Without a coding all is unknown: a position that is a mere guess is used for nothing.
    """
    out = np.full(values.shape, UNKNOWN, dtype=np.float32)
    if coding is not None and coding.degrees:
        for angle, code in coding.degrees.items():
            out[np.mod(values - angle + 45, 360) < 90] = code
    elif coding is not None:
        rounded = np.round(values)
        for value, code in coding.codes.items():
            out[rounded == value] = code
    out[~np.isfinite(values)] = np.nan
    return out


def _fold(label: str) -> str:
    return "".join(label.split()).casefold()

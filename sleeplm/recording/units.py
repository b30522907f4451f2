"""From a file's unit to the canonical one."""

import numpy as np

from sleeplm.vocabulary import POSITIONS, CanonicalChannel

_VOLTS = {
    "v": 1.0,
    "mv": 1e-3,
    "uv": 1e-6,
    "nv": 1e-9,
    "volt": 1.0,
    "volts": 1.0,
    "microvolt": 1e-6,
    "millivolt": 1e-3,
}
_PERCENT = {"%": 1.0, "percent": 1.0, "pct": 1.0, "%sat": 1.0, "%spo2": 1.0, "% spo2": 1.0, "fraction": 100.0}
_DEGREES = ("°", "deg", "degree", "degrees")


def scale(unit: str, channel: CanonicalChannel) -> tuple[float, str | None]:
    """Factor from `unit` to the canonical unit of `channel`, and what had to be assumed.

    Belts, flow and snoring keep their own scale (``a.u.``): no unit makes them comparable between labs.
    """
    if channel.unit == "a.u." or channel.kind == "position":
        return 1.0, None
    known = _PERCENT if channel.unit == "%" else _VOLTS
    factor = known.get(_fold(unit))
    if factor is None:
        said = f"has the unit '{unit}'" if unit else "has no unit"
        return 1.0, f"{said}; its values are taken as {channel.unit}"
    return factor if channel.unit == "%" else factor / _VOLTS[channel.unit.casefold()], None


def position_codes(values: np.ndarray, unit: str) -> tuple[np.ndarray, str | None]:
    """Codes of `vocabulary.POSITIONS` from a position signal, and what had to be assumed.

    An angle is read as the body's rotation about its long axis: within 45 degrees of 0 supine, of 90 left,
    of -90 right, of 180 prone. Which side is positive is not written in any file that we know.
    """
    if _fold(unit) in _DEGREES:
        turned = np.mod(np.nan_to_num(values, nan=0.0) + 45, 360) // 90  # 0 supine, 1 left, 2 prone, 3 right
        codes = np.array([2, 1, 3, 0], dtype=np.float32)[np.clip(turned, 0, 3).astype(int)]
        codes[~np.isfinite(values)] = -1
        return codes, "positions are guessed from an angle (0 supine, 90 left, -90 right, 180 prone)"
    rounded = np.round(values)
    codes = np.where(np.isin(rounded, list(POSITIONS)), rounded, -1).astype(np.float32)
    if _fold(unit) == "code":
        return codes, None
    return codes, "position codes are guessed (0 right, 1 left, 2 supine, 3 prone, 4 upright)"


def _fold(unit: str) -> str:
    return unit.strip().replace("µ", "u").replace("μ", "u").casefold()

"""From a file's unit, or the one that a user names, to the canonical one."""

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import CanonicalChannel
from sleeplm.recording.montage.positions import coding_names

_VOLTS = {
    "v": 1.0, "mv": 1e-3, "uv": 1e-6, "nv": 1e-9, "volt": 1.0, "volts": 1.0, "millivolt": 1e-3, "microvolt": 1e-6,
    "microvolts": 1e-6,
}  # fmt: skip
_PERCENT = {
    "%": 1.0, "percent": 1.0, "pct": 1.0, "%sat": 1.0, "%spo2": 1.0, "% spo2": 1.0, "fraction": 100.0,
}  # fmt: skip
# What a person is offered, and may say; every other spelling of a file is a way to write one of these.
_OFFERED = {"V": ("V", "mV", "uV", "nV"), "%": ("%", "fraction")}


def choices(channel: CanonicalChannel) -> tuple[str, ...]:
    """The units that a user may name for a channel; none for one that keeps its own scale."""
    if channel.kind == "position":
        return coding_names()
    if channel.unit == "a.u.":
        return ()
    return _OFFERED["%" if channel.unit == "%" else "V"]


def chosen(name: str, given: str, channel: CanonicalChannel) -> str:
    """The unit that a user names, in its own spelling.

    Raises
    ------
    UsageError
        The channel has no such unit.
    """
    offered = choices(channel)
    if not offered:
        raise UsageError(f"{name} keeps the scale of its file; no unit can be given for it.")
    found = next((unit for unit in offered if _fold(unit) == _fold(given)), None)
    if found is None:
        raise UsageError(f"{name} cannot be in '{given}'; its unit is one of: {', '.join(offered)}.")
    return found


def factor(unit: str, channel: CanonicalChannel) -> float | None:
    """What values in `unit` are multiplied by to be in the canonical unit of `channel`; None if it is unknown.

    Belts, flow and snoring keep their own scale (``a.u.``): no unit makes them comparable between labs.
    """
    if channel.unit == "a.u.":
        return 1.0
    if channel.unit == "%":
        return _PERCENT.get(_fold(unit))
    volts = _VOLTS.get(_fold(unit))
    return None if volts is None else volts / _VOLTS[_fold(channel.unit)]


def assumed(unit: str, channel: CanonicalChannel) -> str | None:
    """What has to be assumed of values whose unit is not known, as the end of a sentence."""
    if factor(unit, channel) is not None:
        return None
    known = f"has the unit '{unit}'" if unit else "has no unit"
    return f"{known}; its values are taken as {channel.unit}"


def _fold(unit: str) -> str:
    return unit.strip().replace("µ", "u").replace("μ", "u").casefold()

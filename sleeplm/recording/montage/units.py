"""From a file's unit, or the one that a user names, to the canonical one."""

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import CanonicalChannel
from sleeplm.recording.montage import positions

_VOLTS = {
    "v": 1.0, "mv": 1e-3, "uv": 1e-6, "nv": 1e-9, "volt": 1.0, "volts": 1.0, "millivolt": 1e-3, "microvolt": 1e-6,
    "microvolts": 1e-6, "millivolts": 1e-3, "microv": 1e-6, "uvolt": 1e-6, "uvolts": 1e-6, "mvolt": 1e-3,
    "mvolts": 1e-3,
}  # fmt: skip
_PERCENT = {
    "%": 1.0, "percent": 1.0, "pct": 1.0, "%sat": 1.0, "%spo2": 1.0, "% spo2": 1.0, "fraction": 100.0,
}  # fmt: skip
_PER_MINUTE = dict.fromkeys(
    ("bpm", "b/min", "beats/min", "1/min", "/min", "min-1", "ppm", "p/min", "beats", "beat/min", "lpm", "fpm"), 1.0
)
# Scales of a saturation that no unit of a file names for certain: only a person can say that one of them is meant.
_SCALES = {"x10": 0.1, "dc-v": 100.0, "dc-mv": 0.1, "dc-uv": 1e-4}
# What a person is offered, and may say; every other spelling of a file is a way to write one of these.
_OFFERED = {
    "V": ("V", "mV", "uV", "nV"),
    "%": ("%", "fraction", "x10", "dc-V", "dc-mV", "dc-uV"),
    "bpm": ("bpm",),
}
WORDS = {
    "fraction": "a fraction from 0 to 1",
    "x10": "ten times the percentage",
    "dc-V": "volts of an output whose 1 V is 100 %",
    "dc-mV": "millivolts of an output whose 1 V is 100 %",
    "dc-uV": "microvolts of an output whose 1 V is 100 %",
}


def choices(channel: CanonicalChannel) -> tuple[str, ...]:
    """The units that a user may name for a channel; none for one that keeps its own scale."""
    if channel.kind == "position":
        return positions.coding_names()
    if channel.unit == "a.u.":
        return ()
    return _OFFERED.get(channel.unit, _OFFERED["V"])


def offered(channel: CanonicalChannel, unit: str) -> tuple[str, ...]:
    """Those of them that can be meant where the file says `unit`: a saturation in volts is an output's."""
    found = choices(channel)
    if channel.unit != "%":
        return found
    volts = f"dc-{_fold(unit)}"
    outputs = [choice for choice in found if choice.startswith("dc-")]
    if _fold(unit) in _VOLTS:
        return ("%", *(choice for choice in outputs if choice.casefold() == volts))
    return tuple(choice for choice in found if choice not in outputs)


def chosen(name: str, given: str, channel: CanonicalChannel) -> str:
    """The unit that a user names, in its own spelling.

    Raises
    ------
    UsageError
        The channel has no such unit.
    """
    known = choices(channel)
    if not known:
        raise UsageError(f"{name} keeps the scale of its file; no unit can be given for it.")
    if channel.kind == "position" and "=" in given:
        return positions.own_coding(given).name
    found = next((unit for unit in known if _fold(unit) == _fold(given)), None)
    if found is None:
        own = " or the lab's own, as in 1=supine,2=left,3=right" if channel.kind == "position" else ""
        raise UsageError(f"{name} cannot be in '{given}'; its unit is one of: {', '.join(known)}{own}.")
    return found


def factor(unit: str, channel: CanonicalChannel) -> float | None:
    """What values in `unit` are multiplied by to be in the canonical unit of `channel`; None if it is unknown.

    Belts, flow and snoring keep their own scale (``a.u.``): no unit makes them comparable between labs.
    """
    if channel.unit == "a.u.":
        return 1.0
    if channel.unit == "%":
        return _PERCENT.get(_fold(unit), _SCALES.get(_fold(unit)))
    if channel.unit == "bpm":
        return _PER_MINUTE.get(_fold(unit))
    volts = _VOLTS.get(_fold(unit))
    return None if volts is None else volts / _VOLTS[_fold(channel.unit)]


def same(one: str, other: str) -> bool:
    """Whether two units are one, however they are spelled.

    >>> same("µV", "uV"), same("uV", "mV")
    (True, False)
    """
    return _fold(one) == _fold(other)


def comparable(one: str, other: str, channel: CanonicalChannel) -> bool:
    """Whether values in two units can be subtracted, once each is in the canonical unit of `channel`."""
    return same(one, other) or (factor(one, channel) is not None and factor(other, channel) is not None)


def assumed(unit: str, channel: CanonicalChannel) -> str | None:
    """What has to be assumed of values whose unit is not known, as the end of a sentence."""
    if factor(unit, channel) is not None:
        return None
    known = f"has the unit '{unit}'" if unit else "has no unit"
    return f"{known}; its values are taken as {channel.unit}"


def _fold(unit: str) -> str:
    """A unit without case and blanks, one micro for all of its signs, also those of UTF-8 read as Latin-1."""
    plain = unit.strip().replace("Â", "").replace("Î¼", "u").replace("µ", "u").replace("μ", "u")
    return plain.casefold()

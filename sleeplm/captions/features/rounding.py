"""The one place that decides how many digits of a number are said."""

import math

# What "about" means, by the unit that ends an attribute's name.
_COARSE = {"_bpm": 5, "_pct": 10, "_uv": 5, "_per_min": 1, "_ms": 10}


class Marked(float):
    """A number that is printed as a mark, which holds its place in a text until it is filled in."""

    def __new__(cls, value: float, mark: str):
        """The number with its mark."""
        made = super().__new__(cls, value)
        made.mark = mark
        return made

    def __format__(self, spec: str) -> str:
        """Its mark, whatever the format."""
        return self.mark


def rounded(value: float, decimals: int = 0) -> int | float | None:
    """The value as it will be printed: an int without decimals; None for what is not a number.

    >>> rounded(61.6), rounded(14.21, 1), rounded(float("nan"))
    (62, 14.2, None)
    """
    if value is None or not math.isfinite(value):
        return None
    return math.floor(value + 0.5) if decimals == 0 else round(float(value), decimals) + 0.0


def coarse(name: str, value: float) -> int | None:
    """The value to the nearest round number, for saying "about"; None where that is no simpler, or over 10% off.

    >>> coarse("hr_mean_bpm", 62), coarse("hr_mean_bpm", 60), coarse("rate_per_min", 14.2)
    (60, None, 14)
    """
    step = next((s for suffix, s in _COARSE.items() if name.endswith(suffix)), None)
    if step is None or isinstance(value, Marked):
        return None
    about = math.floor(value / step + 0.5) * step
    return about if about != value and abs(about - value) <= 0.1 * abs(value) else None


def printed(value: float) -> str:
    """The digits of a rounded number: 15.0 is said 15."""
    return f"{value:g}"

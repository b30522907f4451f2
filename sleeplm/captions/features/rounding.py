"""How many digits of a number are printed, exactly or roughly: decided here alone."""

import math

# To which step "about" rounds, by the unit that ends an attribute's name: what people say in conversation.
_COARSE = {"_bpm": 5, "_pct": 10, "_uv": 5, "_per_min": 1, "_ms": 10}


class Placeholder(float):
    """A number that is printed as a placeholder, which stands in a text until a value takes its place."""

    text: str

    def __new__(cls, value: float, text: str) -> "Placeholder":
        """The number with the text that is printed for it."""
        made = super().__new__(cls, value)
        made.text = text
        return made

    def __format__(self, spec: str) -> str:
        """Its placeholder, whatever the format."""
        return self.text


def rounded(value: float | None, decimals: int = 0) -> int | float | None:
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
    if step is None or isinstance(value, Placeholder):
        return None
    about = math.floor(value / step + 0.5) * step
    return about if about != value and abs(about - value) <= 0.1 * abs(value) else None


def printed(value: float) -> str:
    """The digits of a rounded number: 15.0 is printed 15."""
    return f"{value:g}"

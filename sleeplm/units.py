"""Units and the grid of time, and how a value with its unit is written in all sentences and answers."""

EPOCH_S = 30  # AASM scoring epoch
MODEL_SFREQ_HZ = 64  # rate at which the network reads every channel
SAMPLES_PER_EPOCH = EPOCH_S * MODEL_SFREQ_HZ  # 1920

MINUTES = "min"
PERCENT = "%"
PER_HOUR = "per hour"
BEATS = "bpm"
CLOCK = "clock"
COUNT = ""
PER_MINUTE = "per min"
SECONDS = "s"
MILLISECONDS = "ms"
RATIO = "ratio"
PERCENT_MINUTES_PER_HOUR = "% min/h"


def format_value(value: float | int | str | None, unit: str) -> str:
    """Write a value as people read it.

    Parameters
    ----------
    value : float, int, str or None
        None is written as ``"not known"``.
    unit : str
        The unit of a `Fact`: one of this module's constants; any other is written behind the number.

    Examples
    --------
    >>> format_value(7.5, "min"), format_value(357.5, "min"), format_value(23.4, "%")
    ('7.5 min', '357.5 min (5 h 57.5 min)', '23.4%')
    >>> format_value(12.3, "per hour"), format_value("02:13:32", "clock"), format_value(3, "")
    ('12.3 per hour', '02:13:32', '3')
    """
    if value is None:
        return "not known"
    if isinstance(value, str):
        return value
    number = _number(value)
    if unit == MINUTES:
        return f"{number} min{_in_hours(value)}"
    if unit == PERCENT:
        return f"{number}%"
    if unit == RATIO:
        return f"{value:.2f}"
    return f"{number} {unit}".rstrip()


def _number(value: float) -> str:
    """At most one decimal, none where it is zero."""
    return f"{value:.1f}".removesuffix(".0")


def _in_hours(minutes: float) -> str:
    """Hours and minutes in parentheses, for more than an hour."""
    return f" ({duration_words(minutes)})" if minutes > 60 else ""


def duration_words(minutes: float) -> str:
    """A duration in hours and minutes, as people say it.

    >>> duration_words(63.5), duration_words(480), duration_words(2)
    ('1 h 3.5 min', '8 h 0 min', '2 min')
    """
    if minutes <= 60:
        return f"{_number(minutes)} min"
    hours, rest = divmod(round(minutes, 1), 60)
    return f"{hours:.0f} h {_number(rest)} min"

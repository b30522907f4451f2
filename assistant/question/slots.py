"""The times and epochs that a question names: they are copied from it, never written by the language model."""

import re
from dataclasses import dataclass

from sleeplm.night import day_seconds

DAY_S = 86400
HALF_DAY_S = 43200

_HOURS = "one two three four five six seven eight nine ten eleven twelve".split()
_HOUR_WORD = {word: hour for hour, word in enumerate(_HOURS, start=1)}
_NUMBER = rf"\d{{1,2}}|{'|'.join(_HOURS)}"
_HALF_OF_DAY = r"(?P<half>[ap]\.?\s?m\b\.?)"
_CLOCK = re.compile(
    rf"\b(?P<h>\d{{1,2}})\s?[:h]\s?(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?:\s*{_HALF_OF_DAY})?"
    rf"|\b(?P<past>half|quarter)\s+past\s+(?P<h2>{_NUMBER})\b(?:\s*{_HALF_OF_DAY.replace('half', 'half2')})?"
    rf"|\b(?P<h3>{_NUMBER})\s*(?:{_HALF_OF_DAY.replace('half', 'half3')}|o['’]?\s?clock\b)"
    rf"|\b(?:at|around|about|near|after|before|between|from|until|till|and|to)\s+(?P<h4>\d{{1,2}})\b"
    r"(?!\s*(?:%|percent|min|sec|s\b|h\b|hours?|epochs?|times|am\b|pm\b|[:.]\d|-?second))"
    r"|\b(?P<word>midnight|noon|midday)\b",
    re.IGNORECASE,
)
_ELAPSED = re.compile(
    r"\b(?:(?P<n>\d+(?:[.,]\d+)?)\s*(?P<unit>h|hrs?|hours?|mins?|minutes?)\s+(?:in\b|into\b|after\s+(?:the\s+)?"
    r"(?:start|beginning))|(?:minute|min)\s+(?P<minute>\d+))",
    re.IGNORECASE,
)
_EDGE_HOUR = re.compile(r"\b(?P<edge>first|last|final)\s+(?P<half>half[\s-])?hour\b", re.IGNORECASE)
_EPOCHS = re.compile(
    r"(?:\bepochs?|\bepoch\s*no\.?|#)\s*(?:numbers?\s*|nrs?\.?\s*|no\.?\s*|#\s*)?(?P<a>\d{1,6})"
    r"(?:\s*(?:to|-|–|—|and|through|until|till|,|&|vs\.?|or)\s*(?:epoch\s*)?(?P<b>\d{1,6})\b(?!\s*[:h]))?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Moment:
    """A time that the question names.

    Attributes
    ----------
    text : str
        As it is written in a plan: ``"02:00"`` on the wall clock, ``"+1:30"`` since the start.
    seconds : float or None
        Seconds from the first sample; None where it lies outside the recording or no start clock is known.
    """

    text: str
    seconds: float | None


@dataclass(frozen=True)
class Slots:
    """What a question names: moments and epochs, each in order of appearance and once."""

    moments: tuple[Moment, ...] = ()
    epochs: tuple[int, ...] = ()

    def moment(self, text: str) -> Moment:
        """The moment that a plan calls by this text."""
        return next(m for m in self.moments if m.text == text)


def read_slots(question: str, start_clock: str | None, duration_s: float) -> Slots:
    """Find the clock times, elapsed times and epoch numbers in a question.

    A time without am or pm is read in the half of the day that lies inside the recording, where only one does.

    Parameters
    ----------
    question : str
    start_clock : str or None
        ``HH:MM:SS`` at the first sample.
    duration_s : float
        Length of the recording in seconds.

    Returns
    -------
    Slots
    """
    epochs, rest = _take_epochs(question)
    found: list[tuple[int, Moment]] = []
    for match in _EDGE_HOUR.finditer(rest):
        length = 1800.0 if match["half"] else 3600.0
        first = 0.0 if match["edge"].lower() == "first" else max(0.0, duration_s - length)
        ends = (first, min(first + length, duration_s))
        found += [(match.start() + i, Moment(_elapsed_text(t), t)) for i, t in enumerate(ends)]
    for match in _ELAPSED.finditer(rest):
        amount = float((match["n"] or match["minute"]).replace(",", "."))
        seconds = amount * (3600 if (match["unit"] or "m").lower().startswith("h") else 60)
        found.append((match.start(), Moment(_elapsed_text(seconds), seconds if seconds <= duration_s else None)))
    rest = _ELAPSED.sub(lambda m: " " * len(m[0]), rest)
    for match in _CLOCK.finditer(rest):
        moment = _clock_moment(match, start_clock, duration_s)
        if moment is not None:
            found.append((match.start(), moment))
    moments = dict.fromkeys(moment for _, moment in sorted(found, key=lambda pair: pair[0]))
    return Slots(tuple(moments), epochs)


def _take_epochs(question: str) -> tuple[tuple[int, ...], str]:
    numbers: dict[int, None] = {}
    for match in _EPOCHS.finditer(question):
        numbers |= dict.fromkeys(int(n) for n in (match["a"], match["b"]) if n)
    return tuple(numbers), _EPOCHS.sub(lambda m: " " * len(m[0]), question)


def _elapsed_text(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"+{minutes // 60}:{minutes % 60:02d}"


def _clock_moment(match: re.Match, start_clock: str | None, duration_s: float) -> Moment | None:
    hour, minute, half = _hour_minute(match)
    if hour > 24 or (half and not 1 <= hour <= 12):
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    seconds_of_day = (hour % 24) * 3600 + minute * 60
    if start_clock is None:
        return Moment(_clock_text(seconds_of_day), None)
    readings = [seconds_of_day]
    if not half and 1 <= hour <= 12 and not (match["h"] or "").startswith("0"):
        readings.append((seconds_of_day + HALF_DAY_S) % DAY_S)
    begin = day_seconds(start_clock)
    for reading in readings:
        since_start = (reading - begin) % DAY_S
        if since_start <= duration_s:
            return Moment(_clock_text(reading), float(since_start))
    return Moment(_clock_text(seconds_of_day), None)


def _hour_minute(match: re.Match) -> tuple[int, int, str | None]:
    if match["word"]:
        return (0 if match["word"].lower() == "midnight" else 12), 0, None
    half = match["half"] or match["half2"] or match["half3"]
    half = half[0].lower() if half else None
    if match["h"]:
        return int(match["h"]), int(match["m"]), half
    word = (match["h2"] or match["h3"] or match["h4"]).lower()
    hour = _HOUR_WORD.get(word) or int(word)
    past = (match["past"] or "").lower()
    return hour, {"half": 30, "quarter": 15}.get(past, 0), half


def _clock_text(seconds_of_day: float) -> str:
    return f"{int(seconds_of_day) // 3600:02d}:{int(seconds_of_day) // 60 % 60:02d}"

"""Words for times, stretches, stages and events of one night."""

from collections import Counter
from collections.abc import Sequence

from sleeplm.intervals import constant_ranges
from sleeplm.kinds.events import APNEAS, EVENT_KINDS, EVENT_TYPES, MICRO_EVENTS, RESPIRATORY, plural_of
from sleeplm.kinds.stages import STAGE_NAMES, Stage
from sleeplm.night import Event, clock_at
from sleeplm.units import EPOCH_S

# What people ask for, where it is more than one type of event.
EVENT_GROUPS = {
    "apnea": APNEAS,
    "respiratory": RESPIRATORY,
    "any": tuple(t for t in EVENT_TYPES if t not in MICRO_EVENTS),  # thousands of those would hide the others
}
GROUP_NOUNS = {"apnea": "apnea", "respiratory": "respiratory event", "any": "event"}


def minutes(epochs: float) -> str:
    """Length of a number of epochs in words: ``"1.5 min"``."""
    return f"{epochs * EPOCH_S / 60:g} min"


def when(study, seconds: float, with_seconds: bool = False) -> str:
    """Clock time of a moment, or the time since the start where no clock is known."""
    clock = clock_at(study.start_clock, seconds)
    if clock is not None:
        return clock if with_seconds else clock[:5]
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d} after the start"


def span(study, first: int, last: int) -> str:
    """A stretch of epochs in words: ``"from 01:57 to 02:03 (epochs 257 to 267)"``."""
    begin, end = (first - 1) * EPOCH_S, last * EPOCH_S
    numbers = f"epoch {first}" if first == last else f"epochs {first} to {last}"
    exact = last - first < 4
    return f"from {when(study, begin, exact)} to {when(study, end, exact)} ({numbers})"


def stage_sequence(hypnogram: Sequence[Stage], first: int, last: int, most: int = 6) -> str:
    """Stages between two epochs in words: in order where there are few runs, else minutes by stage."""
    found = constant_ranges(hypnogram, first, last)
    if len(found) <= most:
        return ", then ".join(f"{STAGE_NAMES[s]} for {minutes(b - a + 1)}" for s, a, b in found)
    lengths = Counter(Stage(hypnogram[n - 1]) for n in range(first, min(last, len(hypnogram)) + 1))
    return ", ".join(f"{STAGE_NAMES[s]} for {minutes(n)}" for s, n in lengths.most_common())


def counted(events: Sequence[Event]) -> str:
    """Events by type in words: ``"3 hypopneas, 1 arousal"``."""
    counts = Counter(e.type for e in events)
    return ", ".join(f"{n} {_noun(EVENT_KINDS[t].noun, n)}" for t, n in counts.most_common())


def event_types(wanted: str) -> tuple[str, ...]:
    """Types of the vocabulary that a word of a plan stands for."""
    return EVENT_GROUPS.get(wanted, (wanted,))


def event_name(wanted: str, count: int = 2) -> str:
    """What people call the events that a word of a plan stands for."""
    return _noun(GROUP_NOUNS.get(wanted) or EVENT_KINDS[wanted].noun, count)


def _noun(noun: str, count: int) -> str:
    return noun if count == 1 else plural_of(noun)

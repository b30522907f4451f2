"""Words for times, stretches, stages and events of one night."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from sleeplm.night import Event, clock_at
from sleeplm.vocabulary import APNEAS, EPOCH_S, EVENT_TYPES, MICRO_EVENTS, Stage

STAGE_WORDS = {
    Stage.W: "wake",
    Stage.N1: "N1",
    Stage.N2: "N2",
    Stage.N3: "deep sleep (N3)",
    Stage.R: "REM sleep",
    Stage.NREM: "NREM sleep",
    Stage.UNSCORED: "unscored",
}
EVENT_WORDS = {
    **{t: (t.replace("_", " "), t.replace("_", " ") + "s") for t in EVENT_TYPES},
    "apnea_obstructive": ("obstructive apnea", "obstructive apneas"),
    "apnea_central": ("central apnea", "central apneas"),
    "apnea_mixed": ("mixed apnea", "mixed apneas"),
    "rera": ("RERA", "RERAs"),
    "plm": ("periodic leg movement", "periodic leg movements"),
    "cheyne_stokes": ("stretch of Cheyne-Stokes breathing", "stretches of Cheyne-Stokes breathing"),
    "bradycardia": ("bradycardia", "bradycardias"),
    "tachycardia": ("tachycardia", "tachycardias"),
    "pause": ("heart pause", "heart pauses"),
    "snore": ("snore", "snores"),
    "other": ("other event", "other events"),
}
# What people ask for, where it is more than one type of the vocabulary.
EVENT_GROUPS = {
    "apnea": APNEAS,
    "respiratory": (*APNEAS, "hypopnea", "rera"),
    "any": tuple(t for t in EVENT_TYPES if t not in MICRO_EVENTS),  # thousands of those would hide the others
}
GROUP_WORDS = {"respiratory": ("respiratory event", "respiratory events"), "any": ("event", "events")}


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


def runs(hypnogram: Sequence[Stage], first: int = 1, last: int | None = None) -> list[tuple[Stage, int, int]]:
    """Stretches of one stage between two epochs (from 1, both included) as ``(stage, first, last)``."""
    last = len(hypnogram) if last is None else min(last, len(hypnogram))
    numbered = [(Stage(hypnogram[n - 1]), n) for n in range(first, last + 1)]
    groups = [(stage, [n for _, n in group]) for stage, group in groupby(numbered, key=lambda pair: pair[0])]
    return [(stage, numbers[0], numbers[-1]) for stage, numbers in groups]


def stage_sequence(hypnogram: Sequence[Stage], first: int, last: int, most: int = 6) -> str:
    """Stages between two epochs in words: in order where there are few runs, else minutes by stage."""
    found = runs(hypnogram, first, last)
    if len(found) <= most:
        return ", then ".join(f"{STAGE_WORDS[s]} for {minutes(b - a + 1)}" for s, a, b in found)
    lengths = Counter(Stage(hypnogram[n - 1]) for n in range(first, min(last, len(hypnogram)) + 1))
    return ", ".join(f"{STAGE_WORDS[s]} for {minutes(n)}" for s, n in lengths.most_common())


def counted(events: Sequence[Event]) -> str:
    """Events by type in words: ``"3 hypopneas, 1 arousal"``."""
    counts = Counter(e.type for e in events)
    return ", ".join(f"{n} {EVENT_WORDS[t][n != 1]}" for t, n in counts.most_common())


def event_types(wanted: str) -> tuple[str, ...]:
    """Types of the vocabulary that a word of a plan stands for."""
    return EVENT_GROUPS.get(wanted, (wanted,))


def event_name(wanted: str, count: int = 2) -> str:
    """What people call the events that a word of a plan stands for."""
    if wanted == "apnea":
        return "apnea" if count == 1 else "apneas"
    return (GROUP_WORDS.get(wanted) or EVENT_WORDS[wanted])[count != 1]

"""When the night begins and when treatment does: sleep before lights off, and the two sides of a split night."""

import re
from collections.abc import Sequence

import numpy as np

from sleeplm.kinds.stages import SLEEP_STAGES, Stage
from sleeplm.units import EPOCH_S

# A doze of the preparation may come before lights off; so much sleep says that they are noted too late.
MUCH_EPOCHS = 10
# Less sleep on one side of it is no half of a night: a device that is put on at once, or tried in the morning.
LEAST_EPOCHS = 30
_DEVICE = r"(?:[cab]i?-?pap|bi-?level|asv|niv)"
_BEGINS = re.compile(
    rf"split[ -]?night|\b(?:start|begin|began|initiat|titrat|trial|appl|commenc)\w*\b.*\b{_DEVICE}\b"
    rf"|\b{_DEVICE}\b.*\b(?:start|begin|began|on\b|initiat|titrat|trial|appl|commenc|=|\d)",
    re.IGNORECASE,
)
_ENDS = re.compile(r"\b(?:off|stop\w*|remov\w*|end\w*|without|no)\b", re.IGNORECASE)


def sleep_before_lights_off(hypnogram: Sequence[str], lights_off_s: float | None) -> str:
    """A sentence where sleep was scored before the lights went off; empty where they went off in time.

    Sleep latency is counted from lights off, so that where a person sleeps then it is 0, whatever it was.

    Parameters
    ----------
    hypnogram : sequence of str
        Stages by epoch of the whole recording.
    lights_off_s : float or None
        Seconds from the first sample.
    """
    if not lights_off_s:
        return ""
    asleep = np.isin([str(s) for s in hypnogram], [str(s) for s in SLEEP_STAGES])
    at = int(np.ceil(lights_off_s / EPOCH_S - 0.5))  # the first epoch whose middle lies in the time in bed
    if asleep_at(hypnogram, lights_off_s):
        return "The lights went off after sleep onset: sleep latency is 0 and says nothing of how fast sleep came."
    minutes = asleep[:at].sum() * EPOCH_S / 60
    if asleep[:at].sum() < MUCH_EPOCHS:
        return ""
    return f"{minutes:g} min of sleep were scored before lights off; they are no part of the night's numbers."


def asleep_at(hypnogram: Sequence[str], lights_off_s: float) -> bool:
    """Whether sleep was scored right before lights off and goes on after it."""
    asleep = np.isin([str(s) for s in hypnogram], [str(s) for s in SLEEP_STAGES])
    at = int(np.ceil(lights_off_s / EPOCH_S - 0.5))
    return bool(0 < at < len(asleep) and asleep[at - 1] and asleep[at])


def treatment_begin(annotations: Sequence[tuple[float, float, str]], hypnogram: Sequence[Stage]) -> float | None:
    """When treatment of a split night began, in seconds, by the notes in a recording; None where none tells.

    The first note of a device (CPAP and its kin) that is put on, started or titrated, or of a split night. There
    must be 15 min of sleep on both sides of it.

    Parameters
    ----------
    annotations : sequence of (float, float, str)
        Onset and duration in seconds, and text.
    hypnogram : sequence of Stage
        Stages by epoch.
    """
    begins = [at for at, _, text in annotations if _BEGINS.search(text[:200]) and not _ENDS.search(text[:200])]
    if not begins:
        return None
    asleep = np.isin([str(s) for s in hypnogram], [str(s) for s in SLEEP_STAGES])
    epoch = max(0, int(min(begins) // EPOCH_S))
    halves = asleep[:epoch].sum(), asleep[epoch:].sum()
    return float(min(begins)) if min(halves) >= LEAST_EPOCHS else None

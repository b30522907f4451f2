"""What every file format is turned into before its signals get canonical names: a `Source`."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from sleeplm.recording.privacy.subject import NOBODY_KNOWN, Subject

MAX_SAMPLES = 100_000_000  # of one signal: 400 MB; a microphone at 8 kHz has more in a night


@dataclass(frozen=True)
class Signal:
    """One signal as its file has it.

    Attributes
    ----------
    label, unit : str
        As in the file, without surrounding blanks or unprintable characters.
    sfreq_hz : float
        Samples per second.
    read : callable
        ``read(start_s, stop_s)`` gives float32 ``[samples]`` in `unit`, NaN in gaps.
    problem : str or None
        Why the signal cannot be used, as the end of a sentence that begins with its label.
    note : str or None
        What its file says about it, where that is a recording that we wrote.
    """

    label: str
    unit: str
    sfreq_hz: float
    read: Callable[[float, float], np.ndarray] = field(repr=False)
    problem: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Source:
    """A file of signals: nothing of it is in memory but its header.

    Attributes
    ----------
    duration_s : float
        From the first sample to the end of the last, gaps included.
    start_date, start_clock : str or None
        ``YYYY-MM-DD`` and ``HH:MM:SS``; None where the file does not truly say.
    signals : list of Signal
        In the file's order, annotation signals left out.
    annotations : list of (float, float, str)
        Onset and duration in seconds from the first sample, and text.
    simulated : bool
        Whether the header says so.
    warnings : list of str
        What was odd about the file, a sentence each.
    gaps : tuple of (float, float)
        First and last second of each stretch in which nothing was recorded, all signals alike.
    canonical : bool
        Whether the labels are canonical names already: what `sleeplm.recording.to_mne` gave.
    subject : Subject
        Age and sex of who slept, where the file has them.
    """

    duration_s: float
    start_date: str | None
    start_clock: str | None
    signals: list[Signal]
    annotations: list[tuple[float, float, str]]
    simulated: bool
    warnings: list[str]
    gaps: tuple[tuple[float, float], ...] = ()
    canonical: bool = False
    subject: Subject = NOBODY_KNOWN


def printable(text: str) -> str:
    """The text without surrounding blanks and with unprintable characters made visible as U+FFFD."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text.strip(" \0")).strip()

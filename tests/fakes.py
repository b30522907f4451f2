"""A recording that holds arrays, for testing what reads recordings without a file."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from sleeplm.kinds.channels import CHANNEL, CHANNEL_NAMES, RECORDABLE_NAMES
from sleeplm.recording.gaps import Gaps, mostly_gap
from sleeplm.recording.montage.questions import Question
from sleeplm.recording.privacy.subject import NOBODY_KNOWN
from sleeplm.recording.quality import Quality, assess
from sleeplm.recording.recording import Channel
from sleeplm.recording.resample import HELD_KINDS, hold, resample
from sleeplm.units import EPOCH_S


def _with_gaps(values: ArrayLike, sfreq_hz: float, gaps: Gaps) -> np.ndarray:
    values = np.array(values, dtype=np.float32) if gaps else np.asarray(values)
    for start_s, stop_s in gaps:
        values[round(start_s * sfreq_hz) : round(stop_s * sfreq_hz)] = np.nan
    return values


class FakeRecording:
    """The `NightSignals` of arrays in memory.

    Parameters
    ----------
    signals : dict of str to (ndarray, float)
        Canonical name to samples in the canonical unit, and their rate in Hz.
    duration_s : float, optional
        That of the first signal where it is not given.
    gaps : sequence of (float, float)
        Seconds between which every signal is NaN.
    """

    def __init__(
        self,
        signals: Mapping[str, tuple[ArrayLike, float]] | None = None,
        duration_s: float | None = None,
        start_clock: str | None = "23:00:00",
        simulated: bool = False,
        gaps: Gaps = (),
    ):
        self._signals = {
            name: (_with_gaps(values, sfreq_hz, gaps), sfreq_hz)
            for name, (values, sfreq_hz) in (signals or {}).items()
        }
        if duration_s is None:
            values, sfreq_hz = next(iter(self._signals.values()))
            duration_s = len(values) / sfreq_hz
        self.path = Path("fake.edf")
        self.duration_s = float(duration_s)
        self.n_epochs = int(self.duration_s // EPOCH_S)
        self.start_date: str | None = None
        self.start_clock = start_clock
        self.simulated = simulated
        self.subject = NOBODY_KNOWN
        self.warnings: list[str] = []
        self.questions: list[Question] = []
        self.annotations: list[tuple[float, float, str]] = []
        self.gaps = tuple(gaps)
        self.mostly_gap = mostly_gap(gaps, self.n_epochs)
        self.channels = {
            n: Channel(n, n, float(self._signals[n][1]), CHANNEL[n].unit)
            for n in RECORDABLE_NAMES
            if n in self._signals
        }
        self.missing = [n for n in CHANNEL_NAMES if n not in self._signals]
        self.labels = list(self.channels)

    @cached_property
    def quality(self) -> Quality:
        return assess(self)

    def electrodes(self, name: str, start_s: float, stop_s: float) -> tuple[np.ndarray, ...]:
        values, sfreq_hz = self._signals[name]
        return (np.asarray(values, dtype=np.float32)[round(start_s * sfreq_hz) : round(stop_s * sfreq_hz)],)

    def signal(self, name: str, sfreq_hz: float | None = None) -> np.ndarray:
        values, from_hz = self._signals[name]
        values = np.asarray(values, dtype=np.float32)
        if sfreq_hz is None or sfreq_hz == from_hz:
            return values
        change = hold if CHANNEL[name].kind in HELD_KINDS else resample
        return change(values, from_hz, sfreq_hz, round(self.duration_s * sfreq_hz))

"""A recording that holds arrays, for testing what reads recordings without a file."""

from functools import cached_property
from pathlib import Path

import numpy as np

from sleeplm.kinds.channels import CHANNEL, CHANNEL_NAMES
from sleeplm.recording.gaps import mostly_gap
from sleeplm.recording.privacy.subject import NOBODY_KNOWN
from sleeplm.recording.quality import Quality, assess
from sleeplm.recording.recording import Channel
from sleeplm.recording.resample import hold, resample
from sleeplm.units import EPOCH_S


def _with_gaps(values, sfreq_hz, gaps):
    values = np.array(values, dtype=np.float32) if gaps else values
    for start_s, stop_s in gaps:
        values[round(start_s * sfreq_hz) : round(stop_s * sfreq_hz)] = np.nan
    return values


class FakeRecording:
    """A `Recording` in memory.

    Parameters
    ----------
    signals : dict of str to (ndarray, float)
        Canonical name to samples in the canonical unit, and their rate in Hz.
    duration_s : float, optional
        That of the first signal where it is not given.
    gaps : sequence of (float, float)
        Seconds between which every signal is NaN.
    """

    def __init__(self, signals=None, duration_s=None, start_clock="23:00:00", simulated=False, gaps=()):
        self._signals = {name: (_with_gaps(*pair, gaps), pair[1]) for name, pair in (signals or {}).items()}
        if duration_s is None:
            values, sfreq_hz = next(iter(self._signals.values()))
            duration_s = len(values) / sfreq_hz
        self.path = Path("fake.edf")
        self.duration_s = float(duration_s)
        self.n_epochs = int(self.duration_s // EPOCH_S)
        self.start_date = None
        self.start_clock = start_clock
        self.simulated = simulated
        self.subject = NOBODY_KNOWN
        self.warnings: list[str] = []
        self.questions = []
        self.annotations: list[tuple[float, float, str]] = []
        self.gaps = tuple(gaps)
        self.mostly_gap = mostly_gap(gaps, self.n_epochs)
        self.channels = {
            n: Channel(n, n, float(self._signals[n][1]), CHANNEL[n].unit)
            for n in CHANNEL_NAMES
            if n in self._signals
        }
        self.missing = [n for n in CHANNEL_NAMES if n not in self._signals]
        self.labels = list(self.channels)

    @cached_property
    def quality(self) -> Quality:
        return assess(self)

    def electrodes(self, name, start_s, stop_s):
        values, sfreq_hz = self._signals[name]
        return (np.asarray(values, dtype=np.float32)[round(start_s * sfreq_hz) : round(stop_s * sfreq_hz)],)

    def signal(self, name, sfreq_hz=None):
        values, from_hz = self._signals[name]
        values = np.asarray(values, dtype=np.float32)
        if sfreq_hz is None or sfreq_hz == from_hz:
            return values
        change = hold if CHANNEL[name].kind in ("position", "spo2") else resample
        return change(values, from_hz, sfreq_hz, round(self.duration_s * sfreq_hz))

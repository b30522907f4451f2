from functools import cached_property
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.signal import lfilter

from sleeplm.intervals import epochs_between
from sleeplm.kinds.channels import CHANNEL, CHANNEL_NAMES
from sleeplm.kinds.events import APNEAS
from sleeplm.kinds.stages import STAGES
from sleeplm.night import Event, Scoring
from sleeplm.recording.epochs import cut_epochs
from sleeplm.recording.quality import assess
from sleeplm.simulate import simulate_night

BEATS_BPM = 63
BREATHS_PER_MIN = 14.1


class MadeRecording:
    """Signals made in a test, read as a `Recording` is."""

    def __init__(self, signals: dict[str, tuple[np.ndarray, float]], n_epochs: int):
        self.made = {n: (np.asarray(x, np.float32), f) for n, (x, f) in signals.items()}
        self.n_epochs, self.duration_s, self.simulated = n_epochs, 30.0 * n_epochs, True
        self.channels = {
            n: SimpleNamespace(name=n, label=n, sfreq_hz=f, unit=CHANNEL[n].unit, note=None)
            for n, (_, f) in self.made.items()
        }
        self.missing = [n for n in CHANNEL_NAMES if n not in self.made]
        self.start_clock = None
        self.questions = []

    @cached_property
    def quality(self):
        return assess(self)

    def electrodes(self, name, start_s, stop_s):
        x, sfreq_hz = self.made[name]
        return (x[round(start_s * sfreq_hz) : round(stop_s * sfreq_hz)],)

    def signal(self, name, sfreq_hz=None):
        x, own_hz = self.made[name]
        if sfreq_hz in (None, own_hz):
            return x
        times = np.arange(round(len(x) / own_hz * sfreq_hz)) / sfreq_hz
        if CHANNEL[name].kind in ("spo2", "position"):
            return x[np.minimum((times * own_hz).astype(int), len(x) - 1)]
        return np.interp(times, np.arange(len(x)) / own_hz, x).astype(np.float32)


def made_signals(n_epochs: int, seed: int = 0) -> dict[str, tuple[np.ndarray, float]]:
    """All 14 channels: coloured noise, a heart at 63 and breathing at 14.1 a minute."""
    draw, seconds = np.random.default_rng(seed), 30 * n_epochs

    def noise(sfreq_hz, sd, pole=0.95):
        x = lfilter([1], [1, -pole], draw.normal(size=seconds * sfreq_hz))
        return x / x.std() * sd

    signals = {n: (noise(128, 20), 128.0) for n in ("C3", "C4", "EOG_L", "EOG_R")}
    signals |= {n: (noise(256, 4, 0.0), 256.0) for n in ("EMG_CHIN", "LEG_L", "LEG_R")}
    ecg = noise(256, 0.02, 0.5)
    for beat in np.arange(0.3, seconds - 1, 60 / BEATS_BPM):
        at = round(beat * 256)
        ecg[at : at + 10] += np.hanning(10)
    times = np.arange(seconds * 32) / 32
    for name, phase in (("THX", 0.0), ("ABD", 0.2), ("AF", 1.0)):
        wave = np.sin(2 * np.pi * BREATHS_PER_MIN / 60 * times + phase)
        signals[name] = (wave + 0.1 * draw.normal(size=len(times)), 32.0)
    return signals | {
        "ECG": (ecg, 256.0),
        "SPO2": (95 + np.round(noise(1, 1, 0.9)), 1.0),
        "POS": (np.repeat(draw.choice([0, 1, 2, 3, 4], n_epochs), 30), 1.0),
        "SNORE": (noise(64, 1), 64.0),
    }


def made_scoring(n_epochs: int, seed: int = 0) -> Scoring:
    """Stages in blocks, and events of every kind, some across the epochs' edges."""
    draw = np.random.default_rng(seed)
    kinds = ("apnea_obstructive", "apnea_central", "hypopnea", "arousal", "desaturation", "plm", "leg_movement")
    starts = np.sort(draw.uniform(0, 30 * n_epochs - 1, 2 * n_epochs)).round(1)
    events = tuple(Event(str(draw.choice(kinds)), float(s), round(float(draw.uniform(3, 45)), 1)) for s in starts)
    hypnogram = tuple(STAGES[(e // 3) % 5] for e in range(n_epochs))
    return Scoring(hypnogram, "expert", events, dict.fromkeys((*kinds, "apnea"), "expert"))


@pytest.fixture(scope="session")
def make_recording():
    return MadeRecording


@pytest.fixture(scope="session")
def made():
    """A made hour: recording, its epochs, its scoring."""
    recording = MadeRecording(made_signals(120), 120)
    return recording, cut_epochs(recording), made_scoring(120)


@pytest.fixture(scope="session")
def signals_of():
    return made_signals


@pytest.fixture(scope="session")
def simulated(make_recording):
    """A simulated night of severe apnoea, and which epochs no breathing event or artefact touches."""
    night = simulate_night(3, 2.0, "osa-severe")
    recording = make_recording(night.signals, len(night.hypnogram))
    clean = np.ones(len(night.hypnogram), bool)
    for event in night.events:
        if event.type in (*APNEAS, "hypopnea", "artifact"):
            first, last = epochs_between(event.start_s, event.end_s, len(clean))
            clean[first - 1 : last] = False
    return night, recording, cut_epochs(recording), clean

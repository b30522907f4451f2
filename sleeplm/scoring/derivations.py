"""Which channels the detectors of brain, eyes and muscle read, and at what rate; stages on their time."""

from collections.abc import Collection, Sequence

import numpy as np

from sleeplm.recording.protocol import NightSignals
from sleeplm.units import EPOCH_S

SFREQ_HZ = 100  # YASA's rate
MIN_SFREQ_HZ = 60.0  # what is read goes up to 30 Hz; a slower channel is an envelope or cannot show it
EEG_CHANNELS = ("C4", "C3")  # YASA's classifiers were trained on C4-M1


def fast_enough(recording: NightSignals, name: str) -> bool:
    """Whether a channel was recorded, at 60 Hz or more."""
    channel = recording.channels.get(name)
    return channel is not None and channel.sfreq_hz >= MIN_SFREQ_HZ


def best_eeg(recording: NightSignals) -> str | None:
    """The central EEG channel with more usable epochs, C4 where they are alike; None where there is none."""
    derivations = [name for name in EEG_CHANNELS if fast_enough(recording, name)]
    return max(derivations, key=lambda name: int(recording.quality.usable(name).sum()), default=None)


def per_sample(hypnogram: Sequence[str], stages: Collection[str], n_samples: int, sfreq_hz=SFREQ_HZ) -> np.ndarray:
    """Where a hypnogram holds one of these stages, bool ``[n_samples]``; False beyond its end."""
    wanted = np.array([stage in stages for stage in hypnogram], dtype=bool)
    mask = np.repeat(wanted, round(EPOCH_S * sfreq_hz))[:n_samples]
    return np.pad(mask, (0, n_samples - len(mask)))

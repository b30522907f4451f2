"""A channel as detectors read it: NaN where it holds no signal, and a sentence where much of it holds none."""

import numpy as np

from sleeplm.kinds.channels import CHANNEL
from sleeplm.recording.protocol import NightSignals

MUCH = 0.2  # share of the night's epochs whose loss people are told of


def read_usable(recording: NightSignals, name: str, sfreq_hz: float | None = None) -> np.ndarray:
    """A channel, with NaN in the epochs that the recording's quality gives up.

    Parameters
    ----------
    recording : Recording
        It has the channel.
    name : str
        Canonical name.
    sfreq_hz : float, optional
        Rate wanted; the file's own by default.

    Returns
    -------
    ndarray of float32
        ``[samples]`` in the canonical unit.
    """
    signal = recording.signal(name, sfreq_hz)
    rate = sfreq_hz or recording.channels[name].sfreq_hz
    usable = recording.quality.usable_samples(name, rate, len(signal))
    return signal if usable.all() else np.where(usable, signal, np.float32(np.nan))


def searched_epochs(recording: NightSignals, *names: str, together: bool = True) -> np.ndarray:
    """Epochs, bool ``[epochs]``, in which these channels hold a signal.

    Parameters
    ----------
    recording : Recording
        It has the channels.
    *names : str
        Canonical names of the channels that a detector reads.
    together : bool
        Whether it needs all of them; else any one suffices.
    """
    join = np.logical_and if together else np.logical_or
    return join.reduce([recording.quality.usable(name) for name in names])


def active(recording: NightSignals, *names: str) -> list[str]:
    """Those of these recorded channels that hold a usable signal in any epoch: no other can be searched."""
    return [name for name in names if recording.quality.usable(name).any() or not recording.n_epochs]


def loss_warnings(recording: NightSignals, *names: str) -> tuple[str, ...]:
    """A sentence for each of these channels that is lost in a fifth of the night or more."""
    warnings = []
    for name in names:
        usable = recording.quality.usable(name)
        lost = int((~usable).sum())
        if lost >= MUCH * len(usable) > 0:
            words = CHANNEL[name].words[:1].upper() + CHANNEL[name].words[1:]
            warnings.append(f"{words} holds no usable signal in {lost} of {len(usable)} epochs; they are left out.")
    return tuple(warnings)


def step_of(signal: np.ndarray) -> float:
    """The smallest change from one sample to the next: the step in which a signal was digitised; 0 if none changes.

    >>> step_of(np.array([0.0, 31.25, 31.25, 93.75, np.nan]))
    31.25
    """
    changes = np.abs(np.diff(signal))
    return float(np.min(changes, where=changes > 0, initial=np.inf)) if np.any(changes > 0) else 0.0

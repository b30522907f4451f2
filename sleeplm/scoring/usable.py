"""A channel as detectors read it: with where it holds a signal, and a sentence where much of it holds none."""

import numpy as np

from sleeplm.vocabulary import CHANNEL

MUCH = 0.2  # share of the night's epochs whose loss people are told of


def read_usable(recording, name: str, sfreq_hz: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """A channel and where it holds a signal.

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
    signal : ndarray of float32
        ``[samples]``, zero where its value is no finite number.
    usable : ndarray of bool
        ``[samples]``; False in epochs that the recording's quality gives up, and where no finite number was.
    """
    signal = recording.signal(name, sfreq_hz)
    finite = np.isfinite(signal)
    rate = sfreq_hz or recording.channels[name].sfreq_hz
    usable = recording.quality.usable_samples(name, rate, len(signal)) & finite
    return (signal if finite.all() else np.where(finite, signal, np.float32(0))), usable


def said_of_loss(recording, *names: str) -> tuple[str, ...]:
    """A sentence for each of these channels that is lost in a fifth of the night or more."""
    said = []
    for name in names:
        usable = recording.quality.usable(name)
        lost = int((~usable).sum())
        if lost >= MUCH * len(usable) > 0:
            words = CHANNEL[name].words.capitalize()
            said.append(f"{words} holds no usable signal in {lost} of {len(usable)} epochs; they are left out.")
    return tuple(said)

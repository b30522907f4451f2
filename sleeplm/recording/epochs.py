"""A recording cut into the 30-s epochs that the network and the captions read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import CANONICAL
from sleeplm.recording.protocol import NightSignals
from sleeplm.recording.quality.faults import valid_samples
from sleeplm.recording.resample import HELD_KINDS
from sleeplm.units import MODEL_SFREQ_HZ, SAMPLES_PER_EPOCH


@dataclass
class Epochs:
    """The epochs of a recording.

    Attributes
    ----------
    signals : ndarray of float32 ``[epochs, 14, 1920]``
        Canonical channels in their order, physical units, 64 Hz, zeros where absent.
    present : ndarray of bool ``[epochs, 14]``
        Whether a channel was recorded in an epoch.
    """

    signals: np.ndarray
    present: np.ndarray

    def __len__(self) -> int:
        return len(self.signals)

    def select(self, numbers: Sequence[int]) -> "Epochs":
        """The epochs of these numbers (counted from 1), in this order.

        Raises
        ------
        UsageError
            A number is outside the recording.
        """
        at = np.asarray(numbers, dtype=int) - 1
        outside = at[(at < 0) | (at >= len(self))]
        if len(outside):
            raise UsageError(f"There is no epoch {outside[0] + 1}: the recording has epochs 1 to {len(self)}.")
        return Epochs(self.signals[at], self.present[at])


def cut_epochs(recording: NightSignals) -> Epochs:
    """Cut a recording into epochs.

    A channel is present in an epoch where its quality lets it be used. What is missing within a present epoch is 0,
    and for SpO2 and position the last value.

    Parameters
    ----------
    recording : NightSignals

    Returns
    -------
    Epochs
        ``recording.n_epochs`` epochs; what follows the last whole epoch is left out.
    """
    n_epochs = recording.n_epochs
    epochs = Epochs(
        np.zeros((n_epochs, len(CANONICAL), SAMPLES_PER_EPOCH), dtype=np.float32),
        np.zeros((n_epochs, len(CANONICAL)), dtype=bool),
    )
    for i, channel in enumerate(CANONICAL):
        if channel.name in recording.channels and n_epochs:
            signal = _to_length(recording.signal(channel.name, MODEL_SFREQ_HZ), n_epochs * SAMPLES_PER_EPOCH)
            present = recording.quality.usable(channel.name)
            whole = _without_gaps(signal, channel.kind).reshape(n_epochs, SAMPLES_PER_EPOCH)
            epochs.signals[present, i] = whole[present]
            epochs.present[:, i] = present
    return epochs


def _to_length(signal: np.ndarray, n_samples: int) -> np.ndarray:
    """A copy as long as `n_samples`; NaN where the signal is shorter."""
    out = np.full(n_samples, np.nan, dtype=np.float32)
    n = min(n_samples, len(signal))
    out[:n] = signal[:n]
    return out


def _without_gaps(signal: np.ndarray, kind: str) -> np.ndarray:
    """One channel without gaps."""
    valid = valid_samples(signal, kind)
    if kind in HELD_KINDS:  # zero would be a claim
        return _hold_last(signal, valid)
    return np.where(valid, signal, np.float32(0))


def _hold_last(signal: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Each invalid sample takes the last valid value, those before the first take the first."""
    if not valid.any():
        return np.zeros_like(signal)
    last = np.maximum.accumulate(np.where(valid, np.arange(len(signal)), -1))
    last[last < 0] = np.flatnonzero(valid)[0]
    return signal[last]

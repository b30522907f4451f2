"""A recording cut into the 30-s epochs that the network and the captions read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sleeplm.errors import UsageError
from sleeplm.vocabulary import CANONICAL, MODEL_SFREQ_HZ, SAMPLES_PER_EPOCH, CanonicalChannel

# Below this standard deviation over 30 s an electrode is not connected: an amplifier's own noise is above it.
_FLAT = {"uV": 0.05, "mV": 0.0005}
_MIN_VALID = 0.5  # share of an epoch's samples that must be numbers
_HOLDS_LAST = ("position", "spo2")  # kinds whose gaps keep the last value: zero would be a claim


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
        numbers = np.asarray(numbers, dtype=int)
        outside = numbers[(numbers < 1) | (numbers > len(self))]
        if len(outside):
            raise UsageError(f"There is no epoch {outside[0]}: the recording has epochs 1 to {len(self)}.")
        return Epochs(self.signals[numbers - 1], self.present[numbers - 1])


def cut_epochs(recording) -> Epochs:
    """Cut a recording into epochs.

    A channel is present in an epoch where at least half of its samples are numbers (SpO2: between 1 and 100;
    position: a known code) and, for electrodes, where it is not a flat line. What is missing within a present
    epoch is 0, and for SpO2 and position the last value.

    Parameters
    ----------
    recording : Recording

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
            cut, present = _clean(signal.reshape(n_epochs, SAMPLES_PER_EPOCH), channel)
            epochs.signals[present, i] = cut[present]
            epochs.present[:, i] = present
    return epochs


def _to_length(signal: np.ndarray, n_samples: int) -> np.ndarray:
    """A copy as long as `n_samples`; NaN where the signal is shorter."""
    out = np.full(n_samples, np.nan, dtype=np.float32)
    n = min(n_samples, len(signal))
    out[:n] = signal[:n]
    return out


def _clean(signal: np.ndarray, channel: CanonicalChannel) -> tuple[np.ndarray, np.ndarray]:
    """Fill what is missing in one channel ``[epochs, 1920]`` and say in which epochs it is present."""
    valid = np.isfinite(signal)
    if channel.kind == "spo2":
        valid &= (signal >= 1) & (signal <= 100.5)
    if channel.kind == "position":
        valid &= signal >= -0.5
    present = valid.mean(axis=1) >= _MIN_VALID
    if channel.kind in _HOLDS_LAST:
        return _hold_last(signal, valid), present
    signal = np.where(valid, signal, np.float32(0))
    if channel.unit in _FLAT:
        present &= signal.std(axis=1) >= _FLAT[channel.unit]
    elif present.any() and np.ptp(signal[present]) == 0:
        present[:] = False  # one value all night is no signal; a flat flow within a night may be an apnoea
    return signal, present


def _hold_last(signal: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Each invalid sample takes the last valid value, those before the first take the first."""
    if not valid.any():
        return np.zeros_like(signal)
    flat, ok = signal.ravel(), valid.ravel()
    last = np.maximum.accumulate(np.where(ok, np.arange(len(flat)), -1))
    last[last < 0] = np.flatnonzero(ok)[0]
    return flat[last].reshape(signal.shape)

"""Epochs in physical units -> what the published network was trained to read."""

import numpy as np

from sleeplm.kinds.channels import CANONICAL, POSITIONS
from sleeplm.recording.epochs import Epochs

CHANNELS = CANONICAL[:10]  # the order of the published network
NAMES = tuple(c.name for c in CHANNELS)
_UNKNOWN = -1  # of the position's codes


def prepared(epochs: Epochs) -> np.ndarray:
    """Each channel z-scored over all epochs in which it is present, the position as its codes.

    The mean and the spread are those of the epochs that are handed in together, so these should be a whole night:
    how large deep sleep's waves are beside those of waking is lost where an epoch is normalised by itself.

    Parameters
    ----------
    epochs : Epochs

    Returns
    -------
    ndarray of float32 ``[epochs, 10, 1920]``
        What is missing is 0, as published ("if a channel is missing, zero-pad it"), except the position: its code
        for missing data is -1, and 0 would say that the person lies on the right side. The golden inputs have both,
        and an embedding changes where -1 is taken for 0.
    """
    out = np.zeros((len(epochs), len(CHANNELS), epochs.signals.shape[-1]), dtype=np.float32)
    for i, channel in enumerate(CHANNELS):
        here = epochs.present[:, i]
        signal = np.nan_to_num(epochs.signals[here, i], nan=0.0, posinf=0.0, neginf=0.0)
        if channel.kind == "position":
            codes = np.round(signal)
            out[here, i] = np.where(np.isin(codes, list(POSITIONS)), codes, _UNKNOWN)
        elif signal.size:
            mean, spread = signal.mean(dtype=np.float64), signal.std(dtype=np.float64)
            out[here, i] = (signal - mean) / spread if spread > 0 else 0.0
    return of_channels(out, epochs.present[:, : len(CHANNELS)])


def of_channels(signals: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Prepared epochs as they are where fewer channels were recorded.

    Parameters
    ----------
    signals : ndarray ``[epochs, 10, 1920]``
    present : ndarray of bool ``[epochs, 10]``
    """
    absent = np.array([_UNKNOWN if c.kind == "position" else 0 for c in CHANNELS], dtype=signals.dtype)
    return np.where(present[..., None], signals, absent[:, None])

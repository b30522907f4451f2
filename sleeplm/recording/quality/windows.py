"""A signal in windows of equal length on the grid of epochs."""

import numpy as np

from sleeplm.intervals import true_intervals
from sleeplm.units import EPOCH_S

HALF = 0.5  # what holds for half of an epoch holds for the epoch, as the AASM manual judges it by its artefact
USUAL = 75  # percentile over the epochs that is a channel's usual amplitude: half the night may be lost


def in_epochs(values: np.ndarray, sfreq_hz: float, n_epochs: int, per_epoch: int = 1) -> np.ndarray:
    """Windows ``[n_epochs * per_epoch, samples]``; NaN (of a mask: False) after the signal's end.

    A rate that gives no whole number of samples in a window loses less than one sample at its end.
    """
    starts = np.rint(np.arange(n_epochs * per_epoch + 1) * (EPOCH_S * sfreq_hz / per_epoch)).astype(np.int64)
    size = max(1, int(EPOCH_S * sfreq_hz / per_epoch))
    if starts[-1] + size > len(values):
        fill = np.nan if values.dtype.kind == "f" else False
        values = np.concatenate([values, np.full(starts[-1] + size - len(values), fill, values.dtype)])
    if starts[-1] == size * n_epochs * per_epoch:
        return values[: starts[-1]].reshape(-1, size)
    return np.lib.stride_tricks.sliding_window_view(values, size)[starts[:-1]]


def share_of(mask: np.ndarray, sfreq_hz: float, n_epochs: int) -> np.ndarray:
    """Share of each epoch's samples for which something holds, ``[n_epochs]``."""
    return in_epochs(mask, sfreq_hz, n_epochs).mean(axis=1)


def long_runs(mask: np.ndarray, least: int) -> np.ndarray:
    """The mask without its intervals of under `least`."""
    out = np.zeros_like(mask)
    for first, last in true_intervals(mask):
        out[first:last] = last - first >= least
    return out

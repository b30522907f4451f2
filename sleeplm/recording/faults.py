"""What is wrong with one signal, epoch by epoch, judged at its own rate."""

import numpy as np

from sleeplm.vocabulary import EPOCH_S, CanonicalChannel

FAULTS = ("missing", "flat", "clipped", "disconnected", "mains", "movement")
HALF = 0.5  # an epoch is judged by what holds for half of it, as the AASM manual judges an epoch by its artefact

# Below this standard deviation an electrode gives nothing: an amplifier's own noise is above it.
FLAT_SD = {"uV": 0.05, "mV": 0.0005}
SPO2_PCT = (1.0, 100.5)  # outside, a probe is off; half a percent above 100 is rounding

# A signal is clipped where it stays at the night's highest or lowest value for three samples or more. Only from
# this share of an epoch on is the epoch lost: a clipped R peak is still one, and so is the top of a breath.
_CLIP_RUN = 3
_CLIPPED = {"eeg": 0.05, "eog": 0.05, "emg": 0.1, "ecg": 0.1, "effort": 0.25, "flow": 0.25, "snore": 0.5}

# Breathing: under this share of the night's usual amplitude a sensor moves no more. An apnea may last two minutes
# and fill four whole epochs, so that only a longer stillness is a sensor that is off.
_STILL = 0.05
_STILL_EPOCHS = 5
_USUAL = 75  # percentile over the epochs: a belt that has fallen off for half the night is no measure of it
_BREATH_HZ = 4.0
_BREATH_WINDOWS = 3  # of 10 s in an epoch

_ELECTRODES = ("eeg", "eog", "emg", "ecg")


def valid_samples(values: np.ndarray, kind: str) -> np.ndarray:
    """Which samples hold something measured: numbers, for SpO2 between 1 and 100.5 %, for position a known code."""
    valid = np.isfinite(values)
    if kind == "spo2":
        valid &= (values >= SPO2_PCT[0]) & (values <= SPO2_PCT[1])
    if kind == "position":
        valid &= values >= -0.5
    return valid


def find_faults(values: np.ndarray, sfreq_hz: float, channel: CanonicalChannel, n_epochs: int) -> np.ndarray:
    """Judge one signal.

    Parameters
    ----------
    values : ndarray
        ``[samples]`` in the canonical unit, NaN where nothing was recorded.
    sfreq_hz : float
        Its own rate.
    channel : CanonicalChannel
        What it is meant to be.
    n_epochs : int
        Whole epochs of the recording; the signal may be shorter.

    Returns
    -------
    ndarray of bool
        ``[n_epochs, 6]``, in the order of `FAULTS`.
    """
    found = dict.fromkeys(FAULTS, np.zeros(n_epochs, dtype=bool))
    recorded = _share(np.isfinite(values), sfreq_hz, n_epochs)
    found["missing"] = recorded < HALF
    if channel.kind == "position":
        found["missing"] = _share(valid_samples(values, "position"), sfreq_hz, n_epochs) < HALF
    elif channel.kind == "spo2":
        off = _share(valid_samples(values, "spo2"), sfreq_hz, n_epochs) < HALF
        found["disconnected"] = off & ~found["missing"]
    else:
        at_rail = _at_rail(values)
        found["clipped"] = _share(at_rail, sfreq_hz, n_epochs) >= _CLIPPED[channel.kind]
        if channel.kind in _ELECTRODES:
            found["flat"] = _flat_electrode(values, sfreq_hz, n_epochs, channel)
        elif _one_value(values):
            found["flat"] = ~found["missing"]
        elif channel.kind != "snore":
            found["disconnected"] = _still(values, sfreq_hz, n_epochs)
    for name in FAULTS[1:]:
        found[name] = found[name] & ~found["missing"]
    return np.stack([found[name] for name in FAULTS], axis=1)


def in_epochs(values: np.ndarray, sfreq_hz: float, n_epochs: int, per_epoch: int = 1) -> np.ndarray:
    """Windows of equal length, ``[n_epochs * per_epoch, samples]``; NaN after the signal's end.

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


def _share(mask: np.ndarray, sfreq_hz: float, n_epochs: int) -> np.ndarray:
    """Share of each epoch's samples for which something holds, ``[n_epochs]``."""
    if not n_epochs:
        return np.zeros(0)
    return in_epochs(mask, sfreq_hz, n_epochs).mean(axis=1)


def _at_rail(values: np.ndarray) -> np.ndarray:
    """Samples in a run of three or more at the night's highest or lowest value; a rest at zero is none."""
    at = np.zeros(len(values), dtype=bool)
    known = values[np.isfinite(values)] if np.isnan(values.sum()) else values
    if not known.size or known.min() == known.max():
        return at
    for rail in (known.min(), known.max()):
        if abs(rail) > 1e-3 * np.ptp(known):  # a rectified signal, or a snore, is at rest there
            at |= values == rail
    middle = at[1:-1] & at[:-2] & at[2:]
    run = np.zeros_like(at)
    for shift in range(_CLIP_RUN):
        run[shift : len(run) - 2 + shift] |= middle
    return run


def _flat_electrode(values, sfreq_hz: float, n_epochs: int, channel: CanonicalChannel) -> np.ndarray:
    """Epochs of which half or more, in windows of five seconds, is a flat line.

    A muscle at rest may lie below the smallest step of its signal, so that all of its epoch must be flat.
    """
    with np.errstate(invalid="ignore"):
        sd = in_epochs(values, sfreq_hz, n_epochs, per_epoch=6).std(axis=1)
    share = (sd < FLAT_SD[channel.unit]).reshape(n_epochs, 6).mean(axis=1)
    return share >= (1 if channel.kind == "emg" else HALF)


def _one_value(values: np.ndarray) -> bool:
    known = values[np.isfinite(values)]
    return bool(known.size) and bool(known.min() == known.max())


def _still(values: np.ndarray, sfreq_hz: float, n_epochs: int) -> np.ndarray:
    """Epochs in which a sensor of breathing has not moved for longer than an apnea may last."""
    windows = in_epochs(values, sfreq_hz, n_epochs, per_epoch=_BREATH_WINDOWS)
    block = max(1, int(sfreq_hz / _BREATH_HZ))  # breaths are slow: means of a quarter of a second tell them
    size = windows.shape[1] // block
    slow = windows[:, : size * block].reshape(len(windows), size, block).mean(axis=2)
    sd = slow.std(axis=1)
    amplitude = np.where(np.isfinite(sd), sd, 0).reshape(n_epochs, _BREATH_WINDOWS).max(axis=1, initial=0)
    moving = amplitude[amplitude > 0]
    if not moving.size:
        return np.zeros(n_epochs, dtype=bool)
    return long_runs(amplitude < _STILL * np.percentile(moving, _USUAL), _STILL_EPOCHS)


def long_runs(mask: np.ndarray, least: int) -> np.ndarray:
    """The mask without its runs of under `least`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    out = np.zeros_like(mask)
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        out[first:last] = last - first >= least
    return out

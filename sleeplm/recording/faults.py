"""What is wrong with one signal, epoch by epoch, judged at its own rate."""

import numpy as np

from sleeplm.recording.electrodes import electrode_faults
from sleeplm.recording.windows import HALF, USUAL, in_epochs, runs, share_of
from sleeplm.vocabulary import CanonicalChannel

FAULTS = ("missing", "flat", "clipped", "disconnected", "mains", "movement")
SPO2_PCT = (1.0, 100.5)  # outside, a probe is off; half a percent above 100 is rounding

# A signal is clipped where it stays at the night's highest or lowest value for three samples or more. Only from
# this share of an epoch on is the epoch lost: a clipped R peak is still one, and so is the top of a breath.
_CLIP_RUN = 3
_CLIPPED = {"eeg": 0.05, "eog": 0.05, "emg": 0.1, "ecg": 0.1, "effort": 0.25, "flow": 0.25, "snore": 0.5}

# Under this share of the night's usual amplitude a sensor of breathing moves no more. An apnea may last two minutes
# and fill four whole epochs, so that only a longer stillness is a sensor that is off.
_STILL, _STILL_EPOCHS = 0.05, 5
_THROWN = 5.0  # of the usual amplitude: twice the deepest sigh, so that the body has moved
_BREATH_HZ = 4.0
_BREATH_WINDOWS = 3  # of 10 s in an epoch


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
        Whole epochs of the recording, one or more; the signal may be shorter.

    Returns
    -------
    ndarray of bool
        ``[n_epochs, 6]``, in the order of `FAULTS`.
    """
    missing = share_of(np.isfinite(values), sfreq_hz, n_epochs) < HALF
    found = {}
    if channel.kind == "position":
        missing = share_of(valid_samples(values, "position"), sfreq_hz, n_epochs) < HALF
    elif channel.kind == "spo2":
        found["disconnected"] = share_of(valid_samples(values, "spo2"), sfreq_hz, n_epochs) < HALF
    elif not missing.all():
        found["clipped"] = share_of(_at_rail(values), sfreq_hz, n_epochs) >= _CLIPPED[channel.kind]
        if channel.kind in ("eeg", "eog", "emg", "ecg"):
            found |= electrode_faults(values, sfreq_hz, n_epochs, channel)
        elif _one_value(values):  # of a night of breaths or snores; within a night, stillness is a finding
            found["flat"] = ~missing
        elif channel.kind != "snore":
            found |= _breathing_faults(values, sfreq_hz, n_epochs, channel.kind)
    none = np.zeros(n_epochs, dtype=bool)
    return np.stack([missing, *(found.get(name, none) & ~missing for name in FAULTS[1:])], axis=1)


def _at_rail(values: np.ndarray) -> np.ndarray:
    """Samples in a run of three or more at the night's highest or lowest value; a rest at zero is none."""
    low, high = np.nanmin(values), np.nanmax(values)
    at = np.zeros(len(values), dtype=bool)
    for rail in (low, high) if low < high else ():
        if abs(rail) > 1e-3 * (high - low):  # a rectified signal, or a snore, is at rest there
            at |= values == rail
    middle = at[1:-1] & at[:-2] & at[2:]
    run = np.zeros_like(at)
    for shift in range(_CLIP_RUN):
        run[shift : shift + len(middle)] |= middle
    return run


def _one_value(values: np.ndarray) -> bool:
    return bool(np.nanmin(values) == np.nanmax(values))


def _breathing_faults(values: np.ndarray, sfreq_hz: float, n_epochs: int, kind: str) -> dict[str, np.ndarray]:
    """Epochs in which a sensor has not moved for longer than an apnea may last, or a belt was thrown about."""
    windows = in_epochs(values, sfreq_hz, n_epochs, per_epoch=_BREATH_WINDOWS)
    block = max(1, int(sfreq_hz / _BREATH_HZ))  # breaths are slow: means of a quarter of a second tell them
    size = windows.shape[1] // block
    slow = windows[:, : size * block].reshape(len(windows), size, block).mean(axis=2)
    sd = slow.std(axis=1).reshape(n_epochs, _BREATH_WINDOWS)
    amplitude = np.where(np.isfinite(sd), sd, 0).max(axis=1)
    if not amplitude.any():
        return {}
    usual = np.percentile(amplitude[amplitude > 0], USUAL)
    still = amplitude < _STILL * usual
    off = np.zeros(n_epochs, dtype=bool)
    for first, last in runs(still):
        off[first:last] = last - first >= _STILL_EPOCHS
    return {"disconnected": off, **({"movement": amplitude > _THROWN * usual} if kind == "effort" else {})}

"""What is wrong with one signal, epoch by epoch, judged at its own rate.

Thresholds without another reason were chosen on simulated nights with loose sensors (seeds 0 to 123; the figures of
``benchmarks/quality.py`` are of others), on the EEG of UCDDB and on the flow of the CPAP night.
"""

import numpy as np

from sleeplm.kinds.channels import CanonicalChannel
from sleeplm.recording.quality.electrodes import electrode_faults, flat_epochs
from sleeplm.recording.quality.windows import HALF, USUAL, in_epochs, long_runs, share_of

FAULTS = ("missing", "flat", "clipped", "disconnected", "mains", "movement")
PULSE_BPM = (20.0, 300.0)  # of an oximeter; outside, a probe is off
SPO2_PCT = (1.0, 100.5)  # outside, a probe is off; half a percent above 100 is rounding
_RANGES = {"spo2": SPO2_PCT, "pulse": PULSE_BPM}

# A signal is clipped where it stays at the night's highest or lowest value for three samples or more. Only from
# this share of an epoch on is the epoch lost: a clipped R peak is still one, and so is the top of a breath.
# A rectified signal rests at its lowest value, and so may one with coarse steps: within this share of its range.
_CLIP_RUN, _AT_REST = 3, 0.01
_CLIPPED = {"eeg": 0.05, "eog": 0.05, "emg": 0.1, "ecg": 0.1, "effort": 0.25, "flow": 0.25, "snore": 0.5}

# Under this share of the night's usual amplitude a sensor of breathing moves no more. An apnea may last two minutes
# and fill four whole epochs, so that only a longer stillness is a sensor that is off.
_STILL, _STILL_EPOCHS = 0.05, 5
# A sensor that is off may also give noise, without the rhythm of breathing: small, or loud at once. Of the power
# at 0.1 to 2 Hz, 0.1 to 0.7 Hz (6 to 42 breaths a minute) hold .8 or more in all 882 epochs of the CPAP night, and
# .33 in white noise.
_NOISE, _RHYTHM, _NEVER = 0.3, 0.5, 0.9  # amplitude; share of power; share of a night that never breathes
_LOUD, _LOUD_EPOCHS = 3.0, 2
_BREATHS_HZ, _ALL_HZ = (0.1, 0.7), (0.1, 2.0)
_THROWN = 5.0  # of the usual amplitude: twice the deepest sigh, so that the body has moved
_BREATH_HZ = 4.0  # rate of the means in which breaths are looked for


def valid_samples(values: np.ndarray, kind: str) -> np.ndarray:
    """Which samples hold something measured: numbers, of SpO2 from 1 to 100.5 %, of a pulse 20 to 300 bpm.

    Of a position they are those with a known code.
    """
    valid = np.isfinite(values)
    if kind in _RANGES:
        low, high = _RANGES[kind]
        valid &= (values >= low) & (values <= high)
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
    elif channel.kind in _RANGES:
        found["disconnected"] = share_of(valid_samples(values, channel.kind), sfreq_hz, n_epochs) < HALF
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


def faults_of_electrode(
    values: np.ndarray, sfreq_hz: float, channel: CanonicalChannel, n_epochs: int
) -> np.ndarray:
    """Judge one of the two electrodes of a derivation: only what the derivation does not show, flat and clipped.

    Hum that both electrodes have is gone from their difference. Parameters and result as in `find_faults`.
    """
    found = np.zeros((n_epochs, len(FAULTS)), dtype=bool)
    if np.isfinite(values).any():
        found[:, FAULTS.index("flat")] = flat_epochs(values, sfreq_hz, n_epochs, channel)
        clipped = share_of(_at_rail(values), sfreq_hz, n_epochs) >= _CLIPPED[channel.kind]
        found[:, FAULTS.index("clipped")] = clipped
    return found


def _at_rail(values: np.ndarray) -> np.ndarray:
    """Samples in a run of three or more at the night's highest or lowest value, if it does not rest there."""
    low, high, rest = np.nanmin(values), np.nanmax(values), np.nanmedian(values[:: max(1, len(values) // 10_000)])
    at = np.zeros(len(values), dtype=bool)
    for rail in (low, high) if low < high else ():
        if abs(rail - rest) > _AT_REST * (high - low):
            at |= values == rail
    middle = at[1:-1] & at[:-2] & at[2:]
    run = np.zeros_like(at)
    for shift in range(_CLIP_RUN):
        run[shift : shift + len(middle)] |= middle
    return run


def _one_value(values: np.ndarray) -> bool:
    return bool(np.nanmin(values) == np.nanmax(values))


def _breathing_faults(values: np.ndarray, sfreq_hz: float, n_epochs: int, kind: str) -> dict[str, np.ndarray]:
    """Epochs in which a sensor has not breathed for longer than an apnea may last, or a belt was thrown about."""
    epochs = in_epochs(values, sfreq_hz, n_epochs)
    block = max(1, int(sfreq_hz / _BREATH_HZ))  # breaths are slow: means of a quarter of a second show them
    size = epochs.shape[1] // block // 3 * 3
    slow = epochs[:, : size * block].reshape(n_epochs, size, block).mean(axis=2)
    slow[~np.isfinite(slow).all(axis=1)] = 0
    amplitude = slow.reshape(n_epochs, 3, -1).std(axis=2).max(axis=1)  # of ten seconds
    if not amplitude.any():
        return {}
    silent = _without_rhythm(slow, sfreq_hz / block)
    never = silent.mean() >= _NEVER
    moving = amplitude > 0
    breathing = moving & ~silent
    usual = np.percentile(amplitude[breathing if breathing.any() else moving], USUAL)
    still = (amplitude < _STILL * usual) | (silent & ((amplitude < _NOISE * usual) | never))
    loud = (silent & (amplitude > _LOUD * usual)) | (amplitude > _THROWN * usual)
    off = long_runs(still, _STILL_EPOCHS) | long_runs(loud, _LOUD_EPOCHS)
    return {"disconnected": off, **({"movement": amplitude > _THROWN * usual} if kind == "effort" else {})}


def _without_rhythm(epochs: np.ndarray, sfreq_hz: float) -> np.ndarray:
    """Epochs whose power does not lie where breaths are; none where the rate is too low to know."""
    hz = np.fft.rfftfreq(epochs.shape[1], 1 / sfreq_hz)
    if hz[-1] < 2 * _BREATHS_HZ[1]:
        return np.zeros(len(epochs), dtype=bool)
    centred = (epochs - epochs.mean(axis=1, keepdims=True)) * np.hanning(epochs.shape[1])
    power = np.abs(np.fft.rfft(centred, axis=1)) ** 2
    breaths, all_ = (power[:, (hz >= low) & (hz <= high)].sum(axis=1) for low, high in (_BREATHS_HZ, _ALL_HZ))
    return breaths < _RHYTHM * all_

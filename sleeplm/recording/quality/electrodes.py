"""What is wrong with the signal of an electrode (EEG, EOG, EMG, ECG), by its amplitude and spectrum each second.

Thresholds without another reason were chosen as those of `sleeplm.recording.quality.faults`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.fft import rfft
from scipy.signal.windows import hann

from sleeplm.kinds.channels import CanonicalChannel
from sleeplm.recording.quality.windows import HALF, USUAL, in_epochs
from sleeplm.units import EPOCH_S

# Below this standard deviation an electrode gives nothing at all: an amplifier's own noise is above it.
FLAT_SD = {"uV": 0.05, "mV": 0.0005}
# What an amplifier gives with nothing on it: at most 6 uV peak to peak (IEC 60601-2-26), 1 uV of standard
# deviation. An ECG's is given ten times as much, its R peaks being a thousand times larger.
_NOISE_SD = {"eeg": 1.0, "eog": 1.0, "ecg": 0.01}
# Of the channel's usual standard deviation in this night: small noise, loud noise, and more than any body gives.
_FAR_BELOW, _ABOVE, _FAR_ABOVE = 0.15, 4.0, 5.0
_FLOATING_SD = {"eeg": 120.0, "eog": 200.0, "ecg": 1.0}
# Ratio of the power densities at 2 to 4 Hz and at 20 to 40 Hz: 1 for noise, 13 awake and 202 in N3 (medians of
# 6,346 epochs of UCDDB). Muscle takes 6% of the waking ones under the limit, so that the amplitude has to be small.
_WHITE = 3.0
_MAINS_HZ = (50, 60)
_HUM, _ONLY_HUM = 0.5, 0.8  # share of power above 1 Hz that is the mains
# Muscle that overlies an EEG lifts its power at 26.25 to 32 Hz to over four times the median (Brunner et al. 1996,
# J Sleep Res 5:155). A movement also throws the whole signal about, which a tense muscle does not, and unlike a
# slow wave it is fast: four times the amplitude and sixteen times the fast power of the night are asked for.
_MUSCLE_HZ = (26, 32)
_MOVEMENT_SD, _MOVEMENT_POWER = 4.0, 16.0
_MOVEMENT_S = 5
_LOWEST_SPECTRUM_HZ = 48  # rate below which of the fast band, 20 to 40 Hz, under five bins are left
_LOWEST_HZ = 70.0  # rate below which there is no muscle band to look at
_CHUNK_EPOCHS = 120  # an hour: its spectra stay in the processor's cache


@dataclass(frozen=True)
class Bands:
    """The spectrum of a signal second by second, each array ``[epochs, 30]``; NaN where one is not all numbers.

    Attributes
    ----------
    slow, fast, muscle : ndarray
        Mean power density at 2 to 4, 20 to 40 and 26 to 32 Hz.
    mains : ndarray
        Share of the power above 1 Hz that lies at 50 or 60 Hz, with the first harmonic; 0 where it cannot be seen.
    """

    slow: np.ndarray
    fast: np.ndarray
    muscle: np.ndarray
    mains: np.ndarray


@dataclass(frozen=True)
class Seconds:
    """A signal second by second, each array ``[epochs, 30]``; NaN where a second is not all numbers.

    Attributes
    ----------
    mean, variance : ndarray
        In the signal's unit and its square.
    bands : Bands or None
        The spectrum; None where the rate is too low for one.
    """

    mean: np.ndarray
    variance: np.ndarray
    bands: Bands | None


def electrode_faults(
    values: np.ndarray, sfreq_hz: float, n_epochs: int, channel: CanonicalChannel
) -> dict[str, np.ndarray]:
    """Epochs ``bool [n_epochs]`` that are ``flat``, ``disconnected``, ``mains`` and, of EEG and EOG, ``movement``.

    Parameters
    ----------
    values : ndarray
        ``[samples]`` in the canonical unit, at `sfreq_hz`.
    channel : CanonicalChannel
        Of kind eeg, eog, emg or ecg.
    """
    seconds = by_seconds(values, sfreq_hz, n_epochs)
    found = {"flat": _flat(seconds, channel)}
    bands = seconds.bands
    if bands is None or not np.isfinite(seconds.variance).any():
        return found
    mains = _median(bands.mains)
    found["mains"] = mains >= _HUM
    if channel.kind == "emg":  # a muscle may be as still as an amplifier, and its bursts are what is measured
        return found
    found["disconnected"] = ((mains >= _ONLY_HUM) | _noise_only(seconds.variance, bands, channel)) & ~found["flat"]
    if channel.kind != "ecg" and sfreq_hz >= _LOWEST_HZ:
        found["movement"] = _movement(seconds.variance, bands.muscle)
    return found


def by_seconds(values: np.ndarray, sfreq_hz: float, n_epochs: int) -> Seconds:
    """Mean, variance and spectrum of each second (Hann window), an hour at a time."""
    windows = in_epochs(values, sfreq_hz, n_epochs, per_epoch=EPOCH_S)
    rows = _CHUNK_EPOCHS * EPOCH_S
    parts = [_describe(windows[at : at + rows]) for at in range(0, len(windows), rows)]
    columns = [np.concatenate(column).reshape(n_epochs, EPOCH_S) for column in zip(*parts, strict=True)]
    mean, variance, *bands = columns
    return Seconds(mean, variance, Bands(*bands) if bands else None)


def _describe(windows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Mean and variance of windows ``[seconds, samples]``, and the four of `Bands` where the rate allows."""
    mean = windows.mean(axis=1)
    centred = windows - mean[:, None]
    variance = np.einsum("ij,ij->i", centred, centred) / windows.shape[1]
    size = windows.shape[1]
    if size < _LOWEST_SPECTRUM_HZ:
        return mean, variance
    centred *= hann(size, sym=False).astype(np.float32)
    spectrum = rfft(centred, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    top = power.shape[1]
    total = np.maximum(power[:, 1:].sum(axis=1), np.finfo(np.float32).tiny)
    hum = [sum(power[:, h - 1 : h + 2].sum(axis=1) for h in (hz, 2 * hz) if h + 1 < top) for hz in _MAINS_HZ]
    share = np.max(np.broadcast_arrays(*hum, np.zeros(len(windows))), axis=0) / total
    low, high = _MUSCLE_HZ
    muscle = power[:, low : high + 1].mean(axis=1) if high < top else np.zeros(len(windows))
    return mean, variance, power[:, 2:5].mean(axis=1), power[:, 20 : min(41, top)].mean(axis=1), muscle, share


def flat_epochs(values: np.ndarray, sfreq_hz: float, n_epochs: int, channel: CanonicalChannel) -> np.ndarray:
    """Epochs ``bool [n_epochs]`` of which half or more, in windows of five seconds, is a flat line.

    A muscle at rest may lie below the smallest step of its signal, so that all of its epoch must be flat.
    """
    with np.errstate(invalid="ignore"):
        sd = in_epochs(values, sfreq_hz, n_epochs, per_epoch=6).std(axis=1)
    return _mostly(sd**2, channel)


def _flat(seconds: Seconds, channel: CanonicalChannel) -> np.ndarray:
    """The same from what is known of each second."""
    shape = (len(seconds.mean), 6, 5)
    return _mostly(seconds.variance.reshape(shape).mean(axis=2) + seconds.mean.reshape(shape).var(axis=2), channel)


def _mostly(variance: np.ndarray, channel: CanonicalChannel) -> np.ndarray:
    share = (variance < FLAT_SD[channel.unit] ** 2).reshape(-1, 6).mean(axis=1)
    return share >= (1 if channel.kind == "emg" else HALF)


def _noise_only(variance: np.ndarray, bands: Bands, channel: CanonicalChannel) -> np.ndarray:
    """Epochs of white noise as small as an amplifier's own or far larger than the night, or afloat far above it."""
    sd = np.sqrt(_median(variance))
    of_a_body = (_median(bands.slow) >= _WHITE * _median(bands.fast)) & (sd > FLAT_SD[channel.unit])
    usual = np.nanpercentile(sd[of_a_body] if of_a_body.any() else sd, USUAL)
    small = sd < max(_NOISE_SD[channel.kind], _FAR_BELOW * usual)
    floating = sd > max(_FLOATING_SD[channel.kind], _FAR_ABOVE * usual)
    return ((small | (sd > _ABOVE * usual)) & ~of_a_body) | floating


def _movement(variance: np.ndarray, muscle: np.ndarray) -> np.ndarray:
    """Epochs with five seconds or more of a burst far above the night in amplitude and in fast power."""
    sd = np.sqrt(variance)
    burst = (sd > _MOVEMENT_SD * np.nanmedian(sd)) & (muscle > _MOVEMENT_POWER * np.nanmedian(muscle))
    return burst.sum(axis=1) >= _MOVEMENT_S


def _median(values: np.ndarray) -> np.ndarray:
    """Median of each epoch's whole seconds, ``[epochs]``; NaN where it has none."""
    out = np.full(len(values), np.nan)
    some = np.isfinite(values).any(axis=1)
    out[some] = np.nanmedian(values[some], axis=1)
    return out

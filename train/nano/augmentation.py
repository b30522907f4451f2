"""Augmentation: signals as another laboratory would have recorded them."""

import numpy as np

from sleeplm.kinds.channels import CANONICAL
from sleeplm.network.nano.preparation import ARBITRARY, WAVES
from sleeplm.units import MODEL_SFREQ_HZ

_GAIN_SD = 0.5  # of ln(gain): electrodes, amplifiers, skulls
_FILTERED = 0.7  # share of epochs with other filters and noise
_TILT = 0.12  # of ln(amplitude) an octave
_NOISE_LN_UV = 0.0  # median of ln(noise): 1 uV
_ARBITRARY_GAIN_SD = 1.0  # belts, flow, snore: any laboratory's unit


def augment(signals: np.ndarray, exact: np.ndarray, rng: np.random.Generator, variety: float = 1.0) -> np.ndarray:
    """Signals as another laboratory would give them: other gains, filters and noise, EEG and eyes either way up.

    Parameters
    ----------
    signals : ndarray ``[batch, 14, 1920]``
    exact : ndarray of bool ``[batch]``
        Epochs whose captions give microvolts: only arbitrary units and the ECG's polarity vary there.
    variety : float
        From 0, one laboratory, to 1, any: how far filters go, and how many epochs are filtered.
    """
    out = signals.copy()
    kinds = np.array([c.kind for c in CANONICAL])
    physical, arbitrary = np.isin(kinds, ("eeg", "eog", "emg", "ecg")), np.zeros(len(kinds), dtype=bool)
    brain = np.flatnonzero(np.isin(kinds, ("eeg", "eog")))
    arbitrary[list(WAVES)] = ARBITRARY
    shape = (len(out), len(kinds))
    gains = np.where(arbitrary, np.exp(rng.normal(0, _ARBITRARY_GAIN_SD, shape)), 1.0)
    # One gain a person and kind, a smaller one an electrode.
    shared = rng.normal(0, _GAIN_SD, (len(out), 1)) + rng.normal(0, _GAIN_SD / 3, shape)
    gains = np.where(physical & ~exact[:, None], np.exp(shared), gains)
    gains[:, kinds == "ecg"] *= rng.choice((-1, 1), (len(out), 1))
    gains[:, brain] *= np.where(exact, 1, rng.choice((-1, 1), len(out)))[:, None]
    out *= gains[..., None].astype(np.float32)
    rows = np.flatnonzero(~exact & (rng.random(len(out)) < variety * _FILTERED))
    if len(rows):
        part = np.ix_(rows, brain)
        noise_uv = np.exp(rng.normal(_NOISE_LN_UV, 0.7, (len(rows), 1, 1))) * (rng.random((len(rows), 1, 1)) < 0.5)
        there = out[part].any(-1, keepdims=True)
        noisy = filtered(out[part], rng, variety) + noise_uv * rng.normal(
            size=(len(rows), len(brain), out.shape[-1])
        )
        out[part] = np.where(there, noisy, 0)
    return out


def filtered(signals: np.ndarray, rng: np.random.Generator, variety: float = 1.0) -> np.ndarray:
    """Signals ``[rows, channels, samples]`` after other filters: tilted, bent and cut spectra, one for each row."""
    n, samples = len(signals), signals.shape[-1]
    hz = np.fft.rfftfreq(samples, 1 / MODEL_SFREQ_HZ)
    octaves = np.log2(np.maximum(hz, 0.25) / 4)  # from 4 Hz: -4 to 3
    tilt, bend = variety * rng.normal(0, _TILT, (n, 1)), variety * rng.normal(0, _TILT / 4, (n, 1))
    response = np.exp(tilt * octaves + bend * (octaves**2 - 4))
    top_hz = np.where(rng.random((n, 1)) < 0.3, rng.uniform(14, 32, (n, 1)), 64)
    bottom_hz = np.where(rng.random((n, 1)) < 0.3, rng.uniform(0.2, 0.8, (n, 1)), 0.01)
    response /= np.sqrt(1 + (hz / top_hz) ** 6) * np.sqrt(1 + (bottom_hz / np.maximum(hz, 0.01)) ** 4)
    return np.fft.irfft(np.fft.rfft(signals) * response[:, None], n=samples)

"""Sleep stages from EEG, eye movements and chin muscle, by YASA's trained classifiers."""

import warnings
from dataclasses import dataclass

import numpy as np

from sleeplm.scoring.memory import give_back
from sleeplm.vocabulary import EPOCH_S, MIN_STAGING_S, STAGES, Stage

SOURCE = "yasa"
YASA_SFREQ_HZ = 100
MIN_SFREQ_HZ = 60.0  # YASA reads up to 30 Hz; a slower channel is an envelope or cannot show it
FLAT_UV = 0.1  # a live electrode never varies less within an epoch
EEG_CHANNELS = ("C4", "C3")  # the classifiers were trained on C4-M1 (Vallat & Walker 2021, eLife 10:e70092)
_OTHERS = {"eog": ("EOG_L", "EOG_R"), "emg": ("EMG_CHIN",)}
_YASA_STAGES = {"WAKE": Stage.W, "N1": Stage.N1, "N2": Stage.N2, "N3": Stage.N3, "REM": Stage.R}


@dataclass(frozen=True)
class Staging:
    """Automatic stages of a night.

    Attributes
    ----------
    hypnogram : tuple of Stage
        One an epoch; unscored where the EEG is flat, and throughout where nothing could be staged.
    probabilities : ndarray or None
        float32 ``[epochs, 5]`` in the order of `STAGES`, NaN where unscored; None where nothing was staged.
    channels : tuple of str
        What was read.
    warning : str or None
        Why epochs are unscored.
    """

    hypnogram: tuple[Stage, ...]
    probabilities: np.ndarray | None = None
    channels: tuple[str, ...] = ()
    warning: str | None = None


def stage(recording) -> Staging:
    """Stage a recording with YASA, or say why it cannot be.

    One central EEG channel is read (the one with less flat signal, C4 where they are alike), and one eye channel
    and the chin EMG where these are recorded, fast enough and mostly alive.

    Parameters
    ----------
    recording : Recording
        Of any length; under five minutes nothing is staged.
    """
    n = recording.n_epochs
    eeg = [c for c in EEG_CHANNELS if _fast_enough(recording, c)]
    if recording.duration_s < MIN_STAGING_S:
        return _unstaged(n, _too_short(recording.duration_s))
    if not eeg:
        slow = [c for c in EEG_CHANNELS if c in recording.channels]
        why = "the EEG is sampled too slowly (at least 60 Hz are needed)" if slow else "no EEG was recorded"
        return _unstaged(n, f"No sleep stages: {why}.")
    signals = {name: _read(recording, name) for name in eeg}
    name = min(eeg, key=lambda c: (int(_flat(signals[c], n).sum()), EEG_CHANNELS.index(c)))
    flat = _flat(signals[name], n)
    if flat.all():
        return _unstaged(n, "No sleep stages: the EEG is flat throughout.")
    used = {"eeg": (name, signals[name])}
    used |= {kind: found for kind, names in _OTHERS.items() if (found := _first_alive(recording, names, n))}
    probabilities = _fit(_yasa_probabilities(used), n)
    probabilities[flat] = np.nan
    channels = tuple(channel for channel, _ in used.values())
    return Staging(_most_likely(probabilities), probabilities, channels, _said_of(probabilities))


def _too_short(duration_s: float) -> str:
    minutes = f"{duration_s / 60:.0f} min" if duration_s >= 60 else f"{duration_s:.0f} s"
    if 90 <= duration_s < 150:
        minutes = "Two minutes"
    return f"{minutes} are too few to stage: at least five minutes are needed."


def _unstaged(n_epochs: int, warning: str) -> Staging:
    return Staging((Stage.UNSCORED,) * n_epochs, warning=warning)


def _fast_enough(recording, name: str) -> bool:
    channel = recording.channels.get(name)
    return channel is not None and channel.sfreq_hz >= MIN_SFREQ_HZ


def _read(recording, name: str) -> np.ndarray:
    """A channel at YASA's rate, in microvolts, without NaN."""
    return np.nan_to_num(recording.signal(name, YASA_SFREQ_HZ), nan=0.0, posinf=0.0, neginf=0.0)


def _flat(signal_uv: np.ndarray, n_epochs: int) -> np.ndarray:
    """Epochs that hold no signal, bool ``[epochs]``."""
    size = EPOCH_S * YASA_SFREQ_HZ
    flat = np.ones(n_epochs, dtype=bool)
    whole = min(len(signal_uv) // size, n_epochs)
    flat[:whole] = signal_uv[: whole * size].reshape(whole, size).std(axis=1) < FLAT_UV
    return flat


def _first_alive(recording, names: tuple[str, ...], n_epochs: int) -> tuple[str, np.ndarray] | None:
    """The first of these channels that is fast enough and not flat for half of the night or more."""
    for name in names:
        if _fast_enough(recording, name):
            signal_uv = _read(recording, name)
            if _flat(signal_uv, n_epochs).mean() < 0.5:
                return name, signal_uv
    return None


def _yasa_probabilities(used: dict[str, tuple[str, np.ndarray]]) -> np.ndarray:
    """Stage probabilities by epoch ``[epochs, 5]`` from signals in microvolts at 100 Hz, by kind of signal."""
    import mne
    import yasa
    from sklearn.exceptions import InconsistentVersionWarning

    length = min(len(signal_uv) for _, signal_uv in used.values())
    volts = np.stack([signal_uv[:length].astype(np.float64) * 1e-6 for _, signal_uv in used.values()])
    info = mne.create_info(list(used), YASA_SFREQ_HZ, list(used))
    raw = mne.io.RawArray(volts, info, verbose="error")
    names = {f"{kind}_name": kind for kind in used}
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        # YASA's classifiers were pickled by an older scikit-learn; they load and score the same.
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        proba = yasa.SleepStaging(raw, **names).predict().proba
    give_back()
    return proba.rename(columns=_YASA_STAGES)[list(STAGES)].to_numpy(np.float32)


def _fit(probabilities: np.ndarray, n_epochs: int) -> np.ndarray:
    """As many rows as the recording has epochs; NaN where YASA gave none."""
    fitted = np.full((n_epochs, len(STAGES)), np.nan, dtype=np.float32)
    kept = min(n_epochs, len(probabilities))
    fitted[:kept] = probabilities[:kept]
    return fitted


def _most_likely(probabilities: np.ndarray) -> tuple[Stage, ...]:
    unscored = np.isnan(probabilities).any(axis=1)
    best = np.where(unscored[:, None], 0, probabilities).argmax(axis=1)
    return tuple(Stage.UNSCORED if u else STAGES[i] for u, i in zip(unscored, best, strict=True))


def _said_of(probabilities: np.ndarray) -> str | None:
    count = int(np.isnan(probabilities).any(axis=1).sum())
    return f"{count} of {len(probabilities)} epochs are unscored: the EEG is flat there." if count else None

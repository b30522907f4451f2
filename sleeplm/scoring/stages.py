"""Sleep stages from EEG, eye movements and chin muscle, by YASA's trained classifiers; else from the heart."""

import ctypes
import gc
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sleeplm.kinds.stages import LOW_CONFIDENCE, MIN_STAGING_S, SLEEP_STAGES, STAGES, Stage
from sleeplm.night import Scoring
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring import heart_stages
from sleeplm.scoring.derivations import EEG_CHANNELS, SFREQ_HZ, best_eeg, fast_enough
from sleeplm.scoring.usable import read_usable
from sleeplm.units import EPOCH_S

SOURCE = "yasa"

SURE_WAKE = 0.9  # see `may_sleep`
_OTHERS = {"eog": ("EOG_L", "EOG_R"), "emg": ("EMG_CHIN",)}
_YASA_STAGES = {"WAKE": Stage.W, "N1": Stage.N1, "N2": Stage.N2, "N3": Stage.N3, "REM": Stage.R}


@dataclass(frozen=True)
class Staging:
    """Automatic stages of a night.

    Attributes
    ----------
    hypnogram : tuple of Stage
        One an epoch; unscored where the EEG is not usable, and throughout where nothing could be staged.
    probabilities : ndarray or None
        float32 ``[epochs, 5]`` in the order of `STAGES`, NaN where unscored; None where nothing was staged, or
        by the heart.
    channels : tuple of str
        What was read.
    warning : str or None
        Why epochs are unscored, and what to think of stages from the heart.
    source : str or None
        Who staged; None where nothing was staged.
    """

    hypnogram: tuple[Stage, ...]
    probabilities: np.ndarray | None = None
    channels: tuple[str, ...] = ()
    warning: str | None = None
    source: str | None = None


def stage(recording: NightSignals) -> Staging:
    """Stage a recording with YASA, else by its heart, or say why it cannot be.

    One central EEG channel is read (the one with more usable epochs, C4 where they are alike), and one eye channel
    and the chin EMG where these are recorded, fast enough and usable for half of the night. Epochs whose EEG is not
    usable stay unscored. Without five minutes of usable EEG the ECG tells wake, NREM and REM sleep, where Keras is
    installed (`heart_stages`).

    Parameters
    ----------
    recording : Recording
        Of any length; under five minutes are not staged.
    """
    n = recording.n_epochs
    if recording.duration_s < MIN_STAGING_S:
        return _unstaged(n, _too_short(recording.duration_s))
    name = best_eeg(recording)
    if name is None:
        slow = [c for c in EEG_CHANNELS if c in recording.channels]
        why = "the EEG is sampled too slowly (at least 60 Hz are needed)" if slow else "no EEG was recorded"
        return _without_eeg(recording, why)
    usable = recording.quality.usable(name)
    if usable.sum() * EPOCH_S < MIN_STAGING_S:
        return _without_eeg(recording, "under five minutes of the EEG are usable")
    used = {"eeg": name} | {
        kind: channel for kind, names in _OTHERS.items() if (channel := _first_active(recording, names))
    }
    signals = {kind: _mended(recording, channel) for kind, channel in used.items()}
    probabilities = _fit(_yasa_probabilities(signals), n)
    probabilities[~usable] = np.nan
    hypnogram, warning = _most_likely(probabilities), _unscored_warning(probabilities)
    return Staging(hypnogram, probabilities, tuple(used.values()), warning, SOURCE)


def low_confidence(probabilities: np.ndarray) -> np.ndarray:
    """Epochs whose automatic stage is uncertain, bool ``[epochs]``: the likeliest has a probability under .6.

    On UCDDB 018 (822 epochs, expert stages) it marks 10% of the epochs; in 34% of them YASA and the expert agree,
    in 92% of the others. Unscored epochs are not marked: nothing is claimed of them.

    Parameters
    ----------
    probabilities : ndarray ``[epochs, 5]``
        As in `Scoring.probabilities`, NaN where unscored.
    """
    return probabilities.max(axis=1) < LOW_CONFIDENCE  # NaN is not less


def is_sleep(hypnogram: Sequence[str]) -> np.ndarray:
    """Epochs that are staged as sleep, bool ``[epochs]``."""
    return np.array([stage in SLEEP_STAGES for stage in hypnogram], dtype=bool)


def may_sleep(scoring: Scoring) -> np.ndarray:
    """Epochs that hold sleep or may, bool ``[epochs]``: sleep, and wake of which an automatic staging is not sure.

    Of simulated epochs that YASA calls wake with a probability under .9, 44% are sleep (20 nights of ordinary
    people, n = 724); of those above, 2% are (n = 2,180). On UCDDB 018 98 epochs that an expert calls wake are under
    it as well. What people staged is taken as it stands. The limit was chosen with ten nights of people out of
    distribution in sight, others than those that `benchmarks.detectors` reports.
    """
    asleep = is_sleep(scoring.hypnogram)
    if scoring.probabilities is None:
        return asleep
    wake = scoring.probabilities[:, STAGES.index(Stage.W)]
    return asleep | (wake < SURE_WAKE)  # NaN, where nothing is staged, is not less


def _too_short(duration_s: float) -> str:
    minutes = f"{duration_s / 60:.0f} min" if duration_s >= 60 else f"{duration_s:.0f} s"
    if 90 <= duration_s < 150:
        minutes = "Two minutes"
    return f"{minutes} are too few to stage: at least five minutes are needed."


def _unstaged(n_epochs: int, warning: str) -> Staging:
    return Staging((Stage.UNSCORED,) * n_epochs, warning=warning)


def _without_eeg(recording: NightSignals, why: str) -> Staging:
    """Stages from the heart where it was recorded and Keras is there; `why` says why not from the EEG."""
    if "ECG" not in recording.channels:
        return _unstaged(recording.n_epochs, f"No sleep stages: {why}.")
    hypnogram, reliability = heart_stages.stages_of_heart(recording)
    if all(s == Stage.UNSCORED for s in hypnogram):
        return _unstaged(recording.n_epochs, f"No sleep stages: {why}; {reliability}.")
    warning = f"Staged from the heart alone, as {why}: {reliability}."
    return Staging(hypnogram, None, ("ECG",), warning, heart_stages.SOURCE)


def _first_active(recording: NightSignals, names: tuple[str, ...]) -> str | None:
    """The first of these channels that is fast enough and usable for half of the night or more."""
    for name in names:
        if fast_enough(recording, name) and recording.quality.usable(name).mean() >= 0.5:
            return name
    return None


def _mended(recording: NightSignals, name: str) -> np.ndarray:
    """A channel in microvolts at 100 Hz, whole epochs, each that is not usable replaced by the nearest that is.

    YASA compares each epoch with the whole night and with its neighbours: an artefact would move both.
    """
    size = EPOCH_S * SFREQ_HZ
    n = recording.n_epochs
    signal = read_usable(recording, name, SFREQ_HZ)[: n * size]
    epochs = np.pad(signal, (0, n * size - len(signal)), constant_values=np.nan).reshape(n, size)
    usable = np.flatnonzero(recording.quality.usable(name))
    after = np.clip(np.searchsorted(usable, np.arange(n)), 0, len(usable) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.abs(usable[before] - np.arange(n)) < np.abs(usable[after] - np.arange(n))
    return np.nan_to_num(epochs[usable[np.where(nearer, before, after)]].ravel())


def _yasa_probabilities(signals: dict[str, np.ndarray]) -> np.ndarray:
    """Stage probabilities by epoch ``[epochs, 5]`` from signals in microvolts at 100 Hz, by kind of signal."""
    import mne
    import yasa
    from sklearn.exceptions import InconsistentVersionWarning

    volts = np.stack([signal_uv.astype(np.float64) * 1e-6 for signal_uv in signals.values()])
    info = mne.create_info(list(signals), SFREQ_HZ, list(signals))
    raw = mne.io.RawArray(volts, info, verbose="error")
    names = {f"{kind}_name": kind for kind in signals}
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        # YASA's classifiers were pickled by an older scikit-learn; they load and score the same.
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        proba = yasa.SleepStaging(raw, **names).predict().proba
    return_freed_memory()
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


def _unscored_warning(probabilities: np.ndarray) -> str | None:
    count = int(np.isnan(probabilities).any(axis=1).sum())
    return f"{count} of {len(probabilities)} epochs are unscored: the EEG is not usable there." if count else None


def return_freed_memory() -> None:
    """Return freed memory to the system, where the C library can be asked to: of YASA's features 300 MB a night."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; musl has none
        if trim is not None:
            trim(0)

"""Wake, NREM and REM sleep from heart beats alone, by SleepECG's trained classifier: weak, and said to be."""

import os
import warnings
from datetime import time
from functools import cache

import numpy as np

from sleeplm.kinds.stages import MIN_STAGING_S, Stage
from sleeplm.recording.privacy.subject import NOBODY_KNOWN, Subject
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.heart import heart_of
from sleeplm.units import EPOCH_S

SOURCE = "sleepecg"
CLASSIFIER = "wrn-gru-mesa-weighted"  # trained on MESA; of the two, that with the higher kappa
MIN_BEATS = 10  # of an epoch, to be staged
_INTERVALS_HZ = 4  # rate to which SleepECG resamples the intervals between beats
CLASSES = (Stage.NREM, Stage.R, Stage.W)  # columns of the probabilities, after the one of what is undefined
# What benchmarks/heart_staging.py measures; from true beats, with age, sex and clock told.
AGREEMENT = "kappa .15 and accuracy 50% over 10,164 epochs of 18 MIT-BIH records, where always saying NREM has 63%"
NO_KERAS = "install the extra 'ecg' to stage wake, NREM and REM from the heart"


def stages_of_heart(recording: NightSignals) -> tuple[tuple[Stage, ...], str]:
    """Stage a recording by its ECG.

    Parameters
    ----------
    recording : Recording
        It has an ECG. Its start clock, and the age and sex of its subject, are used where they are known.

    Returns
    -------
    hypnogram : tuple of Stage
        Wake, NREM and REM; unscored where the ECG is not usable or holds under `MIN_BEATS` beats, and throughout
        where the heart cannot stage the night.
    reliability : str
        How far the stages may be trusted, or why there are none.
    """
    n_epochs = recording.n_epochs
    none = (Stage.UNSCORED,) * n_epochs
    if not _keras_is_there():
        return none, NO_KERAS
    heart = heart_of(recording)
    if heart is None:
        return none, "the ECG is sampled too slowly (at least 64 Hz are needed)"
    beats = np.bincount((heart.beats_s // EPOCH_S).astype(int), minlength=n_epochs)[:n_epochs]
    usable = recording.quality.usable("ECG") & (beats >= MIN_BEATS)
    if usable.sum() * EPOCH_S < MIN_STAGING_S:
        return none, "under five minutes of the ECG are usable"
    if not has_whole_window(heart.beats_s, n_epochs):
        return (
            none,
            "nowhere does the heart beat regularly for as long as its spectrum needs, four and a half minutes",
        )
    clock = recording.start_clock
    staged = stages_of_beats(
        heart.beats_s, n_epochs, time.fromisoformat(clock) if clock else None, recording.subject
    )
    hypnogram = tuple(s if u else Stage.UNSCORED for s, u in zip(staged, usable, strict=True))
    reliability = f"only wake, NREM and REM sleep, hardly better than chance ({AGREEMENT})"
    if lost := int((~usable).sum()):
        reliability += f"; {lost} of {n_epochs} epochs are unscored, the ECG not being usable"
    return hypnogram, reliability


def stages_of_beats(
    beats_s: np.ndarray,
    n_epochs: int,
    start: time | None = None,
    subject: Subject = NOBODY_KNOWN,
    classifier: str = CLASSIFIER,
) -> list[Stage]:
    """The likeliest stage of each epoch.

    Parameters
    ----------
    beats_s : ndarray
        Times of all beats in seconds, ``[beats]``.
    n_epochs : int
        How many epochs to stage.
    start : time, optional
        Wall-clock time of second 0.
    subject : Subject
        Age and sex; what is not known, the classifier is not told.
    classifier : str
        One of SleepECG's that tell wake, REM and NREM sleep.
    """
    import sleepecg
    from sleepecg.io.sleep_readers import Gender, SubjectData

    gender = {"F": Gender.FEMALE, "M": Gender.MALE}.get(subject.sex or "")
    record = sleepecg.SleepRecord(
        sleep_stages=np.zeros(n_epochs),  # tells it how long the night is, else it ends with the last beat
        sleep_stage_duration=EPOCH_S,
        recording_start_time=start,
        heartbeat_times=np.asarray(beats_s, dtype=np.float64),
        subject_data=SubjectData(gender=gender, age=subject.age_years),
    )
    trained = _load(classifier)
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.filterwarnings("ignore", message="HR analysis window too short")  # it was in training, too
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)  # of Keras with NumPy 2
        features = sleepecg.extract_features([record], **trained.feature_extraction_params)[0][0]
        features[~np.isfinite(features)] = trained.mask_value
        probabilities = trained.model.predict(features[np.newaxis], verbose=0)[0]
    return [CLASSES[i] for i in probabilities[:, 1:].argmax(axis=1)]


def has_whole_window(beats_s: np.ndarray, n_epochs: int, classifier: str = CLASSIFIER) -> bool:
    """Whether the classifier has its window of whole intervals around one epoch or more.

    Its features hold a spectrum of the intervals, which SleepECG cannot make where not one window is whole: in a
    short recording, or one with a dropout in every window.
    """
    import sleepecg
    from scipy.interpolate import interp1d

    chosen = _load(classifier).feature_extraction_params
    rri_s = sleepecg.preprocess_rri(np.diff(beats_s), min_rri=chosen["min_rri"], max_rri=chosen["max_rri"])
    before_s, after_s = chosen["lookback"], chosen["lookforward"]
    at_s = np.arange(-before_s, (n_epochs - 1) * EPOCH_S + after_s, 1 / _INTERVALS_HZ)
    known = np.isfinite(interp1d(beats_s[1:], rri_s, bounds_error=False)(at_s))
    size, step = int((before_s + after_s) * _INTERVALS_HZ), int(EPOCH_S * _INTERVALS_HZ)
    return any(known[first : first + size].all() for first in range(0, len(known) - size + 1, step))


def _keras_is_there() -> bool:
    os.environ.setdefault("KERAS_BACKEND", "torch")  # read once, when Keras is first imported
    try:
        import keras  # noqa: F401
    except ImportError:
        return False
    return True


@cache
def _load(classifier: str):
    """One of SleepECG's own classifiers."""
    import sleepecg

    return sleepecg.load_classifier(classifier, "SleepECG")

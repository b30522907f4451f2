"""Trains of snoring, from a microphone, a vibration sensor or the pressure at the nose."""

import numpy as np
from scipy.signal import butter, sosfilt

from sleeplm.intervals import true_intervals
from sleeplm.night import Event, Scoring
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.detections import Detections, margin
from sleeplm.scoring.stages import may_sleep
from sleeplm.scoring.usable import loss_warnings, read_usable, searched_epochs
from sleeplm.units import EPOCH_S

SOURCE = "sleeplm snoring"
RULE = "sound 4 times the night's quiet level, in two or more bursts of .3 to 4 s at breathing distance"
SOUND_HZ = 20.0  # snoring's own tone lies above, breathing and movement below
MIN_SOUND_SFREQ_HZ = 64.0  # a slower channel holds the loudness itself
LOUDER = 4.0  # 12 dB
QUIET_PERCENTILE = 20
MIN_BURST_S, MAX_BURST_S = 0.3, 4.0
MAX_PAUSE_S = 7.0  # between two bursts of a train: a breath at 7 a minute, less its snore
MIN_BURSTS = 2
_HZ = 10


def snore_events(recording: NightSignals, scoring: Scoring) -> Detections:
    """Snoring of a recording; where stages are known, trains that touch sleep or doubtful wake (`may_sleep`)."""
    if "SNORE" not in recording.channels:
        return Detections()
    sfreq_hz = recording.channels["SNORE"].sfreq_hz
    if sfreq_hz < _HZ:
        return Detections(
            warnings=("The snoring channel is sampled too slowly (under 10 Hz) to hear breaths in it.",)
        )
    sound = read_usable(recording, "SNORE")
    if not np.isfinite(sound).any():
        return Detections(warnings=("The snoring channel holds no usable signal; nothing is said of snoring.",))
    trains = snoring(sound, sfreq_hz)
    if scoring.hypnogram_source is not None:
        perhaps = may_sleep(scoring)
        trains = [e for e in trains if _touches(perhaps, e)]
    warnings = loss_warnings(recording, "SNORE")
    return Detections(trains, ("snore",), warnings, searched=searched_epochs(recording, "SNORE"))


def snoring(sound: np.ndarray, sfreq_hz: float) -> list[Event]:
    """Find trains of snoring.

    Loudness is the mean of the rectified sound above 20 Hz in each tenth of a second; of a channel under 64 Hz,
    which holds loudness already, its distance from the night's median. No unit makes channels comparable, so that
    loud is 4 times (12 dB over) the night's quiet level, the 20th percentile of its seconds. A burst is loud for .3
    to 4 s; two or more that follow each other within 7 s are a train. Longer noise is speech, movement or a
    machine, and ends a train.

    Parameters
    ----------
    sound : ndarray
        Any unit, ``[samples]``; NaN where it is not usable.
    sfreq_hz : float
        Its rate, 10 Hz or more.

    Returns
    -------
    list of Event
        In order of start. `Event.confidence` tells how loud the train's bursts are (their median peak): .5 for
        12 dB over the quiet level, 1 for 24 dB. It is no probability.
    """
    loudness = _loudness(sound, sfreq_hz)
    seconds = loudness[: len(loudness) // _HZ * _HZ].reshape(-1, _HZ).mean(axis=1)
    heard = seconds[np.isfinite(seconds) & (seconds > 0)]  # a gate makes the quiet digitally silent
    if not heard.size:
        return []
    quiet = np.percentile(heard, QUIET_PERCENTILE)
    with np.errstate(invalid="ignore"):
        bursts = true_intervals(loudness > LOUDER * quiet, round(0.3 * _HZ)) / _HZ
    length_s = bursts[:, 1] - bursts[:, 0]
    bursts, long_ = bursts[(length_s >= MIN_BURST_S) & (length_s <= MAX_BURST_S)], bursts[length_s > MAX_BURST_S]
    if not len(bursts):
        return []
    cut = bursts[1:, 0] - bursts[:-1, 1] > MAX_PAUSE_S
    cut |= np.searchsorted(long_[:, 0], bursts[1:, 0]) > np.searchsorted(long_[:, 0], bursts[:-1, 0])
    firsts, lasts = np.append(0, np.flatnonzero(cut) + 1), np.append(np.flatnonzero(cut), len(bursts) - 1)
    peaks = np.array([np.nanmax(loudness[a:b]) for a, b in np.round(bursts * _HZ).astype(int)]) / quiet
    return [
        _train(bursts[a : b + 1], peaks[a : b + 1])
        for a, b in zip(firsts, lasts, strict=True)
        if b - a + 1 >= MIN_BURSTS
    ]


def _train(bursts: np.ndarray, peaks: np.ndarray) -> Event:
    """The event of a train's bursts ``[bursts, 2]`` in seconds; peaks in times of the quiet level."""
    start_s, end_s = float(bursts[0, 0]), float(bursts[-1, 1])
    sure = margin(float(np.log(np.median(peaks))), np.log(LOUDER), 2 * np.log(LOUDER))
    return Event("snore", start_s, end_s - start_s, ("SNORE",), SOURCE, sure, RULE)


def _loudness(sound: np.ndarray, sfreq_hz: float) -> np.ndarray:
    """Loudness ten times a second; NaN where nothing of it is known."""
    usable = np.isfinite(sound)
    if not usable.any():
        return np.full(int(len(sound) / sfreq_hz * _HZ), np.nan)
    centred = np.where(usable, sound - np.median(sound[usable]), 0).astype(np.float64)
    if sfreq_hz >= MIN_SOUND_SFREQ_HZ:
        centred = sosfilt(butter(2, SOUND_HZ, "highpass", fs=sfreq_hz, output="sos"), centred)
    n = int(len(sound) / sfreq_hz * _HZ)
    edges = np.round(np.arange(n + 1) * sfreq_hz / _HZ).astype(int)
    total, known = (np.concatenate([[0.0], np.cumsum(x)])[edges] for x in (np.abs(centred), usable))
    counts = np.diff(known)
    return np.divide(np.diff(total), counts, out=np.full(n, np.nan), where=counts > 0)


def _touches(epochs: np.ndarray, event: Event) -> bool:
    """Whether an event touches any of these epochs: snoring itself says that who snores is not wide awake."""
    return bool(epochs[int(event.start_s // EPOCH_S) : int(event.end_s // EPOCH_S) + 1].any())

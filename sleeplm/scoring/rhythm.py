"""What the heart does out of the ordinary: too slow, too fast, a pause, a beat before its time."""

from collections.abc import Sequence

import numpy as np

from sleeplm.kinds.stages import SLEEP_STAGES
from sleeplm.night import Event, Scoring
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.detections import Detections
from sleeplm.scoring.heart import SOURCE, HeartRate, heart_of, qrs_energy, read_ecg
from sleeplm.scoring.usable import loss_warnings, searched_epochs
from sleeplm.units import EPOCH_S

SLOW_BPM, FAST_BPM, SUSTAINED_S = 40.0, 90.0, 30.0  # AASM Manual 2.6, adults
PAUSE_S = 3.0  # AASM Manual 2.6: asystole
PREMATURE_SHARE, FOLLOWED_SHARE = 0.75, 0.9  # of the usual interval: at most before, at least after an early beat
_QUIET = 0.25  # of a beat's energy: nothing in a pause may reach it
_T_WAVE_S, _P_WAVE_S = 0.6, 0.3  # after and before a beat


def heart_events(recording: NightSignals, scoring: Scoring) -> Detections:
    """Pauses of a recording's heart and, where sleep was staged, bradycardia and tachycardia in it."""
    if "ECG" not in recording.channels:
        return Detections()
    heart = heart_of(recording)
    if heart is None:
        why = "The electrocardiogram is sampled too slowly (under 64 Hz) to find heart beats in it."
        return Detections(warnings=(why,))
    if not heart.bpm.size:
        return Detections(warnings=("No heart beats could be found in the electrocardiogram.",))
    events, scored = pauses(heart, *read_ecg(recording)), ["pause"]
    if scoring.hypnogram_source is not None:
        events += rate_events(heart, scoring.hypnogram)
        scored = ["bradycardia", "tachycardia", "pause"]
    return Detections(
        sorted(events, key=lambda e: e.start_s),
        tuple(scored),
        loss_warnings(recording, "ECG"),
        searched=searched_epochs(recording, "ECG"),
    )


def pauses(heart: HeartRate, ecg: np.ndarray, sfreq_hz: float) -> list[Event]:
    """Pauses: more than three seconds from one beat to the next (AASM Manual 2.6, asystole).

    The signal must be there and quiet all the while, under a quarter of the energy of the two beats around; else a
    beat may have been missed.

    Parameters
    ----------
    heart : HeartRate
        As `heart_rate` gives it.
    ecg : ndarray
        The ECG that it was found in, ``[samples]``; NaN where unusable.
    sfreq_hz : float
        Its rate.
    """
    rr_s = np.diff(heart.beats_s)
    whole = np.ones(len(rr_s), dtype=bool) if heart.whole is None else heart.whole
    long = np.flatnonzero((rr_s > PAUSE_S) & whole)
    if not long.size:
        return []
    energy = qrs_energy(np.asarray(ecg, dtype=np.float64), sfreq_hz)
    found = []
    for i in long:
        begin_s, end_s = heart.beats_s[i], heart.beats_s[i + 1]
        beats = energy[np.rint([begin_s * sfreq_hz, end_s * sfreq_hz]).astype(int)]
        between = energy[int((begin_s + _T_WAVE_S) * sfreq_hz) : int((end_s - _P_WAVE_S) * sfreq_hz)]
        if between.max() < _QUIET * beats.min():
            rule = f"no beat for more than {PAUSE_S:g} s"
            found.append(Event("pause", float(begin_s), float(end_s - begin_s), ("ECG",), SOURCE, rule=rule))
    return found


def premature_beats(heart: HeartRate) -> np.ndarray:
    """Times of beats that come early, in seconds: ectopic beats, or an irregular rhythm.

    A beat is premature where the interval before it is at most 75% of the usual one (the median of eleven around)
    and the one after it at least 90% of it. What merely splits an interval in two, as a T wave taken for a beat
    would and an interpolated ectopic beat does, is not counted; of two in a row one is.

    Parameters
    ----------
    heart : HeartRate
        As `heart_rate` gives it.
    """
    from scipy.ndimage import median_filter

    rr_s = np.diff(heart.beats_s)
    if len(rr_s) < 2:
        return np.empty(0)
    usual_s = median_filter(rr_s, size=11, mode="nearest")
    whole = np.ones(len(rr_s), dtype=bool) if heart.whole is None else heart.whole
    early = (rr_s[:-1] <= PREMATURE_SHARE * usual_s[:-1]) & (rr_s[1:] >= FOLLOWED_SHARE * usual_s[1:])
    both_s = rr_s[:-1] + np.concatenate([[np.inf], rr_s[:-2]])
    split = np.abs(both_s - usual_s[:-1]) <= (1 - FOLLOWED_SHARE) * usual_s[:-1]
    return heart.beats_s[1:-1][early & ~split & whole[:-1] & whole[1:]]


def rate_events(heart: HeartRate, hypnogram: Sequence[str]) -> list[Event]:
    """Sinus bradycardia and tachycardia in sleep: below 40 or above 90 bpm, sustained for more than 30 s.

    The rate is the mean of ten seconds around each beat; a gap of more than ten seconds without sinus rhythm ends
    an event (AASM Manual 2.6, cardiac rules for adults).

    Parameters
    ----------
    heart : HeartRate
        As `heart_rate` gives it.
    hypnogram : sequence of str
        Stages by epoch; beats outside sleep are left out.
    """
    asleep = np.isin([str(s) for s in hypnogram], [str(s) for s in SLEEP_STAGES])
    epoch = (heart.times_s // EPOCH_S).astype(int)
    inside = epoch < len(asleep)
    inside[inside] &= asleep[epoch[inside]]
    times_s, bpm = heart.times_s[inside], heart.bpm[inside]
    if not times_s.size:
        return []
    mean_bpm = _running_mean(times_s, bpm, 10.0)
    slow = _sustained(
        "bradycardia", times_s, mean_bpm < SLOW_BPM, f"below {SLOW_BPM:g} bpm for more than 30 s in sleep"
    )
    fast = _sustained(
        "tachycardia", times_s, mean_bpm > FAST_BPM, f"above {FAST_BPM:g} bpm for more than 30 s in sleep"
    )
    return sorted([*slow, *fast], key=lambda e: e.start_s)


def _running_mean(times_s: np.ndarray, values: np.ndarray, width_s: float) -> np.ndarray:
    """Mean of the values within half a width on both sides of each time."""
    low = np.searchsorted(times_s, times_s - width_s / 2, side="left")
    high = np.searchsorted(times_s, times_s + width_s / 2, side="right")
    total = np.concatenate([[0.0], np.cumsum(values)])
    return (total[high] - total[low]) / (high - low)


def _sustained(event_type: str, times_s: np.ndarray, mask: np.ndarray, rule: str) -> list[Event]:
    """Runs of beats for which the mask holds without a long gap, of more than 30 s."""
    kept = times_s[mask]
    position = np.flatnonzero(mask)
    if not kept.size:
        return []
    breaks = np.flatnonzero((np.diff(position) > 1) | (np.diff(kept) > 10.0))
    firsts, lasts = np.append(0, breaks + 1), np.append(breaks, kept.size - 1)
    spans = [(kept[a], kept[b]) for a, b in zip(firsts, lasts, strict=True)]
    return [
        Event(event_type, float(a), float(b - a), ("ECG",), SOURCE, rule=rule)
        for a, b in spans
        if b - a > SUSTAINED_S
    ]

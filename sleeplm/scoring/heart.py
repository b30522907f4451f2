"""Heart beats and heart rate from an ECG, and where the rate is too slow or too fast in sleep."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter

from sleeplm.night import Event, Scoring
from sleeplm.scoring.found import Found
from sleeplm.vocabulary import EPOCH_S, SLEEP_STAGES

SOURCE = "sleepecg beats"
MIN_RR_S, MAX_RR_S = 0.3, 2.5
ECTOPIC_SHARE = 0.25  # an interval this far from the median of its neighbours is no sinus rhythm
SLOW_BPM, FAST_BPM, SUSTAINED_S = 40.0, 90.0, 30.0  # AASM Manual 2.6, adults
MIN_SFREQ_HZ = 64.0  # below this the detector's band of 5 to 30 Hz is cut


@dataclass(frozen=True)
class HeartRate:
    """Beats of a night and the rate between them.

    Attributes
    ----------
    beats_s : ndarray
        Times of all R peaks in seconds, ``[beats]``.
    times_s : ndarray
        Times at which an interval that is sinus rhythm ends, ``[intervals]``.
    bpm : ndarray
        Rate over each of these intervals, ``[intervals]``.
    """

    beats_s: np.ndarray
    times_s: np.ndarray
    bpm: np.ndarray


def heart_rate(ecg: np.ndarray, sfreq_hz: float) -> HeartRate:
    """Find R peaks (SleepECG's Pan-Tompkins detector) and the rate between them.

    Intervals shorter than 0.3 s or longer than 2.5 s, and those that differ by more than a quarter from the median
    of eleven around them (ectopic or missed beats), give no rate.

    Parameters
    ----------
    ecg : ndarray
        ECG in any unit, ``[samples]``.
    sfreq_hz : float
        Its rate; below 64 Hz nothing is detected.
    """
    beats_s = _beats(np.nan_to_num(np.asarray(ecg, dtype=np.float64)), sfreq_hz)
    if len(beats_s) < 2:
        return HeartRate(beats_s, np.empty(0), np.empty(0))
    rr_s = np.diff(beats_s)
    possible = (rr_s >= MIN_RR_S) & (rr_s <= MAX_RR_S)
    times_s, rr_s = beats_s[1:][possible], rr_s[possible]
    if rr_s.size:
        usual_s = median_filter(rr_s, size=11, mode="nearest")
        sinus = np.abs(rr_s - usual_s) <= ECTOPIC_SHARE * usual_s
        times_s, rr_s = times_s[sinus], rr_s[sinus]
    return HeartRate(beats_s, times_s, 60 / rr_s)


def _beats(ecg: np.ndarray, sfreq_hz: float) -> np.ndarray:
    from sleepecg import detect_heartbeats

    if sfreq_hz < MIN_SFREQ_HZ or len(ecg) < 2 * sfreq_hz or np.ptp(ecg) == 0:
        return np.empty(0)
    return detect_heartbeats(ecg, sfreq_hz) / sfreq_hz


def heart_events(recording, so_far: Scoring) -> Found:
    """Bradycardia and tachycardia of a recording; they are defined in sleep: not looked for without stages."""
    channel = recording.channels.get("ECG")
    if channel is None or so_far.hypnogram_source is None:
        return Found()
    if channel.sfreq_hz < MIN_SFREQ_HZ:
        why = "The electrocardiogram is sampled too slowly (under 64 Hz) to find heart beats in it."
        return Found(warnings=(why,))
    heart = heart_rate(recording.signal("ECG"), channel.sfreq_hz)
    if not heart.bpm.size:
        return Found(warnings=("No heart beats could be found in the electrocardiogram.",))
    return Found(rate_events(heart, so_far.hypnogram), ("bradycardia", "tachycardia"))


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

"""Heart beats and heart rate from an ECG."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from scipy.ndimage import median_filter, uniform_filter1d

from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.usable import read_usable

SOURCE = "sleeplm beats"
MIN_RR_S, MAX_RR_S = 0.3, 2.5
ECTOPIC_SHARE = 0.25  # an interval this far from the median of its neighbours is no sinus rhythm
MIN_SFREQ_HZ = 64.0  # below this the detector's band is cut
_SFREQ_HZ = 128.0  # at which beats are looked for: found between samples, to about 1 ms
_QRS_HZ = (8.0, 25.0)
_QRS_S = 0.08
_REFRACTORY_S = 0.25  # no heart beats twice within
_SPAN_S, _SPANS = 2.0, 15  # two seconds hold a beat; thirty tell how high beats are now
_HEIGHT = 0.45  # of a usual beat: above P and T waves and under every second beat of an alternating heart
_OVER_FLOOR, _FLOOR_PCT = 3.5, 20  # a beat over the quietest fifth of the signal around it; noise reaches 3.0
_WIDE_HEIGHT, _LONG = 0.18, 1.35  # of a usual beat, in an interval this much longer than the usual one
_T_WAVE_S, _P_WAVE_S = 0.36, 0.25  # after and before a beat, within which a lower peak is a wave of it
_EDGE_S = 0.25  # beside what is lost the filter rings
_known: WeakKeyDictionary = WeakKeyDictionary()


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
    sinus : ndarray of bool, optional
        Which of the intervals between beats are sinus rhythm, ``[beats - 1]``.
    whole : ndarray of bool, optional
        Over which of them the signal was there throughout, ``[beats - 1]``.
    """

    beats_s: np.ndarray
    times_s: np.ndarray
    bpm: np.ndarray
    sinus: np.ndarray | None = None
    whole: np.ndarray | None = None


def heart_of(recording: NightSignals) -> HeartRate | None:
    """The heart of a recording, found once and remembered as long as the recording lives.

    Returns
    -------
    HeartRate or None
        None without an ECG, or with one under 64 Hz.
    """
    channel = recording.channels.get("ECG")
    if channel is None or channel.sfreq_hz < MIN_SFREQ_HZ:
        return None
    if recording not in _known:
        _known[recording] = heart_rate(*read_ecg(recording))
    return _known[recording]


def read_ecg(recording: NightSignals) -> tuple[np.ndarray, float]:
    """The ECG with NaN where unusable, at the rate at which beats are looked for, and this rate."""
    sfreq_hz = min(_SFREQ_HZ, recording.channels["ECG"].sfreq_hz)
    return read_usable(recording, "ECG", sfreq_hz), sfreq_hz


def heart_rate(ecg: np.ndarray, sfreq_hz: float) -> HeartRate:
    """Find R peaks and the rate between them.

    A beat is a peak of the energy between 8 and 25 Hz (root mean square of 80 ms) that reaches 45% of a usual beat:
    the median, over 30 s, of the highest in each two seconds. The threshold follows the signal and not the beats
    before, so that no run of T waves or missed beats can halve or double the rate. In an interval over 35% longer
    than usual, one of 18% will do: a wide (ventricular) beat.

    Parameters
    ----------
    ecg : ndarray
        ECG in any unit and polarity, ``[samples]``; NaN where unusable.
    sfreq_hz : float
        Its rate; below 64 Hz nothing is detected.
    """
    ecg = np.asarray(ecg, dtype=np.float64)
    lost = ~np.isfinite(ecg)
    beats_s = _beats(ecg, lost, sfreq_hz)
    return rate_of(beats_s, lost_before=np.cumsum(lost)[(beats_s * sfreq_hz).astype(int)] if lost.any() else None)


def rate_of(beats_s: np.ndarray, lost_before: np.ndarray | None = None) -> HeartRate:
    """The rate between beats.

    Intervals shorter than 0.3 s or longer than 2.5 s, and those that differ by more than a quarter from the median
    of eleven around them (ectopic or missed beats), give no rate.

    Parameters
    ----------
    beats_s : ndarray
        Times of R peaks in seconds, ``[beats]``.
    lost_before : ndarray of int, optional
        How many samples were lost before each beat, ``[beats]``: an interval over lost signal gives no rate.
    """
    rr_s = np.diff(beats_s)
    whole = np.ones(len(rr_s), dtype=bool) if lost_before is None else np.diff(lost_before) == 0
    sinus = (rr_s >= MIN_RR_S) & (rr_s <= MAX_RR_S) & whole
    if sinus.any():
        usual_s = median_filter(rr_s[sinus], size=11, mode="nearest")
        sinus[sinus] = np.abs(rr_s[sinus] - usual_s) <= ECTOPIC_SHARE * usual_s
    return HeartRate(beats_s, beats_s[1:][sinus], 60 / rr_s[sinus], sinus, whole)


def _beats(ecg: np.ndarray, lost: np.ndarray, sfreq_hz: float) -> np.ndarray:
    from scipy.signal import find_peaks

    if sfreq_hz < MIN_SFREQ_HZ or len(ecg) < 2 * _SPAN_S * sfreq_hz or lost.all():
        return np.empty(0)
    energy = qrs_energy(ecg, sfreq_hz)
    if not energy.any():
        return np.empty(0)
    step = round(_SPAN_S * sfreq_hz)
    spans = energy[: len(energy) // step * step].reshape(-1, step)
    usual = median_filter(spans.max(axis=1), _SPANS, mode="nearest")
    floor = median_filter(np.percentile(spans, _FLOOR_PCT, axis=1), _SPANS, mode="nearest")
    middle = (np.arange(len(spans)) + 0.5) * step
    at = np.arange(len(energy))
    narrow = np.interp(at, middle, np.where(usual >= _OVER_FLOOR * floor, _HEIGHT * usual, np.inf))
    wide = np.interp(at, middle, np.maximum(_WIDE_HEIGHT * usual, _OVER_FLOOR * floor))
    peaks, _ = find_peaks(energy, height=narrow, distance=round(_REFRACTORY_S * sfreq_hz))
    peaks = _with_wide(peaks, find_peaks(energy, height=wide)[0], energy, sfreq_hz)
    if lost.any():
        near = uniform_filter1d(lost.astype(np.float32), 2 * round(_EDGE_S * sfreq_hz) + 1) > 0
        peaks = peaks[~near[peaks]]
    left, top, right = (energy[peaks + i] for i in (-1, 0, 1))
    return (peaks + 0.5 * (left - right) / (left - 2 * top + right)) / sfreq_hz  # the vertex of a parabola


def _with_wide(peaks: np.ndarray, lower: np.ndarray, energy: np.ndarray, sfreq_hz: float) -> np.ndarray:
    """The peaks, and in each interval that is too long the highest lower peak that is no T or P wave of its ends.

    A beat that begins in a ventricle is wide: it has little energy in the band, and a pause after it.
    """
    if len(peaks) < 3:
        return peaks
    gaps = np.diff(peaks)
    found = []
    for i in np.flatnonzero(gaps > _LONG * median_filter(gaps, 11, mode="nearest")):
        begin, end = peaks[i] + _T_WAVE_S * sfreq_hz, peaks[i + 1] - _P_WAVE_S * sfreq_hz
        inside = lower[np.searchsorted(lower, begin) : np.searchsorted(lower, end)]
        if inside.size:
            found.append(inside[np.argmax(energy[inside])])
    return np.sort(np.concatenate([peaks, np.array(found, dtype=peaks.dtype)]))


def qrs_energy(ecg: np.ndarray, sfreq_hz: float) -> np.ndarray:
    """Root mean square between 8 and 25 Hz within 80 ms, ``[samples]``; beats of either sign stand out in it."""
    from scipy.signal import butter, sosfiltfilt

    finite = np.isfinite(ecg)
    if not finite.all():
        at = np.flatnonzero(finite)
        ecg = np.interp(np.arange(len(ecg)), at, ecg[at]) if at.size else np.zeros(len(ecg))
    band = sosfiltfilt(butter(2, _QRS_HZ, "bandpass", fs=sfreq_hz, output="sos"), ecg)
    return np.sqrt(np.maximum(uniform_filter1d(band * band, max(2, round(_QRS_S * sfreq_hz))), 0))

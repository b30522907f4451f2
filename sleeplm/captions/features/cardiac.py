"""What the heart and the oxygen do in each epoch."""

import numpy as np
from scipy.ndimage import median_filter, uniform_filter1d

from sleeplm.captions.features.oxygen import oxygen_features, saturation
from sleeplm.captions.features.rounding import rounded
from sleeplm.captions.features.thresholds import HR_CHANGE_BPM
from sleeplm.captions.features.trends import trends
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.night import Scoring
from sleeplm.recording.epochs import Epochs
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.heart import MAX_RR_S, MIN_RR_S, HeartRate, heart_of
from sleeplm.units import EPOCH_S

# Intervals around one, and shares of their median: a missed beat doubles an interval and a split one halves it.
_AROUND, _MISSED, _SPLIT = 11, 1.7, 0.75
_MIN_COVERED_S = 15  # half of an epoch: with less between trusted beats it has no rate
_MIN_DIFFERENCES = 10  # successive differences, without which the RMSSD of an epoch is mostly chance
_STABLE_BPM = 15  # between the slowest and the fastest beats
_SMOOTH_S = 7  # a breath and more: what breathing does to the heart is no trend
_NEAR_S = 5  # a second further than this from any trusted interval has no rate
_LEVEL_BPM = 1  # a stretch stays at its level within this: the digits that are printed


def cardiac_features(recording: NightSignals, epochs: Epochs, scoring: Scoring) -> list[dict]:
    """Attributes of the cardiac facet, one dict an epoch.

    Keys, each only where it could be measured: those of `heart_features`, from the beats that the scoring counts
    too (`scoring.heart.heart_of`), and of `oxygen.oxygen_features`; and, where the heart's rate is known and pauses
    were scored, ``pauses``: list of ``start_s`` (in the epoch) and ``duration_s`` of those that begin in it.
    """
    rows: list[dict] = [{} for _ in range(len(epochs))]
    present = epochs.present[:, CHANNEL_NAMES.index("ECG")]
    heart = heart_of(recording) if present.any() else None
    if heart is not None:
        for e, values in enumerate(heart_features(heart, len(rows))):
            rows[e] |= values if present[e] else {}
        _add_pauses(rows, scoring)
    spo2_pct = saturation(recording, len(rows))
    if spo2_pct is not None:
        for row, values in zip(rows, oxygen_features(spo2_pct), strict=True):
            row |= values
    return rows


def heart_features(heart: HeartRate, n_epochs: int) -> list[dict]:
    """Attributes of the heart's rate, one dict an epoch, empty where under 15 s lie between trusted beats.

    Trusted are the intervals that begin and end in the epoch and lie between two beats of the heart (see
    `beat_to_beat`), those of an arrhythmia too.

    Parameters
    ----------
    heart : HeartRate
        As `scoring.heart.rate_of` gives it.
    n_epochs : int

    Returns
    -------
    list of dict
        ``hr_mean_bpm`` (60 over the mean interval), ``hr_min_bpm`` and ``hr_max_bpm`` (of the median of three
        intervals), ``hr_trend`` (rising or falling: the last third of the epoch is 5 bpm from the first; else
        stable where minimum and maximum are under 15 bpm apart, else variable), ``rmssd_ms`` (root mean square of
        successive differences of sinus rhythm, see `scoring.heart.rate_of`; Task Force 1996, Circulation 93:1043;
        from ten on), ``hr_stretches``: list of
        ``start_s, end_s, trend, from_bpm, to_bpm`` of the rate over seven seconds (see `trends.trends`).
    """
    rows: list[dict] = [{} for _ in range(n_epochs)]
    beats_s, rr_s = heart.beats_s, np.diff(heart.beats_s)
    epoch = (beats_s // EPOCH_S).astype(int)
    within = (epoch[1:] == epoch[:-1]) & (epoch[1:] < n_epochs)
    trusted = beat_to_beat(heart) & within
    where, good_s, at_s = epoch[1:][trusted], rr_s[trusted], beats_s[1:][trusted] % EPOCH_S
    covered, counts = (np.bincount(where, weights=w, minlength=n_epochs) for w in (good_s, np.ones(len(good_s))))
    known = np.flatnonzero(covered >= _MIN_COVERED_S)
    mean = 60 * counts / np.maximum(covered, 1e-9)
    low, high = _extremes(where, 60 / good_s, n_epochs)
    change = _change(where, good_s, at_s, n_epochs)
    rmssd_ms = _rmssd(rr_s, heart.sinus & within, epoch[1:], n_epochs)
    stretches = trends(per_second(heart, n_epochs)[known], HR_CHANGE_BPM, _LEVEL_BPM, "bpm")
    for e, of_epoch in zip(known, stretches, strict=True):
        rows[e] = {
            "hr_mean_bpm": rounded(mean[e]),
            "hr_min_bpm": rounded(min(low[e], mean[e])),
            "hr_max_bpm": rounded(max(high[e], mean[e])),
            "hr_trend": _trend(change[e], high[e] - low[e]),
        }
        if np.isfinite(rmssd_ms[e]):
            rows[e]["rmssd_ms"] = rounded(rmssd_ms[e])
        if of_epoch:
            rows[e]["hr_stretches"] = of_epoch
    return rows


def beat_to_beat(heart: HeartRate) -> np.ndarray:
    """Which intervals lie between two successive beats of the heart, bool ``[beats - 1]``.

    Not those that were not recorded throughout, are shorter than .3 s or longer than 2.5 s, over which a beat was
    missed (over 1.7 times the median of eleven around), and two in a row that split one interval (each under three
    quarters of that median, together within a quarter of it). An early beat with the pause after it stays, and so
    does a heart that slows and quickens with the breath: their mean is the heart's.
    """
    rr_s = np.diff(heart.beats_s)
    plausible = (rr_s >= MIN_RR_S) & (rr_s <= MAX_RR_S)
    if heart.whole is not None:
        plausible &= heart.whole
    if not plausible.any():
        return plausible
    usual_s = np.empty_like(rr_s)
    usual_s[plausible] = median_filter(rr_s[plausible], _AROUND, mode="nearest")
    usual_s[~plausible] = np.inf
    both_s = rr_s[:-1] + rr_s[1:]
    split = (np.maximum(rr_s[:-1], rr_s[1:]) < _SPLIT * usual_s[:-1]) & (both_s < (2 - _SPLIT) * usual_s[:-1])
    part = np.append(split, False) | np.insert(split, 0, False)
    return plausible & (rr_s <= _MISSED * usual_s) & ~part


def per_second(heart: HeartRate, n_epochs: int) -> np.ndarray:
    """Rate in bpm by second ``[epochs, 30]``, a mean of seven seconds; NaN further than 5 s from sinus rhythm."""
    seconds = np.arange(n_epochs * EPOCH_S) + 0.5
    if not len(heart.bpm):
        return np.full((n_epochs, EPOCH_S), np.nan)
    middles = heart.times_s - 30 / heart.bpm
    bpm = uniform_filter1d(np.interp(seconds, middles, heart.bpm), _SMOOTH_S, mode="nearest")
    after = np.searchsorted(middles, seconds)
    ends = np.concatenate([[-np.inf], middles, [np.inf]])
    far = np.minimum(seconds - ends[after], ends[after + 1] - seconds) > _NEAR_S
    return np.where(far, np.nan, bpm).reshape(n_epochs, EPOCH_S)


def _extremes(where: np.ndarray, bpm: np.ndarray, n_epochs: int) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest median of three successive rates in each epoch."""
    low, high = np.full(n_epochs, np.inf), np.full(n_epochs, -np.inf)
    if len(bpm) >= 3:
        middle = np.median(np.lib.stride_tricks.sliding_window_view(bpm, 3), axis=1)
        within = where[2:] == where[:-2]
        np.minimum.at(low, where[2:][within], middle[within])
        np.maximum.at(high, where[2:][within], middle[within])
    return low, high


def _change(where: np.ndarray, rr_s: np.ndarray, at_s: np.ndarray, n_epochs: int) -> np.ndarray:
    """Rate of each epoch's last third less that of its first, in bpm; 0 where either has no interval."""
    rates = []
    for part in (at_s < EPOCH_S / 3, at_s >= 2 * EPOCH_S / 3):
        total = np.bincount(where[part], weights=rr_s[part], minlength=n_epochs)
        counts = np.bincount(where[part], minlength=n_epochs)
        rates.append(np.divide(60 * counts, total, out=np.full(n_epochs, np.nan), where=total > 0))
    return np.nan_to_num(rates[1] - rates[0])


def _rmssd(rr_s: np.ndarray, trusted: np.ndarray, epoch: np.ndarray, n_epochs: int) -> np.ndarray:
    """RMSSD of each epoch in ms, NaN with too few differences."""
    pairs = trusted[1:] & trusted[:-1] & (epoch[1:] == epoch[:-1])
    squares = np.bincount(epoch[1:][pairs], weights=np.diff(rr_s)[pairs] ** 2, minlength=n_epochs)
    counts = np.bincount(epoch[1:][pairs], minlength=n_epochs)
    enough = counts >= _MIN_DIFFERENCES
    return 1000 * np.sqrt(np.divide(squares, counts, out=np.full(n_epochs, np.nan), where=enough))


def _trend(change_bpm: float, spread_bpm: float) -> str:
    """Rising or falling where the last third of an epoch differs from the first, else stable or variable."""
    if abs(change_bpm) >= HR_CHANGE_BPM:
        return "rising" if change_bpm > 0 else "falling"
    return "stable" if spread_bpm < _STABLE_BPM else "variable"


def _add_pauses(rows: list[dict], scoring: Scoring) -> None:
    """Pauses that were scored, each in the epoch that it begins in."""
    if not scoring.was_scored("pause"):
        return
    for row in rows:
        if "hr_mean_bpm" in row:
            row["pauses"] = []
    for event in scoring.events_of("pause"):
        e = int(event.start_s // EPOCH_S)
        if 0 <= e < len(rows) and "pauses" in rows[e]:
            times = {
                "start_s": rounded(event.start_s - e * EPOCH_S, 1),
                "duration_s": rounded(event.duration_s, 1),
            }
            rows[e]["pauses"].append(times)

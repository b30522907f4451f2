"""What the heart and the oxygen do in each epoch."""

import numpy as np
from scipy.ndimage import median_filter

from sleeplm.captions.rounding import rounded
from sleeplm.epochs import Epochs
from sleeplm.vocabulary import CHANNEL_NAMES, EPOCH_S

_RR_S = (0.3, 2.2)  # beat-to-beat intervals that a sleeping heart can have
_RR_SPREAD = 0.3  # an interval further than this share from the median of the nine around it is not one heartbeat
_MIN_COVERED_S = 15  # seconds of trusted intervals without which no rate is said
_MIN_DIFFERENCES = 10  # successive differences without which no RMSSD is said
_TREND_BPM = 5  # from the first to the last third of an epoch
_STABLE_BPM = 15  # between the slowest and the fastest beats


def cardiac_features(recording, epochs: Epochs) -> list[dict]:
    """Attributes of the cardiac facet, one dict an epoch.

    Keys, each only where it could be measured: ``hr_mean_bpm`` (60 over the mean RR interval), ``hr_min_bpm`` and
    ``hr_max_bpm`` (of the median of three intervals), ``hr_trend`` (rising, falling, stable, variable),
    ``rmssd_ms`` (root mean square of successive differences of trusted intervals; Task Force 1996, Circulation
    93:1043), ``spo2_mean_pct``, ``spo2_min_pct``, ``spo2_max_pct``.
    """
    rows: list[dict] = [{} for _ in range(len(epochs))]
    ecg, spo2 = CHANNEL_NAMES.index("ECG"), CHANNEL_NAMES.index("SPO2")
    here = np.flatnonzero(epochs.present[:, ecg])
    if len(here):
        beats = beat_times(recording)
        edges = np.searchsorted(beats, np.arange(len(epochs) + 1) * EPOCH_S)
        for e in here:
            rows[e] |= rate_attributes(beats[edges[e] : edges[e + 1]] - e * EPOCH_S)
    here = np.flatnonzero(epochs.present[:, spo2])
    for e, values in zip(here, epochs.signals[here, spo2], strict=True):
        for name, value in (("mean", values.mean()), ("min", values.min()), ("max", values.max())):
            rows[e][f"spo2_{name}_pct"] = rounded(value)
    return rows


def beat_times(recording) -> np.ndarray:
    """Seconds of the heartbeats of a night; none where its ECG is too slow to show them."""
    from sleeplm.scoring.heart import heart_of

    heart = heart_of(recording)
    return np.empty(0) if heart is None else heart.beats_s


def rate_attributes(beats_s: np.ndarray) -> dict:
    """Heart-rate attributes of one epoch from its beats (seconds in the epoch); empty where few are trusted."""
    rr = np.diff(beats_s)
    trusted = _trusted(rr)
    if rr[trusted].sum() < _MIN_COVERED_S:
        return {}
    good, at = rr[trusted], beats_s[1:][trusted]
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(good, 3), axis=1)
    slowest, fastest = 60 / smooth.max(), 60 / smooth.min()
    values = {
        "hr_mean_bpm": rounded(60 / good.mean()),
        "hr_min_bpm": rounded(slowest),
        "hr_max_bpm": rounded(fastest),
        "hr_trend": _trend(good, at, fastest - slowest),
    }
    successive = trusted[1:] & trusted[:-1]
    if successive.sum() >= _MIN_DIFFERENCES:
        values["rmssd_ms"] = rounded(1000 * np.sqrt(np.mean(np.diff(rr)[successive] ** 2)))
    return values


def _trusted(rr: np.ndarray) -> np.ndarray:
    """Which intervals lie between two beats of the heart: not over a missed one, nor beside an extra one."""
    if not len(rr):
        return np.zeros(0, bool)
    usual = median_filter(rr, 9, mode="nearest")
    split = rr < (1 - _RR_SPREAD) * usual
    beside = np.convolve(split, (1, 1, 1))[1:-1] > 0
    return ~beside & (rr <= (1 + _RR_SPREAD) * usual) & (rr >= _RR_S[0]) & (rr <= _RR_S[1])


def _trend(rr: np.ndarray, at_s: np.ndarray, spread_bpm: float) -> str:
    """Rising or falling where the last third of an epoch differs from the first, else stable or variable."""
    first, last = rr[at_s < EPOCH_S / 3], rr[at_s >= 2 * EPOCH_S / 3]
    change = 60 / last.mean() - 60 / first.mean() if len(first) and len(last) else 0.0
    if abs(change) >= _TREND_BPM:
        return "rising" if change > 0 else "falling"
    return "stable" if spread_bpm < _STABLE_BPM else "variable"

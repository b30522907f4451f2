"""Oxygen saturation, heart rate and body position of a night, from the signals themselves."""

import numpy as np

from sleeplm.night import stretches
from sleeplm.scoring.heart import HeartRate
from sleeplm.scoring.oximetry import clean_spo2, desaturations, per_second
from sleeplm.statistics.events import both_sources, per_hour_of_sleep
from sleeplm.statistics.finding import Finding
from sleeplm.statistics.timeline import Timeline
from sleeplm.vocabulary import EPOCH_S, POSITIONS

MIN_BEATS = 10  # of an epoch, for its mean heart rate to count


def oxygen_findings(night: Timeline, spo2: np.ndarray, sfreq_hz: float) -> dict[str, Finding]:
    """Mean, lowest, time below 90% and desaturation indices; nothing where no value in bed is valid.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    spo2 : ndarray
        Oxygen saturation in percent as recorded, ``[samples]``.
    sfreq_hz : float
        Its rate.
    """
    values = per_second(clean_spo2(spo2, sfreq_hz), sfreq_hz)
    seconds = np.arange(len(values))
    valid = np.isfinite(values) & (seconds >= night.start_s) & (seconds < night.end_s)
    if not valid.any():
        return {}
    seconds, values = seconds[valid], values[valid]
    evidence = {"signals": ("SPO2",)}
    below = values < 90
    nadir_s = int(seconds[np.argmin(values)])
    nadir = _epoch_at(nadir_s)
    measured = stretches(np.unique(_epoch_at(seconds)))
    found = {
        "spo2_mean_pct": Finding(values.mean(), epochs=measured, **evidence),
        "spo2_min_pct": Finding(
            values.min(), where=night.moment_words(nadir_s), epochs=((nadir, nadir),), **evidence
        ),
        "t90_pct": Finding(100 * below.mean(), epochs=stretches(np.unique(_epoch_at(seconds[below]))), **evidence),
    }
    source = both_sources({"automatic"}, night.source)
    for drop in (3, 4):
        falls = desaturations(spo2, sfreq_hz, drop)
        found[f"odi{drop}_per_h"] = per_hour_of_sleep(night, falls, source=source, **evidence)
    return found


def heart_findings(night: Timeline, heart: HeartRate) -> dict[str, Finding]:
    """Mean, lowest and highest heart rate in bed; nothing where no beat in bed is valid."""
    inside = (heart.times_s >= night.start_s) & (heart.times_s < night.end_s)
    times_s, bpm = heart.times_s[inside], heart.bpm[inside]
    if not bpm.size:
        return {}
    evidence = {"signals": ("ECG",)}
    epoch = _epoch_at(times_s)
    found = {"hr_mean_bpm": Finding(bpm.mean(), epochs=stretches(np.unique(epoch)), **evidence)}
    counts = np.bincount(epoch)
    enough = np.flatnonzero(counts >= MIN_BEATS)
    if enough.size:
        means = np.bincount(epoch, weights=bpm)[enough] / counts[enough]
        for id_, pick in {"hr_min_bpm": np.argmin, "hr_max_bpm": np.argmax}.items():
            number = int(enough[pick(means)])
            where = night.span_words(number, number)
            found[id_] = Finding(means[pick(means)], where=where, epochs=((number, number),), **evidence)
    return found


def position_findings(night: Timeline, codes: np.ndarray, sfreq_hz: float) -> dict[str, Finding]:
    """Time in each body position in bed; nothing where no position in bed is known.

    Parameters
    ----------
    night : Timeline
        Time in bed.
    codes : ndarray
        Position codes (`POSITIONS`), ``[samples]``.
    sfreq_hz : float
        Their rate.
    """
    seconds = np.arange(len(codes)) / sfreq_hz
    in_bed = (seconds >= night.start_s) & (seconds < night.end_s)
    masks = {name: in_bed & (np.round(codes) == code) for code, name in POSITIONS.items() if name != "unknown"}
    known = sum(int(mask.sum()) for mask in masks.values())
    if not known:
        return {}
    found = {}
    for name, mask in masks.items():
        epochs = stretches(np.unique(_epoch_at(seconds[mask])))
        found[f"{name}_min"] = Finding(mask.sum() / sfreq_hz / 60, signals=("POS",), epochs=epochs)
    share = 100 * masks["supine"].sum() / known
    found["supine_pct"] = Finding(share, signals=("POS",), epochs=found["supine_min"].epochs)
    return found


def _epoch_at(seconds):
    """Number of the epoch, from 1, that a moment or an array of moments lies in."""
    number = np.asarray(seconds // EPOCH_S).astype(int) + 1
    return number if number.ndim else int(number)

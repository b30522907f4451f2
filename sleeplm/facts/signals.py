"""Oxygen saturation, heart rate and body position of a night, from the signals themselves."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sleeplm.facts.events import both_sources, breathing_in, per_hour_of_sleep
from sleeplm.facts.finding import Finding
from sleeplm.facts.parts import position_by_stage_findings
from sleeplm.facts.timeline import Timeline
from sleeplm.intervals import epoch_ranges
from sleeplm.kinds.channels import POSITIONS
from sleeplm.night import Event, Scoring
from sleeplm.scoring.oximetry import as_reported, clean_spo2, desaturations, per_second
from sleeplm.scoring.position import position_changes
from sleeplm.units import EPOCH_S


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
    saturation = per_second(clean_spo2(spo2, sfreq_hz), sfreq_hz)
    seconds = np.arange(len(saturation))
    valid = np.isfinite(saturation) & (seconds >= night.start_s) & (seconds < night.end_s)
    if not valid.any():
        return {}
    seconds, values = seconds[valid], saturation[valid]
    evidence: dict[str, Any] = {"signals": ("SPO2",)}
    nadir_s = int(seconds[np.argmin(values)])
    nadir = epoch_at(nadir_s)
    measured = epoch_ranges(np.unique(epoch_at(seconds)))
    found = {
        "spo2_mean_pct": Finding(values.mean(), epochs=measured, **evidence),
        "spo2_min_pct": Finding(
            values.min(), where=night.moment_words(nadir_s), epochs=((nadir, nadir),), **evidence
        ),
        **_time_below(values, seconds, evidence),
    }
    source = both_sources({"automatic"}, night.source)
    falls = {drop: desaturations(spo2, sfreq_hz, drop) for drop in (3, 4)}
    for drop, events in falls.items():
        found[f"odi{drop}_per_h"] = per_hour_of_sleep(night, events, source=source, **evidence)
    return found | _falls_in_bed(night, falls[3], as_reported(saturation), evidence)


def _time_below(values: np.ndarray, seconds: np.ndarray, evidence: dict) -> dict[str, Finding]:
    """Share and minutes of the time below 90% and 88%, of valid seconds in bed."""
    found = {}
    for limit in (90, 88):
        below = values < limit
        epochs = epoch_ranges(np.unique(epoch_at(seconds[below])))
        found[f"t{limit}_pct"] = Finding(100 * below.mean(), epochs=epochs, **evidence)
        if limit == 90:
            found["t90_min"] = Finding(below.sum() / 60, epochs=epochs, **evidence)
    return found


def _falls_in_bed(
    night: Timeline, falls: list[Event], saturation: np.ndarray, evidence: dict
) -> dict[str, Finding]:
    """Mean depth and duration of desaturations in bed; `saturation` is per second, NaN where invalid."""
    falls = [e for e in falls if night.start_s <= e.start_s < night.end_s]
    if not falls:
        none = Finding(why="Oxygen saturation never fell by 3% in bed", **evidence)
        return {"desaturation_depth_pct": none, "desaturation_duration_s": none}
    spans = [saturation[int(e.start_s) : int(e.end_s) + 1] for e in falls]
    depths = [float(span[0] - np.nanmin(span)) for span in spans]
    epochs = night.epochs_of(falls)
    return {
        "desaturation_depth_pct": Finding(float(np.mean(depths)), epochs=epochs, **evidence),
        "desaturation_duration_s": Finding(
            float(np.mean([e.duration_s for e in falls])), epochs=epochs, **evidence
        ),
    }


def position_findings(
    night: Timeline, codes: np.ndarray, sfreq_hz: float, scoring: Scoring, recorded: Sequence[str]
) -> dict[str, Finding]:
    """Time in each body position in bed, and breathing by position; nothing where no position in bed is known.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    codes : ndarray
        Position codes (`POSITIONS`), ``[samples]``.
    sfreq_hz : float
        Their rate.
    scoring : Scoring
        Its apneas and hypopneas.
    recorded : sequence of str
        Canonical channels of the recording.
    """
    seconds = np.arange(len(codes)) / sfreq_hz
    in_bed = (seconds >= night.start_s) & (seconds < night.end_s)
    codes = np.round(codes)
    masks = {name: in_bed & (codes == code) for code, name in POSITIONS.items() if name != "unknown"}
    known = sum(int(mask.sum()) for mask in masks.values())
    if not known:
        return {}
    found = {}
    for name, mask in masks.items():
        epochs = epoch_ranges(np.unique(epoch_at(seconds[mask])))
        found[f"{name}_min"] = Finding(mask.sum() / sfreq_hz / 60, signals=("POS",), epochs=epochs)
    share = 100 * masks["supine"].sum() / known
    found["supine_pct"] = Finding(share, signals=("POS",), epochs=found["supine_min"].epochs)
    changes = position_changes(np.where(in_bed, codes, -1), sfreq_hz)
    found["position_changes_n"] = Finding(
        len(changes), signals=("POS",), epochs=epoch_ranges(np.unique(epoch_at(changes)))
    )
    asleep = np.concatenate([night.asleep, [False]])[np.minimum(epoch_at(seconds) - 1, night.n_epochs)]
    on_back = masks["supine"]
    off_back = np.logical_or.reduce([mask for name, mask in masks.items() if name != "supine"])
    for place, words, mask in (("supine", "on the back", on_back), ("nonsupine", "off the back", off_back)):
        found[f"ahi_{place}_per_h"] = breathing_in(night, scoring, recorded, mask & asleep, mask, sfreq_hz, words)
    there = {"supine": on_back, "nonsupine": off_back}
    return found | position_by_stage_findings(night, scoring, recorded, there, sfreq_hz)


def epoch_at(seconds):
    """Number of the epoch, from 1, that a moment or an array of moments lies in."""
    number = np.asarray(seconds // EPOCH_S).astype(int) + 1
    return number if number.ndim else int(number)

"""Oxygen saturation of a night: level, time below thresholds, desaturations."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sleeplm.facts.events import basis_of, both_sources, per_hour_of_sleep
from sleeplm.facts.finding import Finding
from sleeplm.facts.hypoxic_burden import hypoxic_burden
from sleeplm.facts.reasons import NOT_STAGED
from sleeplm.facts.timeline import Timeline, epoch_at
from sleeplm.intervals import epoch_ranges
from sleeplm.kinds.facts.oxygen import BANDS_PCT, DROPS_PCT, THRESHOLDS_PCT
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring
from sleeplm.recording.quality.windows import HALF, share_of
from sleeplm.scoring.oximetry import as_reported, desaturations
from sleeplm.scoring.spo2 import clean_spo2, per_second

EVIDENCE: dict[str, Any] = {"signals": ("SPO2",)}


def oxygen_findings(
    night: Timeline, spo2: np.ndarray, sfreq_hz: float, scoring: Scoring, recorded: Sequence[str]
) -> dict[str, Finding]:
    """Level of the saturation, time below thresholds, desaturations; nothing where no value in bed is valid.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    spo2 : ndarray
        Oxygen saturation in percent as recorded, ``[samples]``.
    sfreq_hz : float
        Its rate.
    scoring : Scoring
        Its apneas and hypopneas, for the hypoxic burden.
    recorded : sequence of str
        Canonical channels of the recording.
    """
    saturation = per_second(clean_spo2(spo2, sfreq_hz), sfreq_hz)
    seconds = np.arange(len(saturation))
    valid = np.isfinite(saturation) & (seconds >= night.start_s) & (seconds < night.end_s)
    if not valid.any():
        return {}
    falls = {drop: desaturations(spo2, sfreq_hz, drop) for drop in DROPS_PCT}
    in_bed = [e for e in falls[3] if night.start_s <= e.start_s < night.end_s]
    return {
        **_level(night, saturation, valid, in_bed),
        **_time_in_bands(saturation, valid),
        **_indices(night, falls, share_of(np.isfinite(saturation), 1.0, night.n_epochs) >= HALF),
        **_desaturations_in_bed(night, in_bed, as_reported(saturation)),
        "hypoxic_burden_pct_min_per_h": hypoxic_burden(night, saturation, scoring, recorded),
    }


def spo2_time_below(saturation: np.ndarray, threshold_pct: float) -> np.ndarray:
    """Seconds, bool ``[seconds]``, whose saturation in percent lies below a threshold; none where it is NaN."""
    with np.errstate(invalid="ignore"):
        return saturation < threshold_pct


def _level(
    night: Timeline, saturation: np.ndarray, valid: np.ndarray, falls: Sequence[Event]
) -> dict[str, Finding]:
    """Mean, lowest, baseline and awake saturation."""
    seconds, values = np.flatnonzero(valid), saturation[valid]
    measured = epoch_ranges(np.unique(epoch_at(seconds)))
    nadir_s = int(seconds[np.argmin(values)])
    nadir = epoch_at(nadir_s)
    found = {
        "spo2_mean_pct": Finding(values.mean(), epochs=measured, **EVIDENCE),
        "spo2_min_pct": Finding(
            values.min(), where=night.moment_words(nadir_s), epochs=((nadir, nadir),), **EVIDENCE
        ),
    }
    falling = np.zeros(len(saturation), dtype=bool)
    for e in falls:
        falling[int(e.start_s) : int(e.end_s) + 1] = True
    level = saturation[valid & ~falling]
    if level.size:
        found["spo2_baseline_pct"] = Finding(float(np.median(level)), epochs=measured, **EVIDENCE)
    at = np.minimum(epoch_at(np.arange(len(saturation))) - 1, night.n_epochs)
    awake = valid & np.append(night.of_stage(Stage.W), False)[at]
    if awake.any():
        epochs = epoch_ranges(np.unique(epoch_at(np.flatnonzero(awake))))
        source = night.source or "measured"
        found["spo2_awake_pct"] = Finding(saturation[awake].mean(), epochs=epochs, source=source, **EVIDENCE)
    else:
        why = "No wake in bed has a valid saturation" if night.staged else NOT_STAGED
        found["spo2_awake_pct"] = Finding(why=why, **EVIDENCE)
    return found


def _time_in_bands(saturation: np.ndarray, valid: np.ndarray) -> dict[str, Finding]:
    """Share of the valid seconds in bed below each threshold and in each band, and minutes below 90%."""
    found = {}
    for limit in THRESHOLDS_PCT:
        below = valid & spo2_time_below(saturation, limit)
        found[f"t{limit}_pct"] = _share(below, valid)
        if limit == 90:
            found["t90_min"] = Finding(below.sum() / 60, epochs=found["t90_pct"].epochs, **EVIDENCE)
    for low, high in BANDS_PCT:
        under = spo2_time_below(saturation, high) if high < 100 else np.isfinite(saturation)
        within = valid & ~spo2_time_below(saturation, low) & under
        found[f"spo2_{low}_to_{high}_pct"] = _share(within, valid)
    return found


def _share(mask: np.ndarray, valid: np.ndarray) -> Finding:
    epochs = epoch_ranges(np.unique(epoch_at(np.flatnonzero(mask))))
    return Finding(100 * mask.sum() / valid.sum(), epochs=epochs, **EVIDENCE)


def _indices(night: Timeline, falls: dict[int, list[Event]], searched: np.ndarray) -> dict[str, Finding]:
    """Desaturations per hour of sleep, or of recording where there are no stages, that has a valid saturation."""
    found = {}
    noun = ("desaturation", "desaturations")
    for drop, events in falls.items():
        source = both_sources({"automatic"}, night.source)
        found[f"odi{drop}_per_h"] = per_hour_of_sleep(
            night, events, searched=searched, noun=noun, source=source, **EVIDENCE
        )
        found[f"odi{drop}_recording_per_h"] = _per_hour_in_bed(night, events, searched, noun)
    return found


def _per_hour_in_bed(
    night: Timeline, events: Sequence[Event], searched: np.ndarray, noun: tuple[str, str]
) -> Finding:
    if night.staged:
        return Finding(why="Sleep was staged, and desaturations are counted per hour of it", **EVIDENCE)
    searched = searched & night.in_bed
    if not searched.any():
        return Finding(why="No epoch in bed has a valid saturation", **EVIDENCE)
    counted = [e for e in events if night.touches(e, searched)]
    basis = basis_of(counted, searched, night.in_bed, "recording in bed", noun)
    return Finding(
        60 * len(counted) / basis.searched_min,
        epochs=night.epochs_of(counted),
        basis=basis,
        source="automatic",
        **EVIDENCE,
    )


def _desaturations_in_bed(night: Timeline, falls: Sequence[Event], saturation: np.ndarray) -> dict[str, Finding]:
    """Depth and duration of desaturations in bed; `saturation` is per second, NaN where invalid."""
    names = ("depth_pct", "deepest_pct", "duration_s", "longest_s")
    ids = [f"desaturation_{name}" for name in names]
    if not falls:
        none = Finding(why="Oxygen saturation never fell by 3% in bed", **EVIDENCE)
        return dict.fromkeys(ids, none)
    spans = [saturation[int(e.start_s) : int(e.end_s) + 1] for e in falls]
    depths = np.array([float(span[0] - np.nanmin(span)) for span in spans])
    lengths = np.array([e.duration_s for e in falls])
    all_of_them = night.epochs_of(falls)
    values = (depths.mean(), depths.max(), lengths.mean(), lengths.max())
    found = {id_: Finding(float(v), epochs=all_of_them, **EVIDENCE) for id_, v in zip(ids, values, strict=True)}
    for id_, which in (("desaturation_deepest_pct", depths), ("desaturation_longest_s", lengths)):
        event = falls[int(np.argmax(which))]
        found[id_] = Finding(
            float(which.max()),
            where=night.moment_words(event.start_s),
            epochs=night.epochs_of([event]),
            **EVIDENCE,
        )
    return found

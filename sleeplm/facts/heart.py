"""Heart rate and its variability, in bed and by stage."""

from typing import Any

import numpy as np

from sleeplm.facts.events import both_sources
from sleeplm.facts.finding import Finding
from sleeplm.facts.reasons import NOT_STAGED
from sleeplm.facts.timeline import Timeline, epoch_at
from sleeplm.intervals import epoch_ranges
from sleeplm.kinds.channels import CHANNEL
from sleeplm.kinds.stages import STAGE_KINDS, STAGES, Stage
from sleeplm.recording.quality.faults import valid_samples
from sleeplm.scoring.heart import SOURCE, HeartRate
from sleeplm.scoring.hrv import STRETCH_S, variability_by_stage
from sleeplm.scoring.irregularity import irregular_stretches
from sleeplm.scoring.rhythm import premature_beats
from sleeplm.units import EPOCH_S, duration_words

MOSTLY_PCT = 50.0  # of a night without a rhythm, what is left tells nothing of how many beats come early
MIN_BEATS = 10  # of an epoch, for its mean heart rate to count
MIN_SECONDS = EPOCH_S // 2  # of an epoch with a valid pulse rate, for its mean to count
_VARIABILITY = {"rmssd_{}_ms": "rmssd_ms", "sdnn_{}_ms": "sdnn_ms", "lf_hf_{}_ratio": "lf_hf"}


def heart_findings(night: Timeline, heart: HeartRate) -> dict[str, Finding]:
    """Heart rate in bed and by stage, its variability, and early beats; nothing where no beat in bed is valid."""
    inside = (heart.times_s >= night.start_s) & (heart.times_s < night.end_s)
    times_s, bpm = heart.times_s[inside], heart.bpm[inside]
    if not bpm.size:
        return {}
    evidence: dict[str, Any] = {"signals": ("ECG",)}
    epoch = epoch_at(times_s)
    found = _rates(night, epoch, bpm, MIN_BEATS, evidence) | _rhythm(night, heart, evidence)
    return found | _rate_by_stage(night, epoch, bpm, evidence) | _variability_by_stage(night, heart, evidence)


def pulse_findings(night: Timeline, pulse: np.ndarray, sfreq_hz: float, sensor: str = "") -> dict[str, Finding]:
    """Heart rate in bed and by stage from a recorded rate, where there is no ECG; nothing where none is valid.

    Such a rate is a mean over several seconds: it tells of no beat, no rhythm and no variability.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    pulse : ndarray
        Pulse rate in beats per minute, ``[samples]``; NaN where unusable.
    sfreq_hz : float
        Its rate.
    sensor : str
        What is known of where the rate comes from; of the oximeter where nothing is.
    """
    at = np.flatnonzero(valid_samples(pulse, "pulse"))
    second = (at / sfreq_hz).astype(int)
    counts = np.bincount(second)
    seconds = np.flatnonzero(counts)
    bpm = np.bincount(second, weights=pulse[at])[seconds] / counts[seconds]
    inside = (seconds >= night.start_s) & (seconds < night.end_s)
    seconds, bpm = seconds[inside], bpm[inside]
    if not bpm.size:
        return {}
    evidence: dict[str, Any] = {"signals": ("PULSE",), "rule": sensor or CHANNEL["PULSE"].words}
    epoch = epoch_at(seconds)
    return _rates(night, epoch, bpm, MIN_SECONDS, evidence) | _rate_by_stage(night, epoch, bpm, evidence)


def _rates(night: Timeline, epoch: np.ndarray, bpm: np.ndarray, least: int, evidence: dict) -> dict[str, Finding]:
    """Mean, and the lowest and highest mean of an epoch with at least so many values."""
    found = {"hr_mean_bpm": Finding(bpm.mean(), epochs=epoch_ranges(np.unique(epoch)), **evidence)}
    counts = np.bincount(epoch)
    enough = np.flatnonzero(counts >= least)
    if enough.size:
        means = np.bincount(epoch, weights=bpm)[enough] / counts[enough]
        for id_, pick in {"hr_min_bpm": np.argmin, "hr_max_bpm": np.argmax}.items():
            number = int(enough[pick(means)])
            where = night.span_words(number, number)
            found[id_] = Finding(means[pick(means)], where=where, epochs=((number, number),), **evidence)
    return found


def _rhythm(night: Timeline, heart: HeartRate, evidence: dict) -> dict[str, Finding]:
    """How much of the rhythm is irregular, and the early beats of the rest."""
    stretches, known_s = irregular_stretches(heart, night.start_s, night.end_s)
    if not known_s:
        why = "The heart beats for fewer than two minutes on end in the signal in bed"
        found = {"irregular_rhythm_pct": Finding(why=why, **evidence)}
    else:
        share = 100 * float(np.diff(stretches).sum()) / known_s
        epochs = epoch_ranges(n for a, b in stretches for n in range(epoch_at(a), epoch_at(b) + 1))
        note = "as in atrial fibrillation; the signal itself must be looked at" if share else ""
        found = {"irregular_rhythm_pct": Finding(share, source=SOURCE, epochs=epochs, note=note, **evidence)}
        if share >= MOSTLY_PCT:
            why = f"The rhythm of the heart is irregular in {share:.0f}% of the time in bed"
            return found | {"premature_beat_n": Finding(why=why, source=SOURCE, **evidence)}
    beats = premature_beats(heart)
    beats = beats[(beats >= night.start_s) & (beats < night.end_s)]
    irregular = ((beats[:, None] >= stretches[:, 0]) & (beats[:, None] <= stretches[:, 1])).any(axis=1)
    beats = beats[~irregular]
    minutes = float(np.diff(stretches).sum()) / 60
    found["premature_beat_n"] = Finding(
        len(beats),
        epochs=epoch_ranges(np.unique(epoch_at(beats))),
        source=SOURCE,
        note=f"{duration_words(minutes)} of irregular rhythm are left out" if minutes else "",
        **evidence,
    )
    return found


def _rate_by_stage(night: Timeline, epoch: np.ndarray, bpm: np.ndarray, evidence: dict) -> dict[str, Finding]:
    """Mean heart rate in wake and in each stage of sleep."""
    found = {}
    for stage in STAGES:
        mask = np.concatenate([night.of_stage(stage), [False]])
        inside = mask[np.minimum(epoch - 1, night.n_epochs)]
        if inside.any():
            source = both_sources({"measured"}, night.source)
            epochs = epoch_ranges(np.unique(epoch[inside]))
            found[f"hr_{stage.key}_bpm"] = Finding(bpm[inside].mean(), source=source, epochs=epochs, **evidence)
        else:
            why = f"No valid heart rate lies in scored {STAGE_KINDS[stage].short}" if night.staged else NOT_STAGED
            found[f"hr_{stage.key}_bpm"] = Finding(why=why, **evidence)
    return found


def _variability_by_stage(night: Timeline, heart: HeartRate, evidence: dict) -> dict[str, Finding]:
    """Variability in five-minute stretches of each stage."""
    in_bed = np.where(night.in_bed, night.stages, str(Stage.UNSCORED))
    measured = variability_by_stage(heart, in_bed.tolist()) if heart.sinus is not None else {}
    found: dict[str, Finding] = {}
    for stage in STAGES:
        if stage not in measured:
            why = f"No five minutes of {STAGE_KINDS[stage].short} in one piece are covered by sinus rhythm"
            found |= {
                id_.format(stage.key): Finding(why=why if night.staged else NOT_STAGED, **evidence)
                for id_ in _VARIABILITY
            }
            continue
        medians, firsts = measured[stage]
        epochs = epoch_ranges([first + i for first in firsts for i in range(STRETCH_S // EPOCH_S)])
        source = both_sources({"measured"}, night.source)
        for id_, name in _VARIABILITY.items():
            found[id_.format(stage.key)] = Finding(getattr(medians, name), source=source, epochs=epochs, **evidence)
    return found

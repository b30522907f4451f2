"""All facts of a night, put together from what its stages, events and signals give."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from sleeplm.facts.atonia import atonia_findings
from sleeplm.facts.breaths import breath_findings, epoch_rates
from sleeplm.facts.causes import cause_findings
from sleeplm.facts.doubt import with_intervals
from sleeplm.facts.durations import duration_findings
from sleeplm.facts.events import event_findings
from sleeplm.facts.finding import Finding, as_fact, share_pct
from sleeplm.facts.heart import heart_findings, pulse_findings
from sleeplm.facts.hypopnea_types import hypopnea_type_findings
from sleeplm.facts.oxygen import oxygen_findings
from sleeplm.facts.parts import part_findings, ratio_findings
from sleeplm.facts.position import position_findings
from sleeplm.facts.reasons import NO_CLOCK, NO_DEPTH, NOT_STAGED, why_no_sleep_fact, why_unknown
from sleeplm.facts.rules import rule_findings
from sleeplm.facts.sleep import sleep_findings
from sleeplm.facts.timeline import EPOCH_MIN, Timeline
from sleeplm.intervals import epoch_ranges
from sleeplm.kinds.facts import FACT_KINDS, FactKind
from sleeplm.kinds.stages import Stage
from sleeplm.night import Fact, Scoring, clock_at
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.heart import HeartRate, heart_of
from sleeplm.scoring.heart_stages import SOURCE as HEART_STAGING
from sleeplm.scoring.stages import low_confidence
from sleeplm.scoring.usable import read_usable
from sleeplm.units import duration_words

_STAGING_CHANNELS = ("C3", "C4", "EOG_L", "EOG_R", "EMG_CHIN")


def night_facts(
    recording: NightSignals, scoring: Scoring, spo2: np.ndarray | None = None, heart: HeartRate | None = None
) -> list[Fact]:
    """The numbers of a night.

    Parameters
    ----------
    recording : Recording
        Its signals are read where `spo2` and `heart` are not given.
    scoring : Scoring
        The stages and events in force.
    spo2 : ndarray, optional
        Oxygen saturation in percent at the rate of the recording's SPO2 channel.
    heart : HeartRate, optional
        Beats and rate, where they were already found.

    Returns
    -------
    list of Fact
        One for every id of `FACT_IDS`, in that order; `value` is None where the number does not exist for this
        night, and `text` says why.
    """
    night = timeline_of(recording, scoring)
    found = with_intervals(night, findings(recording, scoring, night, spo2, heart))
    return [
        as_fact(kind, _in_force(kind, found, night, scoring, recording.channels)) for kind in FACT_KINDS.values()
    ]


def timeline_of(recording: NightSignals, scoring: Scoring) -> Timeline:
    """The stages and the time in bed of a night."""
    return Timeline.of(
        scoring.hypnogram,
        recording.n_epochs,
        source=scoring.staged_by,
        lights_off_s=scoring.lights_off_s,
        lights_on_s=scoring.lights_on_s,
        start_clock=recording.start_clock,
        probabilities=scoring.probabilities,
    )


def findings(
    recording: NightSignals,
    scoring: Scoring,
    night: Timeline,
    spo2: np.ndarray | None = None,
    heart: HeartRate | None = None,
) -> dict[str, Finding]:
    """What the functions of this room find, by id of the fact; of what does not exist they may say nothing."""
    recorded = tuple(recording.channels)
    found = {
        **_period(recording, scoring, night),
        **sleep_findings(night, _staging_signals(recording, scoring)),
        **event_findings(night, scoring, recorded, lambda name: recording.quality.usable(name)),
        **part_findings(night, scoring, recorded),
        **hypopnea_type_findings(night, scoring, recorded),
        **duration_findings(night, scoring, recorded),
        **cause_findings(night, scoring, recorded),
        **breath_findings(night, scoring, epoch_rates(recording)),
        **_from_signals(recording, scoring, night, spo2, heart),
    }
    return found | ratio_findings(found)


def _in_force(
    kind: FactKind,
    found: Mapping[str, Finding],
    night: Timeline,
    scoring: Scoring,
    recorded: Collection[str],
) -> Finding:
    """What was found of a fact, or the reason why nothing was."""
    if kind.needs.told_apart and not night.depth_known:
        return Finding(why=NO_DEPTH)
    if kind.id in found:
        return replace(found[kind.id], note=found[kind.id].note or _unscored_note(kind, night))
    why = why_unknown(kind, night, scoring, recorded)
    of_signal = bool(kind.needs.modality)
    return Finding(why=why) if of_signal else Finding(why=why, source=night.source or "measured")


def _unscored_note(kind: FactKind, night: Timeline) -> str:
    """What a number of the hypnogram must say where part of the time in bed has no stage."""
    of_stages = kind.needs.staging and not kind.needs.modalities
    if not of_stages or not night.unscored.any():
        return ""
    return f"{duration_words(float(night.unscored.sum()) * EPOCH_MIN)} of the time in bed were not scored"


def _staging_signals(recording: NightSignals, scoring: Scoring) -> tuple[str, ...]:
    """Channels that automatic staging may have read; an expert's are not known."""
    if scoring.hypnogram_source == HEART_STAGING:
        return ("ECG",)
    automatic = scoring.hypnogram_source not in (None, "expert")
    return tuple(c for c in _STAGING_CHANNELS if c in recording.channels) if automatic else ()


def _period(recording: NightSignals, scoring: Scoring, night: Timeline) -> dict[str, Finding]:
    """Recording, lights and time in bed: what is there without any scoring."""
    whole = ((1, night.n_epochs),) if night.n_epochs else ()
    in_bed = epoch_ranges(np.flatnonzero(night.in_bed) + 1)
    unscored = night.unscored
    found = {
        "recording_min": Finding(recording.duration_s / 60, epochs=whole),
        "recording_start_clock": Finding(recording.start_clock, NO_CLOCK, epochs=whole[:1]),
        "tib_min": Finding(night.tib_min, epochs=in_bed),
        "unscored_min": Finding(
            unscored.sum() * EPOCH_MIN,
            source=night.source or "measured",
            epochs=epoch_ranges(np.flatnonzero(unscored) + 1),
        ),
    }
    found["unsure_pct"] = _unsure(scoring, night)
    lights = {"off": scoring.lights_off_s, "on": scoring.lights_on_s}
    for word, seconds in lights.items():
        if seconds is None:
            found[f"lights_{word}_clock"] = Finding(why=f"Nobody noted when the lights went {word}")
        else:
            found[f"lights_{word}_clock"] = Finding(
                clock_at(recording.start_clock, seconds), NO_CLOCK, source="expert"
            )
    return found


def _unsure(scoring: Scoring, night: Timeline) -> Finding:
    """Share of epochs that the automatic staging is not sure of."""
    if scoring.probabilities is None:
        why = "No probabilities come with the stages" if night.staged else NOT_STAGED
        return Finding(why=why)
    staged = night.in_bed & (night.stages != Stage.UNSCORED)
    unsure = staged & low_confidence(scoring.probabilities)
    share = share_pct(float(unsure.sum()), float(staged.sum()))
    epochs = epoch_ranges(np.flatnonzero(unsure) + 1)
    return Finding(share, why_no_sleep_fact(night), source=night.source or "measured", epochs=epochs)


def _from_signals(
    recording: NightSignals, scoring: Scoring, night: Timeline, spo2: np.ndarray | None, heart: HeartRate | None
) -> dict[str, Finding]:
    """Oxygen, heart and position, read from the recording where it has them."""
    found: dict[str, Finding] = {}
    rate = {name: channel.sfreq_hz for name, channel in recording.channels.items()}
    if "SPO2" in rate:
        found |= rule_findings(night, scoring, recording)
        values = read_usable(recording, "SPO2") if spo2 is None else spo2
        found |= oxygen_findings(night, values, rate["SPO2"], scoring, tuple(rate))
    heart = heart_of(recording) if heart is None else heart
    beats = heart_findings(night, heart) if heart is not None else {}
    if not beats and "PULSE" in rate:
        sensor = recording.channels["PULSE"].note or ""
        beats = pulse_findings(night, read_usable(recording, "PULSE"), rate["PULSE"], sensor)
    found |= beats
    if "EMG_CHIN" in rate:
        found |= atonia_findings(night, recording)
    if "POS" in rate:
        found |= position_findings(night, recording.signal("POS"), rate["POS"], scoring, tuple(rate))
    return found

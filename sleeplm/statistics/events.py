"""Breathing, arousals, limbs and heart from scored events: counts, and indices per hour of sleep."""

from collections.abc import Callable, Sequence

import numpy as np

from sleeplm.night import Event, Scoring, stretches
from sleeplm.scoring.arousals import NREM_ALONE
from sleeplm.statistics.finding import Finding, share_pct
from sleeplm.statistics.kinds import COUNTED
from sleeplm.statistics.sleep import NOT_STAGED, why_no_sleep_fact
from sleeplm.statistics.timeline import EPOCH_MIN, Timeline
from sleeplm.vocabulary import APNEAS, EPOCH_S, EVENT_CHANNELS, NREM_STAGES, SLEEP_STAGES, Stage

PLM_AROUSAL_S = 0.5  # between a leg movement and the arousal that goes with it (AASM Manual 2.6)
_EXPERTS_RULE = "the expert's rule for hypopneas, which the file does not name"
_NO_HYPOPNEAS = "apneas alone: the expert scored no hypopneas"
_NO_APNEAS = "; no apneas were scored"
_BREATHING = (*APNEAS, "hypopnea")
# A RERA is no apnea or hypopnea (AASM Manual 2.6), and a movement that is marked as periodic too is one movement.
_AS_WELL = {"leg_movement": ("plm",), "rera": _BREATHING}
# The manual counts arousals in epochs of wake in bed as well (V.A, note 3; Wilson et al. 2022, J Clin Sleep Med
# 18:1385).
_AWAKE_TOO = ("arousal_index_per_h",)
# Events per hour of sleep, or of some stages of it.
_RATES = {
    "ahi_per_h": (_BREATHING, None),
    "ahi_rem_per_h": (_BREATHING, (Stage.R,)),
    "ahi_nrem_per_h": (_BREATHING, NREM_STAGES),
    "rdi_per_h": ((*_BREATHING, "rera"), None),
    "apnea_index_per_h": (APNEAS, None),
    "central_apnea_index_per_h": (("apnea_central",), None),
    "arousal_index_per_h": (("arousal",), None),
    "arousal_rem_per_h": (("arousal",), (Stage.R,)),
    "arousal_nrem_per_h": (("arousal",), NREM_STAGES),
    "plmi_per_h": (("plm",), None),
    "leg_movement_per_h": (("leg_movement", "plm"), None),
}
# Events per minute of one stage.
_DENSITIES = {
    "spindle_n2_per_min": ("spindle", Stage.N2),
    "slow_wave_n3_per_min": ("slow_wave", Stage.N3),
    "rapid_eye_movement_r_per_min": ("rapid_eye_movement", Stage.R),
}
_STAGE_WORDS = {Stage.N2: "N2 sleep", Stage.N3: "deep sleep", Stage.R: "REM sleep"}
_RECORDED = {
    "AF": "Breathing",
    "SPO2": "Oxygen saturation",
    "C3": "EEG",
    "EOG_L": "Eye movement",
    "LEG_L": "Leg movement",
    "SNORE": "Snoring",
    "ECG": "The electrocardiogram",
}


def event_findings(
    night: Timeline,
    scoring: Scoring,
    recorded: Sequence[str],
    usable: Callable[[str], np.ndarray] = lambda name: np.True_,
) -> dict[str, Finding]:
    """Counts of events by type, and their indices per hour of sleep.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    scoring : Scoring
        Its events, and who looked for which type.
    recorded : sequence of str
        Canonical channels of the recording.
    usable : callable
        Gives the epochs, bool ``[epochs]``, in which a channel holds a signal.
    """
    found = {f"{t}_n": _count(night, scoring, t, recorded) for t in COUNTED}
    for id_, (types, stages) in _RATES.items():
        why = _why_no_rate(types, scoring, recorded)
        if not why and id_ == "arousal_rem_per_h":
            why = _why_no_arousals_in_rem(scoring)
        evidence = _evidence(types, night, scoring, recorded)
        events, awake_too = _once(scoring, types), id_ in _AWAKE_TOO
        found[id_] = Finding(why=why) if why else per_hour_of_sleep(night, events, stages, awake_too, **evidence)
    for id_, (type_, stage) in _DENSITIES.items():
        why = _why_no_rate((type_,), scoring, recorded)
        evidence = _evidence((type_,), night, scoring, recorded)
        if why:
            found[id_] = Finding(why=why)
            continue
        events = scoring.events_of(type_)
        searched = {c for e in events for c in e.channels if scoring.event_sources[type_] != "expert"}
        mask = np.logical_and.reduce([night.of_stage(stage), *map(usable, searched & set(recorded))])
        found[id_] = _density(night, events, stage, mask, evidence)
    found["cheyne_stokes_min"] = _minutes_of(night, scoring, "cheyne_stokes", recorded)
    found["snore_pct"] = _share_of_sleep(night, scoring, "snore", recorded)
    found["plm_arousal_per_h"] = _plm_with_arousal(night, scoring, recorded)
    return found


def _once(scoring: Scoring, types: Sequence[str]) -> list[Event]:
    """Events of these types; what is another of them as well (see `_AS_WELL`) is counted as that one alone."""
    events = scoring.events_of(*types)
    for weaker, stronger in _AS_WELL.items():
        if weaker in types:
            spans = np.array([(e.start_s, e.end_s) for e in scoring.events_of(*stronger)]).reshape(-1, 2)
            events = [
                e
                for e in events
                if e.type != weaker or not np.any((spans[:, 0] < e.end_s) & (spans[:, 1] > e.start_s))
            ]
    return events


def _why_no_rate(types: Sequence[str], scoring: Scoring, recorded: Sequence[str]) -> str:
    """Why there is no index of these types; empty where there is one."""
    looked_for = [t for t in types if scoring.was_scored(t)]
    if not looked_for:
        why = why_not_scored(types[0], recorded)
        return why.replace(COUNTED["apnea_obstructive"], "Apneas and hypopneas") if len(types) > 1 else why
    automatic = all(scoring.event_sources[t] != "expert" for t in looked_for)
    if "hypopnea" in types and "hypopnea" not in looked_for and automatic:
        return "Hypopneas were not scored, for want of oxygen saturation"
    if "rera" in types and not set(looked_for) & set(_BREATHING):
        return "Apneas and hypopneas were not scored"
    if "rera" in types and "rera" not in looked_for:
        return "RERAs were not scored"
    return ""


def _why_no_arousals_in_rem(scoring: Scoring) -> str:
    """Why arousals of REM sleep are not known where others are: the rule asks for a rise of chin EMG."""
    nrem_alone = scoring.rules.get("arousal") == NREM_ALONE
    return "Without a chin EMG arousals are not scored in REM sleep" if nrem_alone else ""


def _evidence(types: Sequence[str], night: Timeline, scoring: Scoring, recorded: Sequence[str]) -> dict:
    """Signals and source of a number that rests on these types, and the rule that they were scored by."""
    looked_for = [t for t in types if scoring.was_scored(t)]
    sources = {scoring.event_sources[t] for t in looked_for}
    rule = scoring.rules.get("arousal", "") if "arousal" in looked_for else ""
    if "hypopnea" in types:
        rule = scoring.rules.get("hypopnea", _EXPERTS_RULE) if "hypopnea" in looked_for else _NO_HYPOPNEAS
        rule += "" if set(looked_for) & set(APNEAS) else _NO_APNEAS
    return {"signals": _seen_on(looked_for, recorded), "source": both_sources(sources, night.source), "rule": rule}


def _density(night: Timeline, events: Sequence[Event], stage: Stage, mask: np.ndarray, evidence: dict) -> Finding:
    """Events that begin in the epochs of a stage that could be searched, per minute of these."""
    if not mask.any():
        if night.of_stage(stage).any():
            return Finding(why=f"No {_STAGE_WORDS[stage]} has a usable signal", **evidence)
        return Finding(why=f"No {_STAGE_WORDS[stage]} was scored" if night.staged else NOT_STAGED, **evidence)
    epoch = np.array([e.start_s // EPOCH_S for e in events], dtype=int)
    epoch = epoch[(epoch >= 0) & (epoch < night.n_epochs)]
    epoch = epoch[mask[epoch]]
    return Finding(len(epoch) / (mask.sum() * EPOCH_MIN), epochs=stretches(epoch + 1), **evidence)


def _minutes_of(night: Timeline, scoring: Scoring, type_: str, recorded: Sequence[str]) -> Finding:
    """How long all events of a type lasted."""
    if not scoring.was_scored(type_):
        return Finding(why=why_not_scored(type_, recorded))
    events = scoring.events_of(type_)
    return Finding(
        sum(e.duration_s for e in events) / 60,
        signals=_seen_on([type_], recorded),
        source=scoring.event_sources[type_],
        epochs=night.epochs_of(events),
    )


def _share_of_sleep(night: Timeline, scoring: Scoring, type_: str, recorded: Sequence[str]) -> Finding:
    """Share of total sleep time that events of a type fill."""
    if not scoring.was_scored(type_):
        return Finding(why=why_not_scored(type_, recorded))
    if not night.asleep.any():
        return Finding(why=why_no_sleep_fact(night))
    filled = np.zeros(night.n_epochs * EPOCH_S * 10, dtype=bool)  # tenths of a second; events may overlap
    for e in scoring.events_of(type_):
        filled[round(max(e.start_s, 0) * 10) : round(max(e.end_s, 0) * 10)] = True
    by_epoch = filled.reshape(night.n_epochs, -1).sum(axis=1) * night.asleep
    return Finding(
        share_pct(float(by_epoch.sum()) / 10, float(night.asleep.sum()) * EPOCH_S),
        signals=_seen_on([type_], recorded),
        source=both_sources({scoring.event_sources[type_]}, night.source),
        epochs=stretches(np.flatnonzero(by_epoch) + 1),
    )


def _plm_with_arousal(night: Timeline, scoring: Scoring, recorded: Sequence[str]) -> Finding:
    """Periodic leg movements that an arousal goes with, per hour of sleep."""
    for type_ in ("plm", "arousal"):
        if not scoring.was_scored(type_):
            return Finding(why=why_not_scored(type_, recorded))
    spans = np.array([(e.start_s, e.end_s) for e in scoring.events_of("arousal")]).reshape(-1, 2)
    near = [
        e
        for e in scoring.events_of("plm")
        if np.any((spans[:, 0] < e.end_s + PLM_AROUSAL_S) & (spans[:, 1] > e.start_s - PLM_AROUSAL_S))
    ]
    return per_hour_of_sleep(night, near, **_evidence(("plm", "arousal"), night, scoring, recorded))


def per_hour_of_sleep(
    night: Timeline,
    events: Sequence[Event],
    stages: Sequence[str] | None = None,
    awake_too: bool = False,
    **evidence,
) -> Finding:
    """Events that touch sleep, per hour of it.

    An event counts when any epoch that it touches is sleep, as the AASM manual rules for respiratory events, and
    belongs to the stage of the first such epoch.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    events : sequence of Event
        Of the types that the index counts.
    stages : sequence of str, optional
        Sleep stages to which the index is restricted.
    awake_too : bool
        Whether events in bed that touch no sleep count as well.
    **evidence
        Passed on to `Finding`.
    """
    hours = (night.asleep if stages is None else night.of_stage(*stages)).sum() * EPOCH_S / 3600
    if not hours:
        rem = stages is not None and tuple(stages) == (Stage.R,)
        why = "No REM sleep was scored" if rem and night.staged else why_no_sleep_fact(night)
        return Finding(why=why, **evidence)
    allowed = set(stages or SLEEP_STAGES)
    counted = [e for e in events if night.first_sleep_stage(e) in allowed or (awake_too and night.touches_bed(e))]
    return Finding(len(counted) / hours, epochs=night.epochs_of(counted), **evidence)


def breathing_in(
    night: Timeline,
    scoring: Scoring,
    recorded: Sequence[str],
    asleep: np.ndarray,
    there: np.ndarray,
    sfreq_hz: float,
) -> Finding:
    """Apneas and hypopneas that touch sleep and begin in a body position, per hour of sleep in it.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    scoring : Scoring
        Its apneas and hypopneas.
    recorded : sequence of str
        Canonical channels of the recording.
    asleep, there : ndarray of bool
        ``[samples]`` of the position signal: where the person sleeps in the position, and where they are in it.
    sfreq_hz : float
        Rate of the position signal.
    """
    if why := _why_no_rate(_BREATHING, scoring, recorded):
        return Finding(why=why)
    evidence = _evidence(_BREATHING, night, scoring, recorded)
    evidence["signals"] += ("POS",)
    hours = asleep.sum() / sfreq_hz / 3600
    if not hours:
        return Finding(why="There was no sleep in that position" if night.staged else NOT_STAGED, **evidence)
    events = [
        e
        for e in scoring.events_of(*_BREATHING)
        if night.first_sleep_stage(e) and there[min(int(e.start_s * sfreq_hz), len(there) - 1)]
    ]
    return Finding(len(events) / hours, epochs=night.epochs_of(events), **evidence)


def why_not_scored(event_type: str, recorded: Sequence[str]) -> str:
    """Why nothing is known of a type of event: its signal was not recorded, or nobody looked."""
    channels = EVENT_CHANNELS.get(event_type, ())
    if channels and not set(channels) & set(recorded):
        return f"{_RECORDED[channels[0]]} was not recorded"
    return f"{COUNTED[event_type]} were not scored"


def both_sources(events: set[str], stages: str | None) -> str:
    """Who scored what an index rests on, events and stages: each name once, joined by "and"."""
    return " and ".join(sorted(events | ({stages} if stages else set())))


def _count(night, scoring, event_type, recorded) -> Finding:
    if not scoring.was_scored(event_type):
        return Finding(why=why_not_scored(event_type, recorded))
    events = scoring.events_of(event_type)
    signals = _seen_on([event_type], recorded)
    return Finding(
        len(events), signals=signals, source=scoring.event_sources[event_type], epochs=night.epochs_of(events)
    )


def _seen_on(types: Sequence[str], recorded: Sequence[str]) -> tuple[str, ...]:
    """Channels of the recording on which these types of event show."""
    channels = dict.fromkeys(c for t in types for c in EVENT_CHANNELS.get(t, ()))
    return tuple(c for c in channels if c in recorded)

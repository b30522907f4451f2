"""Short phrases as people type them into a search box, true of an epoch, and where in the epoch they are true."""

from collections.abc import Callable, Mapping

from sleeplm.captions.text.cardiac import HEART_BPM
from sleeplm.kinds.channels import POSITION_KINDS
from sleeplm.kinds.events import APNEAS, EVENT_KINDS
from sleeplm.kinds.stages import NREM_STAGES, SLEEP_STAGES, STAGE_KINDS
from sleeplm.units import EPOCH_S

ByFacet = Mapping[str, Mapping]

_STAGE_PHRASES = {str(stage): kind.phrases for stage, kind in STAGE_KINDS.items()}
# Besides events, what captions measure that has a time: bursts of the chin and surges of the heart.
_EVENT_PHRASES = {
    **{kind.id: kind.phrases for kind in EVENT_KINDS.values()},
    "chin_burst": ("chin muscle burst", "chin twitch"),
    "hr_surge": ("heart rate surge", "sudden rise of heart rate"),
}
_PLURAL_PHRASES = {kind.id: kind.plural_phrases for kind in EVENT_KINDS.values()}
_POSITION_PHRASES = {kind.name: kind.phrases for kind in POSITION_KINDS}


def _value(facet: str, name: str, holds: Callable) -> Callable[[ByFacet], bool]:
    """A condition on one attribute, false where it was not measured."""
    return lambda a: a.get(facet, {}).get(name) is not None and bool(holds(a[facet][name]))


def _eeg(holds: Callable[[Mapping], bool]) -> Callable[[ByFacet], bool]:
    """A condition on the band powers of a central derivation."""
    return lambda a: any(holds(a["brain"][c]) for c in ("C3", "C4") if "rms_uv" in a.get("brain", {}).get(c, {}))


def _stage(*stages: str) -> Callable[[ByFacet], bool]:
    return _value("stage_event", "stage", lambda s: s in stages)


def _both(*conditions: Callable[[ByFacet], bool]) -> Callable[[ByFacet], bool]:
    return lambda a: all(c(a) for c in conditions)


def _event(*types: str) -> Callable[[ByFacet], bool]:
    return _value("stage_event", "events", lambda events: any(e["type"] in types for e in events))


def _signal(name: str, holds: Callable) -> Callable[[ByFacet], bool]:
    """A condition on what is measured of any one signal of breathing."""
    return lambda a: any(
        a.get("respiratory", {}).get(s, {}).get(name) is not None and holds(a["respiratory"][s][name])
        for s in ("AF", "THX", "ABD")
    )


def _moves(name: str, trend: str, unit: str, least: float) -> Callable[[ByFacet], bool]:
    """Whether a stretch of a rate or a saturation rises or falls by so much."""
    return _value(
        "cardiac",
        f"{name}_stretches",
        lambda found: any(s["trend"] == trend and abs(s[f"to_{unit}"] - s[f"from_{unit}"]) >= least for s in found),
    )


def _fault(*kinds: str) -> Callable[[ByFacet], bool]:
    """Whether any signal of the epoch has one of these faults."""
    return lambda a: any(
        fault in kinds for values in a.values() for found in values.get("faults", {}).values() for fault in found
    )


def _rolling_eyes(a: ByFacet) -> bool:
    eyes = [a.get("brain", {}).get(eye, {}) for eye in ("EOG_L", "EOG_R")]
    return all(e.get("slow_uv", 0) >= max(_ROLLING_UV, e.get("saccadic_uv", 0)) for e in eyes)


# As `supports` has it of slow eye movements; of a surge, half again what makes a stretch rise at all.
_ROLLING_UV, _SURGE_BPM, _UNEVEN_PCT, _FLATTENED_PCT = 20, 10, 20, 50
_DEEP_DROP_PCT, _BURSTS = 10, 3
_BREATHING_EVENT = _event(*APNEAS, "hypopnea")
_LARGE_DELTA = _eeg(lambda v: v["delta_pct"] >= 70 and v["rms_uv"] >= 24)
_SLOW_HEART = _value("cardiac", "hr_mean_bpm", lambda v: v < HEART_BPM[0])
_FAST_HEART = _value("cardiac", "hr_mean_bpm", lambda v: v > HEART_BPM[1])
# What is true of an epoch, and how people would ask for it. Thresholds are those of the captions' words.
_RULES: tuple[tuple[Callable[[ByFacet], bool], tuple[str, ...]], ...] = (
    (
        _both(_stage("N2", "N3"), _LARGE_DELTA),
        ("high-amplitude delta", "large slow delta waves", "strong delta activity"),
    ),
    (_both(_stage("N3"), _LARGE_DELTA), ("deep sleep with large slow waves", "deep sleep with strong delta")),
    (_eeg(lambda v: v["alpha_pct"] >= 18), ("alpha rhythm", "strong alpha activity", "alpha waves")),
    (
        _both(_stage("W"), _eeg(lambda v: v["alpha_pct"] >= 18)),
        ("relaxed wakefulness with alpha", "quiet wake, eyes closed"),
    ),
    (_eeg(lambda v: v["sigma_pct"] >= 8), ("strong sigma power", "sigma activity")),
    (_eeg(lambda v: v["theta_pct"] >= 22), ("theta activity", "strong theta")),
    (_eeg(lambda v: v["beta_pct"] >= 12), ("fast beta activity", "strong beta")),
    (_eeg(lambda v: v["rms_uv"] < 10), ("low-amplitude EEG", "low-voltage mixed-frequency EEG")),
    (_FAST_HEART, ("fast heart rate", "rapid heartbeat", "heart beating fast", "racing heart")),
    (
        _value("cardiac", "hr_mean_bpm", lambda v: HEART_BPM[0] <= v <= HEART_BPM[1]),
        ("normal heart rate", "heart rate in the normal range", "unremarkable pulse"),
    ),
    (_SLOW_HEART, ("slow heart rate", "low pulse", "heart beating slowly", "slow heartbeat")),
    (_value("cardiac", "hr_trend", lambda v: v == "rising"), ("heart rate rising", "heart speeding up")),
    (_value("cardiac", "hr_trend", lambda v: v == "falling"), ("heart rate falling", "heart slowing down")),
    (_value("cardiac", "hr_trend", lambda v: v == "stable"), ("stable heart rate", "steady pulse")),
    (_value("cardiac", "hr_trend", lambda v: v == "variable"), ("variable heart rate", "unsteady pulse")),
    (_value("cardiac", "spo2_min_pct", lambda v: v < 90), ("low oxygen", "low oxygen saturation", "hypoxemia")),
    (_value("cardiac", "spo2_min_pct", lambda v: v >= 95), ("normal oxygen saturation", "good oxygen saturation")),
    (_value("respiratory", "regularity", lambda v: v == "regular"), ("regular breathing", "steady breathing")),
    (
        _value("respiratory", "regularity", lambda v: v in ("irregular", "no rhythm")),
        ("irregular breathing", "uneven breathing"),
    ),
    (_value("respiratory", "rate_per_min", lambda v: v >= 22), ("fast breathing", "rapid breathing")),
    (_value("respiratory", "rate_per_min", lambda v: v < 10), ("slow breathing",)),
    (
        _value("respiratory", "flow_lowest_pct", lambda v: v < 25),
        ("airflow stops", "no airflow", "airflow nearly gone"),
    ),
    (_value("respiratory", "flow_pct", lambda v: v < 70), ("reduced airflow", "shallow breathing")),
    (
        _value("respiratory", "phase", lambda v: v == "opposite"),
        ("paradoxical breathing", "chest and abdomen out of phase"),
    ),
    (_value("respiratory", "snore_ratio", lambda v: v >= 2), ("loud snoring signal",)),
    (_signal("variability_pct", lambda v: v >= _UNEVEN_PCT), ("breaths of uneven length", "variable breathing")),
    (
        _signal("flattened_pct", lambda v: v >= _FLATTENED_PCT),
        ("flow limitation", "flattened inspiratory flow", "flattened breaths"),
    ),
    (_moves("hr", "falling", "bpm", _SURGE_BPM), ("sudden drop of heart rate", "heart rate dropping quickly")),
    (_value("cardiac", "pauses", bool), ("cardiac pause", "pause of the heart", "asystole")),
    (_moves("spo2", "falling", "pct", 3), ("oxygen falling", "saturation going down")),
    (_moves("spo2", "rising", "pct", 3), ("oxygen recovering", "saturation coming back")),
    (_rolling_eyes, ("slow rolling eye movements", "slow eye movements")),
    (_value("somatic", "chin_bursts_n", lambda v: v >= _BURSTS), ("chin muscle bursts", "twitching chin muscle")),
    (
        _value("stage_event", "events", lambda found: any(e.get("hr_rise_bpm", 0) >= _SURGE_BPM for e in found)),
        ("heart rate jumps after a breathing event",),
    ),
    (
        _value("stage_event", "events", lambda found: any(e.get("drop_pct", 0) >= _DEEP_DROP_PCT for e in found)),
        ("deep desaturation", "large oxygen drop"),
    ),
    (_fault("mains"), ("mains hum", "electrical noise")),
    (_fault("movement"), ("movement artifact", "signal disturbed by movement")),
    (_fault("flat", "missing", "disconnected", "clipped"), ("poor signal", "lost signal", "sensor off")),
    (
        _value("somatic", "chin_tone", lambda v: v == "low"),
        ("low muscle tone", "chin muscle relaxed"),
    ),
    (_value("somatic", "chin_tone", lambda v: v == "high"), ("high muscle tone", "tense chin muscle")),
    (_value("somatic", "position_change", bool), ("change of position", "body turning", "turning over")),
    (
        _both(_BREATHING_EVENT, _event("desaturation")),
        ("apnea or hypopnea with desaturation", "breathing event with oxygen drop"),
    ),
    (_both(_event("apnea_obstructive"), _event("desaturation")), ("obstructive apnea with desaturation",)),
    (_both(_event("apnea_central"), _event("desaturation")), ("central apnea with desaturation",)),
    (_both(_event("hypopnea"), _event("desaturation")), ("hypopnea with desaturation",)),
    (
        _both(_BREATHING_EVENT, _event("arousal")),
        ("breathing event with arousal", "arousal after an apnea or hypopnea"),
    ),
    (_both(_stage("R"), _BREATHING_EVENT), ("breathing event in REM sleep", "apnea or hypopnea during REM")),
    (_both(_stage(*NREM_STAGES), _BREATHING_EVENT), ("breathing event in non-REM sleep",)),
    (
        _both(_stage("R"), _value("somatic", "chin_tone", lambda v: v == "low")),
        ("REM sleep with low muscle tone", "REM atonia"),
    ),
    (_both(_stage("R"), _value("somatic", "chin_tone", lambda v: v == "high")), ("REM sleep without atonia",)),
    (_stage(*NREM_STAGES), ("non-REM sleep", "NREM sleep")),
    (_stage(*SLEEP_STAGES), ("asleep", "person asleep")),
)
_NEARLY = ((_SLOW_HEART, "bradycardia"), (_FAST_HEART, "tachycardia"))


def training_phrases(attributes_by_facet: ByFacet) -> list[str]:
    """Short phrases that are true of an epoch, as people would search for it.

    Parameters
    ----------
    attributes_by_facet : mapping of facet to attributes
        One epoch of `attributes_of_night`; or its captions' attributes.

    Returns
    -------
    list of str
        Without repeats, in a fixed order. What is not said was not measured or is not true.
    """
    phrases = list(_STAGE_PHRASES.get(attributes_by_facet.get("stage_event", {}).get("stage"), ()))
    kinds = [kind for _, _, kind in _timed(attributes_by_facet)]
    for kind in dict.fromkeys(kinds):
        phrases += _EVENT_PHRASES.get(kind, ())
        if kinds.count(kind) > 1:
            phrases += _PLURAL_PHRASES.get(kind, ())
    phrases += _POSITION_PHRASES.get(attributes_by_facet.get("somatic", {}).get("position"), ())
    for holds, words in _RULES:
        if holds(attributes_by_facet):
            phrases += words
    return list(dict.fromkeys(phrases))


def doubtful_phrases(attributes_by_facet: ByFacet) -> list[str]:
    """Phrases that people may use of an epoch although what they name was not scored there.

    A bradycardia or a tachycardia is scored where it is marked and lasts (`sleeplm.scoring.rhythm`): a heart of
    45 bpm need not be one, and is nothing else either.

    Parameters
    ----------
    attributes_by_facet : mapping of facet to attributes
        As `training_phrases` takes them.
    """
    kinds = [kind for nearly, kind in _NEARLY if nearly(attributes_by_facet)]
    true = training_phrases(attributes_by_facet)
    return [phrase for kind in kinds for phrase in _EVENT_PHRASES[kind] if phrase not in true]


def spans_of(attributes_by_facet: ByFacet) -> list[tuple[float, float, str]]:
    """Where in an epoch each short phrase is true.

    Parameters
    ----------
    attributes_by_facet : mapping of facet to attributes
        One epoch of `attributes_of_night`; or its captions' attributes.

    Returns
    -------
    list of (start_s, end_s, phrase)
        Seconds within the epoch, 0 to 30. Every event has one span for each way to say it. A time that is a
        moment (a rapid eye movement) spans half a second to either side.
    """
    return [(a, b, phrase) for a, b, kind in _timed(attributes_by_facet) for phrase in _EVENT_PHRASES.get(kind, ())]


def _timed(attributes_by_facet: ByFacet) -> list[tuple[float, float, str]]:
    """Everything of an epoch that has a time in it, as ``(start_s, end_s, kind)``."""
    brain, somatic = attributes_by_facet.get("brain", {}), attributes_by_facet.get("somatic", {})
    found = [
        (e["start_s"], e["end_s"], e["type"]) for e in attributes_by_facet.get("stage_event", {}).get("events", ())
    ]
    found += [(s["start_s"], s["end_s"], "spindle") for s in brain.get("spindles", ())]
    found += [(s["start_s"], s["end_s"], "slow_wave") for s in brain.get("slow_waves", ())]
    found += [
        (max(t - 0.5, 0), min(t + 0.5, EPOCH_S), "rapid_eye_movement") for t in brain.get("rapid_eye_movements", ())
    ]
    found += [(s["start_s"], s["end_s"], s["type"]) for s in somatic.get("leg_movements", ())]
    found += [(s["start_s"], s["end_s"], "chin_burst") for s in somatic.get("chin_bursts", ())]
    found += [
        (s["start_s"], s["end_s"], "hr_surge")
        for s in attributes_by_facet.get("cardiac", {}).get("hr_stretches", ())
        if s["to_bpm"] - s["from_bpm"] >= _SURGE_BPM
    ]
    return list(dict.fromkeys(found))

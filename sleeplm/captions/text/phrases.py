"""Short phrases as people type them into a search box, true of an epoch, and where in the epoch they are true."""

from collections.abc import Callable, Mapping

from sleeplm.captions.features.brain import EEG, GRAPHOELEMENTS
from sleeplm.captions.features.respiratory import BREATHING
from sleeplm.captions.features.stage_evidence import ByFacet, Condition, rolling_eyes
from sleeplm.captions.features.thresholds import (
    AMPLITUDE_PCT,
    BAND_LEVELS_PCT,
    BREATHS_PER_MIN,
    CHIN_BURSTS_N,
    DEEP_DROP_PCT,
    EEG_UV,
    FLATTENED_PCT,
    HEART_BPM,
    HR_SURGE_BPM,
    LARGE_DELTA_PHRASE_PCT,
    LOUD_SNORING,
    NEARLY_GONE_PCT,
    SPO2_CHANGE_PHRASE_PCT,
    SPO2_PCT,
    UNEVEN_BREATHS_PCT,
)
from sleeplm.kinds.channels import POSITION_KINDS
from sleeplm.kinds.events import APNEAS_HYPOPNEAS, EVENT_KINDS
from sleeplm.kinds.stages import NREM_STAGES, SLEEP_STAGES, STAGE_KINDS
from sleeplm.recording.quality import UNUSABLE
from sleeplm.units import EPOCH_S

_MOMENT_S = 0.5  # to either side of what has one time alone: about as long as a rapid eye movement

_STAGE_PHRASES = {str(stage): kind.phrases for stage, kind in STAGE_KINDS.items()}
# Besides events, what captions measure that has a time: bursts of the chin and surges of the heart.
_EVENT_PHRASES = {
    **{kind.id: kind.phrases for kind in EVENT_KINDS.values()},
    "chin_burst": ("chin muscle burst", "chin twitch"),
    "hr_surge": ("heart rate surge", "sudden rise of heart rate"),
}
_PLURAL_PHRASES = {kind.id: kind.plural_phrases for kind in EVENT_KINDS.values()}
_POSITION_PHRASES = {kind.name: kind.phrases for kind in POSITION_KINDS}


def _value(facet: str, name: str, holds: Callable) -> Condition:
    """A condition on one attribute, false where it was not measured."""
    return lambda a: a.get(facet, {}).get(name) is not None and bool(holds(a[facet][name]))


def _eeg(holds: Callable[[Mapping], bool]) -> Condition:
    """A condition on the band powers of a central derivation."""
    return lambda a: any(holds(a["brain"][c]) for c in EEG if "rms_uv" in a.get("brain", {}).get(c, {}))


def _stage(*stages: str) -> Condition:
    return _value("stage_event", "stage", lambda s: s in stages)


def _both(*conditions: Condition) -> Condition:
    return lambda a: all(c(a) for c in conditions)


def _event(*types: str) -> Condition:
    return _value("stage_event", "events", lambda events: any(e["type"] in types for e in events))


def _signal(name: str, holds: Callable) -> Condition:
    """A condition on what is measured of any one signal of breathing."""
    return lambda a: any(
        a.get("respiratory", {}).get(s, {}).get(name) is not None and holds(a["respiratory"][s][name])
        for s in BREATHING
    )


def _moves(name: str, trend: str, unit: str, least: float) -> Condition:
    """Whether a stretch of a rate or a saturation rises or falls by so much."""
    return _value(
        "cardiac",
        f"{name}_stretches",
        lambda found: any(s["trend"] == trend and abs(s[f"to_{unit}"] - s[f"from_{unit}"]) >= least for s in found),
    )


def _fault(*kinds: str) -> Condition:
    """Whether any signal of the epoch has one of these faults."""
    return lambda a: any(
        fault in kinds for values in a.values() for found in values.get("faults", {}).values() for fault in found
    )


def _high(band: str) -> Condition:
    return _eeg(lambda v: v[f"{band}_pct"] >= BAND_LEVELS_PCT[band][1])


_BREATHING_EVENT = _event(*APNEAS_HYPOPNEAS)
_LARGE_DELTA = _eeg(lambda v: v["delta_pct"] >= LARGE_DELTA_PHRASE_PCT and v["rms_uv"] >= EEG_UV[1])
_SLOW_HEART = _value("cardiac", "hr_mean_bpm", lambda v: v < HEART_BPM[0])
_FAST_HEART = _value("cardiac", "hr_mean_bpm", lambda v: v > HEART_BPM[1])
# What is true of an epoch, and how people would ask for it. Limits are those of `thresholds`.
_RULES: tuple[tuple[Condition, tuple[str, ...]], ...] = (
    (
        _both(_stage("N2", "N3"), _LARGE_DELTA),
        ("high-amplitude delta", "large slow delta waves", "strong delta activity"),
    ),
    (_both(_stage("N3"), _LARGE_DELTA), ("deep sleep with large slow waves", "deep sleep with strong delta")),
    (_high("alpha"), ("alpha rhythm", "strong alpha activity", "alpha waves")),
    (
        _both(_stage("W"), _high("alpha")),
        ("relaxed wakefulness with alpha", "quiet wake, eyes closed"),
    ),
    (_high("sigma"), ("strong sigma power", "sigma activity")),
    (_high("theta"), ("theta activity", "strong theta")),
    (_high("beta"), ("fast beta activity", "strong beta")),
    (_eeg(lambda v: v["rms_uv"] < EEG_UV[0]), ("low-amplitude EEG", "low-voltage mixed-frequency EEG")),
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
    (
        _value("cardiac", "spo2_min_pct", lambda v: v < SPO2_PCT[0]),
        ("low oxygen", "low oxygen saturation", "hypoxemia"),
    ),
    (
        _value("cardiac", "spo2_min_pct", lambda v: v >= SPO2_PCT[1]),
        ("normal oxygen saturation", "good oxygen saturation"),
    ),
    (_value("respiratory", "regularity", lambda v: v == "regular"), ("regular breathing", "steady breathing")),
    (
        _value("respiratory", "regularity", lambda v: v in ("irregular", "no rhythm")),
        ("irregular breathing", "uneven breathing"),
    ),
    (
        _value("respiratory", "rate_per_min", lambda v: v >= BREATHS_PER_MIN[1]),
        ("fast breathing", "rapid breathing"),
    ),
    (_value("respiratory", "rate_per_min", lambda v: v < BREATHS_PER_MIN[0]), ("slow breathing",)),
    (
        _value("respiratory", "flow_lowest_pct", lambda v: v < NEARLY_GONE_PCT),
        ("airflow stops", "no airflow", "airflow nearly gone"),
    ),
    (_value("respiratory", "flow_pct", lambda v: v < AMPLITUDE_PCT[0]), ("reduced airflow", "shallow breathing")),
    (
        _value("respiratory", "phase", lambda v: v == "opposite"),
        ("paradoxical breathing", "chest and abdomen out of phase"),
    ),
    (_value("respiratory", "snore_ratio", lambda v: v >= LOUD_SNORING), ("loud snoring signal",)),
    (
        _signal("variability_pct", lambda v: v >= UNEVEN_BREATHS_PCT),
        ("breaths of uneven length", "variable breathing"),
    ),
    (
        _signal("flattened_pct", lambda v: v >= FLATTENED_PCT),
        ("flow limitation", "flattened inspiratory flow", "flattened breaths"),
    ),
    (_moves("hr", "falling", "bpm", HR_SURGE_BPM), ("sudden drop of heart rate", "heart rate dropping quickly")),
    (_value("cardiac", "pauses", bool), ("cardiac pause", "pause of the heart", "asystole")),
    (_moves("spo2", "falling", "pct", SPO2_CHANGE_PHRASE_PCT), ("oxygen falling", "saturation going down")),
    (_moves("spo2", "rising", "pct", SPO2_CHANGE_PHRASE_PCT), ("oxygen recovering", "saturation coming back")),
    (rolling_eyes, ("slow rolling eye movements", "slow eye movements")),
    (
        _value("somatic", "chin_bursts_n", lambda v: v >= CHIN_BURSTS_N),
        ("chin muscle bursts", "twitching chin muscle"),
    ),
    (
        _value("stage_event", "events", lambda found: any(e.get("hr_rise_bpm", 0) >= HR_SURGE_BPM for e in found)),
        ("heart rate jumps after a breathing event",),
    ),
    (
        _value("stage_event", "events", lambda found: any(e.get("drop_pct", 0) >= DEEP_DROP_PCT for e in found)),
        ("deep desaturation", "large oxygen drop"),
    ),
    (_fault("mains"), ("mains hum", "electrical noise")),
    (_fault("movement"), ("movement artifact", "signal disturbed by movement")),
    (_fault(*UNUSABLE), ("poor signal", "lost signal", "sensor off")),
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
        Without repeats, in a fixed order. What is missing was not measured or is not true.
    """
    phrases = list(_STAGE_PHRASES.get(attributes_by_facet.get("stage_event", {}).get("stage", ""), ()))
    kinds = [kind for _, _, kind in _timed(attributes_by_facet)]
    for kind in dict.fromkeys(kinds):
        phrases += _EVENT_PHRASES.get(kind, ())
        if kinds.count(kind) > 1:
            phrases += _PLURAL_PHRASES.get(kind, ())
    phrases += _POSITION_PHRASES.get(attributes_by_facet.get("somatic", {}).get("position", ""), ())
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
    found += [
        (w["start_s"], w["end_s"], kind) for name, kind in GRAPHOELEMENTS.items() for w in brain.get(name, ())
    ]
    found += [
        (max(t - _MOMENT_S, 0), min(t + _MOMENT_S, EPOCH_S), "rapid_eye_movement")
        for t in brain.get("rapid_eye_movements", ())
    ]
    found += [(s["start_s"], s["end_s"], s["type"]) for s in somatic.get("leg_movements", ())]
    found += [(s["start_s"], s["end_s"], "chin_burst") for s in somatic.get("chin_bursts", ())]
    found += [
        (s["start_s"], s["end_s"], "hr_surge")
        for s in attributes_by_facet.get("cardiac", {}).get("hr_stretches", ())
        if s["to_bpm"] - s["from_bpm"] >= HR_SURGE_BPM
    ]
    return list(dict.fromkeys(found))

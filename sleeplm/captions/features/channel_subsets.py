"""The attributes of an epoch as they would be had only some channels been recorded."""

from collections.abc import Collection, Mapping

from sleeplm.captions.features.brain import EEG, EOG, GRAPHOELEMENTS, clean_derivations
from sleeplm.captions.features.events import ABSENT_KINDS, kinds_in
from sleeplm.captions.features.respiratory import BELTS, BREATHING, combined
from sleeplm.captions.features.stage_evidence import stage_evidence
from sleeplm.kinds.channels import MODALITIES
from sleeplm.kinds.events import APNEAS, EVENT_CHANNELS

OXYGEN, HEART = MODALITIES["oxygen"].channels, MODALITIES["heart"].channels
# What an event did is known from other channels than the event itself.
_DID = {"arousal": EVENT_CHANNELS["arousal"], "desaturation_pct": OXYGEN, "hr_rise_bpm": HEART}
_KIND_CHANNELS = {kind: EVENT_CHANNELS.get(kind, EVENT_CHANNELS[APNEAS[0]]) for kind in ABSENT_KINDS}
_LEG_KEYS = ("leg_movements", "leg_movements_n")


def with_channels(attributes_by_facet: Mapping[str, Mapping], channels: Collection[str]) -> dict[str, dict]:
    """The attributes of an epoch, as `attributes_of_night` gives them for a recording with only these channels.

    Every attribute of one channel depends on that channel alone, and those of several are made of these, so that
    one pass over a night serves all subsets of its channels. Stages stay as they were scored; an event goes where
    nothing that it could be seen on is left (`kinds.events.EVENT_CHANNELS`; an artifact, where none of the channels
    that it names is).

    Parameters
    ----------
    attributes_by_facet : mapping of facet to attributes
        One epoch of `attributes_of_night`; it is left as it is.
    channels : collection of str
        Canonical names.

    Returns
    -------
    dict of str to dict
        By facet; one of which nothing is left is absent.
    """
    left = {facet: _OF_FACET[facet](values, channels) for facet, values in attributes_by_facet.items()}
    for facet, values in left.items():
        faults = attributes_by_facet[facet].get("faults", {})
        if of_channels := {name: words for name, words in faults.items() if name in channels}:
            values["faults"] = of_channels
    left = {facet: values for facet, values in left.items() if values}
    if evidence := stage_evidence(left):
        left["stage_event"]["supports"] = evidence
    return left


def _stage_event(values: Mapping, channels: Collection[str]) -> dict:
    kept = {k: v for k, v in values.items() if k not in ("events", "looked_for", "supports")}
    events = [_consequences_on(e, channels) for e in values["events"] if _is_on(e, channels)]
    there = kinds_in(events)
    scored = {*values["looked_for"], *kinds_in(values["events"])}
    looked_for = [k for k in ABSENT_KINDS if k in scored - there and _any(_KIND_CHANNELS[k], channels)]
    return {**kept, "events": events, "looked_for": looked_for}


def _is_on(event: Mapping, channels: Collection[str]) -> bool:
    on = EVENT_CHANNELS.get(event["type"], event.get("channels"))
    return on is None or _any(on, channels)


def _consequences_on(event: Mapping, channels: Collection[str]) -> dict:
    return {k: v for k, v in event.items() if k not in _DID or _any(_DID[k], channels)}


def _brain(values: Mapping, channels: Collection[str]) -> dict:
    kept = {n: values[n] for n in (*EEG, *EOG) if n in values and n in channels}
    if clean_derivations(kept):
        kept |= _starting(values, *GRAPHOELEMENTS)
    if set(EOG) <= set(channels):
        kept |= _starting(values, "rapid_eye_movements")
    return kept


def _cardiac(values: Mapping, channels: Collection[str]) -> dict:
    kept = _starting(values, "hr_", "rmssd_", "pauses") if "ECG" in channels else {}
    return kept | (_starting(values, "spo2_") if "SPO2" in channels else {})


def _respiratory(values: Mapping, channels: Collection[str]) -> dict:
    kept = {n: values[n] for n in BREATHING if n in values and n in channels}
    kept |= combined(kept)
    if set(BELTS) <= set(channels):
        kept |= _starting(values, "phase")
    return kept | (_starting(values, "snore_") if "SNORE" in channels else {})


def _somatic(values: Mapping, channels: Collection[str]) -> dict:
    kept = _starting(values, "chin_") if "EMG_CHIN" in channels else {}
    if legs := [leg for leg in values.get("legs", ()) if leg in channels]:
        kept |= {"legs": legs, **{k: values[k] for k in _LEG_KEYS}}
    return kept | (_starting(values, "position") if "POS" in channels else {})


def _starting(values: Mapping, *beginnings: str) -> dict:
    """The attributes whose names begin so."""
    return {k: v for k, v in values.items() if k.startswith(beginnings)}


def _any(wanted: Collection[str], channels: Collection[str]) -> bool:
    return any(name in channels for name in wanted)


_OF_FACET = {
    "stage_event": _stage_event,
    "brain": _brain,
    "cardiac": _cardiac,
    "respiratory": _respiratory,
    "somatic": _somatic,
}

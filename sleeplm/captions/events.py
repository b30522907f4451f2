"""What was scored of each epoch: its stage, what came before, and the events that touch it, with what they did."""

from collections.abc import Sequence

import numpy as np

from sleeplm.captions.rounding import rounded
from sleeplm.epochs import Epochs
from sleeplm.night import Event, Scoring, epochs_between
from sleeplm.vocabulary import APNEAS, CHANNEL_NAMES, EPOCH_S, MICRO_EVENTS, MODEL_SFREQ_HZ, STAGES, Stage

_BREATHING = (*APNEAS, "hypopnea", "rera")
_AROUSAL_AFTER_S = 5.0  # an arousal that starts this close to a breathing event's end ended it


def event_features(epochs: Epochs, scoring: Scoring) -> list[dict]:
    """Attributes of the stage_event facet, one dict an epoch.

    Keys: ``stage``, ``stage_source``, ``stage_confidence_pct`` (automatic staging only) and ``previous_stage``,
    where the epoch is staged; ``events``: list of ``type, start_s, end_s`` (within the epoch, .1 s), ``duration_s``
    (the whole event), ``from_before``, ``into_next``, ``source``, and where known ``nadir_pct`` (lowest SpO2 of a
    desaturation) and ``arousal`` (an arousal started within 5 s of a breathing event's end); ``looked_for`` (the
    kinds of event that were scored and are not there).
    """
    rows: list[dict] = [{"events": []} for _ in range(len(epochs))]
    _add_stages(rows, scoring)
    spo2_present = epochs.present[:, CHANNEL_NAMES.index("SPO2")]
    # A dozen spindles in an epoch are one remark, which is made with the brain.
    unsaid = MICRO_EVENTS if spo2_present.any() else (*MICRO_EVENTS, "desaturation")
    arousals_s = np.array([e.start_s for e in scoring.events_of("arousal")])
    spo2 = epochs.signals[:, CHANNEL_NAMES.index("SPO2")].ravel()
    for event in scoring.events:
        if event.type in unsaid or event.start_s >= len(rows) * EPOCH_S or event.end_s <= 0:
            continue
        did = _what_it_did(event, arousals_s, spo2, spo2_present)
        first, last = epochs_between(event.start_s, event.end_s, len(rows))
        for number in range(first, last + 1):
            rows[number - 1]["events"].append({**_within(event, number), **did})
    kinds = [k for k in _scored_kinds(scoring) if k not in unsaid]
    for row in rows:
        there = {kind_of(e["type"]) for e in row["events"]}
        if any(e.get("arousal") for e in row["events"]):
            there.add("arousal")
        row["looked_for"] = [k for k in kinds if k not in there]
    return rows


def kind_of(event_type: str) -> str:
    """The kind under which an event's absence is said."""
    return "respiratory" if event_type in _BREATHING else event_type


def _scored_kinds(scoring: Scoring) -> list[str]:
    kinds = ["respiratory"] if all(any(scoring.was_scored(t) for t in g) for g in (APNEAS, ("hypopnea",))) else []
    return [*kinds, *(t for t in ("arousal", "desaturation") if scoring.was_scored(t))]


def _add_stages(rows: list[dict], scoring: Scoring) -> None:
    hypnogram: Sequence[Stage] = scoring.hypnogram[: len(rows)]
    for e, stage in enumerate(hypnogram):
        if stage == Stage.UNSCORED:
            continue
        rows[e] |= {"stage": str(stage), "stage_source": scoring.hypnogram_source}
        if scoring.probabilities is not None:
            probability = float(scoring.probabilities[e][STAGES.index(stage)])
            if np.isfinite(probability):
                rows[e]["stage_confidence_pct"] = rounded(100 * probability)
        if e and hypnogram[e - 1] != Stage.UNSCORED:
            rows[e]["previous_stage"] = str(hypnogram[e - 1])


def _within(event: Event, number: int) -> dict:
    """An event as one epoch sees it."""
    starts = (number - 1) * EPOCH_S
    return {
        "type": event.type,
        "start_s": rounded(max(event.start_s - starts, 0), 1),
        "end_s": rounded(min(event.end_s - starts, EPOCH_S), 1),
        "duration_s": rounded(event.duration_s, 1),
        "from_before": event.start_s < starts,
        "into_next": event.end_s > starts + EPOCH_S,
        "source": event.source,
    }


def _what_it_did(event: Event, arousals_s: np.ndarray, spo2: np.ndarray, spo2_present: np.ndarray) -> dict:
    did = {}
    if event.type in _BREATHING and len(arousals_s):
        did["arousal"] = bool(
            np.any((arousals_s >= event.end_s - 2) & (arousals_s <= event.end_s + _AROUSAL_AFTER_S))
        )
    if event.type == "desaturation":
        first, last = epochs_between(event.start_s, event.end_s, len(spo2_present))
        if spo2_present[first - 1 : last].all():
            a, b = (int(s * MODEL_SFREQ_HZ) for s in (max(event.start_s, 0), event.end_s))
            values = spo2[a : max(b, a + 1)]
            if len(values):
                did["nadir_pct"] = rounded(float(values.min()))
    return did

"""What was scored of each epoch: its stage, those around it, and the events that touch it, with what they did."""

from collections.abc import Mapping, Sequence

import numpy as np

from sleeplm.captions.features.oxygen import saturation
from sleeplm.captions.features.rounding import rounded
from sleeplm.intervals import epochs_between
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.kinds.events import APNEAS, EVENT_KINDS, HYPOPNEAS, MICRO_EVENTS, RESPIRATORY
from sleeplm.kinds.stages import STAGES, Stage
from sleeplm.night import Event, Scoring
from sleeplm.recording.epochs import Epochs
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.heart import HeartRate, heart_of
from sleeplm.units import EPOCH_S

# Whose absence a caption states: that of apneas and hypopneas as one, and of the types whose rows have it.
ABSENT_KINDS = ("respiratory", *sorted(kind.id for kind in EVENT_KINDS.values() if kind.absence))
_AROUSAL_S = (-2.0, 5.0)  # an arousal that starts this close to a breathing event's end ended it
_DESATURATION_REACH_S = 30.0  # one that begins within a breathing event or this soon after it follows it
_RISE_S = 15.0  # after an event, within which the heart is fastest
_MIN_BEATS = 3  # the median of three passes over one wrong beat


def event_features(recording: NightSignals, epochs: Epochs, scoring: Scoring) -> list[dict]:
    """Attributes of the stage_event facet, one dict an epoch.

    Keys: ``stage``, ``stage_source``, ``stage_confidence_pct`` (automatic staging only), ``previous_stage`` and
    ``next_stage``, where the epochs are staged; ``events``: list of ``type, start_s, end_s`` (within the epoch,
    .1 s), ``duration_s`` (the whole event), ``from_before``, ``into_next`` (whether it crosses the epoch's edges),
    ``source``, ``channels`` (of an artifact, where known) and what it did (see `Consequences`); ``looked_for`` (the
    `ABSENT_KINDS` that were scored and are not there).
    """
    rows: list[dict] = [{"events": []} for _ in range(len(epochs))]
    _add_stages(rows, scoring)
    # A dozen spindles in an epoch are one remark, which is made with the brain.
    has_spo2 = epochs.present[:, CHANNEL_NAMES.index("SPO2")].any()
    left_out = MICRO_EVENTS if has_spo2 else (*MICRO_EVENTS, "desaturation")
    consequences = Consequences(recording, scoring, len(rows))
    for event in scoring.events:
        if event.type in left_out or event.start_s >= len(rows) * EPOCH_S or event.end_s <= 0:
            continue
        did = consequences.of(event)
        if event.type == "artifact" and event.channels:
            did["channels"] = list(event.channels)
        first, last = epochs_between(event.start_s, event.end_s, len(rows))
        for number in range(first, last + 1):
            rows[number - 1]["events"].append({**_within(event, number), **did})
    kinds = [k for k in _scored_kinds(scoring) if k not in left_out]
    for row in rows:
        there = kinds_in(row["events"])
        row["looked_for"] = [k for k in kinds if k not in there]
    return rows


def kinds_in(events: Sequence[Mapping]) -> set[str]:
    """The kinds that an epoch's events are of; an arousal that ended one of them is there too."""
    there = {"respiratory" if e["type"] in RESPIRATORY else e["type"] for e in events}
    return there | {"arousal"} if any(e.get("arousal") for e in events) else there


class Consequences:
    """What events did, as far as it is known.

    Parameters
    ----------
    recording : Recording
    scoring : Scoring
    n_epochs : int
    """

    def __init__(self, recording: NightSignals, scoring: Scoring, n_epochs: int):
        spo2_pct = saturation(recording, n_epochs)
        self._spo2_pct = np.empty(0) if spo2_pct is None else spo2_pct.ravel()
        self._arousals_s = np.array([e.start_s for e in scoring.events_of("arousal")])
        self._falls = scoring.events_of("desaturation") if len(self._spo2_pct) else []
        self._falls_s = np.array([e.start_s for e in self._falls])
        self._heart: HeartRate | None = heart_of(recording)

    def of(self, event: Event) -> dict:
        """What one event did.

        A desaturation has ``nadir_pct`` (lowest saturation of its seconds) and ``drop_pct`` (from the highest of
        its first three to that). An apnea, hypopnea or RERA has ``arousal`` (whether one starts from 2 s before to
        5 s after its end), ``desaturation_pct`` (the drop of the first desaturation that begins in it or within
        30 s) and ``hr_rise_bpm`` (the highest rate of the 15 s from its end, by the median of three beats' rates,
        over the mean during it; only where there is a rise).
        """
        if event.type == "desaturation":
            return self._of_fall(event)
        if event.type not in RESPIRATORY:
            return {}
        did: dict = {}
        if len(self._arousals_s):
            near = self._arousals_s - event.end_s
            did["arousal"] = bool(np.any((near >= _AROUSAL_S[0]) & (near <= _AROUSAL_S[1])))
        after = np.searchsorted(self._falls_s, event.start_s)
        if after < len(self._falls) and self._falls_s[after] <= event.end_s + _DESATURATION_REACH_S:
            fall = self._of_fall(self._falls[after])
            did |= {"desaturation_pct": fall["drop_pct"]} if fall.get("drop_pct") else {}
        rise_bpm = None if self._heart is None else _rise(self._heart, event)
        if rise_bpm is not None and rise_bpm > 0:
            did["hr_rise_bpm"] = rise_bpm
        return did

    def _of_fall(self, event: Event) -> dict:
        first, last = max(int(event.start_s), 0), int(np.ceil(event.end_s))
        values = self._spo2_pct[first : max(last, first + 1)]
        if not len(values) or not np.isfinite(values).all():
            return {}
        nadir = float(values.min())
        return {"nadir_pct": rounded(nadir), "drop_pct": rounded(float(values[:3].max()) - nadir)}


def _rise(heart: HeartRate, event: Event) -> int | None:
    """How much faster the heart is after an event than in it; None with too few beats in either."""
    first, last, until = np.searchsorted(heart.times_s, (event.start_s, event.end_s, event.end_s + _RISE_S))
    during, after = heart.bpm[first:last], heart.bpm[last:until]
    if len(during) < _MIN_BEATS or len(after) < _MIN_BEATS:
        return None
    fastest = float(np.median(np.lib.stride_tricks.sliding_window_view(after, _MIN_BEATS), axis=1).max())
    faster, mean = rounded(fastest), rounded(60 / float(np.mean(60 / during)))
    return None if faster is None or mean is None else int(faster - mean)


def _scored_kinds(scoring: Scoring) -> list[str]:
    kinds = ["respiratory"] if all(any(scoring.was_scored(t) for t in g) for g in (APNEAS, HYPOPNEAS)) else []
    return [*kinds, *(t for t in ABSENT_KINDS[1:] if scoring.was_scored(t))]


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
        for key, beside in (("previous_stage", e - 1), ("next_stage", e + 1)):
            if 0 <= beside < len(hypnogram) and hypnogram[beside] != Stage.UNSCORED:
                rows[e][key] = str(hypnogram[beside])


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

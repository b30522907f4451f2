"""What the charts show of a whole night, as plain values: stages, events, oxygen, quality of the signals."""

import math
from collections import defaultdict

import numpy as np

from assistant.ui.plots.plot import Plot, duration_s, stage_of
from sleeplm.kinds.events import EVENT_KINDS, EVENT_TYPES, MICRO_EVENTS
from sleeplm.kinds.sources import source_label
from sleeplm.kinds.stages import STAGE_KINDS, STAGES
from sleeplm.night import day_seconds
from sleeplm.units import MODEL_SFREQ_HZ

SPO2_POINTS = 1200  # of the whole night; each the lowest value of its stretch, so that nadirs stay
FAULT_WORDS = {
    "missing": "no value",
    "flat": "flat",
    "clipped": "clipped",
    "disconnected": "disconnected",
    "mains": "mains hum",
    "movement": "movement",
}


def overview(study) -> dict:
    """The whole night: stages and how likely they are, events, quality, SpO2; notes on what is not there."""
    scoring = study.scoring
    events = defaultdict(list)
    for event in scoring.events:
        events[event.type].append(event)
    lanes = [_lane(t, events[t]) for t in EVENT_TYPES if events[t] and t not in MICRO_EVENTS]
    spo2 = spo2_of_night(study)
    likelihood = _likelihood(study)
    return {
        "simulated": study.simulated,
        "duration_s": duration_s(study),
        "n_epochs": study.n_epochs,
        "clock_s": None if study.start_clock is None else day_seconds(study.start_clock),
        "stages": [stage_of(study, n) for n in range(1, study.n_epochs + 1)],
        "stage_kinds": {s: {"level": k.level, "color": k.color} for s, k in STAGE_KINDS.items()},
        "likelihood": likelihood,
        "source_words": _staging_words(scoring),
        "lanes": lanes,
        "quality": _quality(study),
        "spo2": spo2,
        "notes": _notes(study, events, likelihood, spo2),
    }


def _lane(event_type: str, events: list) -> dict:
    kind = EVENT_KINDS[event_type]
    spans = [[round(e.start_s, 2), round(e.duration_s, 2)] for e in events]
    return {"type": kind.id, "words": kind.label, "short": kind.short, "color": kind.color, "spans": spans}


def _likelihood(study) -> dict | None:
    """Stage probabilities in whole percents, a list a stage in the order of `STAGES`, and which epochs are unsure.

    None where the staging was not automatic; None in place of a percent where an epoch is unscored.
    """
    from sleeplm.scoring import low_confidence

    probabilities = study.scoring.probabilities
    if probabilities is None or study.scoring.hypnogram_source in (None, "expert"):
        return None
    unsure = np.flatnonzero(low_confidence(probabilities)) + 1
    percents = [[None if math.isnan(p) else round(100 * p) for p in column] for column in probabilities.T.tolist()]
    return {"stages": list(STAGES), "percents": percents, "unsure": unsure.tolist()}


def _quality(study) -> list[dict]:
    """For each channel with a fault, stretches of epochs (first and last, from 1) that have it; the worst last."""
    lanes: dict[str, list] = {}
    for row in study.quality.rows():
        spans = lanes.setdefault(row["channel"], [])
        spans += [[first, last, FAULT_WORDS[row["fault"]], row["usable"]] for first, last in row["runs"]]
    return [{"name": name, "spans": sorted(spans, key=lambda s: not s[3])} for name, spans in lanes.items()]


def _staging_words(scoring) -> str:
    if scoring.hypnogram_source is None:
        return "Stages: not scored"
    return f"Stages: {source_label(scoring.staged_by)}"


def _notes(study, events: dict[str, list], likelihood: dict | None, spo2: dict | None) -> list[str]:
    scoring, sources = study.scoring, study.scoring.event_sources
    shown = [t for t in EVENT_TYPES if events.get(t) and t not in MICRO_EVENTS]
    notes = []
    if likelihood and likelihood["unsure"]:
        notes.append(
            f"Marked under the stages: {len(likelihood['unsure'])} epochs whose likeliest stage is under 60%."
        )
    if shown:
        by: dict[str, list[str]] = {}
        for t in shown:
            who = source_label(scoring.source_of(t) if t in sources else "expert")
            by.setdefault(who, []).append(EVENT_KINDS[t].label.lower())
        notes.append("Events: " + "; ".join(f"{', '.join(types)}: {who}" for who, types in by.items()) + ".")
    counts = [f"{len(events[t]):,} {EVENT_KINDS[t].plural}" for t in MICRO_EVENTS if events.get(t)]
    if counts:
        notes.append(f"Also found: {', '.join(counts)}, drawn in the signals.")
    none = [EVENT_KINDS[t].label.lower() for t in EVENT_TYPES if t in sources and not events.get(t)]
    if none:
        notes.append(f"Looked for and not found: {', '.join(none)}.")
    if "SPO2" not in study.channels:
        notes.append("SpO₂ was not recorded.")
    elif spo2 is None:
        notes.append("SpO₂ was recorded, but holds no valid value.")
    return notes


def spo2_of_night(study) -> dict | None:
    """The lowest SpO2 of each of at most `SPO2_POINTS` stretches, None where the oximeter gave nothing."""
    from sleeplm.scoring.spo2 import clean_spo2

    if "SPO2" not in study.channels:
        return None
    _, raw = study.signal("SPO2", 0, duration_s(study))
    values = clean_spo2(raw, MODEL_SFREQ_HZ)
    size = max(MODEL_SFREQ_HZ, math.ceil(len(values) / SPO2_POINTS))
    count = len(values) // size
    blocks = np.where(np.isnan(values), np.inf, values)[: count * size].reshape(count, size).min(axis=1)
    lowest = [round(float(v), 1) if np.isfinite(v) else None for v in blocks]
    return {"step_s": size / MODEL_SFREQ_HZ, "values": lowest} if any(v is not None for v in lowest) else None


_HTML = """
<section aria-label="The whole night">
<div class="sl-bar"><h2>Night</h2><span class="sl-badge" hidden>SIMULATED</span>
<span class="sl-hypnogram-source sl-muted"></span>
<span class="sl-readout" aria-live="off"></span></div>
<div class="sl-overview" tabindex="0" role="group"
 aria-label="Hypnogram, events and oxygen saturation; arrow keys move the signal window by one epoch"></div>
<p class="sl-notes sl-muted"></p></section>"""

PLOT = Plot(
    name="overview",
    data=lambda study, window: overview(study),
    html=_HTML,
    on_load="SleepLM.overview(element, props, watch, at => trigger('move', {start_s: at}));",
    place=1,
    in_window=False,
)

"""What generated captions claim, read back and held against what was measured."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np

from sleeplm.captions.features.brain import EEG
from sleeplm.captions.reading.claims import read_back
from sleeplm.kinds.bands import EEG_BANDS_HZ
from sleeplm.kinds.channels import CHANNEL, FACETS
from sleeplm.kinds.events import EVENT_TYPES, MICRO_EVENTS
from sleeplm.kinds.stages import Stage
from sleeplm.night import Scoring
from sleeplm.units import EPOCH_S
from train.evaluation.bert_score import bert_score_figures
from train.evaluation.embedding_cache import EvaluationContext
from train.evaluation.figures import Figure, agreement_of, counted, interval, mean_of
from train.evaluation.metrics import f1, kappa, matched
from train.evaluation.people import Person
from train.evaluation.stages import automatic_stages

Spans = Mapping[str, list[tuple[float, float]]]
STAGES_AND_EVENTS, NUMBERS = "Captions of its own: stages and events", "Captions of its own: numbers"
HEART_RATE = "heart rate, mean, bpm"
_EPOCHS_A_PERSON = 100  # captioned, for a caption takes long
_EVERY = 4  # how few of them are held against true captions word by word, which takes long
_LEAST = 20  # pairs under which a number is left out
_IOUS = (0.2, 0.5)


def caption_figures(context: EvaluationContext) -> list[Figure]:
    """Stages, events, every stated number and the wording, against the truth of the same epochs."""
    rng = np.random.default_rng(0)
    stages: list[tuple[str, ...]] = []
    numbers: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    events: list[np.ndarray] = []
    groups: list[int] = []
    texts: list[dict[str, str]] = []
    truths: list[dict[str, dict]] = []
    for who, person in enumerate(context.people):
        chosen = np.sort(rng.choice(len(person), min(_EPOCHS_A_PERSON, len(person)), replace=False))
        attributes = [person.attributes[e] for e in chosen]
        captions, yasa = _generated(context, person, chosen), automatic_stages(person)
        texts += captions
        truths += attributes
        counts = np.zeros((2, 2 + len(_IOUS)))
        for i, e in enumerate(chosen):
            read = {facet: read_back(text, facet) for facet, text in captions[i].items()}
            claims = [c for facet in FACETS for c in read[facet]]
            stated = next((v for n, v in claims if n == "stage"), "none")
            stages.append((person.stages[e], str(stated), yasa[e]))
            groups.append(who)
            measured, given = numbers_in(numbers_measured(attributes[i])), numbers_in(claims)
            for name in measured.keys() & given.keys():
                numbers[name].append((who, measured[name], given[name]))
            happened = _spans_measured(attributes[i])
            counts[0] += _event_counts(happened, spans_stated(read["stage_event"]))
            counts[1] += _event_counts(happened, spans_detected(person.detected, e))
        events.append(counts)
    figures = _stage_figures(np.array(stages), np.array(groups)) + _event_figures(np.array(events))
    figures += [_number_figure(k, np.array(v)) for k, v in sorted(numbers.items()) if len(v) >= _LEAST]
    return figures + bert_score_figures(texts[::_EVERY], truths[::_EVERY], groups[::_EVERY])


def _generated(context: EvaluationContext, person: Person, chosen: np.ndarray) -> list[dict[str, str]]:
    """The network's captions of some epochs by facet."""
    encoded, present = context.trained.night(person)[chosen], person.epochs.present[chosen]
    by_facet = [context.model.caption_encoded(encoded, present, facet) for facet in FACETS]
    return [dict(zip(FACETS, texts, strict=True)) for texts in zip(*by_facet, strict=True)]


def _stage_figures(found: np.ndarray, groups: np.ndarray) -> list[Figure]:
    """Of rows of the true stage, the stated one, and YASA's."""
    scored = found[:, 0] != str(Stage.UNSCORED)
    (truth, stated, yasa), groups = found[scored].T, groups[scored]
    n = counted(len(truth), "captions", groups)
    commonest = np.full(len(truth), max(truth, key=truth.tolist().count)) if len(truth) else truth
    figures = []
    for measure, of in {"kappa": kappa, "accuracy": _accuracy}.items():
        ends = interval(agreement_of(of, truth, stated), groups)
        beside = {"commonest stage": 0.0 if of is kappa else of(truth, commonest), "YASA": of(truth, yasa)}
        figures.append(Figure(STAGES_AND_EVENTS, "stage", measure, *ends, n, beside))
    return figures


def _accuracy(truth: np.ndarray, found: np.ndarray) -> float:
    return float(np.mean(truth == found))


def numbers_in(claims: Iterable[tuple]) -> dict[str, float]:
    """The numbers that claims give once each; no times, no counts."""
    found = defaultdict(set)
    for name, value in claims:
        timed = name.endswith(("_s", "_n", ".at", ".span")) or name.split(".")[0] in EVENT_TYPES
        if isinstance(value, int | float) and not isinstance(value, bool) and not timed:
            found[name].add(float(value))
    return {name: values.pop() for name, values in found.items() if len(values) == 1}


def numbers_measured(attributes: Mapping[str, Mapping]) -> list[tuple]:
    """What was measured in an epoch as claims, named as captions claim it; of the EEG also without saying where."""
    found = []
    for values in attributes.values():
        for name, value in values.items():
            inner = value if isinstance(value, Mapping) else {}
            found += [(name, value), *((f"{name}.{key}", number) for key, number in inner.items())]
            if name in EEG:
                found += [(f"EEG.{key}", number) for key, number in inner.items()]
    return found


def _number_figure(name: str, rows: np.ndarray) -> Figure:
    groups, errors = rows[:, 0], np.abs(rows[:, 1] - rows[:, 2])
    ends = interval(mean_of(errors), groups)
    always_mean = float(np.abs(rows[:, 1] - rows[:, 1].mean()).mean())
    n = counted(len(rows), "captions", groups.tolist())
    return Figure(NUMBERS, in_words(name), "mean absolute error", *ends, n, {"always the mean": always_mean})


_UNITS = {
    "_per_min": "per minute", "_bpm": "bpm", "_pct": "%", "_uv": "uV", "_ms": "ms", "_hz": "Hz", "_deg": "degrees",
    "_ratio": "times the usual",
}  # fmt: skip
_QUANTITIES = {
    "hr_mean": "heart rate, mean", "hr_min": "heart rate, lowest", "hr_max": "heart rate, highest",
    "rmssd": "heart rate variability (RMSSD)", "spo2_mean": "SpO2, mean", "spo2_min": "SpO2, lowest",
    "spo2_max": "SpO2, highest", "rate": "breathing rate", "variability": "variability of breaths",
    "amplitude": "size of breaths", "flow": "airflow against before", "flow_lowest": "airflow, lowest",
    "flattened": "flattened breaths", "effort": "breathing effort against before", "snore": "loudness of snoring",
    "phase": "chest against abdomen", "rms": "amplitude (RMS)", "chin": "chin muscle tone",
    "chin_median": "chin EMG, median frequency", "slow": "slow eye movements", "saccadic": "fast eye movements",
    "stage_confidence": "confidence of the stage",
    **{band: f"share of {band}" for band in EEG_BANDS_HZ},
}  # fmt: skip


def in_words(name: str) -> str:
    """The name of a claimed number as people say it, with its unit.

    >>> in_words("C3.delta_pct")
    'share of delta, left central EEG, %'
    """
    where, _, what = name.rpartition(".")
    end = next((end for end in _UNITS if what.endswith(end)), "")
    quantity = _QUANTITIES.get(what.removesuffix(end), what.removesuffix(end).replace("_", " "))
    place = CHANNEL[where].words if where in CHANNEL else where
    return ", ".join(part for part in (quantity, place, _UNITS.get(end)) if part)


def spans_stated(claims: Iterable[tuple]) -> Spans:
    """Spans of events within an epoch as claims give them; where several starts and ends are stated, in order."""
    values: Mapping[str, list] = defaultdict(list)
    for name, value in claims:
        values[name].append(value)
    out = {}
    for kind in EVENT_TYPES:
        starts = sorted(v for v in values[f"{kind}.at"] if isinstance(v, int | float))
        ends = sorted(v for v in values[f"{kind}.end_s"] if isinstance(v, int | float))
        starts = [0.0] * bool(values[f"{kind}.from_before"]) + starts
        ends = ends + [float(EPOCH_S)] * bool(values[f"{kind}.into_next"])
        spans = [(float(start), float(end)) for start, end in values[f"{kind}.span"]]
        if len(starts) == len(ends):
            spans += list(zip(starts, ends, strict=True))
        if spans:
            out[kind] = sorted(spans)
    return out


def _spans_measured(attributes: Mapping) -> Spans:
    found = defaultdict(list)
    for event in attributes.get("stage_event", {}).get("events", ()):
        found[event["type"]].append((event["start_s"], event["end_s"]))
    return found


def spans_detected(scoring: Scoring, epoch: int) -> Spans:
    """Spans of the events of a scoring within an epoch (from 0), but for those that are only counted."""
    starts, found = epoch * EPOCH_S, defaultdict(list)
    for event in scoring.events:
        if event.type not in MICRO_EVENTS and event.end_s > starts and event.start_s < starts + EPOCH_S:
            found[event.type].append((max(event.start_s - starts, 0), min(event.end_s - starts, EPOCH_S)))
    return found


def _event_counts(true: Spans, stated: Spans) -> np.ndarray:
    """Events, spans stated and hits at each overlap, over all types."""
    counts = np.zeros(2 + len(_IOUS))
    for kind in true.keys() | stated.keys():
        a, b = true.get(kind, []), stated.get(kind, [])
        counts += (len(a), len(b), *(len(matched(a, b, iou)) for iou in _IOUS))
    return counts


def _event_figures(counts: np.ndarray) -> list[Figure]:
    """Of counts ``[people, 2, 2 + overlaps]``: those of the captions, and those of the rule-based detectors."""
    stated, ruled = counts[:, 0], counts[:, 1]
    n = f"{int(stated[:, 0].sum())} events of {len(counts)} people"
    figures = []
    for column, iou in enumerate(_IOUS, start=2):
        ends = interval(partial(_f1_of_people, stated, column), np.arange(len(stated)))
        measure, beside = f"F1 at IoU {iou:g}", {"rule-based detectors": _f1_of(ruled, column)}
        figures.append(Figure(STAGES_AND_EVENTS, "events with their times", measure, *ends, n, beside))
    return figures


def _f1_of_people(counts: np.ndarray, column: int, people: np.ndarray) -> float:
    return _f1_of(counts[people], column)


def _f1_of(counts: np.ndarray, column: int) -> float:
    return f1(counts[:, column].sum(), counts[:, 0].sum(), counts[:, 1].sum())

"""What the network's own captions claim, read back and held against what was measured."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from sleeplm.captions.reading_back import read_back
from sleeplm.encoder import SleepLM
from sleeplm.vocabulary import EPOCH_S, EVENT_TYPES, FACETS
from train.corpus import tell_alone
from train.evaluation.figures import Figure, counted, interval
from train.evaluation.people import WHOLE, Person
from train.evaluation.scores import f1, kappa, matched

_TABLE = "Captions of its own, all 14 channels"
_EPOCHS_A_PERSON = 100
_TELLINGS = 6  # of what was measured, so that every number of it is said at least once, or nearly
_LEAST = 20  # pairs under which a number is left out
_IOUS = (0.2, 0.5)


def caption_figures(model: SleepLM, people: Sequence[Person]) -> list[Figure]:
    """Stages, events and every number that is said, against the truth of the same epochs."""
    rng = np.random.default_rng(0)
    stages, numbers, events, groups = [], defaultdict(list), [], []
    for who, person in enumerate(people):
        chosen = np.sort(rng.choice(len(person), min(_EPOCHS_A_PERSON, len(person)), replace=False))
        seen = [person.attributes[e] for e in chosen]
        tellings = [tell_alone(seen, f"truth {i}") for i in range(_TELLINGS)]
        said = _said(model, person, chosen)
        counts = np.zeros(2 + len(_IOUS))
        for i, e in enumerate(chosen):
            claims = [c for facet in FACETS for c in said[facet][i]]
            stages.append((person.stages[e], next((v for n, v in claims if n == "stage"), "none")))
            groups.append(who)
            measured = [c for row in tellings for f, text in row[i].items() for c in read_back(text, f)]
            for name, (true, told) in _pairs(measured, claims).items():
                numbers[name].append((who, true, told))
            counts += _event_counts(seen[i], said["stage_event"][i])
        events.append(counts)
    figures = [_stage_figure(np.array(stages), np.array(groups))]
    figures += _event_figures(np.array(events))
    return figures + [_number_figure(k, np.array(v)) for k, v in sorted(numbers.items()) if len(v) >= _LEAST]


def _said(model: SleepLM, person: Person, chosen: np.ndarray) -> dict[str, list[tuple]]:
    encoded = model.encode(person.seen(WHOLE))
    present = person.epochs.present[chosen]
    return {
        facet: [read_back(t, facet) for t in model.caption_tokens(encoded.tokens[chosen], present, facet)]
        for facet in FACETS
    }


def _stage_figure(pairs: np.ndarray, groups: np.ndarray) -> Figure:
    scored = pairs[:, 0] != "?"
    (truth, told), groups = pairs[scored].T, groups[scored]
    ends = interval(lambda i: kappa(truth[i], told[i]), groups)
    return Figure(
        _TABLE, "stage", "kappa", *ends, counted(len(truth), "captions", groups), {"commonest stage": 0.0}
    )


def numbers_in(claims: Iterable[tuple]) -> dict[str, float]:
    """The numbers that claims give once each, both EEG leads and all belts under one name; no times, no counts."""
    found = defaultdict(set)
    for name, value in claims:
        timed = name.endswith(("_s", "_n", ".at", ".span")) or name.split(".")[0] in EVENT_TYPES
        if isinstance(value, int | float) and not isinstance(value, bool) and not timed:
            found[name].add(float(value))
    return {name: values.pop() for name, values in found.items() if len(values) == 1}


def _pairs(measured: Iterable[tuple], claims: Iterable[tuple]) -> dict[str, tuple[float, float]]:
    true, told = numbers_in(measured), numbers_in(claims)
    return {name: (true[name], told[name]) for name in told.keys() & true.keys()}


def _number_figure(name: str, rows: np.ndarray) -> Figure:
    groups, errors = rows[:, 0], np.abs(rows[:, 1] - rows[:, 2])
    ends = interval(lambda i: float(errors[i].mean()), groups)
    always_mean = float(np.abs(rows[:, 1] - rows[:, 1].mean()).mean())
    n = counted(len(rows), "captions", groups.tolist())
    return Figure(_TABLE, name, "mean absolute error", *ends, n, {"always the mean": always_mean})


def spans_said(claims: Iterable[tuple]) -> dict[str, list[tuple[float, float]]]:
    """Spans of events within an epoch as claims give them; where several starts and ends are told, in order."""
    values: Mapping[str, list] = defaultdict(list)
    for name, value in claims:
        values[name].append(value)
    out = {}
    for kind in EVENT_TYPES:
        starts = sorted(v for v in values[f"{kind}.at"] if isinstance(v, int | float))
        ends = sorted(v for v in values[f"{kind}.end_s"] if isinstance(v, int | float))
        starts = [0.0] * bool(values[f"{kind}.from_before"]) + starts
        ends = ends + [float(EPOCH_S)] * bool(values[f"{kind}.into_next"])
        spans = [tuple(map(float, span)) for span in values[f"{kind}.span"]]
        if len(starts) == len(ends):
            spans += list(zip(starts, ends, strict=True))
        if spans:
            out[kind] = sorted(spans)
    return out


def _event_counts(attributes: Mapping, claims: Sequence[tuple]) -> np.ndarray:
    """Events, spans told and hits at each overlap, over all types."""
    told, counts = spans_said(claims), np.zeros(2 + len(_IOUS))
    true = defaultdict(list)
    for event in attributes.get("stage_event", {}).get("events", ()):
        true[event["type"]].append((event["start_s"], event["end_s"]))
    for kind in true.keys() | told.keys():
        a, b = true.get(kind, []), told.get(kind, [])
        counts += (len(a), len(b), *(len(matched(a, b, iou)) for iou in _IOUS))
    return counts


def _event_figures(counts: np.ndarray) -> list[Figure]:
    n = f"{int(counts[:, 0].sum())} events of {len(counts)} people"
    people = np.arange(len(counts))
    return [
        Figure(
            _TABLE,
            "events with their times",
            f"F1 at IoU {iou:g}",
            *interval(
                lambda i, c=2 + k: f1(counts[i, c].sum(), counts[i, 0].sum(), counts[i, 1].sum()),
                people,
            ),
            n,
        )
        for k, iou in enumerate(_IOUS)
    ]

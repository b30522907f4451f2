"""Where in a night a phrase holds, in three wordings, against the truth and beside the rule-based detectors."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from sleeplm.network.encoder import Encoder, require_dense
from sleeplm.night import Scoring
from train.evaluation.embedding_cache import EvaluationContext
from train.evaluation.figures import Figure, interval
from train.evaluation.metrics import f1, matched

# Types of event, and three wordings: the captions' own word, another of the training phrases, one of neither.
LOCATED: dict[str, tuple[tuple[str, ...], tuple[str, str, str]]] = {
    "obstructive apnea": (
        ("apnea_obstructive",),
        ("obstructive apnea", "airway obstruction with effort", "the upper airway is blocked"),
    ),
    "central apnea": (
        ("apnea_central",),
        ("central apnea", "breathing stops without effort", "no drive to breathe"),
    ),
    "hypopnea": (("hypopnea",), ("hypopnea", "shallow breathing", "flow of air partly reduced")),
    "desaturation": (
        ("desaturation",),
        ("oxygen desaturation", "oxygen drops", "blood oxygen is going down"),
    ),
    "arousal": (("arousal",), ("arousal", "brief awakening", "the sleeper is roused for seconds")),
    "leg movement": (("leg_movement", "plm"), ("leg movement", "leg jerk", "the legs twitch")),
    "snoring": (("snore",), ("snoring", "loud snoring", "noisy vibrating breaths")),
    "sleep spindle": (("spindle",), ("sleep spindle", "sigma burst", "a brief 13 Hz rhythm")),
}
LOCALIZATION, ALL_PHRASES = "Localization", "mean of all phrases"
_IOUS = (0.2, 0.5)  # intersection over union from which a span is a hit
_LEAST_EVENTS = 10  # under which a phrase is left out


def localization_figures(context: EvaluationContext) -> list[Figure]:
    """F1 at an overlap (intersection over union) of .2 and .5, and the mean error of onsets, over whole nights.

    The mean of all phrases comes first; an event of which there are too few is left out. None of a network that is
    not dense in time.
    """
    nights = [[r.night(p).patches for p in context.people] for r in (context.trained, context.untrained)]
    if not all(patches.shape[1] for patches in nights[0]):
        return []
    names: list[str] = []
    counts: list[tuple[np.ndarray, ...]] = []
    for name, (types, wordings) in LOCATED.items():
        truth = [_spans(p.truth, types) for p in context.people]
        if sum(map(len, truth)) < _LEAST_EVENTS:
            continue
        ruled = _compared(truth, [_spans(p.detected, types) for p in context.people])
        for wording in wordings:
            trained, blank = (
                _compared(truth, [_localized(r.model, wording, part) for part in patches])
                for r, patches in zip((context.trained, context.untrained), nights, strict=True)
            )
            names.append(f'{name}: "{wording}"')
            counts.append((trained, blank, ruled))
    if not counts:
        return []
    whole = np.array(counts).transpose(1, 0, 2, 3)  # [who found, phrases, people, counts]
    people = f"{len(context.people)} people"
    figures = _figures(ALL_PHRASES, f"{len(names)} phrases, {people}", whole)
    for i, name in enumerate(names):
        n = f"{int(whole[0, i, :, 0].sum())} events of {people}"
        figures += _figures(name, n, whole[:, i : i + 1])
    return figures


def _spans(scoring: Scoring, types: Sequence[str]) -> list[tuple[float, float]]:
    return sorted((e.start_s, e.end_s) for e in scoring.events if e.type in types)


def _localized(model: Encoder, wording: str, patches: np.ndarray) -> list[tuple[float, float]]:
    """Where the network finds a phrase, in seconds."""
    return [(a, b) for a, b, _ in require_dense(model).localize(wording, patches)[1]]


def _compared(truth: Sequence[list], found: Sequence[list]) -> np.ndarray:
    """For each person: events, spans found, hits at each overlap, sum of onset errors ``[people, 5]``."""
    rows = []
    for a, b in zip(truth, found, strict=True):
        pairs = [matched(a, b, iou) for iou in _IOUS]
        errors = sum(abs(b[j][0] - a[i][0]) for i, j in pairs[0])
        rows.append((len(a), len(b), *map(len, pairs), errors))
    return np.array(rows, dtype=float)


def _figures(name: str, n: str, counts: np.ndarray) -> list[Figure]:
    """The measures of phrases, meaned over them, from counts ``[who found, phrases, people, 5]``."""
    trained, blank, ruled = counts
    at_overlaps = {f"F1 at IoU {iou:g}": partial(_f1_at, 2 + k) for k, iou in enumerate(_IOUS)}
    measures: dict[str, Callable[[np.ndarray], float]] = {**at_overlaps, "onset error, s": _onset}
    figures = []
    for measure, of in measures.items():
        ends = interval(partial(_mean_of_people, of, trained), np.arange(counts.shape[2]))
        beside = {"rule-based detector": _mean(of, ruled), "untrained encoder": _mean(of, blank)}
        figures.append(Figure(LOCALIZATION, name, measure, *ends, n, beside))
    return figures


def _mean(of: Callable[[np.ndarray], float], counts: np.ndarray) -> float:
    """The mean of a measure over phrases; of those that have it."""
    values = np.array([of(c) for c in counts])
    return float(values[np.isfinite(values)].mean()) if np.isfinite(values).any() else float("nan")


def _mean_of_people(of: Callable[[np.ndarray], float], counts: np.ndarray, people: np.ndarray) -> float:
    return _mean(of, counts[:, people])


def _f1_at(column: int, counts: np.ndarray) -> float:
    return f1(counts[:, column].sum(), counts[:, 0].sum(), counts[:, 1].sum())


def _onset(counts: np.ndarray) -> float:
    return float(counts[:, 4].sum() / counts[:, 2].sum()) if counts[:, 2].sum() else float("nan")

"""Where in a night a phrase holds, in three wordings, against the truth and beside the rule-based detectors."""

from collections.abc import Sequence

import numpy as np

from sleeplm.encoder import SleepLM
from sleeplm.night import Scoring
from train.evaluation.figures import Figure, interval
from train.evaluation.people import WHOLE, Person
from train.evaluation.scores import f1, matched

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
_IOUS = (0.2, 0.5)
_LEAST_EVENTS = 10


def localization_figures(model: SleepLM, people: Sequence[Person]) -> list[Figure]:
    """F1 at an overlap (intersection over union) of .2 and .5, and the mean error of onsets, over whole nights."""
    patches = [model.patch_embeddings(p.seen(WHOLE)) for p in people]
    figures = []
    for name, (types, wordings) in LOCATED.items():
        truth = [_spans(p.truth, types) for p in people]
        if sum(map(len, truth)) < _LEAST_EVENTS:
            continue
        ruled = _compared(truth, [_spans(p.automatic, types) for p in people])
        for wording in wordings:
            found = [[(a, b) for a, b, _ in model.localize(wording, part)[1]] for part in patches]
            figures += _figures(f'{name}: "{wording}"', _compared(truth, found), ruled)
    return figures


def _spans(scoring: Scoring, types: Sequence[str]) -> list[tuple[float, float]]:
    return sorted((e.start_s, e.end_s) for e in scoring.events if e.type in types)


def _compared(truth: Sequence[list], found: Sequence[list]) -> np.ndarray:
    """For each person: events, spans found, hits at each overlap, sum of onset errors ``[people, 5]``."""
    rows = []
    for a, b in zip(truth, found, strict=True):
        pairs = [matched(a, b, iou) for iou in _IOUS]
        errors = sum(abs(b[j][0] - a[i][0]) for i, j in pairs[0])
        rows.append((len(a), len(b), *map(len, pairs), errors))
    return np.array(rows, dtype=float)


def _figures(name: str, found: np.ndarray, ruled: np.ndarray) -> list[Figure]:
    people = np.arange(len(found))
    n = f"{int(found[:, 0].sum())} events of {len(found)} people"
    figures = []
    for column, iou in enumerate(_IOUS):
        measure = _f1_at(2 + column)
        ends = interval(lambda i, m=measure: m(found[i]), people)
        beside = {"rule-based detector": measure(ruled)}
        figures.append(Figure("Localization", name, f"F1 at IoU {iou:g}", *ends, n, beside))
    ends = interval(lambda i: _onset(found[i]), people)
    figures.append(Figure("Localization", name, "onset error, s", *ends, n, {"rule-based detector": _onset(ruled)}))
    return figures


def _f1_at(column: int):
    return lambda counts: f1(counts[:, column].sum(), counts[:, 0].sum(), counts[:, 1].sum())


def _onset(counts: np.ndarray) -> float:
    return float(counts[:, 4].sum() / counts[:, 2].sum()) if counts[:, 2].sum() else float("nan")

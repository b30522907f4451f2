"""What an epoch holds, asked for in words: events, a fast heart, positions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sleeplm.captions.features.thresholds import HEART_BPM
from sleeplm.kinds.events import APNEAS, EVENT_CHANNELS
from sleeplm.network.few_shot import few_shot_scores
from train.evaluation.baselines import Probe, drawn
from train.evaluation.embedding_cache import EmbeddingCache, EvaluationContext
from train.evaluation.figures import Figure, agreement_of, counted, interval
from train.evaluation.metrics import auroc, kappa
from train.evaluation.people import CHANNEL_SUBSETS, WHOLE, Person, groups_of
from train.evaluation.stages import REPEATS, SHOTS

BY_WORDS, BY_PROBE = "Conditions by words alone", "Conditions by a linear probe"
FROM_FEW = "Conditions from few examples"
_FEWER, _POSITION = "Conditions by words alone, fewer channels", "Body position by words alone"


def _event(*types: str) -> Callable[[Mapping], bool]:
    return lambda a: any(e["type"] in types for e in a.get("stage_event", {}).get("events", ()))


def _heart(holds: Callable[[float], bool]) -> Callable[[Mapping], bool | None]:
    def of(attributes: Mapping) -> bool | None:
        bpm = attributes.get("cardiac", {}).get("hr_mean_bpm")
        return None if bpm is None else holds(bpm)

    return of


Beside = Mapping[str, float | np.ndarray]  # an AUROC, or scores of the same epochs


@dataclass(frozen=True)
class Condition:
    """Something that holds in an epoch or not.

    Attributes
    ----------
    holds : callable
        Of an epoch's attributes by facet; None: not known.
    words : tuple of str
        That ask for it.
    channels : tuple of str
        Without any of these it cannot be seen.
    """

    holds: Callable[[Mapping], bool | None]
    words: tuple[str, ...]
    channels: tuple[str, ...]

    def of(self, people: Sequence[Person]) -> np.ndarray:
        """1 and 0 for each epoch, NaN where it is not known."""
        values = [self.holds(attributes) for person in people for attributes in person.attributes]
        return np.array([np.nan if v is None else float(v) for v in values])


_BREATHING, _LEGS = EVENT_CHANNELS["apnea"], EVENT_CHANNELS["leg_movement"]
CONDITIONS = {
    "arousal": Condition(_event("arousal"), ("arousal", "brief awakening"), EVENT_CHANNELS["arousal"]),
    "apnea": Condition(_event(*APNEAS), ("apnea", "breathing stops"), _BREATHING),
    "hypopnea": Condition(_event("hypopnea"), ("hypopnea", "reduced airflow"), _BREATHING),
    "desaturation": Condition(_event("desaturation"), ("oxygen desaturation", "oxygen drops"), ("SPO2",)),
    "leg movement": Condition(_event("leg_movement", "plm"), ("leg movement", "leg jerk"), _LEGS),
    "high heart rate": Condition(
        _heart(lambda bpm: bpm > HEART_BPM[1]), ("fast heart rate", "rapid heartbeat"), ("ECG",)
    ),
}
# Not among these: usual people hardly have it.
SLOW_HEART = Condition(_heart(lambda bpm: bpm < HEART_BPM[0]), ("slow heart rate", "slow heartbeat"), ("ECG",))
POSITION_PROMPTS = {
    "supine": ("lying supine", "on the back"),
    "left": ("lying on the left side", "left lateral position"),
    "right": ("lying on the right side", "right lateral position"),
    "prone": ("lying prone", "on the stomach"),
    "upright": ("sitting up", "upright position"),
}


def condition_figures(context: EvaluationContext) -> list[Figure]:
    """AUROC of each condition by words with each subset that shows it, from few examples, by a probe; positions."""
    by_words = [
        _by_words(context, name, subset)
        for subset, channels in CHANNEL_SUBSETS.items()
        for name, condition in CONDITIONS.items()
        if set(condition.channels) & set(channels)
    ]
    few = [figure for name in CONDITIONS for figure in _from_few(context, name)]
    return [*by_words, *few, *(_by_probe(context, name) for name in CONDITIONS), _positions(context)]


def _by_words(context: EvaluationContext, name: str, subset: str) -> Figure:
    def near(cache: EmbeddingCache) -> np.ndarray:
        vectors = cache.all_vectors(context.people, subset)
        return cache.model.zero_shot_scores(vectors, {name: CONDITIONS[name].words})[:, 0]

    learned = _learned(context, name, lambda people: context.features.all_of(people, subset))
    beside: Beside = {"chance": 0.5, "untrained encoder": near(context.untrained), "logistic regression": learned}
    table, title = (BY_WORDS, name) if subset == WHOLE else (_FEWER, f"{name}; {subset}")
    truth = CONDITIONS[name].of(context.people)
    return ranked(table, title, truth, near(context.trained), groups_of(context.people), beside)


def _from_few(context: EvaluationContext, name: str) -> list[Figure]:
    """Taught with 1, 5 and 20 examples that have it and as many without; none where no other person has it."""
    known, groups = CONDITIONS[name].of(context.reference), groups_of(context.people)
    if not {0.0, 1.0} <= set(known):
        return []
    figures = []
    for shots in SHOTS:
        sets = [drawn(known, shots, (0.0, 1.0), np.random.default_rng([shots, i])) for i in range(REPEATS)]

        def taught(cache: EmbeddingCache, sets=sets) -> np.ndarray:
            given, asked = cache.all_vectors(context.reference), cache.all_vectors(context.people)
            found = [few_shot_scores(asked, {k: given[at] for k, at in examples.items()}) for examples in sets]
            return np.array([scores[:, 1] - scores[:, 0] for scores in found])

        beside: Beside = {"chance": 0.5, "untrained encoder": taught(context.untrained)}
        measure = f"AUROC, {shots} example{'s' * (shots > 1)} each"
        truth, scores = CONDITIONS[name].of(context.people), taught(context.trained)
        figures.append(ranked(FROM_FEW, name, truth, scores, groups, beside, measure))
    return figures


def _by_probe(context: EvaluationContext, name: str) -> Figure:
    beside: Beside = {
        "chance": 0.5,
        "untrained encoder": _learned(context, name, context.untrained.all_vectors),
        "logistic regression": _learned(context, name, context.features.all_of),
    }
    scores = _learned(context, name, context.trained.all_vectors)
    return ranked(BY_PROBE, name, CONDITIONS[name].of(context.people), scores, groups_of(context.people), beside)


def _learned(context: EvaluationContext, name: str, read: Callable[[Sequence[Person]], np.ndarray]) -> np.ndarray:
    """Scores of a logistic regression taught by the reference people; NaN where none or all of them have it."""
    known = CONDITIONS[name].of(context.reference)
    there = np.isfinite(known)
    if len(set(known[there])) < 2:
        return np.full(sum(map(len, context.people)), np.nan)
    return Probe(read(context.reference)[there], known[there]).scores(read(context.people))


def ranked(
    table: str,
    name: str,
    truth: np.ndarray,
    scores: np.ndarray,
    groups: np.ndarray,
    beside: Beside,
    measure: str = "AUROC",
) -> Figure:
    """AUROC of scores, over the epochs of which the truth is known.

    Parameters
    ----------
    table, name : str
    truth : ndarray ``[epochs]``
        1, 0, or NaN: not known.
    scores : ndarray ``[epochs]`` or ``[sets, epochs]``
        Of several sets of scores the AUROC is meaned.
    groups : ndarray ``[epochs]``
        Whom each epoch is of.
    beside : mapping of str to float or ndarray
        An AUROC, or other scores of the same epochs.
    """
    here = np.isfinite(truth)
    truth, scores, groups = truth[here].astype(bool), scores[..., here], groups[here]

    def mean(truth: np.ndarray, scores: np.ndarray) -> float:
        return float(np.mean([auroc(truth, s) for s in np.atleast_2d(scores)]))

    others = {
        label: mean(truth, given[..., here]) if isinstance(given, np.ndarray) else given
        for label, given in beside.items()
    }
    ends = interval(lambda i: mean(truth[i], scores[..., i]), groups)
    n = f"{counted(len(truth), 'epochs', groups)}, it holds in {int(truth.sum())}"
    return Figure(table, name, measure, *ends, n, others)


def _positions(context: EvaluationContext) -> Figure:
    groups = groups_of(context.people)
    truth = np.array([a.get("somatic", {}).get("position") or "" for p in context.people for a in p.attributes])
    here = np.isin(truth, list(POSITION_PROMPTS))

    def found(cache: EmbeddingCache) -> np.ndarray:
        return np.array(cache.model.zero_shot(cache.all_vectors(context.people)[here], POSITION_PROMPTS))

    trained, blank = found(context.trained), found(context.untrained)
    ends = interval(agreement_of(kappa, truth[here], trained), groups[here])
    beside = {"commonest position": 0.0, "untrained encoder": kappa(truth[here], blank)}
    n = counted(int(here.sum()), "epochs", groups[here])
    return Figure(_POSITION, "position", "kappa", *ends, n, beside)

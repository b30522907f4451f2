"""What an epoch holds, asked for in words: events, a fast heart, positions."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sleeplm.encoder import SleepLM
from sleeplm.vocabulary import APNEAS
from train.evaluation.figures import Figure, counted, interval
from train.evaluation.learners import Probe, formula_features
from train.evaluation.people import WHOLE, Person, groups_of, together
from train.evaluation.scores import auroc, kappa

_TABLE = "Conditions by words alone, all 14 channels"


def _event(*types: str) -> Callable[[Mapping], bool]:
    return lambda a: any(e["type"] in types for e in a.get("stage_event", {}).get("events", ()))


def _fast_heart(attributes: Mapping) -> bool | None:
    bpm = attributes.get("cardiac", {}).get("hr_mean_bpm")
    return None if bpm is None else bpm > 90


# What holds in an epoch (None: not known), and the words that ask for it.
CONDITIONS: dict[str, tuple[Callable[[Mapping], bool | None], tuple[str, ...]]] = {
    "arousal": (_event("arousal"), ("arousal", "brief awakening")),
    "apnea": (_event(*APNEAS), ("apnea", "breathing stops")),
    "hypopnea": (_event("hypopnea"), ("hypopnea", "reduced airflow")),
    "desaturation": (_event("desaturation"), ("oxygen desaturation", "oxygen drops")),
    "leg movement": (_event("leg_movement", "plm"), ("leg movement", "leg jerk")),
    "high heart rate": (_fast_heart, ("fast heart rate", "rapid heartbeat")),
}
POSITION_PROMPTS = {
    "supine": ("lying supine", "on the back"),
    "left": ("lying on the left side", "left lateral position"),
    "right": ("lying on the right side", "right lateral position"),
    "prone": ("lying prone", "on the stomach"),
    "upright": ("sitting up", "upright position"),
}


def condition_figures(model: SleepLM, reference: Sequence[Person], people: Sequence[Person]) -> list[Figure]:
    """AUROC of each condition, and kappa of positions."""
    groups = groups_of(people)
    vectors, given = (together(model.embed_signals(p.seen(WHOLE)) for p in some) for some in (people, reference))
    features, taught = (together(formula_features(p.seen(WHOLE)) for p in some) for some in (people, reference))
    figures = []
    for name, (holds, words) in CONDITIONS.items():
        truth, known = _truth(people, holds), _truth(reference, holds)
        scores = model.zero_shot_scores(vectors, {name: words})[:, 0]
        here, there = np.isfinite(truth), np.isfinite(known)
        others = {"chance": 0.5}
        if len(set(known[there])) == 2:
            for label, (a, b) in {
                "logistic regression": (taught, features),
                "linear probe of the embeddings": (given, vectors),
            }.items():
                others[label] = auroc(truth[here], Probe(a[there], known[there]).scores(b[here]))
        ends = interval(lambda i, t=truth[here], s=scores[here]: auroc(t[i], s[i]), groups[here])
        n = f"{counted(int(here.sum()), 'epochs', groups[here])}, it holds in {int(np.nansum(truth))}"
        figures.append(Figure(_TABLE, name, "AUROC", *ends, n, others))
    return [*figures, _positions(model, people, vectors, groups)]


def _truth(people: Sequence[Person], holds: Callable[[Mapping], bool | None]) -> np.ndarray:
    """1 and 0, NaN where it is not known."""
    values = [holds(attributes) for person in people for attributes in person.attributes]
    return np.array([np.nan if v is None else float(v) for v in values])


def _positions(model: SleepLM, people: Sequence[Person], vectors: np.ndarray, groups: np.ndarray) -> Figure:
    truth = np.array([a.get("somatic", {}).get("position") or "" for p in people for a in p.attributes])
    here = np.isin(truth, list(POSITION_PROMPTS))
    found = np.array(model.zero_shot(vectors[here], POSITION_PROMPTS))
    ends = interval(lambda i, t=truth[here]: kappa(t[i], found[i]), groups[here])
    n = counted(int(here.sum()), "epochs", groups[here])
    return Figure(_TABLE, "position", "kappa", *ends, n, {"commonest position": 0.0})

"""Five stages: named by words, learned from few examples of other people, from many, and with the night around."""

from collections.abc import Mapping, Sequence

import numpy as np

from sleeplm.encoder import STAGE_PROMPTS, SleepLM
from sleeplm.vocabulary import STAGES
from train.evaluation.figures import Figure, counted, interval
from train.evaluation.learners import Probe, drawn, formula_features, untrained
from train.evaluation.people import ONE_EEG, VIEWS, WHOLE, Person, groups_of, together
from train.evaluation.scores import kappa

SHOTS = (1, 5, 20)
REPEATS = 10  # sets of examples drawn
_KINDS = tuple(str(s) for s in STAGES)


def kappa_figure(
    table: str,
    name: str,
    truth: np.ndarray,
    found: np.ndarray,
    groups: np.ndarray,
    others: Mapping[str, np.ndarray],
) -> Figure:
    """Kappa over the scored epochs, beside the commonest stage (0 by definition) and what others found."""
    scored = np.isin(truth, _KINDS)
    truth, found, groups = truth[scored], found[scored], groups[scored]
    ends = interval(lambda i: kappa(truth[i], found[i]), groups)
    beside = {label: kappa(truth, stages[scored]) for label, stages in others.items()}
    n = counted(len(truth), "epochs", groups)
    return Figure(table, name, "kappa", *ends, n, {"commonest stage": 0.0, **beside})


def few_shot_figures(
    model: SleepLM,
    table: str,
    name: str,
    taught: tuple[np.ndarray, np.ndarray],
    asked: tuple[np.ndarray, np.ndarray, np.ndarray],
    beside: Mapping[str, tuple[np.ndarray, np.ndarray]] | None = None,
) -> list[Figure]:
    """Kappa of stages taught with 1, 5 and 20 examples each, meaned over sets of examples.

    Parameters
    ----------
    taught : (embeddings, stages)
        Of the people that examples are drawn from.
    asked : (embeddings, stages, groups)
        Of other people.
    beside : mapping of str to (taught features, asked features), optional
        Other vectors, taught with the same examples.
    """
    (given, labels), (vectors, truth, groups) = taught, asked
    scored = np.isin(truth, _KINDS)
    vectors, truth, groups = vectors[scored], truth[scored], groups[scored]
    figures = []
    for shots in SHOTS:
        sets = [drawn(labels, shots, _KINDS, np.random.default_rng([shots, i])) for i in range(REPEATS)]
        found = _taught(model, given, vectors, sets)
        ends = interval(lambda i, found=found: np.mean([kappa(truth[i], f[i]) for f in found]), groups)
        others = {
            label: float(np.mean([kappa(truth, f) for f in _taught(model, a, b[scored], sets)]))
            for label, (a, b) in (beside or {}).items()
        }
        n = f"{counted(len(truth), 'epochs', groups)}, {REPEATS} sets of examples"
        figures.append(
            Figure(
                table, f"{name}, {shots} examples a stage", "kappa", *ends, n, {"commonest stage": 0.0, **others}
            )
        )
    return figures


def _taught(model: SleepLM, given: np.ndarray, vectors: np.ndarray, sets: Sequence[Mapping]) -> list[np.ndarray]:
    return [np.array(model.few_shot(vectors, {k: given[at] for k, at in drawn.items()})) for drawn in sets]


def stage_figures(model: SleepLM, reference: Sequence[Person], people: Sequence[Person]) -> list[Figure]:
    """Everything on stages of simulated people."""
    truth, groups = together(p.stages for p in people), groups_of(people)
    known = together(p.stages for p in reference)
    figures, embeddings = [], {}
    for view in VIEWS:
        embeddings[view] = [model.embed_signals(p.seen(view)) for p in people]
        features = together(formula_features(p.seen(view)) for p in people)
        given = together(formula_features(p.seen(view)) for p in reference)
        others = {"logistic regression": _probe(given, known, features)}
        if view in (WHOLE, ONE_EEG):
            others["YASA"] = together(_automatic(p) for p in people)
        found = np.array(model.zero_shot(together(embeddings[view]), STAGE_PROMPTS))
        figures.append(kappa_figure("Stages by words alone", view, truth, found, groups, others))
        if model.context is not None:
            around = [_KINDS_ARRAY[model.stages_in_context(e).argmax(1)] for e in embeddings[view]]
            figures.append(kappa_figure("Stages with the night around", view, truth, together(around), groups, {}))
        if view not in (WHOLE, ONE_EEG):
            continue
        taught = together(model.embed_signals(p.seen(view)) for p in reference)
        random = untrained(model)
        blank = [together(random.embed_signals(p.seen(view)) for p in some) for some in (reference, people)]
        beside = {"untrained encoder": tuple(blank)}
        asked = (together(embeddings[view]), truth, groups)
        figures += few_shot_figures(model, "Stages from few examples", view, (taught, known), asked, beside)
        probed = _probe(taught, known, asked[0])
        others["untrained encoder"] = _probe(blank[0], known, blank[1])
        figures.append(kappa_figure("Stages by a linear probe", view, truth, probed, groups, others))
    return figures


_KINDS_ARRAY = np.array(_KINDS)


def _probe(given: np.ndarray, known: np.ndarray, features: np.ndarray) -> np.ndarray:
    scored = np.isin(known, _KINDS)
    return Probe(given[scored], known[scored]).labels(features)


def _automatic(person: Person) -> np.ndarray:
    stages = [str(s) for s in person.automatic.hypnogram[: len(person)]]
    return np.array(stages + ["?"] * (len(person) - len(stages)))

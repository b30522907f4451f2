"""Five stages: named by words, learned from few examples of other people, from many, and with the night around."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sleeplm.kinds.stages import STAGE_PROMPTS, STAGES, Stage
from sleeplm.network.encoder import Encoder, require_context
from sleeplm.network.few_shot import with_neighbours
from train.evaluation.baselines import Probe, drawn
from train.evaluation.embedding_cache import EmbeddingCache, EvaluationContext
from train.evaluation.figures import Figure, agreement_of, counted, interval
from train.evaluation.metrics import kappa, numbered
from train.evaluation.people import CHANNEL_SUBSETS, ONE_EEG, WHOLE, Person, groups_of, together

SHOTS = (1, 5, 20)  # examples of each stage
REPEATS = 10  # sets of examples drawn


@dataclass(frozen=True)
class Taught:
    """How a few examples are taught.

    Attributes
    ----------
    prompts : mapping of stage to texts, optional
        What the stages' names mean, given beside the examples.
    around : bool
        Whether an epoch that is asked for comes with its neighbours.
    """

    prompts: Mapping[str, Sequence[str]] | None = None
    around: bool = False


TAUGHT = {
    "few examples": Taught(),
    "few examples and words": Taught(STAGE_PROMPTS),
    "few examples and words, with the night around": Taught(STAGE_PROMPTS, around=True),
}
BY_WORDS, IN_CONTEXT = "Stages by words alone", "Stages with the night around"
KINDS = np.array([str(s) for s in STAGES])


def kappa_figure(
    table: str,
    name: str,
    truth: np.ndarray,
    found: np.ndarray,
    groups: np.ndarray,
    others: Mapping[str, np.ndarray],
    measure: str = "kappa",
) -> Figure:
    """Kappa over the scored epochs, beside the commonest stage (0 by definition) and what others found."""
    scored = np.isin(truth, KINDS)
    groups = groups[scored]
    true, staged, *by_others = numbered(*(x[scored] for x in (truth, found, *others.values())))
    ends = interval(agreement_of(kappa, true, staged), groups)
    beside = {label: kappa(true, stages) for label, stages in zip(others, by_others, strict=True)}
    n = counted(len(true), "epochs", groups)
    return Figure(table, name, measure, *ends, n, {"commonest stage": 0.0, **beside})


def few_shot_measure(shots: int) -> str:
    """The name of the kappa of stages taught with so many examples each."""
    return f"kappa, {shots} example{'s' * (shots > 1)} a stage"


def few_shot_figures(
    model: Encoder,
    table: str,
    name: str,
    taught: tuple[np.ndarray, np.ndarray],
    asked: tuple[np.ndarray, np.ndarray, np.ndarray],
    beside: Mapping[str, tuple[np.ndarray, np.ndarray]],
    how: Taught = TAUGHT["few examples"],
) -> list[Figure]:
    """Kappa of stages taught with 1, 5 and 20 examples each, meaned over sets of examples.

    Parameters
    ----------
    taught : (embeddings, stages)
        Of the people that examples are drawn from.
    asked : (embeddings, stages, groups)
        Of other people, each one's epochs in order.
    beside : mapping of str to (taught features, asked features)
        Other vectors, taught with the same examples.
    how : Taught
        How the model's own vectors are taught; the others by examples alone.
    """
    (given, labels), (vectors, truth, groups) = taught, asked
    if how.around:
        vectors = together(with_neighbours(vectors[groups == person]) for person in dict.fromkeys(groups.tolist()))
    scored = np.isin(truth, KINDS)
    groups = groups[scored]
    n = f"{counted(len(groups), 'epochs', groups)}, {REPEATS} sets of examples"
    figures = []
    for shots in SHOTS:
        sets = [drawn(labels, shots, KINDS, np.random.default_rng([shots, i])) for i in range(REPEATS)]

        def staged(a: np.ndarray, b: np.ndarray, words=None, sets=sets) -> list[np.ndarray]:
            shown = [{k: a[at] for k, at in examples.items()} for examples in sets]
            found = [np.array(model.few_shot(b[scored], examples, words)) for examples in shown]
            return numbered(truth[scored], *found)

        true, *found = staged(given, vectors, how.prompts)

        def mean_kappa(rows: np.ndarray, true=true, found=found) -> float:
            return float(np.mean([kappa(true[rows], f[rows]) for f in found]))

        ends = interval(mean_kappa, groups)
        others = {}
        for label, vectors_of in beside.items():
            other_true, *other = staged(*vectors_of)
            others[label] = float(np.mean([kappa(other_true, f) for f in other]))
        figures.append(Figure(table, name, few_shot_measure(shots), *ends, n, {"commonest stage": 0.0, **others}))
    return figures


def stage_figures(context: EvaluationContext) -> list[Figure]:
    """Everything on stages of simulated people."""
    truth, groups = together(p.stages for p in context.people), groups_of(context.people)
    known = together(p.stages for p in context.reference)
    figures = []
    for subset in CHANNEL_SUBSETS:
        vectors = context.trained.all_vectors(context.people, subset)
        features = context.features.all_of(context.people, subset)
        learned = probed(context.features.all_of(context.reference, subset), known, features)
        others = {"logistic regression": learned}
        if subset in (WHOLE, ONE_EEG):
            others["YASA"] = together(automatic_stages(p) for p in context.people)
        blank = context.untrained.all_vectors(context.people, subset)
        beside = {**others, "untrained encoder": by_words(context.untrained.model, blank)}
        figures.append(kappa_figure(BY_WORDS, subset, truth, by_words(context.model, vectors), groups, beside))
        if context.model.has_context:
            around = together(in_context(context.trained, p, subset) for p in context.people)
            figures.append(kappa_figure(IN_CONTEXT, subset, truth, around, groups, others))
        if subset in (WHOLE, ONE_EEG):
            asked, taught = (vectors, truth, groups), context.trained.all_vectors(context.reference, subset)
            blank_taught = context.untrained.all_vectors(context.reference, subset)
            for words, how in TAUGHT.items():
                table, blanks = f"Stages from {words}", {"untrained encoder": (blank_taught, blank)}
                figures += few_shot_figures(context.model, table, subset, (taught, known), asked, blanks, how)
            found = probed(taught, known, vectors)
            others["untrained encoder"] = probed(blank_taught, known, blank)
            figures.append(kappa_figure("Stages by a linear probe", subset, truth, found, groups, others))
    return figures


def by_words(model: Encoder, vectors: np.ndarray) -> np.ndarray:
    """The stage of each epoch whose name is nearest to it."""
    return np.array(model.zero_shot(vectors, STAGE_PROMPTS))


def in_context(cache: EmbeddingCache, person: Person, subset: str = WHOLE) -> np.ndarray:
    """The likeliest stage of each epoch of a night, given those around it."""
    return staged_in_context(cache.model, cache.vectors(person, subset))


def staged_in_context(model: Encoder, vectors: np.ndarray) -> np.ndarray:
    """The likeliest stage of each epoch of a night from all embeddings of the night, ``[epochs, dim]``.

    Raises
    ------
    ModelError
        The weights have no context network.
    """
    return KINDS[require_context(model).stages_in_context(vectors).argmax(1)]


def probed(given: np.ndarray, known: np.ndarray, features: np.ndarray) -> np.ndarray:
    """The stages that a logistic regression, taught with features of other people, finds."""
    scored = np.isin(known, KINDS)
    return Probe(given[scored], known[scored]).labels(features)


def automatic_stages(person: Person) -> np.ndarray:
    """YASA's stages of a night, one an epoch; unscored where it gave none."""
    stages = [str(s) for s in person.detected.hypnogram[: len(person)]]
    return np.array(stages + [str(Stage.UNSCORED)] * (len(person) - len(stages)))

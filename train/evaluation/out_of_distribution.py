"""People beyond the ranges that training drew from: stages, and hearts slow and fast, asked for in words."""

from collections.abc import Sequence

from sleeplm.captions.features.thresholds import HEART_BPM
from train.evaluation.conditions import CONDITIONS, SLOW_HEART, Beside, ranked
from train.evaluation.embedding_cache import EvaluationContext
from train.evaluation.figures import Figure
from train.evaluation.people import ONE_EEG, WHOLE, Person, Plan, groups_of, planned, together
from train.evaluation.stages import by_words, in_context, kappa_figure, probed

OUT_OF_DISTRIBUTION_SEED = 970_000
STAGES_OF, HEARTS_OF = "Stages of people out of distribution", "Hearts of people out of distribution"
FAST_HEART = CONDITIONS["high heart rate"]
# The last of each is in no words of the training.
HEARTS = {
    f"under {HEART_BPM[0]} bpm": (SLOW_HEART, (*SLOW_HEART.words, "bradycardia", "low heart rate")),
    f"over {HEART_BPM[1]} bpm": (FAST_HEART, (*FAST_HEART.words, "tachycardia", "high heart rate")),
}


def planned_out_of_distribution(count: int, hours: float) -> list[Plan]:
    """People of all profiles in turn, every habit and the heart at rest outside what is usual."""
    return planned(count, hours, OUT_OF_DISTRIBUTION_SEED, scored=False, out_of_distribution=True)


def out_of_distribution_figures(context: EvaluationContext, people: Sequence[Person]) -> list[Figure]:
    """Kappa of their stages by words and in context, AUROC of their hearts by words.

    Parameters
    ----------
    context : EvaluationContext
        Whose reference people, of usual habits, teach the logistic regressions.
    people : sequence of Person
    """
    groups, truth = groups_of(people), together(p.stages for p in people)
    known = together(p.stages for p in context.reference)
    figures = []
    for subset in (WHOLE, ONE_EEG):
        features = [context.features.all_of(whom, subset) for whom in (context.reference, people)]
        learned = probed(features[0], known, features[1])
        blank = by_words(context.untrained.model, context.untrained.all_vectors(people, subset))
        found = {"by words alone": (by_words(context.model, context.trained.all_vectors(people, subset)), blank)}
        if context.model.has_context:
            found["with the night around"] = (
                together(in_context(context.trained, p, subset) for p in people),
                blank,
            )
        for how, (stages, untrained) in found.items():
            others = {"logistic regression": learned, "untrained encoder": untrained}
            figures.append(kappa_figure(STAGES_OF, f"{subset}, {how}", truth, stages, groups, others))
    for name, (condition, wordings) in HEARTS.items():
        holds = condition.of(people)
        for words in wordings:
            trained, blank = (
                cache.model.zero_shot_scores(cache.all_vectors(people), {"": (words,)})[:, 0]
                for cache in (context.trained, context.untrained)
            )
            beside: Beside = {"chance": 0.5, "untrained encoder": blank}
            figures.append(ranked(HEARTS_OF, f'{name}: "{words}"', holds, trained, groups, beside))
    return figures

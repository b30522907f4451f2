"""What the network was to reach, and whether it did."""

from collections.abc import Sequence
from dataclasses import dataclass

from train.evaluation import (
    conditions,
    generated_captions,
    held_out_concepts,
    localization,
    real,
    retrieval,
    speed,
    stages,
)
from train.evaluation.figures import Figure
from train.evaluation.people import WHOLE


@dataclass(frozen=True)
class Target:
    """One figure that was asked for.

    Attributes
    ----------
    what : str
        In words.
    table, name, measure : str
        The figure that it is about.
    value : float
        To be reached, or to stay under.
    under : bool
        Whether less is better.
    """

    what: str
    table: str
    name: str
    measure: str
    value: float
    under: bool = False

    def found_in(self, figures: Sequence[Figure]) -> Figure | None:
        """The figure that shows whether it was reached; None where it was not measured."""
        named = (self.table, self.name, self.measure)
        return next((f for f in figures if (f.table, f.name, f.measure) == named), None)

    def verdict(self, figure: Figure | None) -> str:
        """Whether a figure reaches it, in a word or two."""
        if figure is None or figure.value != figure.value:
            return "not measured"
        return "met" if (figure.value < self.value if self.under else figure.value >= self.value) else "missed"


_UCDDB018 = "ucddb018, as recorded"
_TWENTY = stages.few_shot_measure(20)
TARGETS = (
    Target("simulated people: five stages by words, kappa", stages.BY_WORDS, WHOLE, "kappa", 0.75),
    Target("simulated people: apnea by words, AUROC", conditions.BY_WORDS, "apnea", "AUROC", 0.95),
    Target(
        "a text finds its epoch, or one that it is true of, in the first 10 of 1,000",
        retrieval.TEXT_TO_EPOCH, retrieval.ALL_FACETS, "R@10", 0.60,
    ),
    Target(
        "an epoch finds its text in the first 10 of 1,000",
        retrieval.EPOCH_TO_TEXT, retrieval.ALL_FACETS, "R@10", 0.60,
    ),
    Target(
        "captions of its own: error of the mean heart rate, bpm",
        generated_captions.NUMBERS, generated_captions.HEART_RATE, "mean absolute error", 1.0, under=True,
    ),
    Target(
        "events found in time by phrases, F1 at IoU 0.2",
        localization.LOCALIZATION, localization.ALL_PHRASES, "F1 at IoU 0.2", 0.75,
    ),
    Target("real night ucddb018: stages by words, kappa", real.BY_WORDS, _UCDDB018, real.EPOCH_BY_EPOCH, 0.65),
    Target("real night ucddb018: with the night around, kappa", real.BY_WORDS, _UCDDB018, real.IN_CONTEXT, 0.75),
    *(
        Target(
            f"real night ucddb018: {how.replace('few examples', '20 examples a stage')}, of {teacher}, kappa",
            f"{real.FROM} {how}", f"{_UCDDB018}, taught by {teacher}", _TWENTY, 0.75,
        )
        for how in stages.TAUGHT
        for teacher in (real.SIMULATED, "person of dynamo_84min")
    ),
    *(
        Target(
            f"never named in training: {concept}, {how}, AUROC",
            held_out_concepts.HELD_OUT, f"{concept}, {how}", "AUROC", 0.80,
        )
        for concept in held_out_concepts.CONCEPTS
        for how in (held_out_concepts.ALL_WORDINGS, held_out_concepts.IN_OTHER_WORDS)
    ),
    Target("a night embedded, seconds", speed.SPEED, speed.EMBEDDED, "s", 10.0, under=True),
    Target("a night captioned in all facets, seconds", speed.SPEED, speed.CAPTIONED, "s", 60.0, under=True),
    Target("the files of the weights, MB", speed.SPEED, speed.SIZE, "MB", 25.0, under=True),
)  # fmt: skip

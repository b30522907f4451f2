"""Measure weights on people that nobody trained on, simulated and real, and write the tables of docs/results.md.

    python -m train.evaluation.evaluate                        # the shipped weights, into docs/results.md; minutes
    python -m train.evaluation.evaluate --held-out-weights runs/held-out --cache runs/people
    python -m train.evaluation.evaluate --people 2 --hours 0.5 --only stages captions --json

Every figure stands beside its n, a 95% interval over people (over epochs, where there is one person) and what knows
less. Real people (`--data`, by default ../shared/data) are reported, never chosen by. The part `held_out` needs
weights that `train.nano.pretrain --held-out` made.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

from sleeplm.errors import SleepLMError, UsageError
from sleeplm.network.encoder import Encoder
from sleeplm.network.loading import SleepLM
from train.evaluation.cached_people import cached_people
from train.evaluation.conditions import condition_figures
from train.evaluation.embedding_cache import EmbeddingCache, EvaluationContext
from train.evaluation.figures import Figure
from train.evaluation.generated_captions import caption_figures
from train.evaluation.held_out_concepts import FIRST_SEED as CONCEPT_SEED
from train.evaluation.held_out_concepts import held_out_figures, planned_with_concepts
from train.evaluation.localization import localization_figures
from train.evaluation.out_of_distribution import (
    OUT_OF_DISTRIBUTION_SEED,
    out_of_distribution_figures,
    planned_out_of_distribution,
)
from train.evaluation.people import REFERENCE_SEED, TEST_SEED, Person, planned
from train.evaluation.real import real_figures
from train.evaluation.report import around, as_json, tables, write_tables
from train.evaluation.retrieval import retrieval_figures
from train.evaluation.speed import speed_figures
from train.evaluation.stages import stage_figures

PARTS = (
    "stages", "conditions", "retrieval", "captions", "localization", "out_of_distribution", "held_out", "real",
    "speed",
)  # fmt: skip
_SCORED = {"stages", "captions", "localization"}  # parts that the rule-based detectors stand beside
_TAUGHT = {"stages", "conditions", "out_of_distribution", "real"}  # parts that learn from reference people


def measure(
    context: EvaluationContext,
    data: Path,
    parts: Sequence[str] = PARTS,
    out_of_distribution: Sequence[Person] = (),
    held_out: tuple[Encoder, Sequence[Person]] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Figure]:
    """Every figure of the parts asked for.

    Parameters
    ----------
    context : EvaluationContext
    data : Path
        Folder of real recordings; what it lacks is left out.
    parts : sequence of str
        Of `PARTS`.
    out_of_distribution : sequence of Person
        People out of distribution; the part of this name needs them.
    held_out : (Encoder, sequence of Person), optional
        A network whose training texts named none of some concepts, and people who have them; the part of this name
        needs it.
    progress : callable
        Called with a line about each part that is done.

    Raises
    ------
    UsageError
        The part `held_out` is asked for without its network.
    """
    of_part = {
        "stages": lambda: stage_figures(context),
        "conditions": lambda: condition_figures(context),
        "retrieval": lambda: retrieval_figures(context),
        "captions": lambda: caption_figures(context),
        "localization": lambda: localization_figures(context),
        "out_of_distribution": lambda: out_of_distribution_figures(context, out_of_distribution),
        "held_out": lambda: _held_out(context, held_out),
        "real": lambda: real_figures(context, data),
        "speed": lambda: speed_figures(context.model, context.people[0].epochs),
    }
    figures: list[Figure] = []
    for part in parts:
        began = time.monotonic()
        figures += of_part[part]()
        progress(f"{part}: {time.monotonic() - began:.0f} s")
    return figures


def _held_out(
    context: EvaluationContext, network_and_people: tuple[Encoder, Sequence[Person]] | None
) -> list[Figure]:
    if network_and_people is None:
        raise UsageError("the part held_out needs a network whose training texts named none of the concepts")
    model, people = network_and_people
    return held_out_figures(EmbeddingCache(model), context.trained, context.untrained, [*context.people, *people])


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, measure, write."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.people < 1 or given.hours < 0.5:
        parser.error("at least one person is measured, of half an hour or more")
    parts = given.only or [part for part in PARTS if part != "held_out" or given.held_out_weights]
    if "held_out" in parts and not given.held_out_weights:
        parser.error(
            "the part held_out needs --held-out-weights, made by `python -m train.nano.pretrain --held-out`"
        )
    try:
        if not given.json:
            around(given.out)  # a document that cannot be written into is found before the work
        figures, conditions = evaluated(given, parts, (lambda _: None) if given.json else _report)
    except SleepLMError as error:
        parser.error(str(error))
    if given.json:
        print(as_json(figures, conditions))
        return
    write_tables(given.out, tables(figures, conditions))
    _report(f"{len(figures)} figures written to {given.out}")


def evaluated(
    given: argparse.Namespace, parts: Sequence[str], report: Callable[[str], None]
) -> tuple[list[Figure], dict[str, object]]:
    """The figures of a run and the conditions that it was made under."""
    began = time.monotonic()
    model = SleepLM.from_pretrained(given.weights)
    held_out = _held_out_network(given.held_out_weights) if "held_out" in parts else None
    needs = set(parts)
    people = (
        planned(given.people, given.hours, TEST_SEED, bool(_SCORED & needs))
        if needs - {"real", "out_of_distribution"}
        else []
    )
    reference = planned(given.people, given.hours / 2, REFERENCE_SEED, False) if _TAUGHT & needs else []
    having = planned_with_concepts(given.people, given.hours) if held_out else []
    others = planned_out_of_distribution(given.people, given.hours) if "out_of_distribution" in needs else []
    groups = (people, reference, others, having)
    with nullcontext(given.cache) if given.cache else tempfile.TemporaryDirectory() as folder:
        everybody = iter(cached_people([plan for group in groups for plan in group], Path(folder)))
    measured, taught, out_of_distribution, asked = ([next(everybody) for _ in group] for group in groups)
    report(f"people simulated: {time.monotonic() - began:.0f} s")
    context = EvaluationContext.of(model, taught, measured)
    figures = measure(
        context, given.data, parts, out_of_distribution, (held_out, asked) if held_out else None, report
    )
    of, half = f"of {given.hours:g} h", f"of {given.hours / 2:g} h"
    conditions = {
        "weights": f"{model.name}, {model.parameters / 1e6:.1f} M parameters",
        "simulated people": f"{len(people)} {of} (seeds from {TEST_SEED}), each in another lab",
        "learned from": f"{len(reference)} others {half} (seeds from {REFERENCE_SEED})",
        "out of distribution": f"{len(others)} more {of} (seeds from {OUT_OF_DISTRIBUTION_SEED})",
        "who have what was never named": f"{len(having)} more {of} (seeds from {CONCEPT_SEED})",
        "seconds": round(time.monotonic() - began),
    }
    return figures, conditions


def _held_out_network(folder: str) -> Encoder:
    """The network of a run whose texts were without the concepts.

    Raises
    ------
    SleepLMError
        The weights cannot be read, or their description does not say that they are of such a run.
    """
    model = SleepLM.from_pretrained(folder)
    if "held_out" not in getattr(model.network, "about", {}):
        raise UsageError(
            "the weights for the part held_out were not made by `python -m train.nano.pretrain --held-out`"
        )
    return model


def _report(text: str) -> None:
    print(text, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", help="folder or name on the hub; the shipped ones by default")
    parser.add_argument("--held-out-weights", help="folder of weights that `train.nano.pretrain --held-out` made")
    parser.add_argument(
        "--people", type=int, default=8, help="simulated people to measure on, and as many to learn from"
    )
    parser.add_argument("--hours", type=float, default=3.0, help="of each person's night")
    parser.add_argument("--only", nargs="+", choices=PARTS)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, help="folder where simulated people are cached for the next run")
    parser.add_argument("--out", type=Path, default=Path("docs/results.md"))
    parser.add_argument("--json", action="store_true", help="print JSON, and leave the document alone")
    return parser


if __name__ == "__main__":
    main()

"""Measure weights on people that nobody trained on, simulated and real, and write the tables of docs/results.md.

    python -m train.evaluation.evaluate                        # the shipped weights, into docs/results.md; minutes
    python -m train.evaluation.evaluate --unseen-weights runs/unseen --cache runs/people
    python -m train.evaluation.evaluate --people 2 --hours 0.5 --only stages captions --json

Every figure stands beside its n, a 95% interval over people (over epochs, where there is one person) and what knows
less. Real people (`--data`, by default ../shared/data) are reported, never chosen by. The part `unseen` needs
weights that `train.nano.pretrain --unseen` made.
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
from train.evaluation.cached_people import kept
from train.evaluation.conditions import condition_figures
from train.evaluation.embedding_cache import EmbeddingCache, EvaluationContext
from train.evaluation.figures import Figure
from train.evaluation.held_out_concepts import FIRST_SEED as CONCEPT_SEED
from train.evaluation.held_out_concepts import planned_with_concepts, unseen_figures
from train.evaluation.localization import localization_figures
from train.evaluation.out_of_distribution import UNUSUAL_SEED, planned_unusual, unusual_figures
from train.evaluation.own_captions import caption_figures
from train.evaluation.people import REFERENCE_SEED, TEST_SEED, Person, planned
from train.evaluation.real import real_figures
from train.evaluation.report import around, as_json, tables, write_tables
from train.evaluation.retrieval import retrieval_figures
from train.evaluation.speed import speed_figures
from train.evaluation.stages import stage_figures

PARTS = ("stages", "conditions", "retrieval", "captions", "localization", "unusual", "unseen", "real", "speed")
_SCORED = {"stages", "captions", "localization"}  # parts that the rule-based detectors stand beside
_TAUGHT = {"stages", "conditions", "unusual", "real"}  # parts that learn from reference people


def measure(
    bench: EvaluationContext,
    data: Path,
    parts: Sequence[str] = PARTS,
    unusual: Sequence[Person] = (),
    unseen: tuple[Encoder, Sequence[Person]] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Figure]:
    """Every figure of the parts asked for.

    Parameters
    ----------
    bench : Bench
    data : Path
        Folder of real recordings; what it lacks is left out.
    parts : sequence of str
        Of `PARTS`.
    unusual : sequence of Person
        People of unusual habits; the part `unusual` needs them.
    unseen : (SleepLM, sequence of Person), optional
        A network that was not told of some concepts, and people who have them; the part `unseen` needs it.
    """
    of_part = {
        "stages": lambda: stage_figures(bench),
        "conditions": lambda: condition_figures(bench),
        "retrieval": lambda: retrieval_figures(bench),
        "captions": lambda: caption_figures(bench),
        "localization": lambda: localization_figures(bench),
        "unusual": lambda: unusual_figures(bench, unusual),
        "unseen": lambda: _unseen(bench, *unseen),
        "real": lambda: real_figures(bench, data),
        "speed": lambda: speed_figures(bench.model, bench.people[0].epochs),
    }
    figures = []
    for part in parts:
        began = time.monotonic()
        figures += of_part[part]()
        progress(f"{part}: {time.monotonic() - began:.0f} s")
    return figures


def _unseen(bench: EvaluationContext, model: Encoder, people: Sequence[Person]) -> list[Figure]:
    return unseen_figures(EmbeddingCache(model), bench.trained, bench.untrained, [*bench.people, *people])


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, measure, write."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.people < 1 or given.hours < 0.5:
        parser.error("at least one person is measured, of half an hour or more")
    parts = given.only or [part for part in PARTS if part != "unseen" or given.unseen_weights]
    if "unseen" in parts and not given.unseen_weights:
        parser.error("the part unseen needs --unseen-weights, made by `python -m train.nano.pretrain --unseen`")
    try:
        if not given.json:
            around(given.out)  # a document that cannot be written into is found before the work
        figures, conditions = evaluated(given, parts, (lambda _: None) if given.json else _say)
    except SleepLMError as error:
        parser.error(str(error))
    if given.json:
        print(as_json(figures, conditions))
        return
    write_tables(given.out, tables(figures, conditions))
    _say(f"{len(figures)} figures written to {given.out}")


def evaluated(given: argparse.Namespace, parts: Sequence[str], say: Callable[[str], None]) -> tuple[list, dict]:
    """The figures of a run and the conditions that it was made under."""
    began = time.monotonic()
    model = SleepLM.from_pretrained(given.weights)
    silent = _never_told(given.unseen_weights) if "unseen" in parts else None
    needs = set(parts)
    people = (
        planned(given.people, given.hours, TEST_SEED, bool(_SCORED & needs)) if needs - {"real", "unusual"} else []
    )
    reference = planned(given.people, given.hours / 2, REFERENCE_SEED, False) if _TAUGHT & needs else []
    having = planned_with_concepts(given.people, given.hours) if silent else []
    others = planned_unusual(given.people, given.hours) if "unusual" in needs else []
    groups = (people, reference, others, having)
    with nullcontext(given.cache) if given.cache else tempfile.TemporaryDirectory() as folder:
        everybody = iter(kept([plan for group in groups for plan in group], Path(folder)))
    measured, taught, unusual, asked = ([next(everybody) for _ in group] for group in groups)
    say(f"people simulated: {time.monotonic() - began:.0f} s")
    bench = EvaluationContext.of(model, taught, measured)
    figures = measure(bench, given.data, parts, unusual, (silent, asked) if silent else None, say)
    of, half = f"of {given.hours:g} h", f"of {given.hours / 2:g} h"
    conditions = {
        "weights": f"{model.name}, {model.parameters / 1e6:.1f} M parameters",
        "simulated people": f"{len(people)} {of} (seeds from {TEST_SEED}), each in another lab",
        "learned from": f"{len(reference)} others {half} (seeds from {REFERENCE_SEED})",
        "of unusual habits": f"{len(others)} more {of} (seeds from {UNUSUAL_SEED})",
        "who have what was never named": f"{len(having)} more {of} (seeds from {CONCEPT_SEED})",
        "seconds": round(time.monotonic() - began),
    }
    return figures, conditions


def _never_told(folder: str) -> Encoder:
    """The network of a run whose words were without the concepts.

    Raises
    ------
    SleepLMError
        The weights cannot be read, or their description does not say that they are of such a run.
    """
    model = SleepLM.from_pretrained(folder)
    if "unseen" not in getattr(model.network, "about", {}):
        raise UsageError(
            "the weights for the part unseen were not made by `python -m train.nano.pretrain --unseen`"
        )
    return model


def _say(text: str) -> None:
    print(text, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", help="folder or name on the hub; the shipped ones by default")
    parser.add_argument("--unseen-weights", help="folder of weights that `train.nano.pretrain --unseen` made")
    parser.add_argument(
        "--people", type=int, default=8, help="simulated people to measure on, and as many to learn from"
    )
    parser.add_argument("--hours", type=float, default=3.0, help="of each person's night")
    parser.add_argument("--only", nargs="+", choices=PARTS)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, help="folder where simulated people are kept for the next run")
    parser.add_argument("--out", type=Path, default=Path("docs/results.md"))
    parser.add_argument("--json", action="store_true", help="print JSON, and leave the document alone")
    return parser


if __name__ == "__main__":
    main()

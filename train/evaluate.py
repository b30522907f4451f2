"""Measure weights on people that nobody trained on, simulated and real, and write the tables of docs/results.md.

    python -m train.evaluate                        # the shipped weights, into docs/results.md; minutes
    python -m train.evaluate --people 2 --hours 0.5 --only stages captions --json

Every figure stands beside its n, a 95% interval over people (over epochs, where there is one person) and what knows
less. Real people (`--data`, by default ../shared/data) are reported, never chosen by. BERTScore is left out: it
needs a language model that is not among what is installed, and says little of numbers and times.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sleeplm.encoder import SleepLM
from train.evaluation import people as simulated_people
from train.evaluation.conditions import condition_figures
from train.evaluation.figures import Figure
from train.evaluation.localization import localization_figures
from train.evaluation.own_captions import caption_figures
from train.evaluation.people import REFERENCE_SEED, TEST_SEED, Person
from train.evaluation.real import real_figures
from train.evaluation.report import as_json, tables, write_tables
from train.evaluation.retrieval import retrieval_figures
from train.evaluation.stages import stage_figures

PARTS = ("stages", "conditions", "retrieval", "captions", "localization", "real")


def measure(
    model: SleepLM,
    reference: Sequence[Person],
    people: Sequence[Person],
    data: Path,
    parts: Sequence[str] = PARTS,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Figure]:
    """Every figure of the parts asked for.

    Parameters
    ----------
    reference : sequence of Person
        Whom examples, probes and the logistic regression learn from.
    people : sequence of Person
        Others, whom they are measured on.
    data : Path
        Folder of real recordings; what it lacks is left out.
    """
    of_part = {
        "stages": lambda: stage_figures(model, reference, people),
        "conditions": lambda: condition_figures(model, reference, people),
        "retrieval": lambda: retrieval_figures(model, people),
        "captions": lambda: caption_figures(model, people),
        "localization": lambda: localization_figures(model, people),
        "real": lambda: real_figures(model, reference, data),
    }
    figures = []
    for part in parts:
        began = time.monotonic()
        figures += of_part[part]()
        progress(f"{part}: {time.monotonic() - began:.0f} s")
    return figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", help="folder or name on the hub; the shipped ones by default")
    parser.add_argument(
        "--people", type=int, default=8, help="simulated people to measure on, and as many to learn from"
    )
    parser.add_argument("--hours", type=float, default=3.0, help="of each person's night")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("docs/results.md"))
    parser.add_argument("--json", action="store_true", help="print JSON, and leave the document alone")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    say = (lambda _: None) if given.json else (lambda text: print(text, flush=True))
    model = SleepLM.from_pretrained(given.weights)
    scored = bool({"stages", "localization"} & set(given.only))
    people = (
        simulated_people.simulated(given.people, given.hours, TEST_SEED, scored)
        if set(given.only) - {"real"}
        else []
    )
    reference = simulated_people.simulated(given.people, given.hours / 2, REFERENCE_SEED, scored=False)
    say(f"people simulated: {time.monotonic() - began:.0f} s")
    figures = measure(model, reference, people, given.data, given.only, say)
    conditions = {
        "weights": f"{model.name}, {model.parameters / 1e6:.1f} M parameters",
        "simulated people": f"{given.people} of {given.hours:g} h (seeds from {TEST_SEED}), each in another lab",
        "learned from": f"{given.people} others of {given.hours / 2:g} h (seeds from {REFERENCE_SEED})",
        "seconds": round(time.monotonic() - began),
    }
    if given.json:
        print(as_json(figures, conditions))
        return
    write_tables(given.out, tables(figures, conditions))
    say(f"{len(figures)} figures written to {given.out}")


if __name__ == "__main__":
    main()

"""Simulate people and make a corpus of their nights, on all cores or on a Dask cluster.

    python -m train.corpus.simulate runs/corpus --split train --nights 24 --hours 7
    python -m train.corpus.simulate runs/corpus --split validation --nights 8 --hours 4 --out-of-distribution

People to choose by are drawn beyond the ranges of those to train on, so that what is chosen is what carries over.
Each night is written as EDF, as any lab's file, and read like one; the truth of the simulation is its expert
scoring. A night that is there already is left alone.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from index.cohort.folder import Settings
from index.cohort.inputs import SPLITS, Night
from index.cohort.run import Outcome, run_cohort
from index.cohort.workers import DIED, Progress, client_of, on_workers
from sleeplm import __version__
from sleeplm.errors import SleepLMError
from sleeplm.simulate import PROFILES, simulate_night, write_night
from sleeplm.simulate.sensors import LABS
from sleeplm.study.choices import USUAL
from sleeplm.study.person import Person

# A person is a seed; the ranges never meet, so that nobody is on two sides of a split.
FIRST_SEED = {"train": 1000, "validation": 500_000, "test": 900_000}
SECRET = sha256(b"nobody was simulated who has an identity to keep").digest()  # so that ids are the same everywhere
SETTINGS = Settings(__version__, None, None, True, 0, USUAL)


@dataclass(frozen=True)
class Simulated:
    """A night to be simulated: its file, and what it follows from."""

    path: Path
    seed: int
    profile: str
    hours: float
    lab: str
    out_of_distribution: bool = False


def simulated_night(night: Simulated) -> None:
    """Write one night with its truth; one that is there already is left alone."""
    if not night.path.exists():
        made = simulate_night(night.seed, night.hours, night.profile, night.out_of_distribution, night.lab)
        partial = night.path.with_name(f"{night.path.stem}.partial.edf")
        write_night(made, partial, every_event=True)
        for end in (".hypnogram.csv", ".events.csv", ".edf"):  # the recording last: with it the night is there
            partial.with_suffix(end).rename(night.path.with_suffix(end))


def simulate_corpus(
    folder: Path,
    nights: Sequence[Simulated],
    split: str,
    scheduler: str | None = None,
    workers: int | None = None,
    report: Progress = lambda step, done, of: None,
) -> Outcome:
    """Simulate nights, each of a person of its own, and put them into a corpus.

    Parameters
    ----------
    folder : Path
        Of the corpus.
    nights : sequence of Simulated
    split : str
        To which these people belong.
    scheduler, workers, report
        As `run_cohort` takes them.

    Raises
    ------
    SleepLMError
        A night could not be simulated.
    """
    with client_of(scheduler, workers, len(nights)) as client:
        for path in {night.path.parent for night in nights}:
            path.mkdir(parents=True, exist_ok=True)
        for night, died in on_workers(client, "simulate", simulated_night, nights, (), report, DIED):
            if died:
                raise SleepLMError(f"the night of seed {night.seed} was not simulated: {died}")
        people = [
            Night(
                number,
                night.path,
                (night.path.with_suffix(".hypnogram.csv"), night.path.with_suffix(".events.csv")),
                Person(f"seed {night.seed}"),
                split=split,
                complete=True,
            )
            for number, night in enumerate(nights, start=1)
        ]
        return run_cohort(people, folder, SETTINGS, SECRET, scheduler=client.scheduler.address, report=report)


def planned(
    folder: Path, split: str, first: int, count: int, hours: float, lab: str, out_of_distribution: bool = False
) -> list[Simulated]:
    """The nights of a split from the `first` person on, the profiles in turn; their files lie beside the corpus."""
    profiles = list(PROFILES)
    where = folder.with_name(f"{folder.name}-recordings").absolute() / split
    kind = "_out_of_distribution" * out_of_distribution
    return [
        Simulated(
            where / f"{profile}_{seed}_{hours:g}h_{lab}{kind}.edf", seed, profile, hours, lab, out_of_distribution
        )
        for number in range(first, first + count)
        for profile, seed in [(profiles[number % len(profiles)], FIRST_SEED[split] + number)]
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate the nights of one split."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--split", choices=tuple(SPLITS), default="train")
    parser.add_argument("--nights", type=int, default=16)
    parser.add_argument("--first", type=int, default=0, help="number of the first person")
    parser.add_argument("--hours", type=float, default=6.0)
    parser.add_argument("--lab", choices=LABS, default="varied")
    parser.add_argument(
        "--out-of-distribution", action="store_true", help="people beyond the ranges of the usual ones"
    )
    parser.add_argument("--workers", type=int, help="processes; by default by cores and memory")
    parser.add_argument("--scheduler", help="address of a Dask scheduler instead")
    given = parser.parse_args(arguments)
    nights = planned(
        given.folder, given.split, given.first, given.nights, given.hours, given.lab, given.out_of_distribution
    )
    folder = given.folder.absolute()
    try:
        outcome = simulate_corpus(folder, nights, given.split, given.scheduler, given.workers, _print)
    except SleepLMError as error:
        parser.error(str(error))
    for number, reason in outcome.failed:
        print(f"{nights[number - 1].path.stem}: {reason}")
    print(f"{outcome.made} made, {outcome.there} there before; recordings in {nights[0].path.parent}")


def _print(step: str, done: int, of: int) -> None:
    print(f"{step}: {done} of {of}", flush=True)


if __name__ == "__main__":
    main()

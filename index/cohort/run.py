"""A cohort made on Dask: nights are looked at, those not there yet are made, and a card is written."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.cohort.card import write_card
from index.cohort.folder import Settings, is_whole, manifests, opened, remove_nights
from index.cohort.inputs import SPLITS, Night
from index.cohort.work import Looked, Made, Task, look, make
from index.cohort.workers import DIED, Progress, client_of, on_workers
from sleeplm.errors import UsageError
from sleeplm.study.folder import inputs_of, keyed, person_of_key
from sleeplm.study.montages import recall


@dataclass
class Outcome:
    """How a run went.

    Attributes
    ----------
    nights : int
        That were named.
    made, there : int
        Nights made now, and nights that were there already.
    failed : list of (int, str)
        Number of each night that cannot be used, and why.
    seconds : list of dict
        Of each night made now, by step.
    core_s : float
        Seconds of a core that these nights took.
    peak_mb : float or None
        The most memory that a worker ever held.
    """

    nights: int
    made: int = 0
    there: int = 0
    failed: list[tuple[int, str]] = field(default_factory=list)
    seconds: list[dict] = field(default_factory=list)
    core_s: float = 0.0
    peak_mb: float | None = None


def run_cohort(
    nights: Sequence[Night],
    out: Path,
    settings: Settings,
    secret: bytes,
    studies: Path | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    report: Progress = lambda step, done, of: None,
) -> Outcome:
    """Make the nights of a cohort that are not there yet.

    Parameters
    ----------
    nights : sequence of Night
    out : Path
        The cohort's folder, which every worker must see under this path.
    settings : Settings
    secret : bytes
        The key that the ids of studies and people are made with (`study.folder.key_of`); it is in no part of `out`.
    studies : Path, optional
        Folder of studies, whose remembered channels and units (`sleeplm.study.montages`) are used.
    scheduler : str, optional
        Address of a Dask scheduler; a cluster on this machine where none is given.
    workers : int, optional
        Processes on this machine; by default as many as it has cores and memory for.
    report : callable
        How far it is.

    Raises
    ------
    UsageError, StudyError
        Of the folder, the scheduler or its workers; what is wrong with a night is in `Outcome.failed`.
    """
    outcome = Outcome(len(nights))
    with opened(out, settings), client_of(scheduler, workers, len(nights)) as client:
        looked = dict(on_workers(client, "look", look, nights, (settings, out), report, Looked(failed=DIED)))
        tasks = list(_tasks(nights, looked, settings, secret, studies, outcome))
        _make_room(out, tasks)
        todo = [task for task in tasks if not is_whole(out, task.who["study"], task.stated)]
        outcome.there = len(tasks) - len(todo)
        for task, made in on_workers(client, "make", make, todo, (settings, out), report, Made(failed=DIED)):
            if made.failed:
                outcome.failed.append((task.night.number, made.failed))
            else:
                outcome.made += 1
                outcome.seconds.append(made.seconds)
                outcome.core_s += made.core_s
                outcome.peak_mb = max(outcome.peak_mb or 0, made.peak_mb) if made.peak_mb else None
        outcome.failed.sort()
        write_card(out, outcome.failed)
    return outcome


def split_of(person: str) -> str:
    """The split that a person belongs to: by a hash of their id, so that it never changes.

    >>> split_of("a"), split_of("a") == split_of("a")
    ('train', True)
    """
    share = int.from_bytes(hashlib.sha256(f"split {person}".encode()).digest()[:8]) / 2**64
    for name, width in SPLITS.items():
        share -= width
        if share < 0:
            return name
    return name


def _tasks(
    nights,
    looked: Mapping[Night, Looked],
    settings: Settings,
    secret: bytes,
    studies: Path | None,
    outcome: Outcome,
) -> Iterator[Task]:
    """What is to be done for each night that can be used, each recording once."""
    first: dict[str, int] = {}
    for night in nights:
        found = looked[night]
        if found.failed:
            outcome.failed.append((night.number, found.failed))
            continue
        before = recall(studies, found.montage) if studies is not None else None
        chosen = before.under(settings.choices) if before else settings.choices
        chosen = chosen.with_lights(found.lights_s)
        inputs = inputs_of(found.digests, chosen)
        study, recording = keyed(secret, inputs), keyed(secret, f"recording {found.digests['recording']}")
        if recording in first:
            outcome.failed.append((night.number, f"it is the same recording as night {first[recording]}"))
            continue
        first[recording] = night.number
        identified = None if night.person.key is None else person_of_key(secret, night.person.key)
        person = identified or study
        split = night.split or split_of(person)
        yield Task(
            night,
            {"study": study, "person": person, "split": split},
            recording,
            _stated(night, identified, split),
            chosen,
            tuple(before.notices(settings.choices)) if before else (),
        )


def _make_room(out: Path, tasks: Sequence[Task]) -> None:
    """Let go of nights that are read or scored otherwise now.

    Raises
    ------
    UsageError
        A person has nights in the folder, not named now, on another side.
    """
    sides = {task.who["person"]: task for task in tasks}
    studies = {task.recording: task.who["study"] for task in tasks}
    old = []
    for there in manifests(out):
        now = sides.get(there["person"])
        if studies.get(there["recording"], there["study"]) != there["study"]:
            old.append(there["study"])
        elif now is not None and there["split"] != now.who["split"] and there["recording"] not in studies:
            raise UsageError(
                f"the person of night {now.night.number} has other nights in {out}, in the split {there['split']}; "
                "give the same split, or name all nights of the person"
            )
    remove_nights(out, old)


def _stated(night: Night, person: str | None, split: str) -> dict:
    """What was stated of a night, as its manifest keeps it: where it changes, the night is made anew."""
    return {
        "person": person,
        "split": split,
        "age_years": night.person.age_years,
        "sex": night.person.sex,
        "complete": night.complete,
    }

"""A cohort made on Dask: nights are looked at, those not there yet are made, and a card is written."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from index.cohort.card import write_card
from index.cohort.folder import Settings, is_whole, opened
from index.cohort.nights import SPLITS, Night
from index.cohort.work import Looked, Made, Task, UnfitWorkerError, look, make
from sleeplm.errors import SleepLMError, UsageError
from sleeplm.montages import recall
from sleeplm.study_store import inputs_of, keyed, person_of_key

WORKER_BYTES = 1_500_000_000  # of memory that a worker may need, for how many this machine holds
RETRIES = 1  # of a night whose worker died
Told = Callable[[str, int, int], None]  # "looking" or "making", how many are done, of how many


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
    peak_mb : float or None
        The most memory that a worker ever held.
    """

    nights: int
    made: int = 0
    there: int = 0
    failed: list[tuple[int, str]] = field(default_factory=list)
    seconds: list[dict] = field(default_factory=list)
    peak_mb: float | None = None


def run_cohort(
    nights: Sequence[Night],
    out: Path,
    settings: Settings,
    secret: bytes,
    choices: Path | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    told: Told = lambda step, done, of: None,
) -> Outcome:
    """Make the nights of a cohort that are not there yet.

    Parameters
    ----------
    nights : sequence of Night
    out : Path
        The cohort's folder, which every worker must see under this path.
    settings : Settings
    secret : bytes
        The key that the ids of studies and people are made with (`study_store.key_of`); it is in no part of `out`.
    choices : Path, optional
        Folder of studies, whose remembered channels and units (`sleeplm.montages`) are used.
    scheduler : str, optional
        Address of a Dask scheduler; a cluster on this machine where none is given.
    workers : int, optional
        Processes on this machine; by default as many as it has cores and memory for.
    told : callable
        How far it is.

    Raises
    ------
    UsageError, StudyError
        Of the folder, the scheduler or its workers; what is wrong with a night is in `Outcome.failed`.
    """
    outcome = Outcome(len(nights))
    with opened(out, settings), _client(scheduler, workers, len(nights)) as client:
        looked = dict(_on_workers(client, "look", look, nights, (settings, out), told))
        tasks = list(_tasks(nights, looked, settings, secret, choices, outcome))
        todo = [task for task in tasks if not is_whole(out, task.who["study"], task.said)]
        outcome.there = len(tasks) - len(todo)
        for task, made in _on_workers(client, "make", make, todo, (settings, out), told):
            if made.failed:
                outcome.failed.append((task.night.number, made.failed))
            else:
                outcome.made += 1
                outcome.seconds.append(made.seconds)
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


def _tasks(nights, looked: Mapping[Night, Looked], settings: Settings, secret: bytes, choices, outcome: Outcome):
    """What is to be done for each night that can be used, each study once."""
    first: dict[str, int] = {}
    for night in nights:
        found = looked[night]
        if found.failed:
            outcome.failed.append((night.number, found.failed))
            continue
        before = recall(choices, found.montage) if choices is not None else None
        chosen = before.under(settings.overrides, settings.units) if before else settings
        inputs = inputs_of(found.digests, chosen.overrides, found.lights_s, chosen.units, settings.hypopnea_rule)
        study = keyed(secret, inputs)
        if study in first:
            outcome.failed.append((night.number, f"it is the same recording as night {first[study]}"))
            continue
        first[study] = night.number
        said = None if night.person.key is None else person_of_key(secret, night.person.key)
        person = said or study
        split = night.split or split_of(person)
        yield Task(
            night,
            {"study": study, "person": person, "split": split},
            {"person": said, "split": split, "age_years": night.person.age_years, "sex": night.person.sex},
            found.lights_s,
            dict(chosen.overrides),
            dict(chosen.units),
            tuple(before.said(settings.overrides, settings.units)) if before else (),
        )


@contextmanager
def _client(scheduler: str | None, workers: int | None, nights: int) -> Iterator:
    """A client of the scheduler that is named, or of a cluster of single-threaded processes on this machine."""
    from distributed import Client, LocalCluster

    logging.getLogger("distributed").setLevel(logging.ERROR)
    if scheduler is not None:
        if workers is not None:
            raise UsageError("--workers counts processes of this machine; a scheduler has its own workers")
        try:
            client = Client(scheduler, timeout="20s", set_as_default=False)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"no Dask scheduler answers at {scheduler!r}; give its address, tcp://HOST:8786"
            ) from error
        with client:
            yield client
        return
    many = min(workers or workers_here(), max(nights, 1))
    # No limit of Dask's own on memory: it would pause a worker for memory that the C library has not given back.
    with (
        LocalCluster(
            n_workers=many, threads_per_worker=1, processes=True, memory_limit=0, dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):  # fmt: skip
        yield client


def workers_here() -> int:
    """How many workers this machine has cores and memory for."""
    import psutil
    from dask.system import CPU_COUNT

    return max(1, min(CPU_COUNT, psutil.virtual_memory().available // WORKER_BYTES))


def _on_workers(client, name: str, function, things: Sequence, more: tuple, told: Told) -> Iterator[tuple]:
    """Each thing with what the function makes of it, as they are done; a worker that dies is a failed thing."""
    from distributed import KilledWorker, as_completed

    numbers = {}
    for number, thing in enumerate(things, start=1):
        # The key is what the scheduler shows and logs: a number.
        numbers[client.submit(function, thing, *more, key=f"{name}-{number}", pure=False, retries=RETRIES)] = thing
    told(name, 0, len(things))
    for done, future in enumerate(as_completed(numbers, loop=client.loop), start=1):
        error = future.exception()
        if isinstance(error, KilledWorker):
            result = (Looked if function is look else Made)(failed="its worker died, perhaps for want of memory")
        elif isinstance(error, UnfitWorkerError | SleepLMError):
            raise UsageError(str(error)) from None
        elif error is not None:
            raise UsageError(f"the workers cannot work ({type(error).__name__}); is this package installed there?")
        else:
            result = future.result()
        yield numbers.pop(future), result
        future.release()
        told(name, done, len(things))

"""Processes that work on a cohort: those of a Dask scheduler that is named, or of this machine."""

import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sleeplm.errors import SleepLMError, UsageError

WORKER_BYTES = 1_500_000_000  # of memory that a worker may need, for how many this machine holds
RETRIES = 1  # of a night whose worker died
DIED = "its worker died, perhaps for want of memory"
Progress = Callable[[str, int, int], None]  # what is done with the nights, how many are through, of how many


@dataclass(frozen=True)
class Unfit:
    """What a task gives back where its worker would not make what the others make; the sentence names no night."""

    why: str


@contextmanager
def client_of(scheduler: str | None, workers: int | None, nights: int) -> Iterator:
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
                f"no Dask scheduler answers at {scheduler!r}; give its address, tcp://HOST:PORT"
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


def on_workers(
    client, name: str, function, things: Sequence, more: tuple, report: Progress, died
) -> Iterator[tuple]:
    """Each thing with what the function makes of it, as they are done; `died` where its worker died."""
    from distributed import KilledWorker, as_completed

    run = secrets.token_hex(4)  # a scheduler may serve others who make a cohort
    numbers = {}
    for number, thing in enumerate(things, start=1):
        key = f"{name}-{run}-{number}"  # what the scheduler shows and logs: no name of a file
        numbers[client.submit(function, thing, *more, key=key, pure=False, retries=RETRIES)] = thing
    report(name, 0, len(things))
    for done, future in enumerate(as_completed(numbers, loop=client.loop), start=1):
        error = future.exception()
        if isinstance(error, KilledWorker):
            result = died
        elif isinstance(error, SleepLMError):
            raise UsageError(str(error)) from None
        elif error is not None:
            raise UsageError(f"the workers cannot work ({type(error).__name__}); is this package installed there?")
        else:
            result = future.result()
        if isinstance(result, Unfit):
            raise UsageError(result.why)
        yield numbers.pop(future), result
        future.release()
        report(name, done, len(things))

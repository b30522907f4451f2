"""From scored nights to captions, and a cohort on Dask: speed, memory, a second worker, bytes a night."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import Figure, run

if TYPE_CHECKING:
    from sleeplm.night import Scoring

NIGHTS, HOURS = 4, 8.0
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
CONDITIONS = f"{HOURS:g} h, 14 channels, simulated by any lab"


def measure() -> list[Figure]:
    """Simulate nights, caption some in processes of their own, make cohorts of all with one and two workers."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        nights = _simulated(folder / "nights", NIGHTS, HOURS, first=1)
        (warm_up,) = _simulated(folder / "short", 1, 0.25, first=90)
        alone = [_in_process("caption_one", night) for night in nights[:2]]
        cohorts = {workers: _cohort(folder, nights, warm_up, workers) for workers in (1, 2)}
    return [*_captions(alone), *_cohorts(cohorts)]


def _simulated(folder: Path, count: int, hours: float, first: int) -> list[Path]:
    from sleeplm.simulate import simulate_night, write_night

    folder.mkdir()
    for seed in range(first, first + count):
        write_night(simulate_night(seed, hours, "any", lab="varied"), folder / f"{seed:04}.edf")
    return sorted(folder.glob("*.edf"))


def _in_process(function: str, night: Path) -> dict:
    """Call a function of this file on one night in a fresh process with one thread; what it prints as JSON."""
    code = f"from benchmarks import captions; captions.{function}({str(night)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | ONE_THREAD, check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout)


def caption_one(night: str) -> None:
    """Caption a night whose scoring is read: no staging, no network, so that memory is that of captions."""
    from benchmarks.report import peak_memory_mb
    from sleeplm.captions import attributes_of_night, render_captions
    from sleeplm.recording.epochs import cut_epochs
    from sleeplm.study.pipeline import read_night

    path = Path(night)
    recording, experts = read_night(path, [path.with_suffix(".hypnogram.csv"), path.with_suffix(".events.csv")])
    scoring = merged(experts)
    before_mb = peak_memory_mb()
    epochs = cut_epochs(recording)
    began, worked = time.perf_counter(), time.process_time()
    attributes = attributes_of_night(recording, epochs, scoring)
    features_s = time.process_time() - worked
    captions = render_captions(attributes)
    all_s, wall_s = time.process_time() - worked, time.perf_counter() - began
    print(json.dumps({
        "epochs": len(epochs), "captions": sum(map(len, captions)), "features_s": features_s, "all_s": all_s,
        "wall_s": wall_s, "before_mb": before_mb, "peak_mb": peak_memory_mb(),
    }))  # fmt: skip


def merged(experts: "Sequence[Scoring]") -> "Scoring":
    """Hypnogram and events of several files as one scoring."""
    hypnogram = next(e for e in experts if e.hypnogram)
    events = next(e for e in experts if e.events)
    return replace(hypnogram, events=events.events, event_sources=events.event_sources)


def _cohort(folder: Path, nights: list[Path], warm_up: Path, workers: int) -> dict:
    """Make a cohort on a cluster whose workers have each done a short night before; wall time and what it says."""
    from distributed import Client, LocalCluster

    from index.cohort.folder import Settings
    from index.cohort.inputs import find_nights
    from index.cohort.run import run_cohort
    from sleeplm import __version__
    from sleeplm.network.encoder import model_of
    from sleeplm.network.loading import SleepLM
    from sleeplm.study.choices import USUAL

    settings = Settings(__version__, model_of(SleepLM.from_pretrained()), None, True, 0, USUAL)
    with LocalCluster(n_workers=workers, threads_per_worker=1, memory_limit=0, dashboard_address=":0") as cluster:
        with Client(cluster) as client:
            client.run(warm, str(warm_up))
        out, began = folder / f"out{workers}", time.perf_counter()
        outcome = run_cohort(find_nights(nights), out, settings, b"k" * 32, scheduler=cluster.scheduler_address)
        wall_s = time.perf_counter() - began
    if outcome.made != len(nights):
        raise RuntimeError(f"nights failed: {outcome.failed}")
    card = json.loads((out / "card.json").read_text())
    return {"wall_s": wall_s, "outcome": outcome, "bytes": card["bytes"], "hours": card["hours"]}


def warm(night: str) -> None:
    """Derive a short night, so that a worker has loaded all that it needs."""
    from index.cohort.work import network
    from sleeplm.study.choices import USUAL
    from sleeplm.study.pipeline import Steps, derive, read_night

    recording, experts = read_night(Path(night))
    derive(recording, experts, USUAL, network(None), Steps())


def _captions(alone: list[dict]) -> list[Figure]:
    epochs = sum(a["epochs"] for a in alone)
    all_s, features_s = sum(a["all_s"] for a in alone), sum(a["features_s"] for a in alone)
    captions = sum(a["captions"] for a in alone)
    conditions = f"{len(alone)} nights of {CONDITIONS}, scoring read"
    return [
        Figure("features and captions", epochs / all_s, "epochs/s", f"of a core's own time, {conditions}"),
        Figure("  by the clock", epochs / sum(a["wall_s"] for a in alone), "epochs/s", "less on a busy machine"),
        Figure("  features alone", epochs / features_s, "epochs/s"),
        Figure("  captions alone", captions / (all_s - features_s), "texts/s", f"{captions} texts"),
        Figure("peak memory of captioning", max(a["peak_mb"] for a in alone), "MB", "a process of its own"),
        Figure("  before it, night and scoring open", max(a["before_mb"] for a in alone), "MB"),
    ]


def _cohorts(cohorts: dict[int, dict]) -> list[Figure]:
    one, two = cohorts[1], cohorts[2]
    n, hours = one["outcome"].made, one["hours"]
    seconds = one["outcome"].seconds
    return [
        Figure(
            "cohort, two workers over one", one["wall_s"] / two["wall_s"], "x", f"{n} nights of {CONDITIONS}, warm"
        ),
        Figure("  one worker", one["wall_s"] / n, "s/night", "read, scored, captioned, embedded, with signals"),
        Figure("  two workers", two["wall_s"] / n, "s/night"),
        *(Figure(f"  {step}", sum(s[step] for s in seconds) / n, "s/night") for step in seconds[0]),
        Figure("  of a core's own time", one["outcome"].core_s / n, "s/night"),
        Figure("  the same with two workers", two["outcome"].core_s / n, "s/night"),
        Figure("core hours for 100,000 hours", one["outcome"].core_s / hours * 100_000 / 3600, "h", "one worker"),
        Figure("peak memory of a worker, whole", one["outcome"].peak_mb, "MB", "YASA, torch and all"),
        *(Figure(f"{t}, bytes", size / n / 1e6, "MB/night") for t, size in one["bytes"].items()),
        *(Figure(f"{t}, for 100,000 hours", size / hours / 1e4, "GB") for t, size in one["bytes"].items()),
    ]


if __name__ == "__main__":
    run("captions", measure)

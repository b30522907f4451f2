"""What a worker does: look at a night's files, and make the night's part of the cohort.

Both tasks catch what a night may do wrong and give it back as a sentence: the scheduler's log, which quotes the
arguments of a task that raises, never sees a file's name.
"""

import sys
import time
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from index.cohort.folder import MANIFEST, Settings, write_part
from index.cohort.inputs import Night
from index.cohort.workers import Unfit
from sleeplm import __version__
from sleeplm.errors import SleepLMError
from sleeplm.kinds.events import EVENT_TYPES
from sleeplm.network.encoder import model_of
from sleeplm.night import Scoring, seconds_at
from sleeplm.recording.privacy.redaction import Redaction, reason
from sleeplm.scoring.score import EXPERT
from sleeplm.scoring.stages import return_freed_memory
from sleeplm.study.analysis import recording_json
from sleeplm.study.choices import Choices
from sleeplm.study.folder import digests_of
from sleeplm.study.person import recorded_person
from sleeplm.study.pipeline import Steps, derive, read_night

_SURPRISE = "it cannot be used, by a fault of this package ({}); please report it"


@dataclass(frozen=True)
class Looked:
    """What is known of a night before it is worked on.

    Attributes
    ----------
    digests : dict
        SHA-256 of its files (`study.folder.digests_of`).
    montage : list of (str, str)
        Label and unit of each signal.
    lights_s : tuple
        Lights off and on in seconds, or None.
    failed : str or None
        Why it cannot be used.
    """

    digests: dict = field(default_factory=dict)
    montage: list = field(default_factory=list)
    lights_s: tuple = (None, None)
    failed: str | None = None


@dataclass(frozen=True)
class Task:
    """A night to be made.

    Attributes
    ----------
    night : Night
    who : dict
        ``study``, ``person`` and ``split``.
    recording : str
        Keyed hash of the recording alone: one night a recording, however it is scored and read.
    stated : dict
        What was stated of it, as its manifest keeps it: made anew where that changes.
    choices : Choices
    notices : tuple of str
        What else its warnings say.
    """

    night: Night
    who: dict
    recording: str
    stated: dict
    choices: Choices = field(repr=False)  # labels, which may name somebody
    notices: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Made:
    """How a night went: seconds by step and of a core, its worker's most memory so far; or why it failed."""

    seconds: dict = field(default_factory=dict)
    core_s: float = 0.0
    peak_mb: float | None = None
    failed: str | None = None


def look(night: Night, settings: Settings, folder: Path) -> Looked | Unfit:
    """Take the SHA-256 of a night's files and read its header."""
    from sleeplm.recording import montage_of, open_recording

    if why := _unfit(settings, folder):
        return Unfit(why)
    try:
        montage = montage_of(night.path)
        lights_s: tuple = (None, None)
        if night.lights_off or night.lights_on:
            recording = open_recording(night.path, settings.choices.channels, settings.choices.units)
            clock, length_s = recording.start_clock, recording.duration_s
            lights_s = tuple(c and seconds_at(c, clock, length_s) for c in (night.lights_off, night.lights_on))
        return Looked(digests_of(night.path, night.scorings), montage, lights_s)
    except Exception as error:
        return Looked(failed=_sentence(error, night))


def make(task: Task, settings: Settings, folder: Path) -> Made | Unfit:
    """Read, score, measure, caption and embed a night, and write its part."""
    if why := _unfit(settings, folder):
        return Unfit(why)
    steps, began = Steps(), time.process_time()
    try:
        manifest, tables = _derived(task, settings, steps)
        with steps("saving"):
            write_part(folder, manifest, tables)
        seconds = {step: round(s, 3) for step, s in steps.seconds.items()}
        return Made(seconds, time.process_time() - began, _peak_mb())
    except Exception as error:
        return Made(failed=_sentence(error, task.night))
    finally:
        return_freed_memory()


def _derived(task: Task, settings: Settings, steps: Steps) -> tuple[dict, dict]:
    """A night's manifest, and what writes its tables."""
    from index.cohort.tables import (
        SIGNALS_A_GROUP,
        counts_of,
        epochs_table,
        signals_table,
        study_table,
        write_table,
    )

    with steps("reading"):
        recording, experts = read_night(task.night.path, task.night.scorings, task.choices)
    if task.night.complete:
        experts = _complete(experts)
    encoder = network(settings.weights, settings.bf16) if settings.model else None
    night = derive(recording, experts, task.choices, encoder, steps, f"{settings.seed} {task.who['study']}")
    redaction = Redaction(recording, task.night.scorings)
    person = recorded_person(task.night.person, recording.subject, task.stated["person"])
    simulated = bool(recording.simulated)
    clock = recording.start_clock
    about = recording_json(recording, redaction)
    warnings = redaction.sentences([*task.notices, *night.warnings])
    manifest = {
        **task.who,
        "recording": task.recording,
        "stated": task.stated,
        "simulated": simulated,
        "counts": counts_of(night),
    }
    manifest |= {key: person[key] for key in ("age_years", "sex")}
    tables = {
        "studies": lambda path: write_table(study_table(night, task.who, about, person, warnings, simulated), path),
        "epochs": lambda path: write_table(epochs_table(night, task.who, clock, simulated), path),
    }
    if settings.signals:
        tables["signals"] = lambda path: write_table(signals_table(night, task.who["study"]), path, SIGNALS_A_GROUP)
    return manifest, tables


def _complete(experts: list[Scoring]) -> list[Scoring]:
    """Scorings of somebody who looked for every type of event: none is left to the detectors."""
    whole = dict.fromkeys(EVENT_TYPES, EXPERT)
    at = next((i for i, part in enumerate(experts) if part.event_sources), 0)
    return [replace(p, event_sources=whole) if i == at else p for i, p in enumerate(experts)]


@cache
def network(weights: str | None, bf16: bool):
    """The network, loaded once a worker, on one thread: more would add up numbers in another order."""
    import torch

    from sleeplm.network.loading import load_encoder

    torch.set_num_threads(1)
    return load_encoder(weights, bf16)


@cache
def _model(weights: str | None, bf16: bool) -> dict:
    return model_of(network(weights, bf16))


def _peak_mb() -> float | None:
    """Largest resident memory of this process so far, where the system tells it (Linux counts it in kB)."""
    if sys.platform != "linux":
        return None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _unfit(settings: Settings, folder: Path) -> str | None:
    """Why this worker would not make what the others make."""
    from distributed import get_worker

    if __version__ != settings.package:
        return f"a worker runs version {__version__}, not {settings.package}; install the same"
    try:
        threads = get_worker().state.nthreads
    except ValueError:  # in no worker: called as a function
        threads = 1
    if threads != 1:
        return f"a worker has {threads} threads; start workers with --nthreads 1"
    if not (folder / MANIFEST).is_file():
        return "a worker does not see the cohort's folder; put it where every machine sees it"
    if settings.model is not None and _model(settings.weights, settings.bf16) != settings.model:
        return "a worker has other weights than the process that started it"
    return None


def _sentence(error: Exception, night: Night) -> str:
    if isinstance(error, MemoryError):
        return "its worker ran out of memory"
    if isinstance(error, OSError):
        return f"a file could not be read or written ({error.strerror or type(error).__name__})"
    if isinstance(error, SleepLMError):
        return reason(error, night.path, night.scorings)
    return _SURPRISE.format(type(error).__name__)

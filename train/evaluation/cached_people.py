"""Simulated people cached in a folder: each is made once, on all cores, and read from there."""

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

import sleeplm
from index.cohort.workers import workers_here
from sleeplm.errors import SleepLMError
from sleeplm.files import write_whole
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring
from sleeplm.recording.epochs import Epochs
from train.evaluation import people
from train.evaluation.people import Person, Plan, simulate

# Rooms and files of `sleeplm` that no simulated person follows from.
_WITHOUT = ("network",)


def cached_people(plans: Sequence[Plan], folder: Path) -> list[Person]:
    """The people of these plans; those that the folder lacks are simulated, and stay in it.

    A person's file is named by the plan and by a checksum of the code: what older code made is never read.

    Parameters
    ----------
    plans : sequence of Plan
    folder : Path

    Raises
    ------
    SleepLMError
        A process died while it simulated somebody.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {plan: folder.absolute() / _file_name(plan) for plan in plans}
    missing = [(plan, file) for plan, file in files.items() if not file.exists()]
    many = min(workers_here(), len(missing))
    if many > 1:
        with ProcessPoolExecutor(many, mp_context=get_context("spawn")) as pool:
            try:
                list(pool.map(_store, missing))
            except BrokenProcessPool as error:
                raise SleepLMError("a process that simulated people died, perhaps for want of memory") from error
    else:
        list(map(_store, missing))
    return [_read(files[plan]) for plan in plans]


def _file_name(plan: Plan) -> str:
    kind = "_scored" * plan.scored + "_out_of_distribution" * plan.out_of_distribution
    return f"{plan.name}_{plan.hours:g}h{kind}_{code_sha256()}.safetensors"


@cache
def code_sha256() -> str:
    """The checksum of all code and tables that a simulated person follows from, 12 hexadecimal digits."""
    room, found = Path(sleeplm.__file__).parent, sha256(Path(people.__file__).read_bytes())
    for file in sorted(f for f in room.rglob("*") if f.suffix in (".py", ".json")):
        if file.relative_to(room).parts[0] not in _WITHOUT:
            found.update(file.read_bytes())
    return found.hexdigest()[:12]


def _store(made: tuple[Plan, Path]) -> None:
    plan, file = made
    person = simulate(plan)
    fields = {
        "name": person.name,
        "stages": person.stages.tolist(),
        "attributes": person.attributes,
        "truth": _plain(person.truth),
        "automatic": None if person.automatic is None else _plain(person.automatic),
    }
    signals = {"signals": person.epochs.signals, "present": person.epochs.present}
    write_whole(file, save(signals, {"person": json.dumps(fields)}))


def _read(file: Path) -> Person:
    with safe_open(file, framework="numpy") as held:
        fields = json.loads(held.metadata()["person"])
        epochs = Epochs(held.get_tensor("signals"), held.get_tensor("present"))
    return Person(
        name=fields["name"],
        stages=np.array(fields["stages"]),
        epochs=epochs,
        attributes=fields["attributes"],
        truth=_scoring(fields["truth"]),
        automatic=None if fields["automatic"] is None else _scoring(fields["automatic"]),
    )


def _plain(scoring: Scoring) -> dict:
    """Stages and events of a scoring, and who looked for them: what is measured of it."""
    return {
        "hypnogram": [str(s) for s in scoring.hypnogram],
        "hypnogram_source": scoring.hypnogram_source,
        "events": [e.as_dict() for e in scoring.events],
        "event_sources": dict(scoring.event_sources),
    }


def _scoring(fields: dict) -> Scoring:
    return Scoring(
        hypnogram=tuple(map(Stage, fields["hypnogram"])),
        hypnogram_source=fields["hypnogram_source"],
        events=tuple(map(Event.from_dict, fields["events"])),
        event_sources=fields["event_sources"],
    )

"""Simulated people kept in a folder: each is made once, on all cores, and read from there."""

import json
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

import sleeplm
from index.cohort.workers import DIED, Told, client_of, on_workers
from sleeplm.epochs import Epochs
from sleeplm.errors import SleepLMError
from sleeplm.model.files import write_whole
from sleeplm.night import Event, Scoring
from sleeplm.vocabulary import Stage
from train.evaluation import people
from train.evaluation.people import Person, Plan, simulate

_WITHOUT = ("model", "weights")  # rooms of `sleeplm` that no simulated person follows from


def kept(plans: Sequence[Plan], folder: Path, told: Told = lambda step, done, of: None) -> list[Person]:
    """The people of these plans; those that the folder lacks are simulated, and stay in it.

    A person's file is named by the plan and by a sum of the code: what older code made is never read.

    Parameters
    ----------
    plans : sequence of Plan
    folder : Path
    told : callable
        Told how many are done.

    Raises
    ------
    SleepLMError
        Somebody could not be simulated.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {plan: folder.absolute() / _file_name(plan) for plan in plans}
    missing = [(plan, file) for plan, file in files.items() if not file.exists()]
    if len(missing) == 1:
        _keep(*missing)
    elif missing:
        with client_of(None, None, len(missing)) as client:
            for (plan, _), died in on_workers(client, "simulate", _keep, missing, (), told, DIED):
                if died:
                    raise SleepLMError(f"{plan.name} was not simulated: {died}")
    return [_read(files[plan]) for plan in plans]


def _file_name(plan: Plan) -> str:
    return f"{plan.name}_{plan.hours:g}h{'_scored' * plan.scored}_{code_sum()}.safetensors"


@cache
def code_sum() -> str:
    """A sum of all code and tables that a simulated person follows from."""
    room, found = Path(sleeplm.__file__).parent, sha256(Path(people.__file__).read_bytes())
    for file in sorted(f for f in room.rglob("*") if f.suffix in (".py", ".json")):
        if file.relative_to(room).parts[0] not in _WITHOUT:
            found.update(file.read_bytes())
    return found.hexdigest()[:12]


def _keep(made: tuple[Plan, Path]) -> None:
    plan, file = made
    person = simulate(plan)
    told = {
        "name": person.name,
        "stages": person.stages.tolist(),
        "attributes": person.attributes,
        "truth": _plain(person.truth),
        "automatic": None if person.automatic is None else _plain(person.automatic),
    }
    signals = {"signals": person.epochs.signals, "present": person.epochs.present}
    write_whole(file, save(signals, {"person": json.dumps(told)}))


def _read(file: Path) -> Person:
    with safe_open(file, framework="numpy") as held:
        told = json.loads(held.metadata()["person"])
        epochs = Epochs(held.get_tensor("signals"), held.get_tensor("present"))
    return Person(
        name=told["name"],
        stages=np.array(told["stages"]),
        epochs=epochs,
        attributes=told["attributes"],
        truth=_scoring(told["truth"]),
        automatic=None if told["automatic"] is None else _scoring(told["automatic"]),
    )


def _plain(scoring: Scoring) -> dict:
    """Stages and events of a scoring, and who looked for them: what is measured of it."""
    return {
        "hypnogram": [str(s) for s in scoring.hypnogram],
        "hypnogram_source": scoring.hypnogram_source,
        "events": [e.as_dict() for e in scoring.events],
        "event_sources": dict(scoring.event_sources),
    }


def _scoring(told: dict) -> Scoring:
    return Scoring(
        hypnogram=tuple(map(Stage, told["hypnogram"])),
        hypnogram_source=told["hypnogram_source"],
        events=tuple(map(Event.from_dict, told["events"])),
        event_sources=told["event_sources"],
    )

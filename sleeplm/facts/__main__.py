"""``python -m sleeplm.facts > docs/numbers.md``: every number of a night, with its formula."""

from types import MappingProxyType
from typing import cast

from sleeplm.facts.night_facts import night_facts
from sleeplm.kinds.events import EVENT_TYPES
from sleeplm.kinds.facts import FACT_KINDS
from sleeplm.kinds.stages import STAGES, Stage
from sleeplm.night import Scoring
from sleeplm.recording.protocol import NightSignals
from sleeplm.units import format_value

N_EPOCHS = 120


class _Nothing:
    """An hour in which no signal was recorded; what a person scored is all there is."""

    duration_s, n_epochs, start_clock = 3600.0, N_EPOCHS, "23:00:00"
    channels: MappingProxyType = MappingProxyType({})


def page() -> str:
    """The table of all numbers, as Markdown."""
    awake = _values(Scoring((Stage.W,) * N_EPOCHS, "expert", (), dict.fromkeys(EVENT_TYPES, "expert")))
    empty = _values(Scoring())
    rows = [
        f"| {kind.name} | `{kind.id}` | {kind.unit or 'count'} | {kind.definition} | {awake[id_]} | {empty[id_]} |"
        for id_, kind in FACT_KINDS.items()
    ]
    return "\n".join([
        "# The numbers of a night",
        "",
        "Made by `python -m sleeplm.facts`. Every night has all of these; one that does not exist has no",
        "value, and its sentence says why: nothing is divided by zero, and nothing that was not recorded is zero.",
        f"Stages are {', '.join(STAGES)}; epochs last 30 s.",
        "",
        "The last two columns give the value of an hour in which an expert scored only wake and no event, and of",
        "one in which nothing was scored or recorded (– means no value).",
        "",
        "| number | id | unit | formula, denominator, source | all awake | nothing scored |",
        "|---|---|---|---|---|---|",
        *rows,
    ])  # fmt: skip


def _values(scoring: Scoring) -> dict[str, str]:
    facts = night_facts(cast(NightSignals, _Nothing), scoring)  # without channels nothing else is asked for
    return {f.id: "–" if f.value is None else format_value(f.value, f.unit) for f in facts}


if __name__ == "__main__":
    print(page())

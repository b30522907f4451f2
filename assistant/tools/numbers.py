"""Tools over the fixed facts of a night."""

from assistant.evidence import Context, Evidence, absence, statement
from assistant.timeline import STAGE_WORDS, minutes, runs, span
from sleeplm.night import Fact
from sleeplm.vocabulary import SLEEP_STAGES, Stage

# What is told together: a part of the night with its share of it.
COMPANIONS = {f"{stage}_min": f"{stage}_pct" for stage in ("n1", "n2", "n3", "r")}
OVERVIEW = (
    "tst_min", "se_pct", "sol_min", "waso_min", "n3_min", "r_min", "ahi_per_h", "spo2_min_pct", "hr_mean_bpm",
)  # fmt: skip


def known_facts(study) -> dict[str, Fact]:
    """The fixed facts of a study by id."""
    return {fact.id: fact for fact in study.facts}


def facts(context: Context, *ids: str) -> Evidence:
    """Facts by id, each stage's minutes with its share of sleep."""
    known = known_facts(context.study)
    wanted: dict[str, None] = {}
    for id in ids:
        wanted[id] = None
        if id in COMPANIONS:
            wanted[COMPANIONS[id]] = None
    return Evidence(tuple(known[id] for id in wanted if id in known))


def overview(context: Context) -> Evidence:
    """The main numbers of the night, as far as they exist."""
    known = known_facts(context.study)
    found = tuple(known[id] for id in OVERVIEW if id in known and known[id].value is not None)
    return Evidence(found, None if found else _why_none(context, list(known.values())))


def _why_none(context: Context, known: list[Fact]) -> str:
    reasons = [f.text for f in known if f.value is None][:1]
    return " ".join(reasons) or "Nothing was computed for this recording."


def longest(context: Context, state: str) -> Evidence:
    """The longest stretch awake, asleep or in one stage; of wake also the longest within sleep."""
    known = known_facts(context.study)
    if state == Stage.W:
        parts = [
            ("longest_wake_min", "longest_wake_when"),
            ("longest_wake_in_sleep_min", "longest_wake_in_sleep_when"),
        ]
    elif state == "sleep":
        parts = [("longest_sleep_min", "longest_sleep_when")]
    else:
        return _longest_stage(context, Stage(state))
    found: list[Fact] = []
    for id, when_id in parts:
        if id in known:
            found.append(known[id])
            found += _when(context, known[id], when_id)
    return Evidence(tuple(found))


def _when(context: Context, fact: Fact, id: str) -> list[Fact]:
    if fact.value is None or not fact.epochs:
        return []
    first, last = max(fact.epochs, key=lambda e: e[1] - e[0])
    words = span(context.study, first, last)
    asleep = [n for n, s in enumerate(context.study.scoring.hypnogram, start=1) if s in SLEEP_STAGES]
    if asleep and last < asleep[0]:
        words += ", before sleep onset"
    elif asleep and first > asleep[-1]:
        words += ", after the final awakening"
    return [statement(id, f"when: {fact.name}", words, [(first, last)], fact.signals, fact.source)]


def _longest_stage(context: Context, stage: Stage) -> Evidence:
    study, id = context.study, f"longest_{stage.lower()}"
    name = f"longest stretch of {STAGE_WORDS[stage]}"
    scoring = study.scoring
    if scoring.hypnogram_source is None:
        return Evidence((absence(f"{id}_min", name, not_staged(study)),))
    found = [(a, b) for s, a, b in runs(scoring.hypnogram) if s is stage]
    if not found:
        return Evidence((absence(f"{id}_min", name, f"No epoch was scored as {STAGE_WORDS[stage]}."),))
    first, last = max(found, key=lambda e: e[1] - e[0])
    words = span(study, first, last)
    length = Fact(
        f"{id}_min", name, (last - first + 1) / 2, "min",
        f"The {name} lasted {minutes(last - first + 1)}, {words}.",
        "Longest run of consecutive 30-s epochs in the stage.",
        source=scoring.hypnogram_source, epochs=((first, last),),
    )  # fmt: skip
    return Evidence(
        (length, statement(f"{id}_when", f"when: {name}", words, [(first, last)], source=length.source))
    )


def not_staged(study) -> str:
    """The sentence for a night without stages."""
    said = [w for w in study.warnings if "stag" in w.lower()]
    return said[0] if said else "This recording was not staged, so nothing can be said of sleep stages."

"""Tools over the fixed facts of a night."""

from collections.abc import Sequence

from assistant.grounding.evidence import Evidence, absence, statement
from assistant.timeline import minutes, span
from assistant.tools.context import Context
from sleeplm.facts.reasons import NO_DEPTH
from sleeplm.intervals import constant_ranges
from sleeplm.kinds.facts import FACT_KINDS
from sleeplm.kinds.stages import SLEEP_STAGES, STAGE_NAMES, Stage
from sleeplm.night import Fact

# What is stated together: a part of the night with its share of it.
COMPANIONS = {kind.share_of: kind.id for kind in FACT_KINDS.values() if kind.share_of}
OVERVIEW = (
    "tst_min", "se_pct", "sol_min", "waso_min", "n3_min", "r_min", "ahi_per_h", "rei_per_h", "spo2_min_pct",
    "hr_mean_bpm",
)  # fmt: skip


def known_facts(study) -> dict[str, Fact]:
    """The fixed facts of a study by id."""
    return {fact.id: fact for fact in study.facts}


def facts(context: Context, *ids: str) -> Evidence:
    """Facts by id, each stage's minutes with its share of sleep, an extreme with its place in the night."""
    known = known_facts(context.study)
    wanted: dict[str, None] = {}
    for id in ids:
        wanted[id] = None
        if id in COMPANIONS:
            wanted[COMPANIONS[id]] = None
    found: list[Fact] = []
    for id in wanted:
        if id in known:
            found.append(known[id])
            instead = known.get(FACT_KINDS[id].stands_in) if id in FACT_KINDS else None
            if known[id].value is None and instead is not None and instead.value is not None:
                found.append(instead)
            if id in FACT_KINDS and FACT_KINDS[id].has_place:
                found += _when(context, known[id])
    return Evidence(tuple(found))


def overview(context: Context) -> Evidence:
    """The main numbers of the night, as far as they exist."""
    known = known_facts(context.study)
    found = tuple(known[id] for id in OVERVIEW if id in known and known[id].value is not None)
    return Evidence(found, None if found else _why_none(context, list(known.values())))


def _why_none(context: Context, known: list[Fact]) -> str:
    reasons = [f.text for f in known if f.value is None][:1]
    return " ".join(reasons) or "Nothing was computed for this recording."


def longest_bouts(state: str) -> list[str]:
    """Ids of the facts of the longest bout of sleep or of a stage; empty where there is none."""
    return [kind.id for kind in FACT_KINDS.values() if kind.bout_of == state]


def longest(context: Context, state: str) -> Evidence:
    """The longest stretch awake, asleep or in one stage; of wake also the longest within sleep."""
    known = known_facts(context.study)
    ids = longest_bouts(state)
    if not ids:
        return _longest_stage(context, Stage(state))
    facts = {known[id].epochs or id: known[id] for id in reversed(ids) if id in known}
    found: list[Fact] = []
    for fact in reversed(facts.values()):  # one stretch that is the longest in both senses is stated once
        found += [fact, *_when(context, fact)]
    return Evidence(tuple(found))


def _when(context: Context, fact: Fact) -> list[Fact]:
    """The place of a fact that rests on one stretch, as a statement to follow it."""
    if fact.value is None or not fact.epochs:
        return []
    first, last = max(fact.epochs, key=lambda e: e[1] - e[0])
    words = span(context.study, first, last)
    if fact.id == "longest_wake_min":
        words += _place_of_wake(context.study.scoring.hypnogram, first, last)
    id = f"{fact.id}_when"
    return [statement(id, f"when: {fact.name}", words, [(first, last)], fact.signals, fact.source)]


def _place_of_wake(hypnogram: Sequence[Stage], first: int, last: int) -> str:
    """Where a stretch of wake lies: before, within or after the sleep of the night."""
    asleep = [n for n, stage in enumerate(hypnogram, start=1) if stage in SLEEP_STAGES]
    if not asleep:
        return ""
    if last < asleep[0]:
        return ", before sleep onset"
    return ", after the final awakening" if first > asleep[-1] else ", between sleep onset and the final awakening"


def _longest_stage(context: Context, stage: Stage) -> Evidence:
    """The longest stretch of a stage that has no fixed fact of its own."""
    study, id, name = context.study, f"longest_{stage.lower()}_min", f"longest stretch of {STAGE_NAMES[stage]}"
    scoring = study.scoring
    if scoring.hypnogram_source is None:
        return Evidence((absence(id, name, not_staged(study)),))
    found = [(a, b) for s, a, b in constant_ranges(scoring.hypnogram) if s is stage]
    if not found:
        return Evidence((absence(id, name, not_found(study, stage)),))
    first, last = max(found, key=lambda e: e[1] - e[0])
    length = Fact(
        id, name, (last - first + 1) / 2, "min",
        f"The {name} lasted {minutes(last - first + 1)}, {span(study, first, last)}.",
        "Longest run of consecutive 30-s epochs in the stage.",
        source=scoring.hypnogram_source, epochs=((first, last),),
    )  # fmt: skip
    return Evidence((length, *_when(context, length)))


def depth_unknown(study, stage: Stage) -> bool:
    """Whether this stage is one of those that the staging of the night does not tell apart."""
    return stage in (Stage.N1, Stage.N2, Stage.N3) and Stage.NREM in study.scoring.hypnogram


def not_found(study, stage: Stage) -> str:
    """The sentence for a stage that no epoch of a staged night has."""
    if depth_unknown(study, stage):
        return f"{NO_DEPTH}, so {STAGE_NAMES[stage]} is not known in this night."
    return f"No epoch of this night was scored as {STAGE_NAMES[stage]}."


def not_staged(study) -> str:
    """The sentence for a night without stages."""
    reasons = [w for w in study.warnings if "stag" in w.lower()]
    return reasons[0] if reasons else "This recording was not staged, so nothing can be said of sleep stages."

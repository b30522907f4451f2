"""Tools over the scoring: the stretches of a stage, the events of a type."""

from collections import Counter

from assistant.grounding.evidence import Evidence, absence, merge, statement
from assistant.timeline import (
    counted,
    event_name,
    event_types,
    minutes,
    span,
    when,
)
from assistant.tools.context import Context
from assistant.tools.numbers import depth_unknown, known_facts, not_found, not_staged
from assistant.tools.similarity import find
from sleeplm.facts.events import both_sources
from sleeplm.intervals import constant_ranges, epoch_ranges, epochs_between
from sleeplm.kinds.channels import CHANNEL
from sleeplm.kinds.events import EVENT_CHANNELS, EVENT_KINDS
from sleeplm.kinds.stages import STAGE_NAMES, Stage
from sleeplm.night import Event, Fact


def stages(context: Context, stage: str) -> Evidence:
    """How long one stage was, in how many stretches, and where the first and the longest are."""
    study, wanted = context.study, Stage(stage)
    name, id = STAGE_NAMES[wanted], f"stage_{stage.lower()}"
    scoring = study.scoring
    if scoring.hypnogram_source is None:
        return Evidence((absence(id, name, not_staged(study)),))
    found = [(a, b) for s, a, b in constant_ranges(scoring.hypnogram) if s is wanted]
    if not found:
        return Evidence((absence(id, name, not_found(study, wanted)),))
    source = scoring.hypnogram_source
    total = sum(b - a + 1 for a, b in found)
    length = known_facts(study).get(f"{stage.lower()}_min") or Fact(
        f"{id}_min", f"time in {name}", total / 2, "min", f"{name} lasted {minutes(total)} in all.",
        "Epochs of the stage times 30 s.", source=source, epochs=tuple(found),
    )  # fmt: skip
    first, longest = found[0], max(found, key=lambda e: e[1] - e[0])
    if len(found) == 1:
        words = f"in one stretch, {span(study, *first)}"
    else:
        words = f"in {len(found)} stretches, the first {span(study, *first)}, "
        words += "which is also the longest" if first == longest else f"the longest {span(study, *longest)}"
        words += f", of {minutes(longest[1] - longest[0] + 1)}"
    return Evidence((length, statement(f"{length.id}_when", f"when: {name}", words, found, source=source)))


def events(context: Context, kind: str, stage: str | None = None) -> Evidence:
    """How many events of a type there were, when, and in which stages; or those within one stage."""
    study, name, types = context.study, event_name(kind), event_types(kind)
    scoring = study.scoring
    looked_for = [t for t in types if scoring.was_scored(t)]
    id = f"{kind}_count" + (f"_{stage.lower()}" if stage else "")
    if not looked_for:
        unknown = Evidence((absence(id, name, why_not_scored(study, kind)),))
        alike = find(context, name) if kind in EVENT_KINDS and EVENT_KINDS[kind].similar else unknown
        return unknown if alike.unavailable else merge([alike, unknown])
    if stage and scoring.hypnogram_source is None:
        return Evidence((absence(id, name, not_staged(study)),))
    if stage and depth_unknown(study, Stage(stage)):
        return Evidence((absence(id, name, not_found(study, Stage(stage))),))
    found = [e for e in scoring.events_of(*types) if stage is None or _stage_at(scoring, e) == stage]
    sources = both_sources({scoring.source_of(t) for t in looked_for}, None)
    place = f" in {STAGE_NAMES[Stage(stage)]}" if stage else ""
    epochs = _epochs_of(study, found)
    were = f"{event_name(kind, len(found))}{place} {'was' if len(found) == 1 else 'were'} scored"
    count = Fact(
        id, f"{name}{place}", len(found), "", f"{len(found)} {were}.",
        "Number of scored events of the type; an event belongs to the epoch in which it starts.",
        signals=_signals(study, types), source=sources, epochs=epochs,
    )  # fmt: skip
    if len(types) == 1 and stage is None:
        count = known_facts(study).get(f"{kind}_n", count)
    if not found:
        return Evidence((count,))
    words = _when_events(study, found, types, show_stages=stage is None)
    return Evidence(
        (count, statement(f"{count.id}_when", f"when: {name}", words, epochs, count.signals, count.source))
    )


def why_not_scored(study, kind: str) -> str:
    """Why nothing is known of a type of event: its signal was not recorded, or nobody looked."""
    name, types = event_name(kind), event_types(kind)
    needed = list(dict.fromkeys(c for t in types for c in EVENT_CHANNELS.get(t, ())))
    if needed and not any(c in study.channels for c in needed):
        signals = " or ".join(CHANNEL[c].words for c in needed)
        return f"{_capital(name)} cannot be known: no {signals} was recorded in this study."
    return f"{_capital(name)} were not scored in this study, so their number is unknown, not zero."


def _when_events(study, found: list[Event], types, show_stages: bool) -> str:
    parts = []
    if len({e.type for e in found}) > 1:
        parts.append(counted(found))
    first, last = found[0], found[-1]
    longest = max(found, key=lambda e: e.duration_s)
    if len(found) == 1:
        parts.append(f"it began at {when(study, first.start_s, True)} and lasted {first.duration_s:.0f} s")
    else:
        between = f"the first at {when(study, first.start_s)}, the last at {when(study, last.start_s)}"
        parts.append(f"{between}, the longest of {longest.duration_s:.0f} s at {when(study, longest.start_s)}")
    if show_stages and study.scoring.hypnogram_source is not None:
        by_stage = Counter(_stage_at(study.scoring, e) for e in found)
        parts.append("by stage: " + ", ".join(f"{n} in {STAGE_NAMES[s]}" for s, n in by_stage.most_common()))
    return "; ".join(parts)


def _stage_at(scoring, event: Event) -> Stage:
    position = int(max(event.start_s, 0) // 30)
    return Stage(scoring.hypnogram[position]) if position < len(scoring.hypnogram) else Stage.UNSCORED


def _epochs_of(study, found: list[Event]) -> tuple[tuple[int, int], ...]:
    touched: set[int] = set()
    for event in found:
        first, last = epochs_between(event.start_s, event.end_s, study.n_epochs)
        touched.update(range(first, last + 1))
    return epoch_ranges(sorted(touched))


def _signals(study, types) -> tuple[str, ...]:
    needed = dict.fromkeys(c for t in types for c in EVENT_CHANNELS.get(t, ()))
    return tuple(c for c in needed if c in study.channels)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

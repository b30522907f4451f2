"""The stage_event facet in words: the stage, its evidence, the stages before and after, and the events."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby

from sleeplm.captions.text.clauses import none_of
from sleeplm.captions.text.events import events_of
from sleeplm.captions.text.lexicon import EVENT_NOUNS, EVIDENCE, EVIDENCE_NOUNS
from sleeplm.captions.text.templates import Clause, Renderer, listed
from sleeplm.kinds.events import plural_of
from sleeplm.kinds.sources import EXPERT, SOURCES
from sleeplm.kinds.stages import STAGE_KINDS, Stage

_STAGE_FORMS = (
    "{=stage}", "[scored|staged] as {=stage}", "an epoch of {=stage}", "this [epoch|half minute] is {=stage}",
    "marked as {=stage}", "the person is in {=stage}", "the hypnogram shows {=stage}", "{=stage} in this epoch",
    "the epoch [belongs to|falls into] {=stage}", "[classified|rated] as {=stage}", "half a minute of {=stage}",
    "sleep staging: {=stage}", "state of vigilance: {=stage}",
)  # fmt: skip
_STAGERS = {source.id: source.name for source in SOURCES.values() if source.name}


def stage_event_text(renderer: Renderer) -> str | None:
    """The caption of the stage_event facet; None where there is neither a stage nor an event."""
    clauses: list[Clause] = [
        partial(events_of, kind=kind, events=group) for kind, group in events_by_type(renderer.attributes)
    ]
    if "stage" not in renderer.attributes:
        return renderer.compose(clauses, always=len(clauses)) if clauses else None
    drawn, context = renderer.draw.random(), False
    if clauses and drawn < 0.35:
        always: list[Clause] = [partial(stage_with_event, event=clauses[0]), *clauses[1:]]
    else:
        context = drawn < 0.8
        always = [stage_with_context if context else stage, *clauses]
    others: list[Clause] = [_absent_events] if _has_absent_events(renderer) else []
    if not context and renderer.attributes.get("supports") and renderer.draw.random() < 0.6:
        others.append(_evidence_sentence)
    return renderer.compose([*always, *others], always=len(always))


def stage(renderer: Renderer) -> str:
    """The stage in one of its forms."""
    value = renderer.attributes["stage"]
    renderer.claim("stage", value)
    return renderer.render(*_STAGE_FORMS, stage=renderer.one_of(STAGE_KINDS[value].caption_forms))


def stage_with_event(renderer: Renderer, event: Clause) -> str:
    """The stage and the event that matters most in it."""
    return f"{stage(renderer)} with {event(renderer)}"


def stage_with_context(renderer: Renderer) -> str:
    """The stage with one thing that goes with it, where one is known."""
    return stage(renderer) + _context(renderer)


def _context(renderer: Renderer) -> str:
    """One of: who staged the epoch, what came before or comes after, what supports the stage."""
    attributes = renderer.attributes
    source = attributes.get("stage_source")
    ways: list[Clause] = [_by_whom] * (3 if source in _STAGERS else 1 if source == EXPERT else 0)
    ways += [_came_from, _came_from] if "previous_stage" in attributes else []
    ways += [_goes_to] if "next_stage" in attributes else []
    ways += [_came_from_and_goes_to] if {"previous_stage", "next_stage"} <= attributes.keys() else []
    ways += [lambda renderer: f", {_evidence(renderer)}"] * 2 if attributes.get("supports") else []
    return renderer.one_of(ways)(renderer) if ways else ""


def _by_whom(renderer: Renderer) -> str:
    """Who staged the epoch."""
    source = renderer.attributes["stage_source"]
    renderer.claim("stage_source", source)
    if source == EXPERT:
        return renderer.render(", by expert scoring", ", according to the expert", ", as scored by an expert")
    name = _STAGERS[source]
    if "stage_confidence_pct" not in renderer.attributes:
        return renderer.render(", staged automatically by {=name}", ", as {=name} stages it", name=name)
    return renderer.render(
        ", {stage_confidence_pct}% likely according to {=name}",
        ", {=name} being {stage_confidence_pct}% confident",
        ", automatically staged by {=name}, confidence {stage_confidence_pct}%",
        name=name,
    )


def _came_from(renderer: Renderer) -> str:
    before = renderer.attributes["previous_stage"]
    if before == renderer.attributes["stage"]:
        return renderer.render(", {previous_stage}", previous_stage="same")
    renderer.claim("previous_stage", before)
    ways = (
        ", coming from {=word}",
        ", the epoch before being {=word}",
        ", a change from {=word}",
        ", after {=word}",
    )
    return renderer.render(*ways, word=STAGE_KINDS[before].short)


def _goes_to(renderer: Renderer) -> str:
    after = renderer.attributes["next_stage"]
    if after == renderer.attributes["stage"]:
        return renderer.render(", {next_stage}", next_stage="same")
    renderer.claim("next_stage", after)
    ways = (", giving way to {=word}", ", the next epoch being {=word}", ", before a change to {=word}")
    return renderer.render(*ways, word=STAGE_KINDS[after].short)


def _came_from_and_goes_to(renderer: Renderer) -> str:
    return _came_from(renderer) + _goes_to(renderer)


def _evidence(renderer: Renderer, ways: Sequence[str] = EVIDENCE) -> str:
    """What supports the stage; ends its sentence, since all that follows is read as part of it."""
    evidence = renderer.attributes["supports"]
    for name in evidence:
        renderer.claim("supports", name)
    return f"{renderer.one_of(ways)} {listed([renderer.one_of(EVIDENCE_NOUNS[name]) for name in evidence])}"


def _evidence_sentence(renderer: Renderer) -> str:
    return renderer.render("[the stage|the staging] is {=evidence}", evidence=_evidence(renderer, EVIDENCE[:2]))


def _has_absent_events(renderer: Renderer) -> bool:
    """Whether something was looked for and is not there; of sleep only."""
    return bool(renderer.attributes.get("looked_for")) and renderer.attributes["stage"] != Stage.W


def _absent_events(renderer: Renderer) -> str:
    kinds = list(renderer.attributes["looked_for"])
    if len(kinds) > 1 and renderer.draw.random() < 0.5:
        kinds = [renderer.one_of(kinds)]
    for kind in kinds:
        renderer.claim(f"{kind}_n", 0)
    several = listed([plural_of(EVENT_NOUNS[kind][0]) for kind in kinds], "or")
    return none_of(renderer, several)


def events_by_type(values: Mapping) -> list[tuple[str, list[dict]]]:
    """The events of each type, types in order of their first event."""
    events = sorted(values["events"], key=lambda e: (e["start_s"], e["type"]))
    order = {t: i for i, t in reversed(list(enumerate(e["type"] for e in events)))}
    grouped = groupby(sorted(events, key=lambda e: order[e["type"]]), key=lambda e: e["type"])
    return [(kind, list(group)) for kind, group in grouped]

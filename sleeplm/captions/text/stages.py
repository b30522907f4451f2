"""The stage_event facet in words: the stage, what it rests on, what came before and after, and the events."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby

from sleeplm.captions.text.events import events_of, none_of
from sleeplm.captions.text.lexicon import SUPPORT, SUPPORTS
from sleeplm.captions.text.templates import Renderer, listed
from sleeplm.kinds.events import plural_of
from sleeplm.kinds.sources import SOURCES
from sleeplm.kinds.stages import STAGE_KINDS

Clause = Callable[[Renderer], str]
_STAGE_FORMS = (
    "{=stage}", "[scored|staged] as {=stage}", "an epoch of {=stage}", "this [epoch|half minute] is {=stage}",
    "marked as {=stage}", "the person is in {=stage}", "the hypnogram shows {=stage}", "{=stage} in this epoch",
    "the epoch [belongs to|falls into] {=stage}", "[classified|rated] as {=stage}", "half a minute of {=stage}",
    "sleep staging: {=stage}", "state of vigilance: {=stage}",
)  # fmt: skip
_NOT_FOUND = {"respiratory": "respiratory event", "desaturation": "oxygen desaturation"}
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
        told = [partial(stage_with_event, event=clauses[0]), *clauses[1:]]
    else:
        context = drawn < 0.8
        told = [stage_with_context if context else stage, *clauses]
    others = [_quiet] if _unsaid(renderer) else []
    if not context and renderer.attributes.get("supports") and renderer.draw.random() < 0.6:
        others.append(_supported)
    return renderer.compose([*told, *others], always=len(told))


def stage(renderer: Renderer) -> str:
    """The stage in one of its forms."""
    value = renderer.attributes["stage"]
    renderer.claim("stage", value)
    return renderer.say(*_STAGE_FORMS, stage=renderer.one_of(STAGE_KINDS[value].caption_forms))


def stage_with_event(renderer: Renderer, event: Clause) -> str:
    """The stage and what tells most in it."""
    return f"{stage(renderer)} with {event(renderer)}"


def stage_with_context(renderer: Renderer) -> str:
    """The stage with one thing that goes with it, where one is known."""
    return stage(renderer) + _context(renderer)


def _context(renderer: Renderer) -> str:
    """One of: who staged the epoch, what came before or comes after, what supports the stage."""
    attributes = renderer.attributes
    source = attributes.get("stage_source")
    ways = [_by_whom] * (3 if source in _STAGERS else 1 if source == "expert" else 0)
    ways += [_came_from, _came_from] if "previous_stage" in attributes else []
    ways += [_goes_to] if "next_stage" in attributes else []
    ways += [_came_from_and_goes_to] if {"previous_stage", "next_stage"} <= attributes.keys() else []
    ways += [lambda t: f", {_support(t)}"] * 2 if attributes.get("supports") else []
    return renderer.one_of(ways)(renderer) if ways else ""


def _by_whom(renderer: Renderer) -> str:
    """Who staged the epoch."""
    source = renderer.attributes["stage_source"]
    renderer.claim("stage_source", source)
    if source == "expert":
        return renderer.say(", by expert scoring", ", according to the expert", ", as scored by an expert")
    name = _STAGERS[source]
    if "stage_confidence_pct" not in renderer.attributes:
        return renderer.say(", staged automatically by {=name}", ", as {=name} stages it", name=name)
    return renderer.say(
        ", {stage_confidence_pct}% likely according to {=name}",
        ", {=name} being {stage_confidence_pct}% confident",
        ", automatically staged by {=name}, confidence {stage_confidence_pct}%",
        name=name,
    )


def _came_from(renderer: Renderer) -> str:
    before = renderer.attributes["previous_stage"]
    if before == renderer.attributes["stage"]:
        return renderer.say(", {previous_stage}", previous_stage="same")
    renderer.claim("previous_stage", before)
    ways = (
        ", coming from {=word}",
        ", the epoch before being {=word}",
        ", a change from {=word}",
        ", after {=word}",
    )
    return renderer.say(*ways, word=STAGE_KINDS[before].short)


def _goes_to(renderer: Renderer) -> str:
    after = renderer.attributes["next_stage"]
    if after == renderer.attributes["stage"]:
        return renderer.say(", {next_stage}", next_stage="same")
    renderer.claim("next_stage", after)
    ways = (", giving way to {=word}", ", the next epoch being {=word}", ", before a change to {=word}")
    return renderer.say(*ways, word=STAGE_KINDS[after].short)


def _came_from_and_goes_to(renderer: Renderer) -> str:
    return _came_from(renderer) + _goes_to(renderer)


def _support(renderer: Renderer, ways: Sequence[str] = SUPPORT) -> str:
    """What the stage rests on; ends its sentence, since all that follows is read as part of it."""
    marks = renderer.attributes["supports"]
    for mark in marks:
        renderer.claim("supports", mark)
    return f"{renderer.one_of(ways)} {listed([renderer.one_of(SUPPORTS[mark]) for mark in marks])}"


def _supported(renderer: Renderer) -> str:
    support = _support(renderer, SUPPORT[:2])
    return renderer.say("[the stage|the staging] is {=support}", support=support)


def _unsaid(renderer: Renderer) -> bool:
    """Whether something was looked for and is not there; said of sleep only."""
    return bool(renderer.attributes.get("looked_for")) and renderer.attributes["stage"] != "W"


def _quiet(renderer: Renderer) -> str:
    kinds = list(renderer.attributes["looked_for"])
    if len(kinds) > 1 and renderer.draw.random() < 0.5:
        kinds = [renderer.one_of(kinds)]
    for kind in kinds:
        renderer.claim(f"{kind}_n", 0)
    several = listed([plural_of(_NOT_FOUND.get(k, k)) for k in kinds], "or")
    return none_of(renderer, several)


def events_by_type(values: Mapping) -> list[tuple[str, list[dict]]]:
    """The events of each type, types in order of their first event."""
    events = sorted(values["events"], key=lambda e: (e["start_s"], e["type"]))
    order = {t: i for i, t in reversed(list(enumerate(e["type"] for e in events)))}
    grouped = groupby(sorted(events, key=lambda e: order[e["type"]]), key=lambda e: e["type"])
    return [(kind, list(group)) for kind, group in grouped]

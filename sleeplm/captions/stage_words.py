"""The stage_event facet in words: the stage, what it rests on, what came before and after, and the events."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby

from sleeplm.captions.event_words import events_of, none_of
from sleeplm.captions.grammar import Teller, listed
from sleeplm.captions.lexicon import SUPPORT, SUPPORTS
from sleeplm.captions.tokens import plural_of

Clause = Callable[[Teller], str]
STAGE_WORDS = {
    "W": ("wakefulness", "wake", "wakefulness (stage W)", "stage W (wake)"),
    "N1": (
        "N1 sleep",
        "stage N1",
        "light sleep (N1)",
        "drowsy, transitional sleep (N1)",
        "the lightest sleep (N1)",
    ),
    "N2": ("N2 sleep", "stage N2", "stage N2 sleep", "light sleep (stage N2)", "non-REM sleep (stage N2)"),
    "N3": ("N3 sleep", "deep sleep (N3)", "slow-wave sleep (stage N3)", "stage N3", "deep slow-wave sleep (N3)"),
    "NREM": ("non-REM sleep", "NREM sleep", "NREM sleep of unknown depth"),
    "R": ("REM sleep", "stage R", "rapid eye movement sleep", "REM sleep (stage R)"),
}
SHORT_STAGE = {"W": "wake", "N1": "N1", "N2": "N2", "N3": "N3", "NREM": "NREM sleep", "R": "REM sleep"}
_STAGE_FORMS = (
    "{=stage}", "[scored|staged] as {=stage}", "an epoch of {=stage}", "this [epoch|half minute] is {=stage}",
    "marked as {=stage}", "the person is in {=stage}", "the hypnogram shows {=stage}", "{=stage} in this epoch",
    "the epoch [belongs to|falls into] {=stage}", "[classified|rated] as {=stage}", "half a minute of {=stage}",
    "sleep staging: {=stage}", "state of vigilance: {=stage}",
)  # fmt: skip
_NOT_FOUND = {"respiratory": "respiratory event", "desaturation": "oxygen desaturation"}
_SOURCES = {"yasa": "YASA", "sleepecg": "SleepECG"}


def stage_event_text(teller: Teller) -> str | None:
    """The caption of the stage_event facet; None where there is neither a stage nor an event."""
    clauses: list[Clause] = [
        partial(events_of, kind=kind, events=group) for kind, group in events_by_type(teller.attributes)
    ]
    if "stage" not in teller.attributes:
        return teller.compose(clauses, always=len(clauses)) if clauses else None
    drawn, context = teller.draw.random(), False
    if clauses and drawn < 0.35:
        told = [partial(stage_with_event, event=clauses[0]), *clauses[1:]]
    else:
        context = drawn < 0.8
        told = [stage_with_context if context else stage, *clauses]
    others = [_quiet] if _unsaid(teller) else []
    if not context and teller.attributes.get("supports") and teller.draw.random() < 0.6:
        others.append(_supported)
    return teller.compose([*told, *others], always=len(told))


def stage(teller: Teller) -> str:
    """The stage in one of its forms."""
    value = teller.attributes["stage"]
    teller.claim("stage", value)
    return teller.say(*_STAGE_FORMS, stage=teller.one_of(STAGE_WORDS[value]))


def stage_with_event(teller: Teller, event: Clause) -> str:
    """The stage and what tells most in it."""
    return f"{stage(teller)} with {event(teller)}"


def stage_with_context(teller: Teller) -> str:
    """The stage with one thing that goes with it, where one is known."""
    return stage(teller) + _context(teller)


def _context(teller: Teller) -> str:
    """One of: who staged the epoch, what came before or comes after, what supports the stage."""
    attributes = teller.attributes
    source = attributes.get("stage_source")
    ways = [_by_whom] * (3 if source in _SOURCES else 1 if source == "expert" else 0)
    ways += [_came_from, _came_from] if "previous_stage" in attributes else []
    ways += [_goes_to] if "next_stage" in attributes else []
    ways += [_came_from_and_goes_to] if {"previous_stage", "next_stage"} <= attributes.keys() else []
    ways += [lambda t: f", {_support(t)}"] * 2 if attributes.get("supports") else []
    return teller.one_of(ways)(teller) if ways else ""


def _by_whom(teller: Teller) -> str:
    """Who staged the epoch."""
    source = teller.attributes["stage_source"]
    teller.claim("stage_source", source)
    if source == "expert":
        return teller.say(", by expert scoring", ", according to the expert", ", as scored by an expert")
    name = _SOURCES[source]
    if "stage_confidence_pct" not in teller.attributes:
        return teller.say(", staged automatically by {=name}", ", as {=name} stages it", name=name)
    return teller.say(
        ", {stage_confidence_pct}% likely according to {=name}",
        ", {=name} being {stage_confidence_pct}% confident",
        ", automatically staged by {=name}, confidence {stage_confidence_pct}%",
        name=name,
    )


def _came_from(teller: Teller) -> str:
    before = teller.attributes["previous_stage"]
    if before == teller.attributes["stage"]:
        return teller.say(", {previous_stage}", previous_stage="same")
    teller.claim("previous_stage", before)
    ways = (
        ", coming from {=word}",
        ", the epoch before being {=word}",
        ", a change from {=word}",
        ", after {=word}",
    )
    return teller.say(*ways, word=SHORT_STAGE[before])


def _goes_to(teller: Teller) -> str:
    after = teller.attributes["next_stage"]
    if after == teller.attributes["stage"]:
        return teller.say(", {next_stage}", next_stage="same")
    teller.claim("next_stage", after)
    ways = (", giving way to {=word}", ", the next epoch being {=word}", ", before a change to {=word}")
    return teller.say(*ways, word=SHORT_STAGE[after])


def _came_from_and_goes_to(teller: Teller) -> str:
    return _came_from(teller) + _goes_to(teller)


def _support(teller: Teller, ways: Sequence[str] = SUPPORT) -> str:
    """What the stage rests on; ends its sentence, since all that follows is read as part of it."""
    marks = teller.attributes["supports"]
    for mark in marks:
        teller.claim("supports", mark)
    return f"{teller.one_of(ways)} {listed([teller.one_of(SUPPORTS[mark]) for mark in marks])}"


def _supported(teller: Teller) -> str:
    support = _support(teller, SUPPORT[:2])
    return teller.say("[the stage|the staging] is {=support}", support=support)


def _unsaid(teller: Teller) -> bool:
    """Whether something was looked for and is not there; said of sleep only."""
    return bool(teller.attributes.get("looked_for")) and teller.attributes["stage"] != "W"


def _quiet(teller: Teller) -> str:
    kinds = list(teller.attributes["looked_for"])
    if len(kinds) > 1 and teller.draw.random() < 0.5:
        kinds = [teller.one_of(kinds)]
    for kind in kinds:
        teller.claim(f"{kind}_n", 0)
    several = listed([plural_of(_NOT_FOUND.get(k, k)) for k in kinds], "or")
    return none_of(teller, several)


def events_by_type(values: Mapping) -> list[tuple[str, list[dict]]]:
    """The events of each type, types in order of their first event."""
    events = sorted(values["events"], key=lambda e: (e["start_s"], e["type"]))
    order = {t: i for i, t in reversed(list(enumerate(e["type"] for e in events)))}
    grouped = groupby(sorted(events, key=lambda e: order[e["type"]]), key=lambda e: e["type"])
    return [(kind, list(group)) for kind, group in grouped]

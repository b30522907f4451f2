"""Events in words: how many, where in the epoch, across which of its edges, and what they did."""

from typing import Any

from sleeplm.captions.text.clauses import count_alone
from sleeplm.captions.text.lexicon import EVENT_NOUNS
from sleeplm.captions.text.templates import Renderer, counted, listed, with_article
from sleeplm.kinds.events import plural_of

_MANY = 4  # more than this are often only counted: a list of times is long to read


def events_of(renderer: Renderer, kind: str, events: list[dict]) -> str:
    """One clause for all events of a type in an epoch, in order of time."""
    noun = renderer.one_of(EVENT_NOUNS[kind])
    renderer.claim(f"{kind}_n", len(events))
    if len(events) == 1:
        return f"{with_article(noun)} {_when(renderer, kind, events[0])}{_consequences(renderer, kind, events[0])}"
    several = counted(len(events), noun, plural_of(noun))
    if len(events) > _MANY and renderer.draw.random() < 0.5:
        return renderer.render(*count_alone(len(events)), several=several) + _deepest(renderer, kind, events)
    if any(e["from_before"] for e in events) or renderer.draw.random() < 0.4:
        items = listed([_when_briefly(renderer, kind, e) for e in events])
        return f"{several}: {items}{_deepest(renderer, kind, events)}"
    times = [e["start_s"] for e in events]
    text = renderer.render("{=several} [starting at|at] {at} s", several=several, at=times, prefix=f"{kind}.")
    if events[-1]["into_next"]:
        text += renderer.render(", the last going on {into_next}", into_next=True, prefix=f"{kind}.")
    return text + _deepest(renderer, kind, events)


def _when_briefly(renderer: Renderer, kind: str, event: dict) -> str:
    """Where one of several events lies."""
    prefix = f"{kind}."
    if event["from_before"] and event["into_next"]:
        return renderer.render("one {from_before} and going on {into_next}", prefix=prefix, **event)
    if event["from_before"]:
        return renderer.render("one {from_before} and lasting until {end_s} s", prefix=prefix, **event)
    if event["into_next"]:
        return renderer.render("one from {at} s {into_next}", prefix=prefix, at=event["start_s"], into_next=True)
    return renderer.render("one from {span} s", prefix=prefix, span=(event["start_s"], event["end_s"]))


def _when(renderer: Renderer, kind: str, event: dict) -> str:
    """Where in the epoch an event lies, and whether it crosses its edges."""
    slots: dict[str, Any] = {**event, "at": event["start_s"], "span": (event["start_s"], event["end_s"])}
    ways: tuple[str, ...]
    if event["from_before"] and event["into_next"]:
        ways = (
            "throughout the epoch, {from_before} and going on {into_next}",
            "lasting {duration_s} s in all, {from_before} and going on {into_next}",
            "{from_before} and [going on|continuing] {into_next}",
        )
    elif event["from_before"]:
        ways = (
            "{from_before}, ending at {end_s} s",
            "{from_before} and [lasting|going on] until {end_s} s",
            "{from_before} and over at {end_s} s, lasting {duration_s} s in all",
        )
    elif event["into_next"]:
        ways = (
            "from {at} s [on, going on|running] {into_next}",
            "[beginning|starting] at {at} s and [running|going on] {into_next}",
            "from {at} s {into_next}, lasting {duration_s} s in all",
        )
    else:
        ways = (
            "from {span} s [of the epoch|]",
            "between {&span} s",
            "[at|starting at] {at} s, lasting {duration_s} s",
            "lasting {duration_s} s from {at} s on",
            "[beginning|starting] at {at} s, over at {end_s} s",
        )
    if "duration_s" not in event:  # an epoch alone does not show it
        ways = tuple(way for way in ways if "{duration_s}" not in way)
    return renderer.render(*ways, prefix=f"{kind}.", **slots).rstrip()


def _consequences(renderer: Renderer, kind: str, event: dict) -> str:
    """What an event did: some, all or none of what is known of it."""
    known = [name for name in ("nadir_pct", "drop_pct", "desaturation_pct", "hr_rise_bpm") if event.get(name)]
    if event.get("arousal") and not event["into_next"]:
        known.append("arousal")
    if not known or renderer.draw.random() < 0.3:
        return ""
    kept = [name for name in known if renderer.draw.random() < 0.7] or [renderer.one_of(known)]
    return "".join(f", {renderer.render(*_DID[name], prefix=f'{kind}.', **event)}" for name in kept)


_DID = {
    "nadir_pct": ("[SpO2 |saturation |]down to {nadir_pct}%", "[SpO2 |saturation |]falling to {nadir_pct}%"),
    "drop_pct": ("a fall of {drop_pct}%", "a drop of {drop_pct}%"),
    "desaturation_pct": (
        "then a loss of oxygen of {desaturation_pct}%",
        "with a loss of oxygen of {desaturation_pct}%",
    ),
    "hr_rise_bpm": ("the heart rate up by {hr_rise_bpm} bpm", "the heart faster by {hr_rise_bpm} bpm"),
    "arousal": ("{arousal}",),
}


def _deepest(renderer: Renderer, kind: str, events: list[dict]) -> str:
    """How deep the deepest of several desaturations goes."""
    depths = [e["nadir_pct"] for e in events if e.get("nadir_pct")]
    if not depths or renderer.draw.random() < 0.4:
        return ""
    return renderer.render(", the deepest down to {nadir_pct}%", prefix=f"{kind}.", nadir_pct=min(depths))

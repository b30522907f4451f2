"""Clauses that several facets share: how many of something, that there is none, and which signals are faulty."""

from collections import defaultdict

from sleeplm.captions.text.lexicon import CHANNEL_NOUNS, QUALITIES
from sleeplm.captions.text.templates import Renderer, listed

_COUNT_ALONE = (
    "{=several}", "there BE {=several}", "{=several} [seen|counted|found]",
    "[the epoch has|this epoch shows] {=several}", "{=several} in this epoch",
    "in all, {=several}", "the half minute shows {=several}",
)  # fmt: skip


def count_alone(n: int) -> tuple[str, ...]:
    """Templates that state only how many there are, with the slot ``several``."""
    return tuple(w.replace("BE", "is" if n == 1 else "are") for w in _COUNT_ALONE)


def none_of(renderer: Renderer, several: str) -> str:
    """That there are none of several things."""
    return renderer.render(
        "no {=several}[ at all|]", "no {=several} [seen|detected|found]", "[without|free of] {=several}",
        "there are no {=several}", "no {=several} in this epoch", "[the epoch has|this epoch shows] no {=several}",
        "the half minute shows no {=several}",
        several=several,
    )  # fmt: skip


def faults(renderer: Renderer) -> str:
    """One clause for all faults of a facet: channels with the same fault share its word."""
    by_fault: dict[str, list[str]] = defaultdict(list)
    for channel, of_channel in renderer.attributes["faults"].items():
        for fault in of_channel:
            by_fault[fault].append(channel)
            renderer.claim(f"{channel}.fault", fault)
    parts = []
    for fault, channels in by_fault.items():
        several = listed([f"the {CHANNEL_NOUNS[c][0]}" for c in channels])
        word = renderer.one_of(QUALITIES["fault"][fault][1])
        parts.append(f"{several} {'is' if len(channels) == 1 else 'are'} {word}")
    text = ", ".join(parts)
    return renderer.render("{=text}", "{=text}", "poor signal: {=text}", "[note that|here] {=text}", text=text)

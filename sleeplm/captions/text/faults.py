"""Poor signal in words: which channels of a facet are faulty in an epoch, and how."""

from collections import defaultdict

from sleeplm.captions.text.lexicon import CHANNEL_NOUNS, WORDS
from sleeplm.captions.text.templates import Renderer, listed


def faults(renderer: Renderer) -> str:
    """One clause for all faults of a facet: channels with the same fault share its word."""
    by_fault: dict[str, list[str]] = defaultdict(list)
    for channel, found in renderer.attributes["faults"].items():
        for fault in found:
            by_fault[fault].append(channel)
            renderer.claim(f"{channel}.fault", fault)
    parts = []
    for fault, channels in by_fault.items():
        several = listed([f"the {CHANNEL_NOUNS[c][0]}" for c in channels])
        word = renderer.one_of(WORDS["fault"][fault][1])
        parts.append(f"{several} {'is' if len(channels) == 1 else 'are'} {word}")
    text = ", ".join(parts)
    return renderer.say("{=text}", "{=text}", "poor signal: {=text}", "[note that|here] {=text}", text=text)

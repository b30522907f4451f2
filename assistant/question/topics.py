"""Topics that rest on a signal: the words that name them, and what may be said of them when it was not recorded."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sleeplm.kinds.channels import BESIDE, MODALITIES, Modality
from sleeplm.kinds.events import EVENT_KINDS
from sleeplm.kinds.facts import FACT_KINDS
from sleeplm.kinds.stages import STAGE_KINDS, Stage


@dataclass(frozen=True)
class Topic:
    """A modality that a question may name: the words for it, and the facts and types of events that rest on it."""

    modality: Modality
    words: re.Pattern
    fact_ids: frozenset[str]
    events: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the modality."""
        return self.modality.name


def _topic(modality: Modality) -> Topic:
    words = re.compile(rf"\b(?:{modality.asked})", re.IGNORECASE)
    facts = frozenset(kind.id for kind in FACT_KINDS.values() if modality.name in kind.needs.modalities)
    events = tuple(kind.id for kind in EVENT_KINDS.values() if kind.modality == modality.name)
    return Topic(modality, words, facts, events)


TOPICS = tuple(_topic(modality) for modality in MODALITIES.values() if modality.asked)


# Words that a slip of the keyboard must not hide, since so much hangs on them.
_KEYWORDS = (
    "epoch epochs oxygen saturation desaturation desaturations apnea apneas hypopnea hypopneas obstructive central "
    "breathing respiratory pulse heart snoring position supine bradycardia tachycardia"
).split()
_STAGE_WORDS = {
    stage: re.compile(rf"\b(?:{kind.asked})\b", re.IGNORECASE) for stage, kind in STAGE_KINDS.items() if kind.asked
}


def spelled(text: str) -> str:
    """The text with misspelt keywords put right, for what is read by rule from a question."""

    def right(match: re.Match) -> str:
        close = get_close_matches(match[0].lower(), _KEYWORDS, n=1, cutoff=0.87)
        return close[0] if close else match[0]

    return re.sub(r"[A-Za-z]{4,}", right, text)


def stages_of(text: str) -> list[Stage]:
    """The stages that a text names."""
    return [stage for stage, words in _STAGE_WORDS.items() if words.search(text)]


def topics_of(text: str) -> list[Topic]:
    """The topics that a text names, once it is `spelled`."""
    return [topic for topic in TOPICS if topic.words.search(text)]


def known_channels(study: Any) -> tuple[str, ...]:
    """The canonical channels that hold anything in a study, and those beside them that it has."""
    there = study.recording.get("channels", {})
    return (*study.channels, *(channel.name for channel in BESIDE if channel.name in there))


def missing(topics: Iterable[Topic], channels: Collection[str], scored: Collection[str] = ()) -> list[Topic]:
    """The topics that nothing can be said of: no signal of theirs was recorded, no event scored."""
    return [
        topic
        for topic in topics
        if not any(c in channels for c in (*topic.modality.channels, *topic.modality.beside))
        and not any(e in scored for e in topic.events)
    ]

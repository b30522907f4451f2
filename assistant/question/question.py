"""A question as data: its text and everything that is read from it, read once and handed on."""

import re
from dataclasses import dataclass
from typing import Any

from assistant.question.named_facts import named_facts
from assistant.question.slots import Slots, read_slots
from assistant.question.topics import Topic, known_channels, missing, spelled, stages_of, topics_of
from sleeplm.kinds.facts import FACT_KINDS, Asked
from sleeplm.kinds.stages import Stage

MAX_QUESTION = 300  # characters of a question that are put before the model
SHORT = 2  # words that make no question of their own
LONG = 7  # words from which a question stands by itself
_LEANS = re.compile(
    r"^(?:and|also|or|but|then|same|what about|how about|only|just|in|during|for|when\??$|where\??$)\b"
    r"|\b(?:that|it|those|these|them|there|this one)\W*$",
    re.IGNORECASE,
)
# "What does epoch 2 look like?" asks for its description, "what looks like epoch 2?" for its neighbours.
_LOOKS_HOW = re.compile(r"\blooks? like\b(?! (?:epoch|stretch|the|that|this|it)\b)")


@dataclass(frozen=True)
class Question:
    """What a person asked of one study.

    Attributes
    ----------
    text : str
        As it was asked.
    asked : str
        On one line and cut to `MAX_QUESTION` characters: what a language model is given, as plain data.
    words : str
        Its words in lower case, of which phrases to look for are made.
    slots : Slots
        The moments and epochs that it names, or those that it inherits.
    inherited : bool
        Whether `slots` are those of the question before it.
    leans : bool
        Whether it is of the kind that is only understood from the one before it.
    follows : bool
        Whether it leans on a question before it, and there is one.
    looks_how : bool
        Whether it asks how something looks, rather than what looks like it.
    topics : tuple of Topic
        Topics that rest on a signal.
    stages : tuple of Stage
        The stages that it names.
    named : tuple of str
        Ids of the study's facts that it names by names of their own.
    fact_ids : tuple of str
        Ids of the study's facts that are asked for in many words, among which a language model chooses.
    """

    text: str
    asked: str
    words: str
    slots: Slots
    inherited: bool
    leans: bool
    follows: bool
    looks_how: bool
    topics: tuple[Topic, ...]
    stages: tuple[Stage, ...]
    named: tuple[str, ...]
    fact_ids: tuple[str, ...]

    @classmethod
    def read(cls, text: str, study: Any, before: str | None = None) -> "Question":
        """Read what a question names.

        Parameters
        ----------
        text : str
        study : Study
            Its start clock, length and facts.
        before : str, optional
            The question before it. One that leans on it and names no time and no epoch inherits those.
        """
        leans = leans_on_before(text)
        follows = before is not None and leans
        right = spelled(text)
        slots = _slots(right, study)
        inherited = follows and not slots.moments and not slots.epochs
        stages = tuple(stages_of(text))
        how_asked = {fact.id: FACT_KINDS[fact.id].asked for fact in study.facts if fact.id in FACT_KINDS}
        words = " ".join(re.findall(r"[\w'-]+", text.lower()))[:MAX_QUESTION]
        return cls(
            text=text,
            asked=" ".join(text.split())[:MAX_QUESTION],
            words=words,
            slots=_slots(spelled(before), study) if inherited and before is not None else slots,
            inherited=inherited,
            leans=leans,
            follows=follows,
            looks_how=_LOOKS_HOW.search(words) is not None,
            topics=tuple(topics_of(right)),
            stages=stages,
            named=tuple(id for id in named_facts(text, stages) if id in how_asked),
            fact_ids=tuple(id for id, how in how_asked.items() if how is Asked.BY_ID),
        )

    def missing_topics(self, study: Any) -> list[Topic]:
        """Its topics of which nothing can be said: no signal of theirs was recorded, no event scored."""
        return missing(self.topics, known_channels(study), study.scoring.event_sources)


def leans_on_before(text: str) -> bool:
    """Whether a question is of the kind that is only understood from the one before it: ``"and REM?"``."""
    words = len(text.split())
    return words <= SHORT or (words < LONG and _LEANS.search(text.strip()) is not None)


def _slots(text: str, study: Any) -> Slots:
    return read_slots(text, study.start_clock, study.recording["duration_s"])

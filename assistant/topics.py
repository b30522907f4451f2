"""Topics that rest on a signal: the words that name them, and what may be said of them when it was not recorded."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches

from sleeplm.vocabulary import EVENT_CHANNELS, Stage


@dataclass(frozen=True)
class Topic:
    """Something to ask about that needs a signal: its words, channels (any suffices), fact ids and event types."""

    name: str
    words: re.Pattern
    channels: tuple[str, ...]
    fact_prefixes: tuple[str, ...]
    events: tuple[str, ...]
    absent: str


def _topic(name, words, channels, fact_prefixes, events, absent) -> Topic:
    pattern = re.compile(rf"\b(?:{words})", re.IGNORECASE)
    return Topic(name, pattern, tuple(channels), tuple(fact_prefixes), tuple(events), absent)


TOPICS = (
    _topic(
        "oxygen",
        r"oxyg|(?:mean|average|avg|min|lowest|o2)\s+sats?\b|spo2|sp02|sao2|saturation|desat|o2\b|t90|odi\b|odi[34]|oxymet|oximet|hypox|nadir",
        ["SPO2"], ["spo2", "odi", "t90"], ["desaturation"],
        "Oxygen saturation (SpO2) was not recorded in this study.",
    ),
    _topic(
        "legs", r"legs?\b|plms?\b|plmi|plmd|limb|kick|periodic\s+(?:leg|limb)",
        ["LEG_L", "LEG_R"], ["plm", "leg", "lm_"], ["leg_movement", "plm"],
        "Leg movements were not recorded in this study: it has no leg channel.",
    ),
    _topic(
        "snoring", r"snor", ["SNORE"], ["snor"], ["snore"],
        "Snoring was not recorded in this study.",
    ),
    _topic(
        "heart", r"heart|pulse|bpm\b|ecg\b|ekg\b|cardiac|bradycard|tachycard|beats?\b|hrv?\b",
        ["ECG"], ["hr_", "hrv", "rr_", "brady", "tachy", "pause"], ["bradycardia", "tachycardia", "pause"],
        "The heart was not recorded in this study: it has no ECG.",
    ),
    _topic(
        "breathing",
        r"breath|apn(?:o?e|ea)|hypopn|hyponea|ahi\b|rdi\b|reras?\b|respirat|cheyne|airflow|obstructive|central\b|gasp|chok",
        ["AF", "THX", "ABD"], ["ahi", "rdi", "apnea", "hypopnea", "rera", "central", "obstructive"],
        [t for t, c in EVENT_CHANNELS.items() if "AF" in c],
        "Breathing was not recorded in this study: it has neither airflow nor a belt.",
    ),
    _topic(
        "position",
        r"supine|prone|(?:his|her|their|the|my|each|which) (?:back|side|belly|left|right)\b|position|posture",
        ["POS"], ["supine", "left_", "right_", "prone", "upright"], [],
        "Body position was not recorded in this study.",
    ),
)  # fmt: skip


# Words that a slip of the keyboard must not hide, since so much hangs on them.
_KEYWORDS = (
    "epoch epochs oxygen saturation desaturation desaturations apnea apneas hypopnea hypopneas obstructive central "
    "breathing respiratory pulse heart snoring position supine bradycardia tachycardia"
).split()
STAGE_NAMES = {
    Stage.N3: r"deep(?:er|est)? sleep|deep|n3|slow[- ]?wave sleep|sws|delta sleep|stage (?:3|three)",
    Stage.R: r"rem|dream(?:s|ing)?|dream sleep|stage r|r",
    Stage.N2: r"n2|stage (?:2|two)",
    Stage.N1: r"n1|stage (?:1|one)",
    Stage.W: r"wake|awake|wakefulness|stage w|w",
}
_STAGE_WORDS = {s: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for s, words in STAGE_NAMES.items()}


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
    """The topics that a text names."""
    text = spelled(text)
    return [topic for topic in TOPICS if topic.words.search(text)]


def missing_topics(text: str, channels: Collection[str], scored: Collection[str] = ()) -> list[Topic]:
    """The topics of a text that nothing can be said of: no signal of theirs was recorded, no event scored."""
    return [
        topic
        for topic in topics_of(text)
        if not any(c in channels for c in topic.channels) and not any(e in scored for e in topic.events)
    ]

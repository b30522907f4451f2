"""Words of scorers that we do not know: which they are, how often, when, and of which events they may be."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from sleeplm.kinds.channels import MODALITIES
from sleeplm.kinds.events import EVENT_KINDS
from sleeplm.kinds.stages import STAGE_KINDS
from sleeplm.night import STAGES, clock_at
from sleeplm.recording.annotations.phrases import bare, vocabulary
from sleeplm.recording.annotations.word_table import part_of_table
from sleeplm.recording.annotations.words import IGNORE, MAX_WORD, fold
from sleeplm.recording.privacy import safe_text

MAX_LISTED = 8  # words of a file that its warning names
MAX_TIMES = 3  # of each of them
_MAX_TOKENS = 6  # of a scorer's word; what has more is a remark
_TOKEN = re.compile(r"[a-z]+|\d+")
# What a word of events of a modality has in it, in the languages of `words.json`; folded.
_STEMS = {
    "breathing": r"resp|breath|apn|hypop|hipop|ipop|rera\b|flow|flux|flujo|fluss|paradox|effort|esfor|atem|atmung"
    r"|cheyne|csr\b|ventil|obstr|unsure|sigh\b|gasp",
    "oxygen": r"spo2|sao2|\bo2|desat|dessat|entsat|oxyg|oxim|oxig|sauerstoff|satur",
    "brain": r"arous|eveil|despert|\baro\b|eeg|spindl|spindel|fuso|huso|fuseau|k ?complex|cap\b|slow wave|alpha",
    "legs": r"\bleg|limb|plm|\blm|jamb|bein|piern|perna|gamb|membr",
    "snoring": r"snor|ronfl|schnarch|ronqu|\bronc|russ|snurk",
    "heart": r"heart|\bhr\b|ecg|ekg|card|puls|tachy|taqui|brady|bradi|rhythm|arrhyt|asyst|beat|pvc|\bpac\b|afib",
    "eyes": r"eye|saccad|\brems?\b",
}
_STAGE_NOUNS = r"stage\b|stad|\bfase\b|etapa"
_STAGING = rf"{_STAGE_NOUNS}|schlaf|sommeil|sueno|\bsono\b|sonno|slaap|nrem|\brem\b|\bn[1-4]\b|wake"
# What scores nothing of ours: recorder, treatment, other signals, what happens in the room.
_NOTHING_OF_OURS = re.compile(
    r"posit|impedan|montage|calib|biocal|treatment|c?pap\b|ipap|epap|video|camera|light|licht|luz|luce|\bph\b|co2"
    r"|pressure|temper|brux|artef|artif|sensor|electrod|cable|tech|patient|\bpt\b|talk|cough|swallow"
    r"|bath|toilet|door|record|filter|gain|sensitiv|battery|signal|marker|comment|note"
)


@dataclass(frozen=True)
class UnknownWord:
    """A word that we do not know.

    Attributes
    ----------
    word : str
        As its first mark has it. It may be a name: see `shown_word`.
    count : int
        Marks with it.
    times_s : tuple of float
        When the first of them begin, in seconds from the first sample.
    timed : bool
        Whether any of them lasts.
    """

    word: str
    count: int
    times_s: tuple[float, ...]
    timed: bool

    @property
    def stages(self) -> bool:
        """Whether it may name a stage: "patient awake" that does not last is a remark."""
        return bool(re.search(_STAGING if self.timed else _STAGE_NOUNS, fold(self.word)))

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities of whose events it may be: those named in it, else all, or none where it is of another."""
        folded = fold(self.word)
        named = tuple(name for name, stems in _STEMS.items() if re.search(stems, folded))
        return named or (() if self.stages or _NOTHING_OF_OURS.search(folded) else tuple(MODALITIES))

    def question(self, start_clock: str | None, shown: str) -> str:
        """What to ask of the word, which is shown so, one sentence."""
        return f"The scoring says {shown} {_often_and_when(self, start_clock)}, which we do not know."


MEANINGS = (*EVENT_KINDS, *STAGE_KINDS, "lights_off", "lights_on", IGNORE)


def unknown_words(marks: Iterable[tuple[str, float, float]]) -> list[UnknownWord]:
    """Marks (word, start and duration in seconds) by their words, the most frequent first."""
    # Each text is folded once, for there may be many marks of it.
    by_text: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for text, start_s, length_s in marks:
        by_text[text].append((start_s, length_s))
    by_word: dict[str, list[str]] = defaultdict(list)
    for text in by_text:
        by_word[bare(text)].append(text)
    found = []
    for texts in by_word.values():
        spans = [span for text in texts for span in by_text[text]]
        first = tuple(sorted(start_s for start_s, _ in spans)[:MAX_TIMES])
        found.append(UnknownWord(texts[0], len(spans), first, any(length_s > 0 for _, length_s in spans)))
    return sorted(found, key=lambda word: (-word.count, word.times_s))


def is_scoring(word: UnknownWord) -> bool:
    """Whether a word may score something: it is short, and lasts or names a stage or what events are scored on.

    What neither lasts nor names anything ("door opened") is a remark.
    """
    folded = fold(word.word)
    short = len(word.word) <= MAX_WORD and 0 < len(folded.split()) <= _MAX_TOKENS
    named = any(re.search(stems, folded) for stems in _STEMS.values())
    return short and (word.stages or (bool(word.modalities) and (word.timed or named)))


def not_understood(words: Sequence[UnknownWord], types: Collection[str]) -> dict[str, int]:
    """Types of events of which a file may hold some in words that we do not know, and how many such words.

    A word that names what it is seen on counts for all types that are seen on it, any other for the types that the
    file scored. Words that may name a stage are counted under `STAGES`.
    """
    scoring = [word for word in words if is_scoring(word)]
    counts = {
        kind.id: sum(
            kind.modality in word.modalities and (kind.id in types or len(word.modalities) < len(MODALITIES))
            for word in scoring
        )
        for kind in EVENT_KINDS.values()
    }
    counts[STAGES] = sum(word.stages for word in scoring)
    return {type_: n for type_, n in counts.items() if n}


def listed(words: Sequence[UnknownWord], start_clock: str | None) -> list[str]:
    """The warning that says what was left aside, how often and when; none of no word."""
    n = sum(word.count for word in words)
    if not n:
        return []
    which = "one mark with an unknown word was" if n == 1 else f"{n} marks with unknown words were"
    ordered = sorted(words, key=lambda word: not is_scoring(word))  # what scores comes first
    names = [_in_words(word, start_clock) for word in ordered[:MAX_LISTED]]
    more = [f"{len(words) - MAX_LISTED} other words"] if len(words) > MAX_LISTED else []
    return [f"{which} left aside: {'; '.join([*names, *more])}"]


def _in_words(word: UnknownWord, start_clock: str | None) -> str:
    return f"{shown_word(word.word)} {_often_and_when(word, start_clock)}"


def _often_and_when(word: UnknownWord, start_clock: str | None) -> str:
    """How often a word stands, and when first, such as "12 times (at 23:01:02, 23:04:00, 23:05:10, ...)"."""
    times = [clock_at(start_clock, at_s) or f"{at_s:.0f} s" for at_s in word.times_s]
    more = ", ..." if word.count > len(times) else ""
    often = "once" if word.count == 1 else f"{word.count} times"
    return f"{often} (at {', '.join(times)}{more})"


def shown_word(word: str) -> str:
    """The word in quotes if each part of it is a word of sleep scoring; else that it may be a name."""
    tokens = _TOKEN.findall(fold(word))
    digits = sum(len(token) for token in tokens if token.isdigit())
    known = tokens and digits <= safe_text.MAX_DIGITS and all(t.isdigit() or _names_nobody(t) for t in tokens)
    return (
        f"'{' '.join(word.split())}'"
        if known and word.isprintable() and "'" not in word
        else "a word that may be a name"
    )


@cache
def _names_nobody(token: str) -> bool:
    return (
        token in vocabulary()
        or token in part_of_table("plain")
        or (len(token) > 1 and safe_text.label(token) is not None)
    )

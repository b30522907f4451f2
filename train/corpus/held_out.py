"""Three held-out concepts, which no text of a run names, so that it can be asked for what it never read of.

Cheyne-Stokes breathing, sleep spindles and bradycardia. No phrase, no clause of a caption and no span of such a run
names them, in any of the words below. What was measured stays where it says no more than a number: a heart rate of
44 bpm may be stated, that it is slow may not.
"""

import re
from dataclasses import dataclass, replace

import numpy as np

from sleeplm.kinds.channels import FACETS
from train.corpus.night import Row, TrainingNight

_BEATS = r"\b(?:heart\w*|pulse|beat\w*|rhythm)\b"
_SLOW = r"\b(?:slow\w*|low|sluggish)\b"
CONCEPTS: dict[str, re.Pattern] = {
    "Cheyne-Stokes breathing": re.compile(
        r"cheyne|stokes|\bCSR\b|periodic breath|\bwax\w*|\bwan(?:e|es|ed|ing)\b|crescendo", re.IGNORECASE
    ),
    "sleep spindles": re.compile(r"spindle|sigma|\b1[12] ?(?:to|-|–) ?1[456] ?Hz", re.IGNORECASE),
    "bradycardia": re.compile(rf"brady|{_BEATS}[^.;]*{_SLOW}|{_SLOW}[^.;]*{_BEATS}", re.IGNORECASE),
}
# How such a run is asked for them, in words that it never read.
ASKED = {
    "Cheyne-Stokes breathing": (
        "Cheyne-Stokes breathing",
        "waxing and waning breathing",
        "periodic breathing",
        "crescendo-decrescendo breathing with central apneas",
    ),
    "sleep spindles": ("sleep spindles", "sleep spindle", "bursts of sigma activity", "bursts of 12 to 14 Hz"),
    "bradycardia": ("bradycardia", "slow heartbeat", "low heart rate", "the heart beats slowly"),
}
# The same in words and numbers that it did read (classification by description: Menon & Vondrick 2023, ICLR).
DESCRIBED = {
    "Cheyne-Stokes breathing": ("central apneas with deep breaths between them",),
    "sleep spindles": ("N2 sleep with short bursts of a 13 Hz rhythm",),
    "bradycardia": ("a heart rate of 45 bpm", "a pulse of 40 bpm", "the heart beats at 48 bpm"),
}
_CLAUSE_END = re.compile(r"(?<=[.;]) +")


def named_in(text: str) -> list[str]:
    """The concepts that a text names."""
    return [concept for concept, words in CONCEPTS.items() if words.search(text)]


def without(text: str) -> str:
    """A text without the clauses that name a concept; empty where nothing is left.

    >>> without("Delta waves (62%); three spindles at 3, 7 and 9 s. No slow waves.")
    'Delta waves (62%). No slow waves.'
    """
    kept = [clause for clause in _CLAUSE_END.split(text) if not named_in(clause)]
    joined = " ".join(kept)
    # A clause that lost its neighbour ends, and one that lost what came before it begins, a sentence.
    joined = re.sub(r"; (?=[A-Z])", ". ", joined)
    return joined[:1].upper() + joined[1:-1] + "." if joined else ""


def _without(captions: dict[str, list[str]]) -> dict[str, list[str]]:
    kept = {f: sorted({t for text in captions.get(f, ()) if (t := without(text))}) for f in FACETS}
    return {f: texts for f, texts in kept.items() if texts}


def without_concepts(row: Row) -> Row:
    """A row of a corpus in which no word names a concept."""
    return replace(
        row,
        phrases=[p for p in row.phrases if not named_in(p)],
        unknown=[p for p in row.unknown if not named_in(p)],
        spans=[span for span in row.spans if not named_in(span[2])],
        captions=_without(row.captions),
        templates=_without(row.templates),
        attributes={},
    )


@dataclass(frozen=True)
class NightWithoutConcepts:
    """A night of a corpus, its words without the concepts."""

    night: TrainingNight

    def rendered(self, seed: int) -> "NightWithoutConcepts":
        """The same night, its channel subsets and captions drawn by another seed."""
        return NightWithoutConcepts(self.night.rendered(seed))

    @property
    def signals(self) -> np.ndarray:
        """As the night's own."""
        return self.night.signals

    def rows(self) -> list[Row]:
        """The night's rows, without the concepts."""
        return [without_concepts(row) for row in self.night.rows()]

"""The table of scorers' words, ``words.json``, and how a word is folded before it is looked up."""

import json
import re
import unicodedata
from functools import cache
from importlib.resources import files

from sleeplm.kinds.stages import Stage

ASIDE = "aside"
Meaning = Stage | tuple[str, str] | str
MAX_WORD = 120  # characters; what is longer is a remark, not a scorer's word
_LEAST_JOINED = 5  # letters of words that are known without their spaces; shorter ones may be initials
# Prefixes of the NSRR's ontologies of sleep, and what their names of a finding end in.
_ONTOLOGY = re.compile(r"\s*S[DR]O:(\w.*?)(?:Finding|Event)?\s*", re.I)


@cache
def part_of_table(key: str) -> dict[str, tuple[str, str]]:
    """Folded word to what it means and how it is spelt, of one part of ``words.json``."""
    part = json.loads((files(__package__) / "words.json").read_text(encoding="utf-8"))[key]
    groups = {key: part} if isinstance(part, list) else part
    return {fold(word): (meaning, word) for meaning, words in groups.items() for word in reversed(words)}


@cache
def _joined(key: str) -> dict[str, tuple[str, str]]:
    """The same by words written without spaces."""
    joined = {word.replace(" ", ""): found for word, found in part_of_table(key).items()}
    return {word: found for word, found in joined.items() if len(word) >= _LEAST_JOINED}


def fold(word: str) -> str:
    """Fold case, accents and punctuation; ``?`` stays, what follows ``|`` or ``@@`` goes, so does ``SDO:``.

    >>> fold("Sleep_stage_N2"), fold("Éveil"), fold("Obstructive apnea|Obstructive Apnea")
    ('sleep stage n2', 'eveil', 'obstructive apnea')
    >>> fold("Lights off@@EEG F4-A1"), fold("SDO:HypopneaFinding")
    ('lights off', 'hypopnea')
    """
    plain = word[:MAX_WORD].split("|")[0].split("@@")[0]
    if found := _ONTOLOGY.fullmatch(plain):
        plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", found[1])
    plain = unicodedata.normalize("NFKD", plain)
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return re.sub(r"(?:[^\w?]|_)+", " ", plain).strip()


def in_table(key: str, folded: str) -> tuple[str, str] | None:
    """What a folded word means in a part of the table, and how it is spelt there; spaces do not matter."""
    return part_of_table(key).get(folded) or _joined(key).get(folded.replace(" ", ""))


def plain_meaning(folded: str) -> Meaning | None:
    """What a folded word says that stands whole in the table."""
    if stage := in_table("stages", folded):
        return Stage(stage[0])
    if event := in_table("events", folded):
        return event
    light = next((key for key in ("lights_off", "lights_on") if in_table(key, folded)), None)
    return light or (ASIDE if not folded or in_table(ASIDE, folded) else None)

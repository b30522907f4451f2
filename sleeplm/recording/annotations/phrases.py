"""Words with a detail behind or before them: ``Respiratory Event - Hypopnea - Desat 93.0 %``, ``Stage N2 sleep``.

A word is taken apart where punctuation stands, and measures (``DUR: 24.9 SEC.``) are left out. It is understood
only where every part is known: one part scores, the rest are details of ``words.json`` or what goes with it (an
arousal beside a hypopnea). Two parts that score the same thing differently (hypopnea and RERA), or one unknown,
make it a word that we do not know: "not a hypopnea" is none.
"""

import re
from collections.abc import Sequence
from functools import cache

from sleeplm.kinds.events import EVENT_KINDS
from sleeplm.kinds.stages import Stage
from sleeplm.recording.annotations import word_table as table

_KEYS = r"dur(?:ation)?|min(?:imum)?|max(?:imum)?|mean|drop|nadir|low(?:est)?|fall|sp?o2|sao2|o2|hr|pulse|ipap|epap"
_NUMBER = r"[<>≥≤]?=?\s*-?\d{1,4}(?:[.,]\d{1,3})?"
_UNIT = r"\s*(?:%|sec(?:onds|s)?\b\.?|s\b\.?|ms\b|bpm\b|db\b|[uµ]v\b|cm ?h2o\b)"
# A number with a unit, or with what it measures before it: no stage and no name.
_MEASURE = re.compile(rf"(?:(?:\b(?:{_KEYS})\b\.?[\s:=]*)+{_NUMBER}(?:{_UNIT})?|(?<![\w.,]){_NUMBER}{_UNIT})", re.I)
_APART = (r"\s[-–—]+\s|[()\[\]{},;:/+*]|\bwith\b|\bw/", r"[\s\W_]*[-–—_()\[\]{},;:/+*]+[\s\W_]*|\bwith\b")
_COUNT = re.compile(r"\d{1,2}")  # what some systems number their events' kinds with; a longer one may be a date
_STAGE_NOUNS = frozenset(
    "stage stages stade stadium schlafstadium fase etapa estagio estadio stadio schlafphase slaapstadium".split()
)
_SLEEP_NOUNS = frozenset("sleep sommeil sueno sono sonno schlaf slaap".split())
_DEPTHS = {
    "w": Stage.W, "wk": Stage.W, "wake": Stage.W, "awake": Stage.W, "rem": Stage.R, "r": Stage.R,
    "nrem": Stage.NREM, "nonrem": Stage.NREM, "nr": Stage.NREM,
    **{f"{name}{n}": stage for name in ("n", "s", "nrem", "nonrem", "nr")
       for n, stage in {"1": Stage.N1, "2": Stage.N2, "3": Stage.N3, "4": Stage.N3, "34": Stage.N3}.items()},
    "s3s4": Stage.N3, "n3n4": Stage.N3, "s0": Stage.W,
}  # fmt: skip
# Alone these are no stage; behind "stage" they are Rechtschaffen and Kales's numbers.
_NUMBERED = {"0": Stage.W, "1": Stage.N1, "2": Stage.N2, "3": Stage.N3, "4": Stage.N3, "34": Stage.N3, "5": Stage.R}


def phrase_meaning(word: str) -> table.Meaning | None:
    """What a word with details says; None where a part of it is not known, or it says more than one thing."""
    plain = word[: table.MAX_WORD].split("|")[0].split("@@")[0]
    without = _MEASURE.sub(" - ", plain)
    tokens = table.fold(without).split()
    if not all(token in vocabulary() or _COUNT.fullmatch(token) for token in tokens):
        return None  # remarks end here, so that many of them cost little
    for apart in _APART:
        parts = [part for part in map(table.fold, re.split(apart, without)) if part]
        found = _meaning_of_parts(parts)
        if found is not None:
            return found
    return _stage_in(table.fold(plain)) or _beside_a_detail(tokens)


def _beside_a_detail(tokens: Sequence[str]) -> table.Meaning | None:
    """What scores with a detail right behind or before it: "left leg movement", "obstructive hypopnea left"."""
    for n in range(1, len(tokens)):
        parts = " ".join(tokens[:n]), " ".join(tokens[n:])
        for part, beside in (parts, parts[::-1]):
            detail, meaning = table.in_table("details", beside), _known(part)
            if detail and isinstance(meaning, tuple):
                return _with_details(meaning, [detail])
    return None


@cache
def vocabulary() -> frozenset[str]:
    """All that a word of several may consist of, also written as one."""
    parts = ("stages", "events", "details", "lights_off", "lights_on", table.ASIDE)
    words = [word for part in parts for word in table.part_of_table(part)]
    nouns = _STAGE_NOUNS | _SLEEP_NOUNS | {"sleepstage"}
    depths = {f"{noun}{depth}" for noun in ("", *nouns) for depth in (*_DEPTHS, *_NUMBERED)}
    depths |= {f"{depth}sleep" for depth in _DEPTHS}
    tokens = {token for word in words for token in word.split()} | {word.replace(" ", "") for word in words}
    return frozenset(tokens | nouns | depths | {"with", "w"})


def _meaning_of_parts(parts: Sequence[str]) -> table.Meaning | None:
    counts = [part for part in parts if _COUNT.fullmatch(part)]
    if whole := _known(" ".join(parts)):
        return whole
    parts = [part for part in parts if part not in counts]
    if not parts or len(counts) > 1:
        return None
    details = [table.in_table("details", part) for part in parts]
    # What is left once a side, a cause or a family is gone may be one word: "plm periodic", "apnea obstructive".
    for kept in ({"form"}, set()):
        rest = [p for p, detail in zip(parts, details, strict=True) if detail is None or detail[0] in kept]
        if rest and (whole := _known(" ".join(rest))) is not None:
            return _with_details(whole, [d for d in details if d and d[0] not in kept])
    return _head_of(parts, details)


def _head_of(parts: Sequence[str], details: Sequence[tuple[str, str] | None]) -> table.Meaning | None:
    """The first part that scores, where all others are details or what may go with it."""
    meanings = [_known(part) for part in parts]
    if any(meaning is None and detail is None for meaning, detail in zip(meanings, details, strict=True)):
        return None
    scored = [(i, m) for i, m in enumerate(meanings) if m is not None and m != table.ASIDE]
    events = [(i, m) for i, m in scored if isinstance(m, tuple) and not (details[i] and i)]
    others = {m for _, m in scored if not isinstance(m, tuple)}
    if not events:
        return others.pop() if len(others) == 1 else None
    head, (type_, spelt) = events[0]
    if others - set(Stage) or Stage.UNSCORED in others or not all(_goes_with(type_, m[0]) for _, m in events[1:]):
        return None
    said = [
        details[i] or (m if isinstance(m := meanings[i], tuple) else None) for i in range(len(parts)) if i != head
    ]
    return _with_details((type_, spelt), [detail for detail in said if detail])


def _goes_with(type_: str, other: str) -> bool:
    """Whether an event may be said to have another with it: never one that would be scored instead of it."""
    kinds = EVENT_KINDS[type_], EVENT_KINDS[other]
    return type_ == other or (all(k.modality for k in kinds) and kinds[0].modality != kinds[1].modality)


def _with_details(meaning: table.Meaning, details: Sequence[tuple[str, str]]) -> table.Meaning:
    """An event's spelling with its details behind it; what is no event has none.

    Who scored is no detail of an event, and a family is one of an arousal alone: its cause.
    """
    if not isinstance(meaning, tuple):
        return meaning
    kept = [d for group, d in details if group != "scorer" and (group != "family" or meaning[0] == "arousal")]
    said = ", ".join(dict.fromkeys(d if d[1:2].isupper() else d[:1].lower() + d[1:] for d in kept))
    return (meaning[0], f"{meaning[1]} ({said})") if said else meaning


def _known(folded: str) -> table.Meaning | None:
    return table.plain_meaning(folded) or _stage_in(folded)


def _stage_in(folded: str) -> Stage | None:
    """The stage of words such as "nrem2 sleep", "stage 3" or "stade n2"; None where they name none."""
    tokens = folded.split()
    numbered = any(token in _STAGE_NOUNS for token in tokens)
    rest = "".join(token for token in tokens if token not in _STAGE_NOUNS | _SLEEP_NOUNS)
    for noun in ("sleepstage", "stage", "sleep"):
        if rest.startswith(noun) or rest.endswith(noun):
            rest, numbered = rest.removeprefix(noun).removesuffix(noun), numbered or noun != "sleep"
    if len(tokens) == 1 and rest == folded and len(rest) == 1:
        return None  # "R" and "W" stand in the table; other single letters are nobody's stage
    return _DEPTHS.get(rest) or (_NUMBERED.get(rest) if numbered else None)

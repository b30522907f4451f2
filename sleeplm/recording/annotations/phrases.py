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
from sleeplm.kinds.stages import NREM_STAGES, Stage
from sleeplm.recording.annotations import word_table as table
from sleeplm.recording.annotations.compounds import compound_tokens, form_in, pause_in, stage_in

_KEYS = r"dur(?:ation)?|min(?:imum)?|max(?:imum)?|mean|drop|nadir|low(?:est)?|fall|sp?o2|sao2|o2|hr|pulse|ipap|epap"
_NUMBER = r"[<>≥≤]?=?\s*-?\d{1,4}(?:[.,]\d{1,3})?"
_UNIT = r"\s*(?:%|sec(?:onds|s)?\b\.?|s\b\.?|ms\b|bpm\b|db\b|[uµ]v\b|cm ?h2o\b)"
# A number with a unit, or with what it measures before it, or a clock time: no stage and no name.
_MEASURE = re.compile(
    rf"(?<!\w)\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d{{1,3}})?)?(?!\w)"
    rf"|(?:\b(?:{_KEYS})\b\.?[\s:=]*)+{_NUMBER}(?:{_UNIT})?"
    rf"|(?<![\w.,]){_NUMBER}(?:\s*(?:-|to)\s*{_NUMBER})?{_UNIT}",
    re.I,
)
_AMOUNT = re.compile(rf"(?<![\w.,]){_NUMBER}(?:{_UNIT})?", re.I)
_WITH_DESAT = re.compile(rf"(?:\bdesat(?:uration)?\b[\s:=]*)?(?:{_MEASURE.pattern})", re.I)
_APART = (r"\s[-–—]+\s|[()\[\]{},;:/+*]", r"[\s\W_]*[-–—_()\[\]{},;:/+*]+[\s\W_]*")
_COUNT = re.compile(r"\d{1,2}")  # what some systems number their events' kinds with; a longer one may be a date
# What stands between an event and what goes with it, or its cause.
_JOINING = re.compile(
    r"\s+(with|w/o|w/|without|due to|from|after|following|associated with|related to|caused by|resulting from"
    r"|secondary to|con|com|sem|sin|mit|ohne|avec|sans|met|zonder|par|por|durch)\s+",
    re.I,
)
_JOINTS = frozenset(
    "with w o without due to from after following associated related caused by resulting secondary induced "
    "triggered con com sem sin mit ohne avec sans met zonder par por durch".split()
)
_LACKING = frozenset("without w/o sem sin ohne sans zonder".split())
_CAUSED = re.compile(r"\s*(\w[\w ]*?)[\s-]+(?:(?:related|induced|associated|triggered)[\s-]+)?(arousals?)\s*", re.I)


def phrase_meaning(word: str) -> table.Meaning | None:
    """What a word with details says; None where a part of it is not known, or it says more than one thing."""
    plain = word[: table.MAX_WORD].split("|")[0].split("@@")[0]
    without = _MEASURE.sub(" - ", plain)
    if not table.fold(without):  # "SpO2 drop 88 %": what is measured is what scores
        without = _AMOUNT.sub(" - ", plain)
    tokens = table.fold(without).split()
    if not tokens or not all(token in vocabulary() or _COUNT.fullmatch(token) for token in tokens):
        return None  # remarks end here, so that many of them cost little
    if found := _of_parts(_parts(without, _APART[0])) or _caused_arousal(plain):
        return found
    if len(sides := _JOINING.split(without)) == 3:
        return _joined(*sides)
    return _of_parts(_parts(without, _APART[1])) or stage_in(table.fold(plain)) or _beside_a_detail(tokens)


def bare(word: str) -> str:
    """A word folded, without its measures: the same for "foo - desat 93 %" and "foo - desat 88 %".

    >>> bare("Foo - Desat 93.0 %"), bare("Foo (12.5 s)"), bare("Desat 93 %")
    ('foo', 'foo', 'desat')
    """
    plain = word[: table.MAX_WORD].split("|")[0].split("@@")[0]
    return table.fold(_WITH_DESAT.sub(" ", plain)) or table.fold(_MEASURE.sub(" ", plain)) or table.fold(word)


def _parts(text: str, apart: str) -> list[str]:
    return [part for part in map(table.fold, re.split(apart, text)) if part]


@cache
def vocabulary() -> frozenset[str]:
    """All that a word of several may consist of, also written as one."""
    parts = ("stages", "events", "details", "lights_off", "lights_on", table.ASIDE)
    words = [word for part in parts for word in table.part_of_table(part)]
    tokens = {token for word in words for token in word.split()} | {word.replace(" ", "") for word in words}
    return frozenset(tokens | _JOINTS | compound_tokens())


def _caused_arousal(plain: str) -> table.Meaning | None:
    """An arousal with its cause right before it: "hypopnea-related arousal"."""
    found = _CAUSED.fullmatch(plain)
    cause = table.fold(found[1]) if found else ""
    detail, event = table.in_table("details", cause), _known(cause)
    beside = detail or (event if isinstance(event, tuple) else None)
    return None if beside is None else _with_details(("arousal", "Arousal"), [beside])


def _joined(left: str, joint: str, right: str) -> table.Meaning | None:
    """An event with what goes with it, what it lacks or what caused it behind a joining word."""
    event = _of_parts(_parts(left, _APART[0]))
    behind = table.fold(right)
    beside = table.in_table("details", behind) or _known(behind)
    if not isinstance(event, tuple) or not isinstance(beside, tuple):
        return None
    if joint.casefold() in _LACKING:
        return _with_details(event, [("form", f"without {beside[1].lower()}")])
    return _with_details(event, [beside])


def _beside_a_detail(tokens: Sequence[str]) -> table.Meaning | None:
    """What scores with a detail or a number right behind or before it: "left leg movement", "hypopnea 1"."""
    for n in range(1, len(tokens)):
        parts = " ".join(tokens[:n]), " ".join(tokens[n:])
        for part, beside in (parts, parts[::-1]):
            detail, meaning = table.in_table("details", beside), _known(part)
            if isinstance(meaning, tuple) and detail:
                return _with_details(meaning, [detail])
            if isinstance(meaning, tuple) and beside is parts[1] and _COUNT.fullmatch(beside):
                return meaning
    return None


def _of_parts(parts: Sequence[str]) -> table.Meaning | None:
    counts = [part for part in parts if _COUNT.fullmatch(part)]
    if whole := _known(" ".join(parts)):
        return whole
    parts = [part for part in parts if part not in counts]
    if not parts or len(counts) > 1:
        return None
    details = [table.in_table("details", part) for part in parts]
    # What is left once a side, a cause or a family is gone may be one word: "plm periodic", "apnea obstructive".
    for kept in ({"side", "leg", "cause", "form", "family", "scorer"}, {"form"}, set()):
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
        if meanings[0] == table.ASIDE and details[0] is None and others <= set(Stage):
            return table.ASIDE  # a position, in a stage
        if len(others) > 1 and others <= set(NREM_STAGES):
            others.discard(Stage.NREM)  # which says less of the same
        return others.pop() if len(others) == 1 else None
    head, (type_, spelt) = events[0]
    if others - set(Stage) or Stage.UNSCORED in others or not all(_goes_with(type_, m[0]) for _, m in events[1:]):
        return None
    said = [
        detail or (meaning if isinstance(meaning, tuple) else None)
        for i, (detail, meaning) in enumerate(zip(details, meanings, strict=True))
        if i != head
    ]
    return _with_details((type_, spelt), [detail for detail in said if detail])


def _goes_with(type_: str, other: str) -> bool:
    """Whether an event may be said to have another with it: never one that would be scored instead of it."""
    kinds = EVENT_KINDS[type_], EVENT_KINDS[other]
    return type_ == other or (all(k.modality for k in kinds) and kinds[0].modality != kinds[1].modality)


def _with_details(meaning: table.Meaning, details: Sequence[tuple[str, str]]) -> table.Meaning | None:
    """An event's spelling with its details behind it; what is no event has none.

    Who scored is no detail of an event, and a family is one of an arousal alone: its cause. A letter for a side is
    one of legs alone, and an apnea has one form: None elsewhere.
    """
    if not isinstance(meaning, tuple):
        return meaning
    if any(group == "leg" for group, _ in details) and EVENT_KINDS[meaning[0]].modality != "legs":
        return None
    if EVENT_KINDS[meaning[0]].counts_as == "apnea" and any(
        form_in(d) not in (None, meaning[0]) for _, d in details
    ):
        return None
    kept = [d for group, d in details if group != "scorer" and (group != "family" or meaning[0] == "arousal")]
    said = ", ".join(dict.fromkeys(d if d[1:2].isupper() else d[:1].lower() + d[1:] for d in kept))
    return (meaning[0], f"{meaning[1]} ({said})") if said else meaning


def _known(folded: str) -> table.Meaning | None:
    return table.plain_meaning(folded) or stage_in(folded) or pause_in(folded)

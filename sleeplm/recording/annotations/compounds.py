"""Words that a noun and a kind make, in any order and language: stages (``stade n2``), apneas (``obstr apnoe``)."""

from sleeplm.kinds.stages import Stage
from sleeplm.recording.annotations.word_table import fold

STAGE_NOUNS = frozenset(
    "stage stages stade stadium schlafstadium fase etapa estagio estadio stadio schlafphase slaapstadium st".split()
)
SLEEP_NOUNS = frozenset("sleep sommeil sueno sono sonno schlaf slaap".split())
DEPTHS = {
    "w": Stage.W, "wk": Stage.W, "wake": Stage.W, "awake": Stage.W, "rem": Stage.R, "r": Stage.R,
    "nrem": Stage.NREM, "nonrem": Stage.NREM, "nr": Stage.NREM,
    **{f"{name}{n}": stage for name in ("n", "s", "nrem", "nonrem", "nr")
       for n, stage in {"1": Stage.N1, "2": Stage.N2, "3": Stage.N3, "4": Stage.N3, "34": Stage.N3}.items()},
    "s3s4": Stage.N3, "n3n4": Stage.N3, "s0": Stage.W,
}  # fmt: skip
# Alone these are no stage; behind "stage" they are Rechtschaffen and Kales's numbers.
NUMBERED = {"0": Stage.W, "1": Stage.N1, "2": Stage.N2, "3": Stage.N3, "4": Stage.N3, "34": Stage.N3, "5": Stage.R}

_PAUSES = {
    "apnea": "apnea apneas apnoea apnoeas apnoe apnoen apnee apnees apneia apneias apneu apneus ap",
    "hypopnea": "hypopnea hypopneas hypopnoea hypopnoeas hypopnoe hypopnoen hypopnee hypopnees hipopnea hipopneas "
    "hipopneia hipopneias ipopnea ipopnee hypopneu hypopneus hypop hyp",
}
_FORMS = {
    "obstructive": "obstructive obstructives obstructief obstructieve obstr obst obs obstructiva obstructivas "
    "obstrutiva obstrutivas ostruttiva ostruttive obstruktiv obstruktive",
    "central": "central centrale centrales centraal centra centralis centrais centrali cent zentral zentrale",
    "mixed": "mixed mixte mixtes mixta mixtas mista mistas miste gemischt gemischte gemengd gemengde",
}
_GLUE = frozenset("sleep event events episode episodes resp respiratory type tipo".split())
_NOUN_OF = {word: noun for noun, words in _PAUSES.items() for word in words.split()}
_FORM_OF = {word: form for form, words in _FORMS.items() for word in words.split()}


def stage_in(folded: str) -> Stage | None:
    """The stage of words such as "nrem2 sleep", "stage 3" or "stade n2"; None where they name none."""
    tokens = folded.split()
    numbered = any(token in STAGE_NOUNS for token in tokens)
    rest = "".join(token for token in tokens if token not in STAGE_NOUNS | SLEEP_NOUNS)
    for noun in ("sleepstage", "stage", "sleep"):
        if rest.startswith(noun) or rest.endswith(noun):
            rest, numbered = rest.removeprefix(noun).removesuffix(noun), numbered or noun != "sleep"
    if len(tokens) == 1 and rest == folded and len(rest) == 1:
        return None  # "R" and "W" stand in the table; other single letters are nobody's stage
    return DEPTHS.get(rest) or (NUMBERED.get(rest) if numbered else None)


def pause_in(folded: str) -> tuple[str, str] | None:
    """Type and English spelling of an apnea or hypopnea of one form, such as "obstr apnoe"; None of other words."""
    tokens = [token for token in folded.split() if token not in _GLUE]
    nouns = [_NOUN_OF[token] for token in tokens if token in _NOUN_OF]
    forms = [_FORM_OF[token] for token in tokens if token in _FORM_OF]
    if len(nouns) != 1 or len(forms) != 1 or len(tokens) != 2:
        return None
    type_ = f"apnea_{forms[0]}" if nouns[0] == "apnea" else "hypopnea"
    return type_, f"{forms[0].capitalize()} {nouns[0]}"


def form_in(word: str) -> str | None:
    """The type of apnea that a word for its form makes it; None of other words."""
    form = _FORM_OF.get(fold(word))
    return None if form is None else f"apnea_{form}"


def compound_tokens() -> frozenset[str]:
    """All that these words may consist of, also written as one."""
    nouns = STAGE_NOUNS | SLEEP_NOUNS | {"sleepstage"}
    depths = {f"{noun}{depth}" for noun in ("", *nouns) for depth in (*DEPTHS, *NUMBERED)}
    return frozenset(nouns | depths | {f"{depth}sleep" for depth in DEPTHS} | _GLUE | set(_NOUN_OF) | set(_FORM_OF))

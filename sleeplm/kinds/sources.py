"""Who scored: people, our detectors, and other programs; one row says what each is called."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SourceKind:
    """A scorer.

    Attributes
    ----------
    id : str
        As `Scoring` and `Fact` name it.
    label : str
        Beside a number or a chart.
    clause : str
        Behind an answer: ``Source: ...``.
    name : str
        Of a program that stages; empty for others.
    caption_words : tuple of str
        How captions are read back to it.
    staging_sentence : str
        How the description of a night says that it staged; empty where it does not stage.
    """

    id: str
    label: str
    clause: str
    name: str = ""
    caption_words: tuple[str, ...] = ()
    staging_sentence: str = ""


EXPERT, AUTOMATIC, MEASURED = "expert", "automatic", "measured"
SIMILARITY, READING = "SleepLM embeddings", "SleepLM tokens"
SOURCES = {
    source.id: source
    for source in (
        SourceKind(EXPERT, "expert", "expert scoring", caption_words=(
            "by expert scoring", "according to the expert", "expert scoring", "scored by an expert"),
            staging_sentence="Sleep stages were scored by an expert."),
        SourceKind("yasa", "automatic (YASA)", "automatic staging by YASA", "YASA", ("YASA",),
                   "Sleep stages were scored automatically by YASA."),
        SourceKind("sleepecg", "automatic (SleepECG)", "automatic staging by SleepECG", "SleepECG", ("SleepECG",),
                   "Sleep stages were estimated from the heartbeat by SleepECG."),
        SourceKind(AUTOMATIC, "automatic", "automatic detection"),
        SourceKind(MEASURED, "measured", "measured from the signal"),
        SourceKind(SIMILARITY, SIMILARITY, "likeness in SleepLM's embeddings, not a scoring"),
        SourceKind(READING, READING, "the network's own reading, not a scoring"),
    )
}  # fmt: skip


def partly_understood(source: str, words: int) -> str:
    """A source of which so many words were not understood: what rests on it may lack some of its events.

    >>> partly_understood("expert", 0), partly_understood("expert", 2)
    ('expert', 'expert, 2 words not understood')
    """
    return f"{source}, {words} word{'s' if words > 1 else ''} not understood" if words else source


def source_label(source: str | None) -> str:
    """Who staged or scored, beside a number or a chart.

    >>> source_label("yasa"), source_label("expert"), source_label("new"), source_label(None)
    ('automatic (YASA)', 'expert', 'automatic (new)', 'not scored')
    """
    if source is None:
        return "not scored"
    source, comma, doubt = source.partition(", ")
    return (SOURCES[source].label if source in SOURCES else f"automatic ({source})") + comma + doubt


def source_phrase(source: str) -> str:
    """Who scored, behind an answer.

    >>> source_phrase("yasa"), source_phrase("new")
    ('automatic staging by YASA', 'automatic detection (new)')
    """
    source, comma, doubt = source.partition(", ")
    return (SOURCES[source].clause if source in SOURCES else f"automatic detection ({source})") + comma + doubt

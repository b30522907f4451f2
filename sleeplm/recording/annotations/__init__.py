"""Scoring files, a file a format: each module's ``parse`` gives what the file scored, or None if it is not its own.

To add a format, drop its module into this folder, with all four of

- ``parse(file: ScoringFile) -> Scored | None``, which raises `UnknownScoringError` where such a file is unsound,
- ``ORDER``: 0 where a file is no text, 1 where it is known by its first lines, 2 by its ending or the header of its
  table, 3 for any table of events, 4 for any table of stages; the formats of one number exclude each other,
- ``NAME``: what people call it, as it stands in "give ...",
- ``SUFFIXES``: endings that it is saved with.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Protocol, cast

from sleeplm.errors import UnknownScoringError, UnknownStagesError
from sleeplm.night import Scoring
from sleeplm.recording.annotations.align import align
from sleeplm.recording.annotations.scored import Scored, ScoringFile, sort_out
from sleeplm.recording.annotations.unknown import UnknownWord, is_scoring, unknown_words
from sleeplm.recording.annotations.words import lab_words
from sleeplm.recording.protocol import NightSignals, NightTime

__all__ = ["FORMATS", "SUFFIXES", "UnknownWord", "embedded_scoring", "read_scoring", "words_to_ask"]

_PARTS = ("parse", "ORDER", "NAME", "SUFFIXES")


class ScoringFormat(Protocol):
    """What a module of this folder has that reads a format: see above."""

    __name__: str
    ORDER: int
    NAME: str
    SUFFIXES: tuple[str, ...]

    def parse(self, file: ScoringFile) -> Scored | None:
        """What the file scored; None if it is of another format."""
        ...


def find_formats() -> tuple[ScoringFormat, ...]:
    """The modules of this folder that read a format, in the order in which they are asked.

    Raises
    ------
    TypeError
        A module has some of the parts of a format and not the others; the sentence names these.
    """
    formats = []
    for found in iter_modules(__path__):
        module = import_module(f"{__name__}.{found.name}")
        missing = [part for part in _PARTS if not hasattr(module, part)]
        if not missing:
            formats.append(cast(ScoringFormat, module))
        elif len(missing) < len(_PARTS):
            raise TypeError(f"{module.__name__} reads a format of scorings but has no {', '.join(missing)}.")
    return tuple(sorted(formats, key=lambda module: (module.ORDER, module.__name__)))


FORMATS = find_formats()  # the first that knows the file reads it
SUFFIXES = frozenset(suffix for m in FORMATS for suffix in m.SUFFIXES)


def read_scoring(path: str | Path, recording: NightTime, words: Mapping[str, str] | None = None) -> Scoring:
    """Read a scoring file and lay it on the recording.

    Parameters
    ----------
    path : path-like
        A file of any of `FORMATS`; WFDB annotations with their ``.hea`` beside them.
    recording : NightTime
        The night that it describes, such as a `Recording`.
    words : mapping of str to str, optional
        What the lab means by words of its own: a stage, a type of event, ``"lights_off"``, ``"lights_on"`` or
        ``"ignore"``. They count before ours.

    Returns
    -------
    Scoring
        Hypnogram, events, or both, with source ``"expert"``.

    Raises
    ------
    ScoringError
        `UnknownScoringError` or `NoOverlapError`, each with one sentence.
    UsageError
        A word of `words` is said to mean nothing that we know.
    """
    file = ScoringFile(Path(path), recording)
    return align(_parsed(file, words), recording, file.name)


def embedded_scoring(recording: NightSignals, words: Mapping[str, str] | None = None) -> Scoring | None:
    """The recording's own annotations as a scoring; None where they hold neither stages nor events.

    Where they hold events that we do not understand, the scoring says so, without any of them.
    """
    with lab_words(words or {}):
        scored = sort_out(recording.annotations)
    if not scored.stages and not scored.events and not any(map(is_scoring, unknown_words(scored.unknown))):
        return None
    return align(scored, recording, recording.path.name)


def words_to_ask(
    recording: NightSignals, scorings: Sequence[str | Path] = (), words: Mapping[str, str] | None = None
) -> list[UnknownWord]:
    """Words of scorings, the recording's own last, that score something and that we do not know, each once.

    They may be names: they are for the eyes of who has the files, and are not to be kept.

    Raises
    ------
    ScoringError, UsageError
        As `read_scoring`.
    """
    with lab_words(words or {}):
        own = sort_out(recording.annotations)
    marks: list[tuple[str, float, float]] = []
    stages: list[tuple[str, float, float]] = []
    for path in scorings:
        try:
            marks += _parsed(ScoringFile(Path(path), recording), words).unknown
        except UnknownStagesError as error:
            stages += error.marks
    of_events = [word for word in unknown_words([*marks, *own.unknown]) if is_scoring(word)]
    return [*unknown_words(stages), *of_events]


def _parsed(file: ScoringFile, words: Mapping[str, str] | None) -> Scored:
    """What the first format that knows the file finds in it."""
    with lab_words(words or {}):
        scored = next((s for s in (f.parse(file) for f in FORMATS) if s is not None), None)
    if scored is None:
        names = [f.NAME for f in FORMATS]
        raise UnknownScoringError(
            f"'{file.name}' is in no scoring format that we read{file.oddity}; give {', '.join(names[:-1])} or "
            f"{names[-1]}."
        )
    if not any((scored.stages, scored.events, scored.lights, scored.warnings, scored.unknown)):
        raise UnknownScoringError(f"'{file.name}' holds neither stages nor events; export the scoring again.")
    scored.warnings += file.notices
    return scored

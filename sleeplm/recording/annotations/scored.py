"""A scoring as its file has it, before it is laid on the recording's time."""

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cached_property
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from sleeplm.errors import ScoringError, UnknownScoringError
from sleeplm.files import open_regular
from sleeplm.kinds.stages import Stage
from sleeplm.recording.annotations.words import ASIDE, Meaning, fold, lab_meaning, meaning_of
from sleeplm.recording.protocol import NightTime
from sleeplm.units import EPOCH_S

MAX_BYTES = 64 * 1024**2  # of an EDF+, which may hold signals beside its annotations
MAX_TEXT_BYTES = 16 * 1024**2  # what is no EDF; the largest real ones have about 5 MB
MAX_TAGS = 1_000_000  # of XML; a night of 5,000 events has about 70,000
MAX_LINES = 100_000  # a stage a second for a day, and room
MAX_LINE = 10_000  # characters of a line of a table
MAX_S = 1e8  # three years: no mark is truly later
_MAX_NUMBER = 64  # characters
_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


@dataclass
class Scored:
    """Stages and events of a file.

    Attributes
    ----------
    stages : list of (float, float, Stage)
        Start and duration in seconds from `origin`; the duration may be infinite (until the end).
    events : list of (str, float, float, str)
        Type, start and duration in seconds from `origin`, the scorer's word.
    lights : dict of str to float
        ``lights_off`` and ``lights_on``, where the file marks them.
    origin : datetime, time or None
        Date and time, or time alone, of second 0; None: the first sample of the recording.
    counted : bool
        The stages come one an epoch without any time, so that only their number can be checked.
    by_epoch : bool
        Events are known to the epoch alone, so that those of one epoch lie on each other.
    declare : str
        How the file can say that its epochs last ``{}`` s; empty where it cannot.
    warnings : list of str
    unknown : list of (str, float, float)
        Marks whose words we do not know, with start and duration in seconds from `origin`. They may be names.
    """

    stages: list[tuple[float, float, Stage]] = field(default_factory=list)
    events: list[tuple[str, float, float, str]] = field(default_factory=list)
    lights: dict[str, float] = field(default_factory=dict)
    origin: datetime | time | None = None
    counted: bool = False
    by_epoch: bool = False
    declare: str = ""
    warnings: list[str] = field(default_factory=list)
    unknown: list[tuple[str, float, float]] = field(default_factory=list)


class ScoringFile:
    """A scoring file, read once: as bytes, as text, as a table."""

    def __init__(self, path: Path, night: NightTime | None = None):
        """Read a file; `night` is what it is a scoring of, where that is known: clock times are laid on it."""
        self.path = path
        self.name = path.name
        self.night = night
        self.notices: list[str] = []  # how times were read, where that is no matter of course
        try:
            with open_regular(path) as file:
                self.data = file.read(MAX_BYTES + 1)
        except FileNotFoundError as error:
            raise ScoringError(f"'{self.name}' does not exist; check the path.") from error
        except (OSError, ValueError) as error:
            raise ScoringError(f"'{self.name}' cannot be opened; check that it is a file you may read.") from error
        self._check_size(MAX_BYTES)
        if not self.data.strip():
            raise UnknownScoringError(f"'{self.name}' is empty; export the scoring again.")

    @cached_property
    def text(self) -> str | None:
        """The file as text (UTF-16 and UTF-8 by their marks or their zeros, else Windows-1252); None if it is none.

        Raises
        ------
        UnknownScoringError
            It is larger than any scoring in text.
        """
        self._check_size(MAX_TEXT_BYTES)
        for encoding in self._encodings():
            try:
                text = self.data.decode(encoding)
            except UnicodeDecodeError:
                continue
            if "\0" not in text:
                return text
        return None

    def _encodings(self) -> tuple[str, ...]:
        for mark, encoding in _BOMS:
            if self.data.startswith(mark):
                return (encoding,)
        head = self.data[:4096]
        zeros = [head[i::2].count(0) for i in (0, 1)]
        if max(zeros) > 0.35 * len(head) and min(zeros) < 0.01 * len(head):
            return ("utf-16-be" if zeros[0] > zeros[1] else "utf-16-le",)
        return ("utf-8", "cp1252")

    def _check_size(self, largest: int) -> None:
        if len(self.data) > largest:
            raise UnknownScoringError(
                f"'{self.name}' is too large for a scoring (over {largest // 1024**2} MB); give the file with the "
                "scoring alone."
            )

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text; none where one of them is longer than any table's.

        Raises
        ------
        UnknownScoringError
            There are more of them than a night can fill.
        """
        text = (self.text or "").replace("\r\n", "\n").replace("\r", "\n")
        if text.count("\n") > MAX_LINES:
            raise UnknownScoringError(
                f"'{self.name}' has more than {MAX_LINES} lines, which no night fills; give the scoring alone."
            )
        lines = text.split("\n")
        return [] if max(map(len, lines)) > MAX_LINE else lines

    @property
    def oddity(self) -> str:
        """What may keep the file from being read, for the sentence that says so; empty where nothing is odd."""
        if self.path.suffix.lower() == ".hea":
            return " (it is the header of a WFDB recording: give its annotations, such as its .st or .arousal)"
        if self.text is None:
            return " (it is no text)"
        return "" if self.lines else f" (a line of it has more than {MAX_LINE} characters)"

    @cached_property
    def rows(self) -> list[list[str]]:
        """The file as a table of stripped cells, without blank lines and ``#`` lines; empty if it is none."""
        lines = [line for line in self.lines if line.strip() and not line.startswith("#")]
        if not lines:
            return []
        try:
            table = csv.reader(io.StringIO("\n".join(lines)), delimiter=self.delimiter)
            return [[cell.strip() for cell in row] for row in table]
        except csv.Error:
            return []

    @cached_property
    def delimiter(self) -> str:
        """What stands between cells: the one that the first row has most of."""
        first = next((line for line in self.lines if line.strip() and not line.startswith("#")), "")
        return max("\t;|,", key=first.count)  # the first of equals

    @property
    def decimal_comma(self) -> bool:
        """Whether a comma in a number can only be its decimal sign."""
        return self.delimiter != ","

    @cached_property
    def xml(self) -> Element | None:
        """The root of the file as XML; None if it is none.

        Raises
        ------
        UnknownScoringError
            It is broken, or tries to define entities.
        """
        import defusedxml
        from defusedxml.ElementTree import fromstring

        if not self.data[:64].lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t\0").startswith(b"<"):
            return None
        self._check_size(MAX_TEXT_BYTES)
        if self.data.count(b"<") > MAX_TAGS:
            raise UnknownScoringError(
                f"'{self.name}' has more than {MAX_TAGS} XML tags, which no night fills; give the scoring alone."
            )
        try:
            return fromstring(self.data, forbid_dtd=True)
        except (ParseError, defusedxml.DefusedXmlException, ValueError, LookupError) as error:
            raise UnknownScoringError(f"'{self.name}' is no sound XML; export the scoring again.") from error

    @property
    def comments(self) -> list[str]:
        """Lines that begin with ``#``, without it."""
        return [line[1:].strip() for line in self.lines if line.startswith("#")]


def sort_out(
    marks: Iterable[tuple[float, float, str]], own: Mapping[str, tuple[tuple[str, str], str]] | None = None
) -> Scored:
    """Sort marks ``(start_s, duration_s, word)`` into stages, events and lights.

    A word that we do not know may be a remark with a name in it: it is kept apart (`Scored.unknown`).

    Parameters
    ----------
    marks : iterable of (float, float, str)
    own : mapping of str to ((str, str), str), optional
        Folded words that mean something in this format alone: type and spelling of the event, and why, for a
        warning. What a lab says of a word, and what it means everywhere, counts before.
    """
    scored, impossible, own = Scored(), 0, own or {}
    meanings: dict[str, Meaning | None] = {}
    by_lab: set[str] = set()
    said, owned = Counter[str](), Counter[str]()
    for start_s, duration_s, word in marks:
        if word not in meanings:
            meanings[word] = meaning_of(word)
            by_lab |= {word} if lab_meaning(word) is not None else set()
        meaning = meanings[word]
        if meaning is None and own and (folded := fold(word)) in own:
            meaning = own[folded][0]
            owned[folded] += 1
        elif meaning is not None and word in by_lab:
            said[_in_words(meaning)] += 1
        if not abs(start_s) + duration_s < MAX_S:
            impossible += 1
        elif meaning is None:
            scored.unknown.append((word, start_s, duration_s))
        elif isinstance(meaning, Stage):
            scored.stages.append((start_s, duration_s, meaning))
        elif isinstance(meaning, tuple):
            scored.events.append((meaning[0], start_s, duration_s, meaning[1]))
        elif meaning != ASIDE:
            scored.lights.setdefault(meaning, start_s)
    if scored.stages and not any(duration_s for _, duration_s, _ in scored.stages):
        scored.stages = _until_next(scored.stages)
    for folded, n in owned.items():
        (type_, spelt), why = own[folded]
        scored.warnings.append(f"{_marks(n)} called '{spelt}' and read as {type_.replace('_', ' ')}: {why}")
    for means, n in said.items():
        scored.warnings.append(f"{_marks(n)} {means}, as you said of the word")
    if impossible:
        which = "one mark was" if impossible == 1 else f"{impossible} marks were"
        scored.warnings.append(f"{which} left aside, at impossible times")
    return scored


def _marks(n: int) -> str:
    return "one mark is" if n == 1 else f"{n} marks are"


def _in_words(meaning: Meaning) -> str:
    """What a mark is read as, behind "is" or "are"."""
    if meaning == ASIDE:
        return "left aside"
    what = meaning[0] if isinstance(meaning, tuple) else str(meaning)
    return f"read as {what.replace('_', ' ')}"


def _until_next(stages: list[tuple[float, float, Stage]]) -> list[tuple[float, float, Stage]]:
    """Stages marked without duration: each lasts until the next, the last one epoch."""
    stages = sorted(stages, key=lambda s: s[0])
    ends = [start_s for start_s, *_ in stages[1:]] + [stages[-1][0] + EPOCH_S]
    return [(start_s, end_s - start_s, stage) for (start_s, _, stage), end_s in zip(stages, ends, strict=True)]


def nothing_found(scored: Scored) -> Scored:
    """A table of events without any, with a warning: nobody knows of what it is a scoring."""
    scored.warnings.append("it holds no event, so that it does not say what was looked for")
    return scored


def unknown_epochs(n: int) -> list[str]:
    """The warning of n epochs whose stage has a word or number that we do not know; none of no epoch."""
    if not n:
        return []
    return [
        "one epoch with an unknown stage is unscored"
        if n == 1
        else f"{n} epochs with an unknown stage are unscored"
    ]


def event_of_xml(file: ScoringFile, n: int, event: Element, word: str) -> tuple[float, float, str]:
    """The mark of a ``ScoredEvent``, the n-th of the file, whose word stands in the element of this name."""
    start_s = seconds(event.findtext("Start") or "")
    duration_s = seconds(event.findtext("Duration") or "0")
    if start_s is None or duration_s is None or duration_s < 0:
        raise UnknownScoringError(
            f"Event {n} of '{file.name}' has no valid start and duration in seconds; export the scoring again."
        )
    return start_s, duration_s, event.findtext(word) or ""


def seconds(text: str, decimal_comma: bool = False) -> float | None:
    """A finite number of seconds, or None; with `decimal_comma` also ``12,5``."""
    if len(text) > _MAX_NUMBER:
        return None
    if decimal_comma and text.count(",") == 1:
        text = text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None

"""What a study says of its files, without their names and without labels that may name somebody."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from sleeplm.recording.privacy import safe_text as harmless

_QUOTED = re.compile(r"'([^']*)'")


class Redaction:
    """Takes file names, and labels and units with unknown words, out of what is kept of a recording.

    Parameters
    ----------
    recording : Recording
        A label of it with an unknown word is called ``Signal N`` (N from 1, in the order of the file); of others
        what is no ASCII is left out. A unit that is none is called unknown.
    scorings : sequence of path
        Scoring files.
    """

    def __init__(self, recording, scorings: Sequence[Path] = ()):
        known = {label: harmless.label(label) for label in recording.labels}
        self._labels = {
            label: known[label] or f"Signal {number}"
            for number, label in enumerate(recording.labels, start=1)
            if known[label] != label
        }
        units = {recording.unit_in_file(name) for name in recording.channels}
        self._instead = _of_files(recording.path, scorings)
        self._instead += [(f"'{label}'", f"'{name}'") for label, name in self._labels.items()]
        self._instead += [(f"'{unit}'", "'unknown'") for unit in units if unit and not harmless.unit(unit)]

    def label(self, label: str) -> str:
        """A label of the recording, or the number of its signal."""
        return self._labels.get(label, label)

    def text(self, text: str) -> str:
        """A sentence without the names."""
        for said, instead in self._instead:
            text = text.replace(said, instead)
        return text

    def sentences(self, texts: Iterable[str]) -> list[str]:
        """Sentences without the names, each once, with a capital."""
        return list(dict.fromkeys(t[:1].upper() + t[1:] for t in map(self.text, texts)))


def reason(error: Exception, path: Path, scorings: Sequence[Path] = ()) -> str:
    """Why a recording could not be used, without file names and without quoted words that may name somebody."""
    text = str(error)
    for said, instead in _of_files(path, scorings):
        text = text.replace(said, instead)
    if text.count("'") % 2:  # quotes within a label: which words are the file's own cannot be told
        return f"it cannot be used ({type(error).__name__}); analyse it alone to see why"
    text = _QUOTED.sub(lambda quoted: quoted[0] if harmless.label(quoted[1]) else "'(a name)'", text)
    return text[:1].upper() + text[1:]


def _of_files(path: Path, scorings: Sequence[Path]) -> list[tuple[str, str]]:
    """What is said of files, and what to say instead."""
    files = [(path, "the recording"), *((s, "the scoring file") for s in scorings)]
    return [
        pair
        for file, whose in files
        for pair in ((f"'{file.name}': ", ""), (f"'{file.name}'", whose), (file.name, whose))
    ]

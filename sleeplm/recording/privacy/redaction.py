"""Redaction: sentences on a recording without names of files, and without labels that may name somebody."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from sleeplm.recording.privacy import safe_text
from sleeplm.recording.recording import Recording

_QUOTED = re.compile(r"'([^']*)'")


class Redaction:
    """Redacts what is stored of a recording: names of files, and labels and units with unknown words.

    A label with an unknown word becomes ``Signal N`` (N from 1, in the order of the file); of other labels what is
    no ASCII is left out. A unit that is none becomes ``unknown``, a file ``the recording`` or ``the scoring file``.

    Parameters
    ----------
    recording : Recording
        The recording whose labels, units and file name are redacted.
    scorings : sequence of path
        Its scoring files.
    """

    def __init__(self, recording: Recording, scorings: Sequence[Path] = ()):
        known = {label: safe_text.label(label) for label in recording.labels}
        self._labels = {
            label: known[label] or f"Signal {number}"
            for number, label in enumerate(recording.labels, start=1)
            if known[label] != label
        }
        units = {recording.unit_in_file(name) for name in recording.channels}
        self._instead = _of_files(recording.path, scorings)
        self._instead += [(f"'{label}'", f"'{name}'") for label, name in self._labels.items()]
        self._instead += [(f"'{unit}'", "'unknown'") for unit in units if unit and not safe_text.unit(unit)]

    def label(self, label: str) -> str:
        """A label of the recording, redacted: as it is, in ASCII, or ``Signal N``."""
        return self._labels.get(label, label)

    def text(self, text: str) -> str:
        """A sentence, redacted."""
        for name, instead in self._instead:
            text = text.replace(name, instead)
        return text

    def sentences(self, texts: Iterable[str]) -> list[str]:
        """Sentences, redacted, each once, with a capital."""
        return list(dict.fromkeys(t[:1].upper() + t[1:] for t in map(self.text, texts)))


def reason(error: Exception, path: Path, scorings: Sequence[Path] = ()) -> str:
    """Why a recording could not be used, without file names and without quoted words that may name somebody."""
    text = str(error)
    for name, instead in _of_files(path, scorings):
        text = text.replace(name, instead)
    if text.count("'") % 2:  # quotes within a label: which words are the file's own is not known
        return f"it cannot be used ({type(error).__name__}); analyse it alone to see why"
    text = _QUOTED.sub(lambda quoted: quoted[0] if safe_text.label(quoted[1]) else "'(a name)'", text)
    return text[:1].upper() + text[1:]


def _of_files(path: Path, scorings: Sequence[Path]) -> list[tuple[str, str]]:
    """How sentences name files, and what stands there instead."""
    files = [(path, "the recording"), *((s, "the scoring file") for s in scorings)]
    return [
        pair
        for file, whose in files
        for pair in ((f"'{file.name}': ", ""), (f"'{file.name}'", whose), (file.name, whose))
    ]

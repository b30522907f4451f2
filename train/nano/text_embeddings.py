"""Texts taken apart and embedded once, from which batches are read."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from sleeplm.files import sha256, written_whole
from sleeplm.network.nano.sentences import Parts, sentences_of, template_embeddings, templated


class TextEmbeddings:
    """Texts as parts (see `sleeplm.network.nano.sentences.parts_of`), any of which are read at once.

    Captions of a hundred thousand epochs have few sentences that differ in more than their numbers: the commonest
    are embedded, and texts are left with these alone.

    Parameters
    ----------
    whole : sequence of str
        Texts that are embedded as they are.
    captions : sequence of str
        Texts that lose their rarer sentences; of some nothing is left.
    sentences : int
        How many different sentences of captions are embedded.
    cache : Path, optional
        Folder where embeddings are kept between runs.
    """

    def __init__(self, whole: Sequence[str], captions: Sequence[str], sentences: int, cache: Path | None = None):
        taken = [[templated(s) for s in sentences_of(text)] for text in (*whole, *captions)]
        counts = Counter(template for parts in taken[len(whole) :] for template, _ in parts)
        common = [template for template, _ in counts.most_common(sentences)]
        needed = [template for parts in taken[: len(whole)] for template, _ in parts]
        unique = list(dict.fromkeys((*needed, *common)))
        self._vectors, starts = cached_templates(unique, cache)
        first = dict(zip(unique, starts.tolist(), strict=True))
        rows: list[int] = []
        values: list[float] = []
        self._ends = np.zeros(len(taken) + 1, dtype=np.int64)
        for i, parts in enumerate(taken):
            for template, numbers in parts:
                if template in first:
                    rows += range(first[template], first[template] + 1 + len(numbers))
                    values += (np.nan, *numbers)
            self._ends[i + 1] = len(rows)
        self._rows, self._values = np.array(rows, dtype=np.int64), np.array(values, dtype=np.float32)

    def __len__(self) -> int:
        return len(self._ends) - 1

    @property
    def empty(self) -> np.ndarray:
        """Of which texts nothing is left, bool ``[texts]``."""
        return self._ends[1:] == self._ends[:-1]

    def parts(self, which: np.ndarray) -> Parts:
        """The parts of some texts, in their order."""
        counts = self._ends[which + 1] - self._ends[which]
        of = np.repeat(np.arange(len(which)), counts)
        places = np.arange(len(of)) + np.repeat(self._ends[which] - (np.cumsum(counts) - counts), counts)
        return Parts(self._vectors[self._rows[places]].astype(np.float32), self._values[places], of)


def cached_templates(templates: Sequence[str], cache: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """As `template_embeddings`, in half precision; cached in a folder under the checksum of the sentences."""
    if cache is None:
        return _half(templates)
    file = cache / f"{sha256(chr(0).join(templates).encode())[:16]}.safetensors"
    if file.exists():
        cached = load_file(file)
        return cached["vectors"], cached["starts"]
    vectors, starts = _half(templates)
    cache.mkdir(parents=True, exist_ok=True)
    with written_whole(file) as partial:  # other processes may look for it
        save_file({"vectors": vectors, "starts": starts}, partial)
    return vectors, starts


def _half(templates: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    vectors, starts = template_embeddings(templates)
    return vectors.astype(np.float16), starts

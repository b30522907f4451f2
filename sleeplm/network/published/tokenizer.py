"""The published tokenizer (CLIP's byte-pair encoding), and its texts as people write them."""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from sleeplm.errors import ModelError
from sleeplm.network.hub import snapshot
from sleeplm.network.published.text import PAD

CLIP = "openai/clip-vit-base-patch32"
FILES = ("vocab.json", "merges.txt")


class PublishedTokenizer:
    """Texts to ids and back.

    Parameters
    ----------
    folder : path
        Holds ``vocab.json`` and ``merges.txt``.
    vocabulary, context : int
        Of the network.

    Raises
    ------
    ModelError
        The files are missing, no tokenizer, or another network's.
    """

    def __init__(self, folder: Path, vocabulary: int, context: int):
        from transformers import CLIPTokenizer

        self._context, self.folder = context, folder
        try:
            vocabulary_ids = json.loads((folder / FILES[0]).read_text(encoding="utf-8"))
            lines = (folder / FILES[1]).read_text(encoding="utf-8").splitlines()
            pairs = [tuple(line.split()) for line in lines if line and not line.startswith("#version")]
            self._clip = CLIPTokenizer(vocab=vocabulary_ids, merges=pairs)  # type: ignore[arg-type]  # takes pairs
        except Exception as error:  # the library raises plain Exception for whatever it cannot read
            raise ModelError(f"the folder {folder.name} holds no tokenizer ({' and '.join(FILES)})") from error
        wanted = list(range(vocabulary - 2, vocabulary))
        found = [self._clip.bos_token_id, self._clip.eos_token_id]
        if len(self._clip) != vocabulary or found != wanted:
            raise ModelError(f"the tokenizer in {folder.name} is another network's: it has {len(self._clip)} words")

    def ids(self, texts: Sequence[str]) -> Tensor:
        """``[texts, longest]``: start, tokens, end, then 0; too long a text loses tokens, not its end."""
        rows = self._clip(list(texts), truncation=True, max_length=self._context)["input_ids"]
        ids = torch.full((len(rows), max(map(len, rows), default=1)), PAD)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = torch.tensor(row)
        return ids

    def texts(self, rows: Iterable[Sequence[int]]) -> list[str]:
        """Generated ids as people write them."""
        special = {PAD, self._clip.bos_token_id, self._clip.eos_token_id}
        return [readable(str(self._clip.decode([i for i in row if i not in special]))) for row in rows]


def load_tokenizer(folder: Path, vocabulary: int, context: int) -> PublishedTokenizer:
    """The tokenizer in a folder of weights, or CLIP's from the hub where the folder has none."""
    own = all((folder / file).is_file() for file in FILES)
    return PublishedTokenizer(folder if own else snapshot(CLIP, FILES), vocabulary, context)


_CAPITALS = ("rem", "nrem", "eeg", "eog", "emg", "ecg", "hrv", "rmssd")
_REPAIRS = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"(?<=\d) (?=\d)", ""),  # every digit is a token of its own
        (r"(?<=\d) \. (?=\d)", "."),
        (r"\bspo 2\b", "SpO2"),
        (r" ([.,:;%!?)\]])", r"\1"),
        (r"([(\[]) ", r"\1"),
        (r"(?<=\w) ([-/]) (?=\w)", r"\1"),
        (r"(?<=\w) ' ?(?=s\b)", "'"),
        (r"\bhz\b", "Hz"),
    )
)
_NAMED_WITH_DIGIT = re.compile(r"(?<![\w])([cefnom]) (\d)\b|(?<=[-/])([am]) (\d)\b")
_BEGINS = re.compile(r"(?:^|(?<=[.!?] ))[a-z]")


def readable(text: str) -> str:
    """What a lower-cased tokenizer gives back, with its spaces and capitals where people put them.

    ``"spo 2 is 9 6 . 5 % ( c 3 - a 2 ) ."`` becomes ``"SpO2 is 96.5% (C3-A2)."``.
    """
    text = " ".join(text.split())
    for pattern, new in _REPAIRS:
        text = pattern.sub(new, text)
    text = _NAMED_WITH_DIGIT.sub(lambda m: "".join(filter(None, m.groups())).upper(), text)
    text = re.sub(rf"\b({'|'.join(_CAPITALS)})\b", lambda m: m[0].upper(), text)
    return _BEGINS.sub(lambda m: m[0].upper(), text)

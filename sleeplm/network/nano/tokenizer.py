"""The captions' tokenizer: byte-pair encoding, lossless; every digit and every placeholder is a token."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from sleeplm.errors import ModelError
from sleeplm.network.nano.decoder import END, PAD, START
from sleeplm.network.nano.measured import PLACEHOLDERS

_SPECIAL = {"[PAD]": PAD, "[START]": START, "[END]": END}


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """Learn a vocabulary from captions.

    Parameters
    ----------
    texts : iterable of str
    vocabulary : int
        Tokens at most, the special ones included.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(PLACEHOLDERS),
        special_tokens=sorted(_SPECIAL, key=lambda token: _SPECIAL[token]),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens(list(PLACEHOLDERS))
    tokenizer.encode_special_tokens = True  # a text that happens to read "[END]" ends nothing
    return tokenizer


def load_tokenizer(file: Path, vocabulary: int) -> Tokenizer:
    """Read a tokenizer that fits a decoder of this vocabulary.

    Raises
    ------
    ModelError
        The file is missing, is no tokenizer, or does not fit.
    """
    if not file.is_file():
        raise ModelError(f"the weights folder lacks {file.name}")
    try:
        tokenizer = Tokenizer.from_str(file.read_text())
    except Exception as error:  # the library raises plain Exception for whatever it cannot read
        raise ModelError(f"{file.name} is not a tokenizer") from error
    fits = tokenizer.get_vocab_size() <= vocabulary
    if not fits or any(tokenizer.token_to_id(word) != i for word, i in _SPECIAL.items()):
        raise ModelError(f"{file.name} does not belong to these weights")
    tokenizer.encode_special_tokens = True
    return tokenizer


def framed(tokenizer: Tokenizer, text: str, length: int) -> list[int]:
    """Ids of a text between START and END; a text longer than `length` loses its end."""
    return [START, *tokenizer.encode(text).ids, END][:length]


def unframed(tokenizer: Tokenizer, rows: Iterable[Sequence[int]]) -> list[str]:
    """Texts of generated ids, up to END."""
    cut = [[i for i in _until_end(row) if i not in (PAD, START)] for row in rows]
    return tokenizer.decode_batch(cut, skip_special_tokens=True)


def _until_end(row: Sequence[int]) -> list[int]:
    row = [int(i) for i in row]
    return row[: row.index(END)] if END in row else row

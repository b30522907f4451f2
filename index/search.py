"""Searching an index by what is meant: by text, or by an epoch to resemble."""

from index.store import Hit, Index
from sleeplm.errors import SearchError, UsageError
from sleeplm.network.encoder import Encoder, model_of


def search_text(index: Index, encoder: Encoder, text: str, k: int = 10, where: str | None = None) -> list[Hit]:
    """The epochs nearest to a phrase.

    Raises
    ------
    SearchError
        The encoder is not the one whose vectors the index holds.
    UsageError
        The phrase is empty.
    """
    if not text.strip():
        raise UsageError("the text to search for is empty")
    if model_of(encoder) != index.model:
        raise SearchError(f"the index holds vectors of {index.model['name']}, not of {encoder.name} as it is now")
    return index.search(encoder.embed_text([text])[0], k, where)


def search_epoch(index: Index, study_id: str, epoch: int, k: int = 10, where: str | None = None) -> list[Hit]:
    """The epochs most like one epoch of the index, without that epoch itself.

    Raises
    ------
    SearchError
        The epoch is not in the index.
    """
    return index.search(index.vector(study_id, epoch), k, where, exclude=(study_id, epoch))

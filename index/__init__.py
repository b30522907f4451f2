"""Many nights: the embeddings of their epochs, and what is needed to filter and show them."""

from index.rows import COLUMNS
from index.store import Hit, Index

__all__ = ["COLUMNS", "Hit", "Index"]

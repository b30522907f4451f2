"""Questions about one night in a small typed language: what is measured, of what, and when."""

from sleeplm.query.evaluate import run
from sleeplm.query.language import parse

__all__ = ["parse", "run"]

"""What stands in a question: read once, by rule, before any language model sees it."""

from assistant.question.question import Question, leans_on_before

__all__ = ["Question", "leans_on_before"]

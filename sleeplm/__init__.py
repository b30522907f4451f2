"""What a night is, and the sleep-language model that reads it."""

__version__ = "0.1.0"
RESEARCH_USE = "Research use only: not a medical device, not for diagnosis or treatment."

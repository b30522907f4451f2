"""What a night is, and the sleep-language model that reads it."""

__version__ = "0.1.0"

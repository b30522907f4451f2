"""Training: the nano SleepLM, and the projector and adapters of the language model."""

"""Training and evaluation of the projector and of the language model adapter."""

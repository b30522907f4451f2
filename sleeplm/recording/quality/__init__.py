"""How good each signal is in each epoch."""

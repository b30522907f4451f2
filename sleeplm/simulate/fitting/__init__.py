"""Fits the simulator to real scored nights: makes `fitted.json` and `eeg.json`."""

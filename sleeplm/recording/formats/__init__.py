"""Files of signals, a format a file: EDF and BDF by our own reader, the rest by MNE; each gives a `Source`."""

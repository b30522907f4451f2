"""What an answer rests on, the words that it may be written in, and the check that it keeps to both."""

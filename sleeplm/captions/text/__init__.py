"""Attributes in words: templates, lexicon, phrases, and the text of each facet, epoch and night."""

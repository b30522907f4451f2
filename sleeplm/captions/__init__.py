"""A night in words: what is measured in each epoch, said by facet, and the night as a whole."""

from sleeplm.captions.attributes import attributes_of_night
from sleeplm.captions.caption import Caption
from sleeplm.captions.night import caption_night, tell
from sleeplm.captions.night_words import describe_night
from sleeplm.captions.phrases import doubtful_phrases, spans_of, training_phrases

__all__ = [
    "Caption",
    "attributes_of_night",
    "caption_night",
    "describe_night",
    "doubtful_phrases",
    "spans_of",
    "tell",
    "training_phrases",
]

"""A night in words: what is measured in each epoch, said by facet, and the night as a whole."""

from sleeplm.captions.caption import Caption
from sleeplm.captions.captioning import caption_night, tell
from sleeplm.captions.features.attributes import attributes_of_night
from sleeplm.captions.text.phrases import doubtful_phrases, spans_of, training_phrases
from sleeplm.captions.text.whole_night import describe_night

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

"""A night in words: what is measured in each epoch, by facet, and the night as a whole.

    signals and scoring -> `features` (attributes as plain values) -> `text` (words) -> `Caption`
    text -> `reading` (claims of a text; captions put in other words)

`attributes_of_night` measures, `with_channels` gives what some of its channels would have given, `render_captions`
puts attributes into words, `caption_night` does both, `describe_night` describes the whole night by its facts.
`training_phrases`, `doubtful_phrases` and `spans_of` are short phrases that are true of an epoch, as people search
for it. `read_back` gives the claims of a text again, `rewrite` puts captions in other words that claim the same.
"""

from sleeplm.captions.caption import Caption
from sleeplm.captions.captioning import caption_night, render_captions
from sleeplm.captions.features.attributes import attributes_of_night
from sleeplm.captions.features.channel_subsets import with_channels
from sleeplm.captions.reading.claims import read_back
from sleeplm.captions.reading.rewrite import Paraphraser, rewrite
from sleeplm.captions.text.phrases import doubtful_phrases, spans_of, training_phrases
from sleeplm.captions.text.whole_night import describe_night

__all__ = [
    "Caption",
    "Paraphraser",
    "attributes_of_night",
    "caption_night",
    "describe_night",
    "doubtful_phrases",
    "read_back",
    "render_captions",
    "rewrite",
    "spans_of",
    "training_phrases",
    "with_channels",
]

"""Facts with a name of their own: the words that ask for just them, read by rule and never guessed at.

The language model chooses among the numbers that people ask for in many ways. These have one or two names, which
either stand in a question or do not: where they do, a plan looks them up; where they do not, it cannot.
"""

import re
from collections.abc import Collection

from sleeplm.kinds.facts import FACT_KINDS, Asked
from sleeplm.kinds.stages import Stage

_NAMED = tuple(
    (re.compile(kind.names, re.IGNORECASE), kind)
    for kind in sorted(FACT_KINDS.values(), key=lambda kind: kind.rank)
    if kind.asked is Asked.BY_NAME
)


def named_facts(text: str, stages: Collection[Stage]) -> tuple[str, ...]:
    """The ids of the facts that a question names; where it names stages, of the heart in these alone."""
    wanted = set(stages)
    named = [kind for names, kind in _NAMED if names.search(text)]
    return tuple(
        k.id for k in named if not wanted or k.needs.modality != "heart" or k.needs.stage in (None, *wanted)
    )

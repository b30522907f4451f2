"""How the signal of an epoch reads to the language model: soft tokens in, a phrase of a closed list out."""

import numpy as np

from assistant.llm.prompt import READ, Prompt, Writer
from assistant.timeline import event_name
from sleeplm.kinds.stages import STAGE_NAMES, STAGES, Stage

EVENTS_READ = ("apnea", "hypopnea", "arousal", "leg_movement", "desaturation")
MAX_TOKENS = 24
QUESTION = "what does the signal look like?"


def reading_prompt(tokens: np.ndarray) -> Prompt:
    """Ask how an epoch looks.

    Parameters
    ----------
    tokens : ndarray ``[tokens, width]``
        SleepLM's tokens of the epoch.
    """
    return Prompt(READ, QUESTION, tokens=np.asarray(tokens, dtype=np.float32))


def reading_words(stage: Stage, events: list[str]) -> str:
    """A reading in words: the stage, and which of the events that can be read are in the epoch."""
    seen = [event_name(e, 1) for e in EVENTS_READ if e in events]
    return STAGE_NAMES[stage] + (" with " + " and ".join(seen) if seen else "")


def reading_grammar() -> str:
    """Write the grammar of all readings, in Lark's form."""
    stages = " | ".join(f'"{STAGE_NAMES[s]}"' for s in STAGES)
    events = " | ".join(f'"{event_name(e, 1)}"' for e in EVENTS_READ)
    return f'start: STAGE (" with " EVENT (" and " EVENT)*)? "."\nSTAGE: {stages}\nEVENT: {events}\n'


def read_epoch(llm: Writer, tokens: np.ndarray) -> str:
    """What the language model reads from an epoch's tokens, in words."""
    written = "".join(llm.complete(reading_prompt(tokens), reading_grammar(), MAX_TOKENS))
    return written.rstrip(".")

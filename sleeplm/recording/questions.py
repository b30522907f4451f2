"""What a recording cannot say of itself and a person can: asked, never guessed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """One thing to ask about a channel; the answer goes back as ``open_recording(..., units={channel: choice})``.

    Attributes
    ----------
    channel : str
        Canonical name.
    text : str
        The question, one sentence.
    choices : tuple of str
        Answers that would make sense of the values, as `units` takes them.
    default : str or None
        The answer to take where nobody is there to ask; None means that nothing is assumed.
    """

    channel: str
    text: str
    choices: tuple[str, ...]
    default: str | None = None

"""What a recording cannot say of itself and a person can: asked, never guessed."""

from dataclasses import dataclass

from sleeplm.recording.protocol import NightSignals


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


def unit_is_known(recording: NightSignals, name: str) -> bool:
    """Whether a channel's values are in its canonical unit as far as anybody knows: nothing is asked about it."""
    return not any(question.channel == name for question in recording.questions)

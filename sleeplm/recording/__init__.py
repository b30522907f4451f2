"""Any lab's file of signals as a `Recording` under canonical names; scoring files in `annotations`."""

from sleeplm.recording.questions import Question
from sleeplm.recording.recording import Channel, Recording, open_recording

__all__ = ["Channel", "Question", "Recording", "open_recording"]

"""Any lab's file of signals as a `Recording` under canonical names; scoring files in `annotations`."""

from sleeplm.recording.mne_exchange import from_mne, to_mne
from sleeplm.recording.montage.questions import Question
from sleeplm.recording.opening import montage_of, open_recording
from sleeplm.recording.recording import Channel, Recording

__all__ = ["Channel", "Question", "Recording", "from_mne", "montage_of", "open_recording", "to_mne"]

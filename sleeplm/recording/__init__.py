"""Any lab's file of signals as a `Recording` under canonical names; scoring files in `annotations`."""

from sleeplm.recording.recording import Channel, Recording, montage_of, open_recording

__all__ = ["Channel", "Recording", "montage_of", "open_recording"]

"""How good each signal is in each epoch."""

from sleeplm.recording.quality.assessment import UNUSABLE, Quality, assess
from sleeplm.recording.quality.faults import FAULTS

__all__ = ["FAULTS", "UNUSABLE", "Quality", "assess"]

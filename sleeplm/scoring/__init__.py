"""Signals to hypnogram and events: expert scoring where there is some, automatic where there is none."""

from sleeplm.scoring.heart import HeartRate, heart_rate
from sleeplm.scoring.oximetry import desaturations
from sleeplm.scoring.score import score
from sleeplm.scoring.spo2 import clean_spo2
from sleeplm.scoring.stages import Staging, low_confidence, stage

__all__ = ["HeartRate", "Staging", "clean_spo2", "desaturations", "heart_rate", "low_confidence", "score", "stage"]

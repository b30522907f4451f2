"""The fixed words of the house: stages, canonical channels, event types, facets, and the grid of time."""

from dataclasses import dataclass
from enum import StrEnum

EPOCH_S = 30  # AASM scoring epoch
MODEL_SFREQ_HZ = 64  # rate at which the network reads every channel
SAMPLES_PER_EPOCH = EPOCH_S * MODEL_SFREQ_HZ  # 1920
MIN_STAGING_S = 300  # under five minutes nothing is staged
RESEARCH_USE = "Research use only: not a medical device, not for diagnosis or treatment."


class Stage(StrEnum):
    """Sleep stages of the AASM manual, NREM sleep of unknown depth, and unscored."""

    W = "W"
    N1 = "N1"
    N2 = "N2"
    N3 = "N3"
    R = "R"
    NREM = "NREM"  # N1, N2 or N3, where what was recorded does not tell which
    UNSCORED = "?"


STAGES = (Stage.W, Stage.N1, Stage.N2, Stage.N3, Stage.R)  # the order of all probability columns
NREM_STAGES = (Stage.N1, Stage.N2, Stage.N3, Stage.NREM)
SLEEP_STAGES = (*NREM_STAGES, Stage.R)


@dataclass(frozen=True)
class CanonicalChannel:
    """One place of the canonical montage: its name, unit, kind of signal and what people call it."""

    name: str
    unit: str
    kind: str  # eeg, eog, emg, ecg, effort, flow, position, spo2, snore
    words: str


# The first ten stand in the order of the released SleepLM model.
CANONICAL = (
    CanonicalChannel("ECG", "mV", "ecg", "electrocardiogram"),
    CanonicalChannel("ABD", "a.u.", "effort", "abdominal belt"),
    CanonicalChannel("THX", "a.u.", "effort", "thoracic belt"),
    CanonicalChannel("AF", "a.u.", "flow", "airflow"),
    CanonicalChannel("EOG_L", "uV", "eog", "left eye movements"),
    CanonicalChannel("EOG_R", "uV", "eog", "right eye movements"),
    CanonicalChannel("C3", "uV", "eeg", "left central EEG"),
    CanonicalChannel("C4", "uV", "eeg", "right central EEG"),
    CanonicalChannel("EMG_CHIN", "uV", "emg", "chin EMG"),
    CanonicalChannel("POS", "code", "position", "body position"),
    CanonicalChannel("SPO2", "%", "spo2", "oxygen saturation"),
    CanonicalChannel("LEG_L", "uV", "emg", "left leg EMG"),
    CanonicalChannel("LEG_R", "uV", "emg", "right leg EMG"),
    CanonicalChannel("SNORE", "a.u.", "snore", "snoring"),
)
CHANNEL_NAMES = tuple(c.name for c in CANONICAL)
CHANNEL = {c.name: c for c in CANONICAL}

# Codes of the POS channel, those of the released model.
POSITIONS = {0: "right", 1: "left", 2: "supine", 3: "prone", 4: "upright", -1: "unknown"}

EVENT_TYPES = (
    "apnea_obstructive", "apnea_central", "apnea_mixed", "apnea", "hypopnea", "rera", "desaturation",
    "arousal", "leg_movement", "plm", "snore", "bradycardia", "tachycardia", "pause", "cheyne_stokes",
    "spindle", "slow_wave", "rapid_eye_movement", "artifact", "other",
)  # fmt: skip
MICRO_EVENTS = ("spindle", "slow_wave", "rapid_eye_movement")  # thousands a night: told as counts, not one by one
APNEAS = ("apnea_obstructive", "apnea_central", "apnea_mixed", "apnea")

# What must be recorded before anything may be said of an event type (any one of the channels suffices).
EVENT_CHANNELS = {
    **dict.fromkeys((*APNEAS, "hypopnea", "rera", "cheyne_stokes"), ("AF", "THX", "ABD")),
    "desaturation": ("SPO2",),
    "arousal": ("C3", "C4"),
    "spindle": ("C3", "C4"),
    "slow_wave": ("C3", "C4"),
    "rapid_eye_movement": ("EOG_L", "EOG_R"),
    "leg_movement": ("LEG_L", "LEG_R"),
    "plm": ("LEG_L", "LEG_R"),
    "snore": ("SNORE",),
    **dict.fromkeys(("bradycardia", "tachycardia", "pause"), ("ECG",)),
}

FACETS = ("stage_event", "brain", "cardiac", "respiratory", "somatic")
SUMMARY = "summary"  # the caption of an epoch from all of its facets

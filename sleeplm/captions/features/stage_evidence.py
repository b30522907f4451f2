"""What of an epoch's measured attributes supports its stage."""

from collections.abc import Callable, Mapping
from math import inf

from sleeplm.captions.features.brain import EOG, clean_derivations
from sleeplm.captions.features.thresholds import (
    BAND_LEVELS_PCT,
    EEG_UV,
    MIXED_DELTA_PCT,
    MIXED_UV,
    ROLLING_EYES_UV,
    SLOW_WAVES_S,
)
from sleeplm.kinds.stages import Stage

ByFacet = Mapping[str, Mapping]  # the attributes of an epoch
Condition = Callable[[ByFacet], bool]
_ALPHA_PCT, _THETA_PCT, _DELTA_PCT = (BAND_LEVELS_PCT[band][1] for band in ("alpha", "theta", "delta"))
_HIGH_UV = EEG_UV[1]


def _eeg(holds: Callable[[Mapping], bool]) -> Condition:
    """A condition on any clean derivation."""

    def some(row: ByFacet) -> bool:
        brain = row.get("brain", {})
        return any(holds(brain[name]) for name in clean_derivations(brain))

    return some


def rolling_eyes(row: ByFacet) -> bool:
    """Whether both eyes move slowly, and no less than fast."""
    eyes = [row.get("brain", {}).get(eye, {}) for eye in EOG]
    return all(e.get("slow_uv", 0) >= max(ROLLING_EYES_UV, e.get("saccadic_uv", 0)) for e in eyes)


def _chin(tone: str) -> Condition:
    return lambda row: row.get("somatic", {}).get("chin_tone") == tone


def _slow_waves(row: ByFacet) -> bool:
    waves = row.get("brain", {}).get("slow_waves", ())
    return sum(w["end_s"] - w["start_s"] for w in waves) >= SLOW_WAVES_S


_HOLDS: dict[str, Condition] = {
    "alpha": _eeg(lambda v: v["alpha_pct"] >= _ALPHA_PCT),
    "theta": _eeg(lambda v: v["theta_pct"] >= _THETA_PCT),
    "delta": _eeg(lambda v: v["delta_pct"] >= _DELTA_PCT and v.get("rms_uv", 0) >= _HIGH_UV),
    "mixed_frequency": _eeg(lambda v: v["delta_pct"] < MIXED_DELTA_PCT and v.get("rms_uv", inf) < MIXED_UV),
    "spindles": lambda row: bool(row.get("brain", {}).get("spindles")),
    "slow_waves": _slow_waves,
    "rapid_eye_movements": lambda row: bool(row.get("brain", {}).get("rapid_eye_movements")),
    "slow_eye_movements": rolling_eyes,
    "low_chin_tone": _chin("low"),
    "high_chin_tone": _chin("high"),
}
# What the AASM Manual 2.6 names for each stage, as far as it is measured here.
_OF_STAGE = {
    Stage.W: ("alpha", "high_chin_tone"),
    Stage.N1: ("theta", "mixed_frequency", "slow_eye_movements"),
    Stage.N2: ("spindles",),
    Stage.N3: ("slow_waves", "delta"),
    Stage.NREM: ("spindles", "slow_waves", "delta"),
    Stage.R: ("rapid_eye_movements", "low_chin_tone", "mixed_frequency", "theta"),
}


def stage_evidence(by_facet: ByFacet) -> list[str]:
    """What supports the stage of an epoch, by its attributes; empty where nothing does or no stage is known.

    Of a closed list: ``alpha`` and ``theta`` (a high share of power), ``delta`` (a high share, and high voltage),
    ``mixed_frequency`` (little delta and low voltage), ``spindles`` (one or more), ``slow_waves``
    (6 s or more of them), ``rapid_eye_movements`` (one or more), ``slow_eye_movements`` (see
    `rolling_eyes`), ``low_chin_tone`` and ``high_chin_tone`` (against the night); each only where it
    is evidence of the stage. Limits are those of `thresholds`.
    """
    stage = by_facet.get("stage_event", {}).get("stage")
    return [name for name in _OF_STAGE[stage] if _HOLDS[name](by_facet)] if stage in _OF_STAGE else []

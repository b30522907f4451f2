"""What of an epoch's measured attributes supports its stage."""

from collections.abc import Callable, Mapping
from math import inf

from sleeplm.captions.features.brain import EOG, clean_leads

_SLOW_WAVE_S = 6.0  # 20% of an epoch: what makes N3 (AASM Manual 2.6)
_ROLLING_UV = 20  # of slow eye movements, and more than of fast ones
# High shares of power and amplitudes are those of the captions' words.
_ALPHA_PCT, _THETA_PCT, _DELTA_PCT, _LARGE_UV, _MIXED_DELTA_PCT, _MIXED_UV = 18, 22, 75, 24, 60, 18
ByFacet = Mapping[str, Mapping]


def _eeg(holds: Callable[[Mapping], bool]) -> Callable[[ByFacet], bool]:
    """A condition on any clean derivation."""

    def some(row: ByFacet) -> bool:
        brain = row.get("brain", {})
        return any(holds(brain[lead]) for lead in clean_leads(brain))

    return some


def _rolling(row: ByFacet) -> bool:
    eyes = [row.get("brain", {}).get(eye, {}) for eye in EOG]
    return all(e.get("slow_uv", 0) >= max(_ROLLING_UV, e.get("saccadic_uv", 0)) for e in eyes)


def _chin(tone: str) -> Callable[[ByFacet], bool]:
    return lambda row: row.get("somatic", {}).get("chin_tone") == tone


def _slow_waves(row: ByFacet) -> bool:
    waves = row.get("brain", {}).get("slow_waves", ())
    return sum(w["end_s"] - w["start_s"] for w in waves) >= _SLOW_WAVE_S


_HOLDS: dict[str, Callable[[ByFacet], bool]] = {
    "alpha": _eeg(lambda v: v["alpha_pct"] >= _ALPHA_PCT),
    "theta": _eeg(lambda v: v["theta_pct"] >= _THETA_PCT),
    "delta": _eeg(lambda v: v["delta_pct"] >= _DELTA_PCT and v.get("rms_uv", 0) >= _LARGE_UV),
    "mixed_frequency": _eeg(lambda v: v["delta_pct"] < _MIXED_DELTA_PCT and v.get("rms_uv", inf) < _MIXED_UV),
    "spindles": lambda row: bool(row.get("brain", {}).get("spindles")),
    "slow_waves": _slow_waves,
    "rapid_eye_movements": lambda row: bool(row.get("brain", {}).get("rapid_eye_movements")),
    "slow_eye_movements": _rolling,
    "low_chin_tone": _chin("low"),
    "high_chin_tone": _chin("high"),
}
# What the AASM Manual 2.6 names for each stage, as far as it is measured here.
_OF_STAGE = {
    "W": ("alpha", "high_chin_tone"),
    "N1": ("theta", "mixed_frequency", "slow_eye_movements"),
    "N2": ("spindles",),
    "N3": ("slow_waves", "delta"),
    "NREM": ("spindles", "slow_waves", "delta"),
    "R": ("rapid_eye_movements", "low_chin_tone", "mixed_frequency", "theta"),
}


def stage_evidence(by_facet: ByFacet) -> list[str]:
    """What supports the stage of an epoch, by its attributes; empty where nothing does or no stage is known.

    Of a closed list: ``alpha`` (18% of power or more), ``theta`` (22% or more), ``delta`` (75% or more, and 24 uV
    RMS or more), ``mixed_frequency`` (under 60% delta and 18 uV RMS), ``spindles`` (one or more), ``slow_waves``
    (6 s or more of them), ``rapid_eye_movements`` (one or more), ``slow_eye_movements`` (20 uV RMS or more in both
    eyes, and more than saccades), ``low_chin_tone`` and ``high_chin_tone`` (against the night); each only where it
    is a mark of the stage.
    """
    stage = by_facet.get("stage_event", {}).get("stage")
    return [mark for mark in _OF_STAGE.get(stage, ()) if _HOLDS[mark](by_facet)]

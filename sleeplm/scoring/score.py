"""One scoring for a night: what experts brought, and what is left to automatic detectors."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import MODALITIES
from sleeplm.kinds.events import APNEAS_HYPOPNEAS, EVENT_KINDS, events_of_modality
from sleeplm.kinds.stages import Stage
from sleeplm.night import STAGES, Event, Scoring
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.arousals import arousal_events
from sleeplm.scoring.cheyne_stokes import cheyne_stokes_events
from sleeplm.scoring.detections import Detections
from sleeplm.scoring.doubles import counted_once
from sleeplm.scoring.hypopnea_types import typed_respiration
from sleeplm.scoring.limbs import limb_events
from sleeplm.scoring.limitation import rera_events
from sleeplm.scoring.oximetry import oxygen_events
from sleeplm.scoring.period import sleep_before_lights_off, treatment_begin
from sleeplm.scoring.respiration import check_rule
from sleeplm.scoring.rhythm import heart_events
from sleeplm.scoring.snoring import snore_events
from sleeplm.scoring.stages import stage
from sleeplm.scoring.waves import eye_movements, waves

_BREATHING = {"AF", "THX", "ABD", "SPO2"}
_HOME_STUDY = "Without sleep stages this is a home study (polygraphy): events are counted per hour of recording."
EXPERT, AUTOMATIC = "expert", "automatic"


def score(
    recording: NightSignals,
    expert: Sequence[Scoring] = (),
    lights_off_s: float | None = None,
    lights_on_s: float | None = None,
    hypopnea_rule: str = "3%",
    split_s: float | None = None,
) -> Scoring:
    """Score a night.

    Parameters
    ----------
    recording : Recording
        The signals.
    expert : sequence of Scoring
        What people scored, each maybe in part. Where two bring the same (stages, or a type of event), the first
        one counts and a warning says so.
    lights_off_s, lights_on_s : float, optional
        Seconds from the first sample; they count before those that a scoring brings.
    hypopnea_rule : str
        The AASM rule for automatic hypopneas: ``"3%"`` (desaturation of 3%, or arousal) or ``"4%"``.
    split_s : float, optional
        Seconds from the first sample at which treatment of a split night began; by the recording's annotations
        where it is not given.

    Returns
    -------
    Scoring
        Expert stages and event types as they are; the rest automatic, which is stated in
        ``hypnogram_source`` and ``event_sources``.

    Raises
    ------
    UsageError
        Lights outside the recording, or off after on; a hypopnea rule that does not exist.
    """
    check_rule(hypopnea_rule)
    _check_lights(recording.duration_s, lights_off_s, lights_on_s)
    merged = _merge(expert, recording.n_epochs)
    if merged.hypnogram is None:
        staging = stage(recording)
        gap = recording.mostly_gap
        merged.hypnogram = tuple(Stage.UNSCORED if g else s for g, s in zip(gap, staging.hypnogram, strict=True))
        merged.hypnogram_source = staging.source
        if staging.probabilities is not None:
            merged.probabilities = np.where(gap[:, None], np.float32(np.nan), staging.probabilities)
        merged.warnings += [staging.warning] if staging.warning else []
    if not any(s != Stage.UNSCORED for s in merged.hypnogram) and _BREATHING & set(recording.channels):
        merged.warnings.append(_HOME_STUDY)
    for detector in detectors(hypopnea_rule):
        _detect(recording, merged, detector)
    off_s = merged.lights_off_s if lights_off_s is None else lights_off_s
    on_s = merged.lights_on_s if lights_on_s is None else lights_on_s
    _check_lights(recording.duration_s, off_s, on_s)
    if early := sleep_before_lights_off(merged.hypnogram, off_s):
        merged.warnings.append(early)
    if split_s is None:
        split_s = treatment_begin(recording.annotations, merged.hypnogram)
    elif not 0 < split_s < recording.duration_s:
        raise UsageError(f"The begin of treatment at {split_s:g} s lies outside the recording.")
    return replace(
        merged.as_scoring(),
        lights_off_s=off_s,
        lights_on_s=on_s,
        split_s=split_s,
        warnings=tuple(merged.warnings),
    )


@dataclass
class _Merged:
    hypnogram: tuple[Stage, ...] | None = None
    hypnogram_source: str | None = None
    probabilities: np.ndarray | None = None
    events: list[Event] = field(default_factory=list)
    event_sources: dict[str, str] = field(default_factory=dict)
    lights_off_s: float | None = None
    lights_on_s: float | None = None
    warnings: list[str] = field(default_factory=list)
    rules: dict[str, str] = field(default_factory=dict)
    not_understood: dict[str, int] = field(default_factory=dict)
    searched: dict[str, np.ndarray] = field(default_factory=dict)

    def as_scoring(self) -> Scoring:
        """The scoring as it stands, events in order of start."""
        return Scoring(
            hypnogram=tuple(self.hypnogram or ()),
            hypnogram_source=self.hypnogram_source,
            probabilities=self.probabilities,
            events=tuple(sorted(self.events, key=lambda e: (e.start_s, e.type))),
            event_sources=dict(self.event_sources),
            lights_off_s=self.lights_off_s,
            lights_on_s=self.lights_on_s,
            rules=dict(self.rules),
            not_understood=dict(self.not_understood),
            searched=dict(self.searched),
        )


def _check_lights(duration_s: float, off_s: float | None, on_s: float | None) -> None:
    for name, at_s in (("off", off_s), ("on", on_s)):
        if at_s is not None and not 0 <= at_s <= duration_s:
            raise UsageError(
                f"Lights {name} at {at_s:g} s lies outside the recording, which lasts {duration_s:g} s."
            )
    if (0 if off_s is None else off_s) >= (duration_s if on_s is None else on_s):
        raise UsageError("Lights off must come before lights on.")


def _merge(expert: Sequence[Scoring], n_epochs: int) -> _Merged:
    """Put partial scorings together; the first to bring something is believed."""
    merged = _Merged()
    doubts = Counter[str]()  # words that may be of a type, of scorings whose other events of the type are used
    for part in expert:
        unused = {t for t in part.event_sources if t in merged.event_sources}
        unused |= {STAGES} if part.hypnogram and merged.hypnogram is not None else set()
        doubts.update({t: n for t, n in part.not_understood.items() if t not in unused})
        if any(s != Stage.UNSCORED for s in part.hypnogram):
            if merged.hypnogram is None:
                merged.hypnogram = _fit(part.hypnogram, n_epochs, merged.warnings)
                merged.hypnogram_source = part.hypnogram_source or EXPERT
            else:
                merged.warnings.append("Two scorings bring sleep stages: those of the first are used.")
        twice = sorted(set(part.event_sources) & set(merged.event_sources))
        new = [t for t in part.event_sources if t not in merged.event_sources]
        if twice:
            words = ", ".join(t.replace("_", " ") for t in twice)
            merged.warnings.append(
                f"Two scorings bring events of the same type ({words}): those of the first are used."
            )
        merged.event_sources |= {t: part.event_sources[t] for t in new}
        events, said = (part.events_of(*new), []) if part.by_epoch else counted_once(part.events_of(*new))
        merged.events += events
        merged.warnings += said
        merged.lights_off_s = part.lights_off_s if merged.lights_off_s is None else merged.lights_off_s
        merged.lights_on_s = part.lights_on_s if merged.lights_on_s is None else merged.lights_on_s
    known = {*merged.event_sources, *([STAGES] if merged.hypnogram is not None else [])}
    merged.not_understood = {t: n for t, n in doubts.items() if t in known}
    merged.warnings += _left_to_detectors(set(doubts), known)
    return merged


def _left_to_detectors(doubted: set[str], known: set[str]) -> list[str]:
    """That of a family of events an expert's words were not understood, any of them, so that detectors look."""
    families = {EVENT_KINDS[t].modality for t in doubted - {STAGES}}
    main = {"breathing": set(APNEAS_HYPOPNEAS)}  # without these its index is of detectors
    lost = [m for m in families if not known & main.get(m, set(events_of_modality(m)))]
    words = [MODALITIES[m].noun for m in MODALITIES if m in lost]
    words += ["sleep stages"] if STAGES in doubted - known else []
    if not words:
        return []
    return [
        f"A scoring has words for {' and '.join(words)} of which none is understood: what is said of it is by "
        "detectors, not by an expert."
    ]


def _fit(hypnogram: Sequence[Stage], n_epochs: int, warnings: list[str]) -> tuple[Stage, ...]:
    """A hypnogram as long as the recording, and a warning where it was not."""
    if len(hypnogram) != n_epochs:
        warnings.append(
            f"The hypnogram has {len(hypnogram)} epochs, the recording {n_epochs}; the rest is left out."
        )
    return (*hypnogram[:n_epochs], *[Stage.UNSCORED] * (n_epochs - len(hypnogram)))


# What reads a recording and the scoring of its night as it stands.
DetectorFunction = Callable[[NightSignals, Scoring], Detections]


@dataclass(frozen=True)
class Detector:
    """A detector and the event types that it may bring.

    Attributes
    ----------
    detect : callable
        ``detect(recording, scoring)`` gives a `Detections`; `scoring` is the scoring of the night as it stands:
        expert stages and events, and what the detectors before found.
    types : tuple of str
        What it may bring; it is not asked where experts brought all of them.
    one_rule : bool
        Whether its types are told from each other by one scorer, so that it adds nothing to an expert's.
    """

    detect: DetectorFunction
    types: tuple[str, ...]
    one_rule: bool = False


def detectors(hypopnea_rule: str = "3%") -> tuple[Detector, ...]:
    """All detectors, in the order in which they need each other."""
    breathing = partial(typed_respiration, hypopnea_rule=hypopnea_rule)
    return (
        Detector(lambda recording, _: oxygen_events(recording), ("desaturation",)),
        Detector(arousal_events, ("arousal",)),
        Detector(snore_events, ("snore",)),
        Detector(breathing, APNEAS_HYPOPNEAS, one_rule=True),
        Detector(rera_events, ("rera",)),
        Detector(cheyne_stokes_events, ("cheyne_stokes",)),
        Detector(limb_events, ("leg_movement", "plm"), one_rule=True),
        Detector(heart_events, ("bradycardia", "tachycardia", "pause")),
        Detector(waves, ("spindle", "slow_wave")),
        Detector(eye_movements, ("rapid_eye_movement",)),
    )


def _detect(recording: NightSignals, merged: _Merged, detector: Detector) -> None:
    """Add what a detector finds of the types that no expert scored."""
    wanted = [t for t in detector.types if t not in merged.event_sources]
    if not wanted or (detector.one_rule and len(wanted) < len(detector.types)):
        return
    detections = detector.detect(recording, merged.as_scoring())
    merged.events += [e for e in detections.events if e.type in wanted]
    merged.event_sources |= {t: AUTOMATIC for t in detections.scored if t in wanted}
    merged.rules |= {t: rule for t, rule in detections.rules.items() if t in wanted}
    if detections.searched is not None:
        merged.searched |= {t: detections.searched for t in detections.scored if t in wanted}
    merged.warnings += detections.warnings

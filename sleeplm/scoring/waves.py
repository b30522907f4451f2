"""Spindles, slow waves and rapid eye movements, by YASA's detectors."""

from collections.abc import Sequence

import numpy as np

from sleeplm.kinds.stages import NREM_STAGES, Stage
from sleeplm.night import Event, Scoring
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.derivations import SFREQ_HZ, best_eeg, fast_enough, per_sample
from sleeplm.scoring.detections import Detections
from sleeplm.scoring.usable import active, loss_warnings, read_usable, searched_epochs
from sleeplm.units import EPOCH_S

SOURCE = "yasa"
EYES = ("EOG_L", "EOG_R")
# YASA's own thresholds (Vallat & Walker 2021, eLife 10:e70092), as its documentation has them.
RULES = {
    "spindle": "YASA: 12 to 15 Hz for .5 to 2 s, by relative power, correlation with the EEG, and RMS",
    "slow_wave": "YASA: .3 to 1.5 Hz, negative peak of 40 to 200 uV, 75 to 350 uV peak to peak (Massimini 2004)",
    "rapid_eye_movement": "YASA: both eyes against each other, .5 to 5 Hz, 50 to 325 uV, .3 to 1.2 s",
}


def waves(recording: NightSignals, scoring: Scoring) -> Detections:
    """Spindles and slow waves of a recording in NREM sleep, on its better central EEG channel.

    Both sides show nearly the same waves, and a second channel would double the cost. Nothing is looked for
    without stages: both belong to NREM sleep, and what looks like them awake is alpha and eye movement.
    """
    derivation = best_eeg(recording)
    if derivation is None or scoring.hypnogram_source is None:
        return Detections()
    if not active(recording, derivation):
        return Detections(warnings=loss_warnings(recording, derivation))
    signal_uv = read_usable(recording, derivation, SFREQ_HZ)
    asleep = per_sample(scoring.hypnogram, NREM_STAGES, len(signal_uv))
    events = [e for kind in ("spindle", "slow_wave") for e in find_waves(kind, signal_uv, asleep, derivation)]
    return Detections(
        sorted(events, key=lambda e: e.start_s),
        ("spindle", "slow_wave"),
        loss_warnings(recording, derivation),
        searched=searched_epochs(recording, derivation),
    )


def eye_movements(recording: NightSignals, scoring: Scoring) -> Detections:
    """Rapid eye movements of a recording in REM sleep; not looked for without stages, or without both eyes.

    Awake, blinks and looks pass for them, in NREM sleep slow waves and rolling eyes do.
    """
    if not all(fast_enough(recording, name) for name in EYES) or scoring.hypnogram_source is None:
        return Detections()
    if active(recording, *EYES) != list(EYES):
        return Detections(warnings=loss_warnings(recording, *EYES))
    left, right = (read_usable(recording, name, SFREQ_HZ) for name in EYES)
    wanted = per_sample(scoring.hypnogram, (Stage.R,), len(left))
    return Detections(
        find_eye_movements(left, right, wanted),
        ("rapid_eye_movement",),
        loss_warnings(recording, *EYES),
        searched=searched_epochs(recording, *EYES),
    )


def find_waves(kind: str, eeg_uv: np.ndarray, wanted: np.ndarray, *channels: str) -> list[Event]:
    """Find spindles or slow waves.

    Parameters
    ----------
    kind : str
        ``"spindle"`` or ``"slow_wave"``.
    eeg_uv : ndarray
        EEG in microvolts at 100 Hz, ``[samples]``; NaN where it is not usable.
    wanted : ndarray of bool
        Where to look, ``[samples]``: in NREM sleep. Thresholds that follow the person's own level
        (the RMS of spindles) are taken from there.
    *channels : str
        Canonical names that the events are marked on.
    """
    import yasa

    detect = yasa.spindles_detect if kind == "spindle" else yasa.sw_detect
    return _found(kind, (eeg_uv,), wanted, detect, channels)


def find_eye_movements(left_uv: np.ndarray, right_uv: np.ndarray, wanted: np.ndarray) -> list[Event]:
    """Find rapid eye movements in both EOGs, in microvolts at 100 Hz, ``[samples]``, where `wanted`."""
    import yasa

    return _found("rapid_eye_movement", (left_uv, right_uv), wanted, yasa.rem_detect, EYES)


def _found(kind: str, signals: Sequence[np.ndarray], wanted: np.ndarray, detect, channels) -> list[Event]:
    """Run a detector of YASA on the epochs that hold anything wanted, and one more on each side.

    The epochs in between are cut out: they would be filtered only to be masked. A cut lies at least one epoch
    from what is wanted, where no filter's edge reaches it.
    """
    size = EPOCH_S * SFREQ_HZ
    wanted = np.logical_and.reduce([wanted, *map(np.isfinite, signals)])
    n = len(wanted) // size
    holds = np.asarray(wanted[: n * size].reshape(n, size).any(axis=1))
    near = holds.copy()
    near[1:] |= holds[:-1]
    near[:-1] |= holds[1:]
    kept = np.flatnonzero(near)
    if not len(kept):
        return []
    parts = [np.nan_to_num(s[: n * size].reshape(n, size)[kept].ravel().astype(np.float64)) for s in signals]
    mask = wanted[: n * size].reshape(n, size)[kept].ravel().astype(int)
    with np.errstate(divide="ignore", invalid="ignore"):  # the ratios of a stretch without any signal
        found = detect(*parts, SFREQ_HZ, hypno=mask, include=1, verbose="ERROR")
    if found is None:
        return []
    start_s, end_s = found.summary()[["Start", "End"]].to_numpy().T
    shift_s = (kept - np.arange(len(kept)))[(start_s // EPOCH_S).astype(int)] * EPOCH_S
    return [
        Event(kind, round(float(a + s), 2), round(float(b - a), 2), tuple(channels), SOURCE, rule=RULES[kind])
        for a, b, s in zip(start_s, end_s, shift_s, strict=True)
    ]

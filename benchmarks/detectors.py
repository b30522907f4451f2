"""How well the automatic detectors find events: real nights against a scorer, simulated ones against the truth."""

import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.agreement import figures, matches, near
from benchmarks.real_events import WITHIN_S, real_figures
from benchmarks.report import Figure, run
from sleeplm.kinds.events import APNEAS, APNEAS_HYPOPNEAS
from sleeplm.night import Event, Scoring
from sleeplm.recording import open_recording
from sleeplm.scoring import score
from sleeplm.scoring.heart import heart_of
from sleeplm.scoring.oximetry import oxygen_events
from sleeplm.scoring.respiration import respiration
from sleeplm.simulate import simulate_night, write_night

PROFILES, HOURS = ("healthy-old", "osa-mild", "osa-severe", "csa", "plm"), 4.0
# Unusual nights have parameters outside the ranges used while developing: theirs are the figures to trust. The last
# are recorded as any lab might: loose sensors, other gains, rates, filters and polarity.
NIGHTS: dict[str, dict] = {
    "usual": {},
    "out of distribution": {"out_of_distribution": True},
    "out of distribution, any lab": {"out_of_distribution": True, "lab": "varied"},
}
SEEDS = {
    "usual": (1, 7),
    "out of distribution": (83, 89),
    "out of distribution, any lab": (97, 101),
}  # all but the usual were looked at once
SPEED_HOURS = 8.0
# What is counted as one kind, and the types that count as it.
KINDS = {
    "apnea or hypopnea": APNEAS_HYPOPNEAS,
    "apnea": APNEAS,
    "obstructive apnea": ("apnea_obstructive",),
    "central apnea": ("apnea_central",),
    "mixed apnea": ("apnea_mixed",),
    "hypopnea": ("hypopnea",),
    "desaturation": ("desaturation",),
    "arousal": ("arousal",),
    "leg movement": ("leg_movement", "plm"),
    "periodic leg movement": ("plm",),
    "spindle": ("spindle",),
    "slow wave": ("slow_wave",),
    "rapid eye movement": ("rapid_eye_movement",),
    "snoring": ("snore",),
}
IN_SLEEP = ("arousal", "leg movement", "periodic leg movement", "spindle", "slow wave", "rapid eye movement")


def measure() -> list[Figure]:
    """Precision, recall and F1 of every detector that there is a truth for."""
    return real_figures() + [f for habits in NIGHTS for f in _simulated(habits)] + _speed()


def _simulated(habits: str) -> list[Figure]:
    """All detectors on all channels of simulated nights, as they come out of a file.

    They are staged automatically, and once more by the true stages: what only sleep may hold is missed where
    staging takes it for wake, and the second figures tell the detectors' own misses from those.
    """
    counts = {kind: np.zeros(3, int) for kind in (*KINDS, "R peaks", *map(_by_true_stages, IN_SLEEP))}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "night.edf")
        for profile, seed in product(PROFILES, SEEDS[habits]):
            night = simulate_night(seed, HOURS, profile, **NIGHTS[habits])
            write_night(night, file)
            recording = open_recording(file)
            found = score(recording)
            staged = score(recording, [Scoring(night.hypnogram, "simulated truth")])
            for kind, types in KINDS.items():
                true = [e for e in night.events if e.type in types]
                counts[kind] += _counts(found.events_of(*types), true)
                if kind in IN_SLEEP:
                    counts[_by_true_stages(kind)] += _counts(staged.events_of(*types), true)
            heart = heart_of(recording)
            beats_s = np.empty(0) if heart is None else heart.beats_s
            counts["R peaks"] += (near(beats_s, night.beats_s, WITHIN_S), len(beats_s), len(night.beats_s))
    nights = f"simulated, {len(PROFILES) * len(SEEDS[habits])} {habits} nights of {HOURS:g} h"
    shown = []
    for kind, (matched, n_found, n_true) in counts.items():
        if n_true:
            how = "within 100 ms" if kind == "R peaks" else "IoU .2"
            shown += figures(f"{habits} {kind}", int(matched), int(n_found), int(n_true), f"{nights}, {how}")
    return shown


def _counts(found: list[Event], true: list[Event]) -> tuple[int, int, int]:
    """How many events match, were found, and are true."""
    return matches(found, true), len(found), len(true)


def _by_true_stages(kind: str) -> str:
    return f"{kind}, by true stages"


def _speed() -> list[Figure]:
    """Processor time of the detectors of breath, oxygen and heart, from a file.

    The quality of the signals is known before: all detectors share it.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "night.edf")
        write_night(simulate_night(1, SPEED_HOURS, "osa-severe"), file)
        recording = open_recording(file)
        _ = recording.quality
        steps = {"desaturations": oxygen_events, "apneas and hypopneas": respiration, "heart beats": heart_of}
        shown = []
        for name, detect in steps.items():
            began_s = time.process_time()
            detect(recording)
            took_s = time.process_time() - began_s
            shown.append(Figure(f"time for {name}", took_s, "s", f"simulated, {SPEED_HOURS:g} h, one core"))
    return shown


if __name__ == "__main__":
    run("detectors", measure)

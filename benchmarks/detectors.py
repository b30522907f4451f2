"""How well the automatic detectors find events: real nights against a scorer, simulated ones against the truth."""

import tempfile
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.agreement import figures, matches, near
from benchmarks.real_events import WITHIN_S, real_figures
from benchmarks.report import Figure, run
from sleeplm.recording import open_recording
from sleeplm.scoring import score
from sleeplm.scoring.heart import heart_of
from sleeplm.simulate import simulate_night, write_night
from sleeplm.vocabulary import APNEAS

PROFILES, SEEDS, HOURS = ("healthy-old", "osa-mild", "osa-severe", "csa", "plm"), (1, 7), 4.0
# Unusual nights have parameters outside the ranges used while developing: theirs are the figures to trust.
UNUSUAL = {"usual": False, "unusual": True}
# What is counted as one kind, and the types that count as it.
KINDS = {
    "apnea or hypopnea": (*APNEAS, "hypopnea"),
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


def measure() -> list[Figure]:
    """Precision, recall and F1 of every detector that there is a truth for."""
    return real_figures() + [f for habits in UNUSUAL for f in _simulated(habits)]


def _simulated(habits: str) -> list[Figure]:
    """All detectors on all channels of simulated nights, staged automatically, as they come out of a file."""
    counts = {kind: np.zeros(3, int) for kind in (*KINDS, "R peaks")}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "night.edf")
        for profile, seed in product(PROFILES, SEEDS):
            night = simulate_night(seed, HOURS, profile, unusual=UNUSUAL[habits])
            write_night(night, file)
            recording = open_recording(file)
            found = score(recording)
            for kind, types in KINDS.items():
                both = found.events_of(*types), [e for e in night.events if e.type in types]
                counts[kind] += (matches(*both), *map(len, both))
            beats_s = heart_of(recording).beats_s
            counts["R peaks"] += (near(beats_s, night.beats_s, WITHIN_S), len(beats_s), len(night.beats_s))
    nights = f"simulated, {len(PROFILES) * len(SEEDS)} {habits} nights of {HOURS:g} h"
    shown = []
    for kind, (matched, n_found, n_true) in counts.items():
        if n_true:
            how = "within 100 ms" if kind == "R peaks" else "IoU .2"
            shown += figures(f"{habits} {kind}", int(matched), int(n_found), int(n_true), f"{nights}, {how}")
    return shown


if __name__ == "__main__":
    run("detectors", measure)

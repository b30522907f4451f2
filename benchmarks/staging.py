"""How well YASA stages simulated nights of all profiles, and a real one where it is at hand, against the truth."""

import os
import tempfile
from pathlib import Path

import numpy as np
from sklearn.metrics import cohen_kappa_score, f1_score

from benchmarks.report import Figure, run
from sleeplm.kinds.stages import STAGES
from sleeplm.recording import open_recording
from sleeplm.recording.annotations import read_scoring
from sleeplm.scoring.stages import stage
from sleeplm.simulate import PROFILES, simulate_night, write_night

NIGHTS = 20
FIRST_SEED = 300
HOURS = 8.0
REAL = Path(os.environ.get("SLEEPLM_TEST_DATA", "../shared"), "data", "recordings")


def measure() -> list[Figure]:
    """Cohen's kappa over the epochs that the truth stages, and how each stage fares over all simulated nights."""
    profiles, kappas, pairs = list(PROFILES), [], []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(NIGHTS):
            file = Path(folder, "night.edf")
            night = simulate_night(FIRST_SEED + i, HOURS, profiles[i % len(profiles)])
            write_night(night, file)
            pairs.append(_pairs(file, night.hypnogram))
            kappas.append(_kappa(pairs[-1]))
    conditions = f"n = {NIGHTS} simulated nights of {HOURS:g} h, all profiles, seeds from {FIRST_SEED}"
    figures = [
        Figure("kappa, simulated, median", float(np.median(kappas)), "", conditions),
        Figure("kappa, simulated, lowest", min(kappas), "", conditions),
    ]
    truth, found = (np.concatenate(side) for side in zip(*pairs, strict=True))
    scores = f1_score(truth, found, labels=list(STAGES), average=None)
    figures += [Figure(f"F1 {s}", float(v), "", conditions) for s, v in zip(STAGES, scores, strict=True)]
    taken = {s: float(np.mean(found[truth == "N1"] == s)) for s in STAGES}
    figures += [Figure(f"N1 staged as {s}", 100 * v, "%", conditions) for s, v in taken.items()]
    real = REAL / "ucddb018.edf"
    if real.is_file():
        expert = read_scoring(REAL / "ucddb018_stage.csv", open_recording(real)).hypnogram
        conditions = f"real, one EEG channel, expert, n = {len(expert)} epochs"
        figures.append(Figure("kappa, ucddb018", _kappa(_pairs(real, expert)), "", conditions))
    return figures


def _pairs(file: Path, truth) -> tuple[np.ndarray, np.ndarray]:
    """True and found stages of the epochs that have both."""
    staged = stage(open_recording(file)).hypnogram
    both = [(str(t), str(s)) for t, s in zip(truth, staged, strict=True) if t in STAGES and s in STAGES]
    expert, automatic = (np.array(side) for side in zip(*both, strict=True))
    return expert, automatic


def _kappa(pairs: tuple[np.ndarray, np.ndarray]) -> float:
    return float(cohen_kappa_score(*pairs))


if __name__ == "__main__":
    run("staging", measure)

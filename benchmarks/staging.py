"""How well YASA stages simulated nights of each profile, and a real one where it is at hand, against the truth."""

import os
import tempfile
from pathlib import Path

from sklearn.metrics import cohen_kappa_score

from benchmarks.report import Figure, run
from sleeplm.recording import open_recording
from sleeplm.recording.annotations import read_scoring
from sleeplm.scoring.stages import stage
from sleeplm.simulate import PROFILES, simulate_night, write_night
from sleeplm.vocabulary import STAGES

SEEDS = (0, 1)
HOURS = 8.0
REAL = Path(os.environ.get("SLEEPLM_TEST_DATA", "../shared"), "data", "recordings")


def measure() -> list[Figure]:
    """Cohen's kappa over the epochs that the truth stages."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for profile in PROFILES:
            for seed in SEEDS:
                file = Path(folder, "night.edf")
                night = simulate_night(seed, HOURS, profile)
                write_night(night, file)
                conditions = f"simulated, {HOURS:g} h, seed {seed}, n = {len(night.hypnogram)} epochs"
                figures.append(Figure(f"kappa, {profile}", _kappa(file, night.hypnogram), "", conditions))
    real = REAL / "ucddb018.edf"
    if real.is_file():
        expert = read_scoring(REAL / "ucddb018_stage.csv", open_recording(real)).hypnogram
        conditions = f"real, one EEG channel, expert, n = {len(expert)} epochs"
        figures.append(Figure("kappa, ucddb018", _kappa(real, expert), "", conditions))
    return figures


def _kappa(file: Path, truth) -> float:
    staged = stage(open_recording(file)).hypnogram
    pairs = [(t, s) for t, s in zip(truth, staged, strict=True) if t in STAGES and s in STAGES]
    return float(cohen_kappa_score(*zip(*pairs, strict=True)))


if __name__ == "__main__":
    run("staging", measure)

"""How well SleepECG tells wake, REM and NREM sleep from heart beats alone: why no night is staged by its ECG.

Needs Keras (``pip install keras``), which nothing else here does; SleepECG brings its weights.
"""

import contextlib
import io
import os
import warnings
from pathlib import Path

import numpy as np
from sklearn.metrics import accuracy_score, cohen_kappa_score

from benchmarks.report import Figure, run

FOLDER = Path(os.environ.get("SLEEPLM_TEST_DATA", "../shared"), "data", "scorings", "slpdb")
CLASSIFIERS = ("wrn-gru-mesa", "wrn-gru-mesa-weighted")
FOUND = ("?", "NREM", "R", "W")  # columns of the probabilities
NOTED = {"W": "W", "R": "R"} | dict.fromkeys("1234", "NREM")


def measure() -> list[Figure]:
    """Agreement with the experts of the MIT-BIH Polysomnographic Database, from its true beats, by classifier."""
    os.environ.setdefault("KERAS_BACKEND", "torch")  # read once, when Keras is imported
    import sleepecg

    shown = []
    for name in CLASSIFIERS if FOLDER.is_dir() else ():
        classifier = sleepecg.load_classifier(name, "SleepECG")
        nights = [_staged(classifier, path) for path in sorted(FOLDER.glob("*.rr"))]
        true, found = (np.concatenate(side) for side in zip(*nights, strict=True))
        known = (true != "?") & (found != "?")
        true, found = true[known], found[known]
        conditions = f"real, experts, {len(nights)} records, n = {len(true)} epochs, true beats"
        shown.append(Figure(f"{name}, kappa", cohen_kappa_score(true, found), "", conditions))
        shown.append(Figure(f"{name}, accuracy", accuracy_score(true, found), "", conditions))
        most = max(np.mean(true == stage) for stage in FOUND)
        shown.append(Figure("always NREM, accuracy", float(most), "", conditions))
    return shown


def _staged(classifier, beats: Path) -> tuple[np.ndarray, np.ndarray]:
    """Stages of one record as the expert and as the classifier has them, an epoch each."""
    import sleepecg

    rows = [line.split() for line in beats.read_text().splitlines()]
    beats_s = np.array([_seconds(row[-1]) for row in rows if len(row) > 4])
    notes = [line.split("\t") for line in beats.with_suffix(".an").read_text().splitlines()[1:]]
    true = np.full(int(beats_s[-1] // 30) + 1, "?", dtype="<U4")
    for before, note in notes:
        epoch = round(_seconds(before.split()[0]) / 30)
        if epoch < len(true):
            true[epoch] = NOTED.get(note.split()[0], "?")
    record = sleepecg.SleepRecord(sleep_stage_duration=30, heartbeat_times=beats_s)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):  # Keras draws a bar
        warnings.simplefilter("ignore")
        probabilities = sleepecg.stage(classifier, record, return_mode="prob")
    found = np.array(FOUND)[probabilities.argmax(axis=1)]
    n = min(len(true), len(found))
    return true[:n], found[:n]


def _seconds(clock: str) -> float:
    parts = [float(part) for part in clock.split(":")]
    return float(np.dot(parts, (3600, 60, 1)[-len(parts) :]))


if __name__ == "__main__":
    run("heart_staging", measure)

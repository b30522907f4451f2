"""How well SleepECG tells wake, REM and NREM sleep from heart beats alone, as ECG-only nights are staged.

Needs Keras (the extra ``ecg``); SleepECG brings its weights.
"""

import os
import re
from datetime import time
from pathlib import Path

import numpy as np
from sklearn.metrics import accuracy_score, cohen_kappa_score

from benchmarks.report import Figure, run
from sleeplm.kinds.stages import Stage
from sleeplm.recording.privacy.subject import NOBODY_KNOWN, Subject
from sleeplm.scoring.heart_stages import stages_of_beats

FOLDER = Path(os.environ.get("SLEEPLM_TEST_DATA", "../shared"), "data", "scorings", "slpdb")
CLASSIFIERS = ("wrn-gru-mesa", "wrn-gru-mesa-weighted")
NOTED = {"W": Stage.W, "R": Stage.R} | dict.fromkeys("1234", Stage.NREM)


def measure() -> list[Figure]:
    """Agreement with the experts of the MIT-BIH Polysomnographic Database, from its true beats, by classifier."""
    shown = []
    paths = sorted(FOLDER.glob("*.rr")) if FOLDER.is_dir() else []
    for name in CLASSIFIERS if paths else ():
        for with_header in (True, False):
            nights = [_staged(name, path, with_header) for path in paths]
            true, found = (np.concatenate(side) for side in zip(*nights, strict=True))
            known = true != Stage.UNSCORED
            true, found = true[known], found[known]
            conditions = f"real, experts, {len(nights)} records, n = {len(true)} epochs, true beats, "
            conditions += "age, sex and clock of the headers" if with_header else "age, sex and clock not told"
            shown.append(Figure(f"{name}, kappa", cohen_kappa_score(true, found), "", conditions))
            shown.append(Figure(f"{name}, accuracy", accuracy_score(true, found), "", conditions))
    if paths:
        most = float(np.mean(true == Stage.NREM))
        shown.append(Figure("always NREM, accuracy", most, "", f"the same, n = {len(true)} epochs"))
    return shown


def _staged(classifier: str, beats: Path, with_header: bool) -> tuple[np.ndarray, np.ndarray]:
    """Stages of one record as the expert and as the classifier has them, an epoch each."""
    rows = [line.split() for line in beats.read_text().splitlines()]
    beats_s = np.array([_seconds(row[-1]) for row in rows if len(row) > 4])
    notes = [line.split("\t") for line in beats.with_suffix(".an").read_text().splitlines()[1:]]
    true = np.full(int(beats_s[-1] // 30), str(Stage.UNSCORED), dtype="<U4")
    for before, note in notes:
        epoch = round(_seconds(before.split()[0]) / 30)
        if epoch < len(true):
            true[epoch] = NOTED.get(note.split()[0], Stage.UNSCORED)
    clock, subject = _header(beats.with_suffix(".hea").read_text()) if with_header else (None, NOBODY_KNOWN)
    found = stages_of_beats(beats_s, len(true), clock, subject, classifier)
    return true, np.array(found, dtype="<U4")


def _header(text: str) -> tuple[time, Subject]:
    """Start clock, age and sex, as the first line and the comment ``# 44 M 89 ...`` tell them."""
    clock = time.fromisoformat(text.split()[4].zfill(8))
    known = re.search(r"^# (\d+|x) ([MF]) ", text, re.MULTILINE)
    if known is None:
        raise ValueError("the header tells no age and sex")
    age, sex = known.groups()
    return clock, Subject(None if age == "x" else int(age), sex)


def _seconds(clock: str) -> float:
    parts = [float(part) for part in clock.split(":")]
    return float(np.dot(parts, (3600, 60, 1)[-len(parts) :]))


if __name__ == "__main__":
    run("heart_staging", measure)

"""How often the 90% intervals of an automatic staging's numbers hold the truth, on simulated and on real nights.

The simulated nights (seeds from 600) were not looked at while the model was made; the two real ones were.
"""

import os
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.report import Figure, run
from sleeplm.facts.doubt import LEVEL, measures
from sleeplm.facts.night_facts import night_facts
from sleeplm.kinds.stages import STAGES
from sleeplm.night import Scoring
from sleeplm.recording import open_recording
from sleeplm.recording.annotations import read_scoring
from sleeplm.scoring.stages import stage
from sleeplm.simulate import PROFILES, simulate_night, write_night
from sleeplm.units import EPOCH_S

NIGHTS, FIRST_SEED, HOURS = 16, 600, 7.0
REAL = Path(os.environ.get("SLEEPLM_TEST_DATA", "../shared"), "data", "recordings")
PEOPLE = {"ucddb018.edf": "ucddb018_stage.csv", "dynamo_84min.edf": "dynamo_84min_stages.csv"}
CODES = {str(s): i for i, s in enumerate(STAGES)}

Row = tuple[str, float, float, float, float]  # id, truth, value, low, high


def measure() -> list[Figure]:
    """Coverage and width of the intervals, and how far REM latencies are off."""
    simulated: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(NIGHTS):
            night = simulate_night(FIRST_SEED + i, HOURS, list(PROFILES)[i % len(PROFILES)], lab="varied")
            path = Path(folder, "night.edf")
            write_night(night, path)
            simulated += _rows(path, night.hypnogram)
    figures = _figures(simulated, f"{NIGHTS} simulated nights of {HOURS:g} h, not in sight")
    if REAL.is_dir():
        people = []
        for name, scoring in PEOPLE.items():
            people += _rows(REAL / name, read_scoring(REAL / scoring, open_recording(REAL / name)).hypnogram)
        figures += _figures(people, "two people, in sight")
    return figures


def _rows(path: Path, truth) -> list[Row]:
    """Truth, value and interval of each number of a night that has all three."""
    recording = open_recording(path)
    staging = stage(recording)
    scoring = Scoring(staging.hypnogram, staging.source, probabilities=staging.probabilities)
    true = measures(np.array([[CODES.get(str(s), -1) for s in truth]]), recording.n_epochs * EPOCH_S / 60)
    rows = []
    for fact in night_facts(recording, scoring):
        interval, value = fact.interval, fact.value
        if interval is not None and isinstance(value, int | float) and np.isfinite(true[fact.id][0]):
            rows.append((fact.id, float(true[fact.id][0]), float(value), interval.low, interval.high))
    return rows


def _figures(rows: list[Row], conditions: str) -> list[Figure]:
    figures = []
    held = [low - 0.05 <= truth <= high + 0.05 for _, truth, _, low, high in rows]
    figures.append(
        Figure(f"held by {100 * LEVEL:.0f}% intervals, all", 100 * float(np.mean(held)), "%", conditions)
    )
    for id_ in dict.fromkeys(row[0] for row in rows):
        own = [(row, ok) for row, ok in zip(rows, held, strict=True) if row[0] == id_]
        width = float(np.median([high - low for (_, _, _, low, high), _ in own]))
        words = f"n = {len(own)}, median width {width:.1f}, {conditions}"
        figures.append(Figure(f"  {id_}", 100 * float(np.mean([ok for _, ok in own])), "%", words))
    off = [abs(value - truth) for id_, truth, value, *_ in rows if id_ == "rem_latency_min"]
    if off:
        figures.append(Figure("REM latency, median error", float(np.median(off)), "min", conditions))
        figures.append(Figure("REM latency, largest error", max(off), "min", conditions))
    return figures


if __name__ == "__main__":
    run("staging_doubt", measure)

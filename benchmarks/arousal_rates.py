"""How often arousals are found in real nights that nobody scored for them, beside what experts find in others."""

import gzip
import json
import os
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.report import Figure, run
from sleeplm.kinds.stages import NREM_STAGES, Stage
from sleeplm.recording import open_recording
from sleeplm.recording.annotations import read_scoring
from sleeplm.scoring import score
from sleeplm.scoring.arousals import arousal_events
from sleeplm.units import EPOCH_S

REAL = Path(os.environ.get("SLEEPLM_TEST_DATA", "../shared"), "data")
NIGHTS = (("ucddb018.edf", "ucddb018_stage.csv"), ("dynamo_84min.edf", "dynamo_84min_stages.csv"))
CODES = {1: Stage.N1, 2: Stage.N2, 3: Stage.N3, 5: Stage.R}  # of the CinC file
LEAST_H = 0.25  # of a stage in a night, for a rate to be told


def measure() -> list[Figure]:
    """Arousals an hour of each stage, and of sleep by automatic stages; without chin EMG there are none in R."""
    if not REAL.is_dir():
        return []
    shown = []
    for stage, rates in _experts().items():
        low, median, high = np.percentile(rates, (5, 50, 95))
        conditions = f"CinC 2018, experts, {len(rates)} nights, 5th to 95th percentile {low:.1f} to {high:.1f}"
        shown.append(Figure(f"arousals in {stage}, median", median, "per h", f"{conditions}; none near apneas"))
    for file, stages in NIGHTS:
        recording = open_recording(REAL / "recordings" / file)
        scoring = read_scoring(REAL / "recordings" / stages, recording)
        hours = {s: n * EPOCH_S / 3600 for s, n in Counter(scoring.hypnogram).items()}
        events = arousal_events(recording, scoring).events
        found = Counter(scoring.hypnogram[int(e.start_s // EPOCH_S)] for e in events)
        for stage in (Stage.N1, Stage.N2, Stage.N3):
            rate, conditions = found[stage] / hours[stage], f"real, found {found[stage]} in {hours[stage]:.1f} h"
            shown.append(Figure(f"{file[:-4]}, arousals in {stage}", rate, "per h", conditions))
        shown.append(_staged_automatically(recording, scoring.hypnogram))
    return shown


def _staged_automatically(recording, hypnogram) -> Figure:
    """Arousals an hour of automatic NREM sleep, and how many of them an expert's wake holds."""
    scoring = score(recording)
    events = scoring.events_of("arousal")
    hours = sum(s in NREM_STAGES for s in scoring.hypnogram) * EPOCH_S / 3600
    awake = sum(hypnogram[int(e.start_s // EPOCH_S)] == Stage.W for e in events)
    conditions = f"real, found {len(events)} in {hours:.1f} h, {awake} of them in epochs that an expert calls wake"
    return Figure(f"{recording.path.stem}, arousals by automatic stages", len(events) / hours, "per h", conditions)


def _experts() -> dict[Stage, list[float]]:
    """Arousals an hour by stage, a number a night: those that the challenge asked for (none near apneas)."""
    with gzip.open(REAL / "scorings" / "cinc2018_994_nights_stages_arousals.json.gz") as file:
        nights = json.load(file).values()
    rates: dict[Stage, list[float]] = {stage: [] for stage in CODES.values()}
    for night in nights:
        starts = np.array([start_s for start_s, *_ in night["stages"]])
        hours: Counter = Counter()
        counts: Counter = Counter()
        for start_s, end_s, code in night["stages"]:
            hours[code] += (end_s - start_s) / 3600
        for start_s, _ in night["arousal_target"]:
            at = int(np.searchsorted(starts, start_s, side="right")) - 1
            counts[night["stages"][max(at, 0)][2]] += 1
        for code, stage in CODES.items():
            if hours[code] >= LEAST_H:
                rates[stage].append(counts[code] / hours[code])
    return rates


if __name__ == "__main__":
    run("arousal_rates", measure)

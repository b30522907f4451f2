"""How well the automatic detectors find events: simulated nights against truth, real ones against the scorer."""

import csv
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.report import Figure, run
from sleeplm.night import Event
from sleeplm.recording import open_recording
from sleeplm.recording.edf import read_edf_annotations
from sleeplm.scoring.oximetry import desaturations
from sleeplm.scoring.respiration import respiration
from sleeplm.simulate import simulate_night, write_night
from sleeplm.vocabulary import APNEAS

REAL = Path(os.environ.get("SLEEPLM_TEST_DATA", "../shared"), "data")
PROFILES, SEEDS, HOURS = ("osa-mild", "osa-severe", "csa"), (1, 7, 8), 8.0
LEAST_IOU = 0.2


def measure() -> list[Figure]:
    """Precision, recall and F1 of every detector that there is a truth for."""
    figures = _simulated()
    if REAL.is_dir():
        figures += _cpap() + _oximetry("ucddb020_1hz.csv") + _oximetry("ucddb024_1hz.csv")
    return figures


def _simulated() -> list[Figure]:
    kinds = {"apnea": APNEAS, "hypopnea": ("hypopnea",)} | {k: (k,) for k in APNEAS[:3]}
    counts = {kind: np.zeros(3, int) for kind in kinds}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "night.edf")
        for profile in PROFILES:
            for seed in SEEDS:
                night = simulate_night(seed, HOURS, profile)
                write_night(night, file)
                found = respiration(open_recording(file)).events
                for kind, types in kinds.items():
                    both = [[e for e in events if e.type in types] for events in (found, night.events)]
                    counts[kind] += (_matches(*both), *map(len, both))
    return [
        f for kind, c in counts.items() for f in _figures(f"simulated {kind}", *c.tolist(), "simulated, IoU .2")
    ]


def _cpap() -> list[Figure]:
    folder = REAL / "recordings" / "cpap_night"
    found = respiration(open_recording(folder / "20241127_004016_BRP.edf")).events
    _, notes = read_edf_annotations(folder / "20241127_004009_EVE.edf")
    # The device notes an event when it ends; its flow begins 6 s after its notes.
    true = [Event("apnea", onset - 6 - length, length) for onset, length, text in notes if "Apnea" in text]
    return _figures("CPAP night, apnea", _matches(found, true), len(found), len(true), "real, the device's, IoU .2")


def _oximetry(name: str) -> list[Figure]:
    with (REAL / "spo2" / name).open() as file:
        rows = list(csv.DictReader(file))
    clock = np.array([np.dot([3600, 60, 1], [int(x) for x in row["time"].split(":")]) for row in rows])
    at = (clock - clock[0]) % 86400
    spo2, scored = np.full(at[-1] + 1, np.nan), np.zeros(at[-1] + 1, int)
    spo2[at] = [float(row["spo2_pct"]) for row in rows]
    scored[at] = [row["apnea"] != "Nothing" for row in rows]
    spans = np.flatnonzero(np.diff(np.concatenate([[0], scored, [0]]))).reshape(-1, 2)
    falls = np.array([e.start_s for e in desaturations(spo2, 1)])
    # A desaturation belongs to an event that it follows: from 10 s before its begin to 60 s after its end.
    follows = (falls >= spans[:, :1] - 10) & (falls <= spans[:, 1:] + 60)
    conditions = f"real, expert, {len(spans)} events, {len(falls)} desaturations"
    return [
        Figure(f"{name[:8]}, events with a desaturation", float(follows.any(1).mean()), "", conditions),
        Figure(f"{name[:8]}, desaturations with an event", float(follows.any(0).mean()), "", conditions),
    ]


def _matches(found: Sequence[Event], true: Sequence[Event]) -> int:
    """Pairs of a one-to-one match, best overlap first."""
    pairs = []
    for i, a in enumerate(found):
        for j, b in enumerate(true):
            shared = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
            if (iou := shared / (max(a.end_s, b.end_s) - min(a.start_s, b.start_s))) >= LEAST_IOU:
                pairs.append((iou, i, j))
    used_found, used_true = set(), set()
    for _, i, j in sorted(pairs, reverse=True):
        if i not in used_found and j not in used_true:
            used_found.add(i)
            used_true.add(j)
    return len(used_true)


def _figures(name: str, matched: int, n_found: int, n_true: int, conditions: str) -> list[Figure]:
    conditions = f"{conditions}, n = {n_true}, found {n_found}"
    return [
        Figure(f"{name}: precision", matched / max(n_found, 1), "", conditions),
        Figure(f"{name}: recall", matched / max(n_true, 1), "", conditions),
        Figure(f"{name}: F1", 2 * matched / max(n_found + n_true, 1), "", conditions),
    ]


if __name__ == "__main__":
    run("detectors", measure)

"""What is measured of a night's stages and events, the same of real nights and of simulated ones."""

from collections.abc import Sequence

import numpy as np

from sleeplm.kinds.stages import STAGES
from sleeplm.simulate.population import N1, N2, N3, R, W
from sleeplm.units import EPOCH_S

TRANSITIONS = (
    (W, N1), (W, N2), (N1, W), (N1, N2), (N1, R), (N2, W), (N2, N1), (N2, N3), (N2, R), (N3, W), (N3, N1), (N3, N2),
    (R, W), (R, N1), (R, N2),
)  # fmt: skip
"""Those that real sleepers make; the others are under one in a hundred bouts."""

MIN_BOUTS = 4  # of a stage, below which a night says little about where it leads
TRAIN_S = 60  # a respiratory event that follows within this is of the same train
KINDS = {
    "hypopneas": ("hypopnea",),
    "obstructive and mixed apneas": ("apnea_obstructive", "apnea_mixed"),
    "central apneas": ("apnea_central",),
}
EPOCH_MIN = EPOCH_S / 60
PER_H = 3600 / EPOCH_S


def sleep_period(codes: np.ndarray) -> np.ndarray:
    """From the first to the last epoch of sleep; empty where there is none."""
    asleep = np.flatnonzero(codes > W)
    return codes[asleep[0] : asleep[-1] + 1] if len(asleep) else codes[:0]


def bouts(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Stage and length in epochs of every run of one stage."""
    starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
    return codes[starts], np.diff(np.r_[starts, len(codes)])


def stage_measures(codes: np.ndarray) -> dict[str, float]:
    """Stage percents, bout lengths and transitions of one night.

    Parameters
    ----------
    codes : ndarray of int, ``[epochs]``
        Indices into `STAGES`, -1 where unknown; with at least one epoch of sleep.

    Returns
    -------
    dict
        Name with unit -> value; NaN where the night has too little of a stage. W is that within the sleep period;
        a transition is the share of a stage's bouts after which that other stage comes.
    """
    period = sleep_period(codes)
    known = period[period >= 0]
    asleep = known[known > W]
    share = {s: np.mean(asleep == s) for s in (N1, N2, N3, R)} | {W: np.mean(known == W)}
    of = {s: "sleep period" if s == W else "sleep" for s in range(len(STAGES))}
    out = {f"{STAGES[s]}, % of {of[s]}": 100 * float(share[s]) for s in range(len(STAGES))}
    stage, length = bouts(period)
    for s in range(len(STAGES)):
        own = length[stage == s] * EPOCH_MIN
        enough = len(own) >= MIN_BOUTS
        out[f"{STAGES[s]}, mean bout, min"] = float(own.mean()) if enough else np.nan
        out[f"{STAGES[s]}, median bout, min"] = float(np.median(own)) if enough else np.nan
    steps = np.zeros((len(STAGES), len(STAGES)))
    seen = (stage[:-1] >= 0) & (stage[1:] >= 0)
    np.add.at(steps, (stage[:-1][seen], stage[1:][seen]), 1)
    for a, b in TRANSITIONS:
        n = steps[a].sum()
        out[f"{STAGES[a]} to {STAGES[b]}, % of bouts"] = 100 * steps[a, b] / n if n >= MIN_BOUTS else np.nan
    rem = np.flatnonzero(period == R)
    out["R latency, min"] = float(rem[0]) * EPOCH_MIN if len(rem) else np.nan
    out["stage shifts per hour"] = (len(stage) - 1) / len(period) * PER_H
    return out


def rates_by_stage(codes: np.ndarray, starts_s: Sequence[float], word: str) -> dict[str, float]:
    """Events per hour of sleep and of each stage of it, by the stage in which they start.

    NaN where a stage lasts less than 10 minutes.
    """
    epochs = np.asarray(starts_s, dtype=float) // EPOCH_S
    inside = epochs[(epochs >= 0) & (epochs < len(codes))].astype(int)
    of_event = codes[inside]
    out = {}
    asleep = np.sum(codes > W)
    out[f"{word} per hour of sleep"] = float(np.sum(of_event > W) / asleep * PER_H) if asleep >= 20 else np.nan
    for s in (N1, N2, N3, R):
        epochs_of = np.sum(codes == s)
        rate = np.sum(of_event == s) / epochs_of * PER_H if epochs_of >= 20 else np.nan
        out[f"{word} per hour of {STAGES[s]}"] = float(rate)
    return out


def respiratory_measures(codes: np.ndarray, events: Sequence[tuple[str, float, float]]) -> dict[str, float]:
    """Apnoeas and hypopnoeas of one night, given as type, start and duration in seconds: those that start in sleep.

    Rates by stage, mean and 90th percentile of durations by type (of `MIN_BOUTS` and more), share of apnoeas, and
    the distances: the middle pause between two events, and the share of pauses under `TRAIN_S`.
    """
    epochs = [int(start // EPOCH_S) for _, start, _ in events]
    asleep = [e for e, i in zip(events, epochs, strict=True) if 0 <= i < len(codes) and codes[i] > W]
    out = rates_by_stage(codes, [start for _, start, _ in asleep], "apneas and hypopneas")
    for words, kinds in KINDS.items():
        lengths = [d for kind, _, d in asleep if kind in kinds]
        enough = len(lengths) >= MIN_BOUTS
        out[f"{words}, mean duration, s"] = float(np.mean(lengths)) if enough else np.nan
        out[f"{words}, 90th percentile of duration, s"] = float(np.percentile(lengths, 90)) if enough else np.nan
    apneas = np.mean([kind != "hypopnea" for kind, _, _ in asleep]) if asleep else np.nan
    out["apneas, % of apneas and hypopneas"] = 100 * float(apneas)
    starts = np.array([start for _, start, _ in asleep])
    pauses = starts[1:] - np.array([start + d for _, start, d in asleep])[:-1]
    enough = len(pauses) >= MIN_BOUTS
    out["pause between events, median, s"] = float(np.median(pauses)) if enough else np.nan
    out[f"pauses under {TRAIN_S} s, %"] = 100 * float(np.mean(pauses < TRAIN_S)) if enough else np.nan
    return out

"""Fit the statistics of real hypnograms that the simulator draws from; its result is `hypnogram.json`.

    python -m sleeplm.simulate.fit SCORINGS_FOLDER

The folder holds the scorings of DOD-H and DOD-O (``dod/``), BOAS (``boas_128.csv``) and CinC 2018
(``cinc2018_994_nights_stages_arousals.json.gz``). Only counts leave it, never a night.
"""

import argparse
import csv
import gzip
import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
PARTS = 4  # early, middle and late third of an NREM period, and the REM period that ends the cycle
CYCLES = 3  # first, second, later
GAP_EPOCHS = 30  # REM less than 15 min apart is one REM period (Feinberg & Floyd 1979)
WAKE, N3, REM = 0, 3, 4
UNKNOWN = -1


def read_nights(folder: Path) -> list[np.ndarray]:
    """All nights under `folder` as arrays of stage codes (0 W, 1-3 N1-N3, 4 R, -1 unknown), one an epoch."""
    nights = []
    for path in sorted(folder.glob("dod/*/scorer_1/*.json")):
        nights.append(np.array(json.loads(path.read_text()), dtype=int))
    with open(folder / "boas_128.csv", newline="") as file:
        for row in csv.DictReader(file):
            nights.append(np.array(row["stages_human"].split(), dtype=float).astype(int))
    with gzip.open(folder / "cinc2018_994_nights_stages_arousals.json.gz") as file:
        for night in json.load(file).values():
            codes = np.full(int(night["dur_s"] // 30), UNKNOWN)
            for start, end, code in night["stages"]:
                codes[round(start / 30) : round(end / 30)] = {5: 4}.get(code, code)
            nights.append(codes)
    return [np.where((n >= 0) & (n <= REM), n, UNKNOWN) for n in nights]


def rem_periods(codes: np.ndarray) -> list[tuple[int, int]]:
    """First and one-past-last epoch of each REM period, gaps under `GAP_EPOCHS` bridged."""
    at = np.flatnonzero(codes == REM)
    if not len(at):
        return []
    cuts = np.flatnonzero(np.diff(at) > GAP_EPOCHS)
    return list(zip(at[np.r_[0, cuts + 1]], at[np.r_[cuts, len(at) - 1]] + 1, strict=True))


def count_transitions(codes: np.ndarray, counts: np.ndarray, nrem: list, rem: list) -> None:
    """Add one night's transitions to ``counts [CYCLES, PARTS, from, to]`` and its period lengths to the lists."""
    begin = int(np.flatnonzero(codes > WAKE)[0])
    for cycle, (first, last) in enumerate(rem_periods(codes)):
        slot = min(cycle, CYCLES - 1)
        nrem[slot].append(first - begin)
        rem[slot].append(last - first)
        for t in range(begin, min(last, len(codes) - 1)):
            part = 3 if t >= first else min(2, (t - begin) * 3 // max(first - begin, 1))
            if codes[t] >= 0 and codes[t + 1] >= 0:
                counts[slot, part, codes[t], codes[t + 1]] += 1
        begin = last


def fit(folder: Path) -> dict:
    """Transition probabilities by cycle and part of cycle, and the lengths of NREM and REM periods."""
    nights = [n for n in read_nights(folder) if (n > WAKE).sum() > 240]
    counts = np.zeros((CYCLES, PARTS, 5, 5))
    nrem, rem = [[] for _ in range(CYCLES)], [[] for _ in range(CYCLES)]
    for codes in nights:
        count_transitions(codes, counts, nrem, rem)
    chances = (counts + 0.5) / (counts + 0.5).sum(axis=-1, keepdims=True)

    def quantiles(lengths):
        return [float(q) for q in np.percentile(lengths, [5, 25, 50, 75, 95])]

    return {
        "source": "expert hypnograms of CinC 2018, BOAS (ds005555, consensus) and DOD-H/DOD-O (scorer 1)",
        "nights": len(nights),
        "order": ["W", "N1", "N2", "N3", "R"],
        "nrem_period_epochs_quantiles_5_25_50_75_95": [quantiles(x) for x in nrem],
        "rem_period_epochs_quantiles_5_25_50_75_95": [quantiles(x) for x in rem],
        "transitions_by_cycle_and_part": np.round(chances, 4).tolist(),
    }


def main() -> None:
    """Fit and write `hypnogram.json` beside this file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    result = fit(parser.parse_args().folder)
    (HERE / "hypnogram.json").write_text(json.dumps(result) + "\n")
    print(f"fitted on {result['nights']} nights")


if __name__ == "__main__":
    main()

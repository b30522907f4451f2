"""Make `eeg.json`: how strong each frequency is in each stage, and how people and epochs differ.

    python -m sleeplm.simulate.fitting.eeg DATA_FOLDER

W and N3 come from every other of the 23 people of UCDDB whose wake and deep sleep are at hand (the others are kept
for judging), N2 and R from the 84 minutes of pyDYNAM-O, placed halfway between where they lie from its own N3 and
from the 23 people's. N1 is put between W, N2 and R. UCDDB 018 is left out of the fit: it judges the simulator,
though corrections that were chosen by hand (`background.LACKED`) had it in sight.
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy.signal import welch

from sleeplm.simulate.hypnogram import N1, N2, N3, R, W

# Finer than `kinds.bands`: the shape of a spectrum is fitted, not shares of it.
BANDS_HZ = (
    (0.3, 0.7), (0.7, 1.2), (1.2, 2), (2, 3), (3, 4), (4, 5), (5, 6.5), (6.5, 8), (8, 10), (10, 12), (12, 14),
    (14, 16), (16, 20), (20, 25), (25, 32), (32, 40), (40, 47),
)  # fmt: skip
BETWEEN, WITHIN = 5, 4  # directions kept of how people, and how one person's epochs, differ
ALPHA = slice(7, 10)  # bands in which W and R have a peak, which the simulator adds by itself
HUM = 13  # band in which the recorder of UCDDB hums by itself
MUSCLE = 14  # first band that is mostly muscle awake
LOW_PASSED = 15  # first band that the filter of pyDYNAM-O's recording reaches
EPOCH_S = 30


def log_power(epochs: np.ndarray, sfreq_hz: float) -> np.ndarray:
    """Common logarithm of power density by band, ``[epochs, bands]``, of epochs ``[epochs, samples]``."""
    freqs, power = welch(epochs, sfreq_hz, nperseg=int(4 * sfreq_hz), axis=-1)
    parts = [power[:, (freqs >= low) & (freqs < high)].mean(axis=1) for low, high in BANDS_HZ]
    return np.log10(np.stack(parts, axis=1) + 1e-12)


def total(log_powers: np.ndarray) -> np.ndarray:
    """Common logarithm of the power within all bands."""
    widths = np.array([high - low for low, high in BANDS_HZ])
    return np.log10((10**log_powers * widths).sum(axis=-1))


def usual(log_powers: np.ndarray) -> np.ndarray:
    """The epochs within a factor of five of the middle one's power: no flat signal, no great movement."""
    away = total(log_powers)
    return log_powers[np.abs(away - np.median(away)) < np.log10(5)]


def people_of_ucddb(file: Path) -> dict[str, dict[int, np.ndarray]]:
    """Log power of each person's epochs of W and N3, in person's own units; those with both stages."""
    with np.load(file, allow_pickle=False) as epochs:
        names = sorted({k.split("_")[0] for k in epochs.files})
        return {
            n: {s: usual(log_power(epochs[f"{n}_{word}"] / 3000.0, 128)) for s, word in ((W, "W"), (N3, "N3"))}
            for n in names
            if f"{n}_W" in epochs.files and f"{n}_N3" in epochs.files
        }


def fitted_half(people: dict) -> tuple[list[str], list[str]]:
    """Who is fitted to, and who is kept for judging."""
    names = sorted(people)
    return names[::2], names[1::2]


def _directions(residuals: np.ndarray, n: int) -> np.ndarray:
    """Principal directions ``[n, columns]``, each as long as the residuals' standard deviation along it."""
    _, sizes, rows = np.linalg.svd(residuals - residuals.mean(axis=0), full_matrices=False)
    return rows[:n] * (sizes[:n] / np.sqrt(len(residuals) - 1))[:, None]


def _dynamo(folder: Path) -> dict[int, np.ndarray]:
    from sleeplm.recording import open_recording
    from sleeplm.recording.annotations import read_scoring

    recording = open_recording(folder / "dynamo_84min.edf")
    stages = np.array([str(s) for s in read_scoring(folder / "dynamo_84min_stages.csv", recording).hypnogram])
    eeg = recording.signal("C3", 100)[: len(stages) * EPOCH_S * 100].reshape(len(stages), -1)
    powers = log_power(eeg.astype(float), 100)
    return {code: powers[stages == word] for code, word in ((N2, "N2"), (N3, "N3"), (R, "R"))}


def fit(data: Path) -> dict:
    """All numbers of `eeg.json` from the folder of real recordings."""
    people = people_of_ucddb(data / "eeg_epochs" / "ucddb_wake_n3_128hz.npz")
    names, _ = fitted_half(people)
    own = np.stack([[np.median(people[n][s], axis=0) for s in (W, N3)] for n in names])  # [people, 2, bands]
    own -= total(own[:, 1])[:, None, None]
    typical = np.median(own, axis=0)
    mean = np.zeros((5, len(BANDS_HZ)))
    mean[W], mean[N3] = typical
    dynamo = _dynamo(data / "recordings")
    middle = {s: np.median(p, axis=0) for s, p in dynamo.items()}
    for stage in (N2, R):
        mean[stage] = middle[stage] + 0.5 * (mean[N3] - middle[N3] - total(middle[N3]))
        mean[stage, LOW_PASSED:] = mean[stage, LOW_PASSED - 1] + mean[N3, LOW_PASSED:] - mean[N3, LOW_PASSED - 1]
    mean[R] = 0.75 * mean[R] + 0.25 * np.minimum(mean[W], mean[N2] + 0.45)
    mean[R, MUSCLE:] = mean[N2, MUSCLE:] + 0.15  # muscles are slack
    for stage in (W, R):
        beside = mean[stage, [ALPHA.start - 1, ALPHA.stop]]
        mean[stage, ALPHA] = np.interp(np.arange(17)[ALPHA], (ALPHA.start - 1, ALPHA.stop), beside)
    mean[N1] = 0.2 * mean[W] + 0.4 * mean[N2] + 0.4 * mean[R]
    mean[N1, MUSCLE:] = 0.2 * mean[W, MUSCLE:] + 0.8 * mean[R, MUSCLE:]
    mean[:, HUM] = 0.5 * (mean[:, HUM - 1] + mean[:, HUM + 1])
    spread = (own - own.mean(axis=0)).reshape(len(names), -1)
    within = {
        W: np.concatenate([people[n][W] - np.median(people[n][W], axis=0) for n in names]),
        N3: np.concatenate([people[n][N3] - np.median(people[n][N3], axis=0) for n in names]),
        N2: dynamo[N2] - middle[N2],
        R: dynamo[R] - middle[R],
    }
    within[N1] = 0.6 * within[W]
    return {
        "source": "W, N3: UCDDB (PhysioNet), every other of 23 people; N2, R: pyDYNAM-O, by distance to its N3",
        "unit": "log10 of power density, relative to the person's total power in N3",
        "bands_hz": [list(b) for b in BANDS_HZ],
        "mean_by_stage": mean.round(3).tolist(),
        "between_people_w_n3": _directions(spread, BETWEEN).reshape(BETWEEN, 2, -1).round(3).tolist(),
        "within_by_stage": [_directions(within[s], WITHIN).round(3).tolist() for s in range(5)],
    }


if __name__ == "__main__":
    out = Path(__file__).parents[1] / "eeg.json"
    out.write_text(json.dumps(fit(Path(sys.argv[1])), indent=1) + "\n", encoding="utf-8")
    print(f"wrote {out}")

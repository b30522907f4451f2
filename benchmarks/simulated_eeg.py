"""Spectra of simulated EEG beside real ones, stage by stage, for epochs and for people.

    python -m benchmarks.simulated_eeg

Real are ucddb018 and pyDYNAM-O (one person each, all stages) and 23 people of UCDDB (W and N3). Half of the 23 and
pyDYNAM-O were fitted to (`sleeplm.simulate.fitting.eeg`); ucddb018 and the other half were not. Corrections by hand
(`LACKED` and `SLOWER` of `sleeplm.simulate.background`) were chosen with all of them in sight, so that none is an
untouched test. Ten percent of real epochs outside the simulated ones' 5th to 95th percentile are what a perfect
simulator would leave. Beside spectra stands what they do not show: how much rhythms wax and wane within an epoch
(standard deviation over mean of the height in single seconds), whether they do so together, and drift below .3 Hz.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.report import Figure, run
from sleeplm.kinds.stages import STAGES, Stage
from sleeplm.recording import open_recording
from sleeplm.recording.annotations import read_scoring
from sleeplm.simulate import PROFILES, simulate_eeg
from sleeplm.simulate.fitting.eeg import BANDS_HZ, fitted_half, log_power, people_of_ucddb, total, usual
from sleeplm.units import EPOCH_S

DATA = Path(os.environ.get("SLEEPLM_TEST_DATA", "../shared"), "data")
NIGHTS = 24
HOURS = 6.0
FIRST_SEED = 400
SFREQ_HZ = 128
# Bands that are compared, as rows of `sleeplm.simulate.fitting.eeg.BANDS_HZ`.
BANDS = {
    "slow": slice(0, 2), "delta": slice(2, 5), "theta": slice(5, 8), "alpha": slice(8, 10), "sigma": slice(10, 12),
    "beta": slice(12, 15),
}  # fmt: skip
REAL = {
    "ucddb018": ("ucddb018.edf", "ucddb018_stage.csv"),
    "dynamo": ("dynamo_84min.edf", "dynamo_84min_stages.csv"),
}
# Where peaks are looked for, which lie within the bands of `kinds.bands` or nearly.
RHYTHMS = {"delta": (1.5, 4), "theta": (4, 8), "alpha": (8, 11), "sigma": (11, 15.5), "beta": (16, 24)}
FEW = 20  # epochs under which a stage of one recording tells nothing


def shares(log_powers: np.ndarray) -> np.ndarray:
    """Share of all power in each of `BANDS` in percent, ``[epochs, 6]``, from log power density by fine band."""
    power = 10**log_powers * np.array([high - low for low, high in BANDS_HZ])
    parts = np.stack([power[:, rows].sum(axis=1) for rows in BANDS.values()], axis=1)
    return 100 * parts / power[:, :15].sum(axis=1, keepdims=True)


def simulated(n: int = NIGHTS, hours: float = HOURS, lab: str = "varied") -> list[dict[Stage, np.ndarray]]:
    """Log power by stage, ``[epochs, bands]``, of simulated nights of all profiles."""
    return [_by_stage(log_power(epochs, SFREQ_HZ), stages) for epochs, stages in simulated_epochs(n, hours, lab)]


def simulated_epochs(n: int, hours: float, lab: str = "varied") -> Iterator[tuple[np.ndarray, tuple[Stage, ...]]]:
    """``(epochs [n, samples], hypnogram)`` of simulated nights of all profiles."""
    profiles = list(PROFILES)
    for i in range(n):
        eeg, _, hypnogram = simulate_eeg(FIRST_SEED + i, hours, profiles[i % len(profiles)], lab)
        yield eeg[i % 2].reshape(len(hypnogram), -1), hypnogram


def real_nights() -> dict[str, dict[Stage, np.ndarray]]:
    """The same of the two real recordings."""
    return {name: _by_stage(log_power(*epochs), stages) for name, (epochs, stages) in real_epochs().items()}


def real_epochs() -> dict[str, tuple]:
    """``((epochs [n, samples], sfreq_hz), hypnogram)`` of the real recordings."""
    out = {}
    for name, (file, scoring) in REAL.items():
        recording = open_recording(DATA / "recordings" / file)
        hypnogram = read_scoring(DATA / "recordings" / scoring, recording).hypnogram
        eeg = recording.signal("C3", SFREQ_HZ)[: len(hypnogram) * EPOCH_S * SFREQ_HZ]
        out[name] = (eeg.reshape(len(hypnogram), -1).astype(float), SFREQ_HZ), hypnogram
    return out


def real_people() -> dict[str, dict[Stage, np.ndarray]]:
    """W and N3 of the people of UCDDB that nothing was fitted to."""
    people = people_of_ucddb(DATA / "eeg_epochs" / "ucddb_wake_n3_128hz.npz")
    return {n: {STAGES[code]: p for code, p in people[n].items()} for n in fitted_half(people)[1]}


def _by_stage(log_powers: np.ndarray, hypnogram: Sequence[Stage]) -> dict[Stage, np.ndarray]:
    found = {s: log_powers[np.array([h == s for h in hypnogram])] for s in STAGES}
    return {s: usual(p) for s, p in found.items() if len(p)}


def outside(values: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Percent of rows of `values` below the 5th or above the 95th percentile of `of`, by column."""
    low, high = np.percentile(of, [5, 95], axis=0)
    return 100 * np.mean((values < low) | (values > high), axis=0)


def compare(name: str, real: list[np.ndarray], nights: list[np.ndarray]) -> list[Figure]:
    """Figures of one stage in one real source: percentiles of epochs, and how far people's medians lie."""
    ours, theirs = np.concatenate([shares(p) for p in nights]), np.concatenate([shares(p) for p in real])
    ours_50 = np.stack([np.median(shares(p), axis=0) for p in nights])
    figures = []
    for i, band in enumerate(BANDS):
        mine, other = (np.percentile(x[:, i], [5, 50, 95]) for x in (ours, theirs))
        ends = "{:.1f} {:.1f} {:.1f}"
        conditions = (
            f"real 5-50-95% {ends.format(*other)}, simulated {ends.format(*mine)}, n = {len(theirs)} epochs"
        )
        away = float(outside(theirs, ours)[i])
        figures.append(Figure(f"{name} {band}: real outside simulated", away, "%", conditions))
    middle = np.stack([np.median(shares(p), axis=0) for p in real])
    low, high = ours_50.min(axis=0), ours_50.max(axis=0)
    within = float(np.mean((middle >= low) & (middle <= high)))
    conditions = f"{len(real)} real people, {len(nights)} simulated"
    figures.append(Figure(f"{name}: people's medians in range", 100 * within, "%", conditions))
    return figures


def unrest(epochs: np.ndarray) -> dict[str, np.ndarray]:
    """For each epoch of ``[n, samples]`` at `SFREQ_HZ` what a mean spectrum does not show."""
    from scipy.signal import butter, sosfiltfilt

    heights = {}
    for rhythm, edges in RHYTHMS.items():
        part = sosfiltfilt(butter(2, edges, "bandpass", fs=SFREQ_HZ, output="sos"), epochs, axis=1)
        heights[rhythm] = np.sqrt((part.reshape(len(part), EPOCH_S, SFREQ_HZ) ** 2).mean(axis=2)) + 1e-9
    found = {f"{r}, waxing": h.std(axis=1) / h.mean(axis=1) for r, h in heights.items()}
    logs = {r: np.log(h) - np.log(h).mean(axis=1, keepdims=True) for r, h in heights.items()}
    for one, other in (("delta", "sigma"), ("alpha", "beta")):
        a, b = logs[one], logs[other]
        found[f"{one} with {other}"] = (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    power = np.abs(np.fft.rfft((epochs - epochs.mean(axis=1, keepdims=True)) * np.hanning(epochs.shape[1]))) ** 2
    freqs = np.fft.rfftfreq(epochs.shape[1], 1 / SFREQ_HZ)
    found["drift, % of power"] = 100 * power[:, freqs < 0.3].sum(axis=1) / power[:, freqs < 30].sum(axis=1)
    return found


def compare_unrest(simulated: list[tuple]) -> list[Figure]:
    """Medians of `unrest` by stage: ucddb018, dynamo, and the range of simulated nights (`simulated_epochs`)."""
    nights = [_of_stages(*night) for night in simulated]
    real = {name: _of_stages(epochs, hypnogram) for name, ((epochs, _), hypnogram) in real_epochs().items()}
    figures = []
    for stage in STAGES:
        ours = [night[stage] for night in nights if stage in night]
        for name in ours[0]:
            values = [x[name] for x in ours]
            low, high = np.percentile(values, [10, 90])
            beside = ", ".join(f"{k} {x[stage][name]:.2f}" for k, x in real.items() if stage in x)
            conditions = f"{beside}; {len(ours)} simulated nights, 10th to 90th percentile {low:.2f} to {high:.2f}"
            figures.append(Figure(f"{stage} {name}, simulated", float(np.median(values)), "", conditions))
    return figures


def _of_stages(epochs: np.ndarray, hypnogram: Sequence[Stage]) -> dict[Stage, dict[str, float]]:
    """Medians of `unrest` in the stages of a night that are not few."""
    places = {s: np.array([h == s for h in hypnogram]) for s in STAGES}
    of_stages = {s: epochs[at] for s, at in places.items() if at.sum() >= FEW}
    return {s: {name: float(np.median(x)) for name, x in unrest(e).items()} for s, e in of_stages.items()}


def measure() -> list[Figure]:
    """All figures; those of the simulated nights alone need no data, but have nothing to stand beside."""
    epochs = list(simulated_epochs(NIGHTS, HOURS))
    figures = compare_unrest(epochs)
    nights = [_by_stage(log_power(e, SFREQ_HZ), stages) for e, stages in epochs]
    sources = {name: [night] for name, night in real_nights().items()}
    sources["11 people"] = list(real_people().values())
    for source, people in sources.items():
        for stage in STAGES:
            real = [p[stage] for p in people if stage in p and len(p[stage]) >= FEW]
            ours = [n[stage] for n in nights if stage in n and len(n[stage]) >= FEW]
            if real:
                figures += compare(f"{source} {stage}", real, ours)
    groups = {"real": sources["11 people"], "simulated": [n for n in nights if Stage.N3 in n and Stage.W in n]}
    ratios = {
        k: [np.median(total(p[Stage.N3])) - np.median(total(p[Stage.W])) for p in g] for k, g in groups.items()
    }
    for name, values in ratios.items():
        spread = " to ".join(f"{10**v:.1f}" for v in np.percentile(values, [10, 90]))
        conditions = f"n = {len(values)} people, 10th to 90th percentile {spread}"
        figures.append(Figure(f"power of N3 over W, {name}", float(10 ** np.median(values)), "times", conditions))
    return figures


def plot_spectra(out_png: Path, n: int = 16) -> None:
    """Median spectra by stage: a line for each real recording or person, the simulated nights' range behind."""
    from matplotlib.figure import Figure as Picture

    from sleeplm.simulate.background import fitted

    centres = fitted().centres_hz
    nights = simulated(n)
    sources = [(name, [night]) for name, night in real_nights().items()] + [("UCDDB", list(real_people().values()))]
    picture = Picture(figsize=(11, 3), dpi=70, layout="constrained")
    axes = picture.subplots(1, 5, sharey=True)
    for stage, axis in zip(STAGES, axes, strict=True):
        ours = np.stack([_level(p[stage]) for p in nights if stage in p])
        axis.fill_between(centres, *np.percentile(ours, [5, 95], axis=0), color="0.85", label="simulated, 5-95%")
        axis.plot(centres, np.median(ours, axis=0), color="0.4", label="simulated, median")
        for (name, people), color in zip(sources, ("C3", "C0", "C2"), strict=True):
            lines = [_level(p[stage]) for p in people if stage in p and len(p[stage]) >= FEW]
            for i, line in enumerate(lines):
                axis.plot(centres, line, color=color, lw=0.8, label=name if i == 0 else None)
        axis.set(xscale="log", title=str(stage), xlabel="Hz")
    axes[0].set_ylabel("log10 of share of power per Hz")
    axes[3].legend(fontsize=6)
    picture.savefig(out_png)


def _level(log_powers: np.ndarray) -> np.ndarray:
    return np.median(log_powers - total(log_powers)[:, None], axis=0)


def plot_epochs(out_png: Path, seed: int = FIRST_SEED, first_s: float = 5, seconds: float = 20) -> None:
    """One epoch of each stage, ucddb018 above and a simulated night below, both in nominal microvolts."""
    from matplotlib.figure import Figure as Picture

    (real, sfreq_hz), real_stages = real_epochs()["ucddb018"]
    eeg, _, ours_stages = simulate_eeg(seed, 6.0, "osa-mild", "varied")
    ours = eeg[0].reshape(len(ours_stages), -1)
    picture = Picture(figsize=(10, 8), dpi=70, layout="constrained")
    axes = picture.subplots(10, 1, sharex=True)
    rng = np.random.default_rng(0)
    cut = slice(int(first_s * sfreq_hz), int((first_s + seconds) * sfreq_hz))
    for i, stage in enumerate(STAGES):
        for j, (name, epochs, stages) in enumerate((("real", real, real_stages), ("simulated", ours, ours_stages))):
            at = rng.choice(np.flatnonzero([s == stage for s in stages]))
            axis = axes[2 * i + j]
            values = epochs[at, cut] - np.median(epochs[at, cut])
            axis.plot(np.arange(cut.stop - cut.start) / sfreq_hz, values, lw=0.5, color=("C3", "0.2")[j])
            axis.set(ylim=(-120, 120), yticks=[])
            axis.set_ylabel(f"{stage}\n{name}", rotation=0, ha="right", va="center", fontsize=7)
    axes[-1].set_xlabel("s")
    picture.savefig(out_png)


if __name__ == "__main__":
    run("simulated_eeg", measure)

"""The quality of signals: its cost, and how often it is right on real people and on simulated loose sensors.

Seeds 0 to 123 were looked at while the rules were made; the figures here are of others.
"""

import tempfile
import time
import tracemalloc
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from benchmarks.reading import CONDITIONS, write_night
from benchmarks.real_events import REAL
from benchmarks.report import Figure, run
from sleeplm.kinds.channels import CHANNEL
from sleeplm.recording import open_recording
from sleeplm.recording.quality import assess
from sleeplm.simulate import PROFILES, simulate_night
from sleeplm.units import EPOCH_S

SEEDS = range(300, 324)
HOURS = 2.0


def in_memory(signals: dict, seconds: float):
    """What `assess` reads of a recording, from arrays: canonical name to samples and rate."""
    return SimpleNamespace(
        n_epochs=int(seconds // EPOCH_S),
        duration_s=seconds,
        start_clock=None,
        channels={name: SimpleNamespace(sfreq_hz=float(rate)) for name, (_, rate) in signals.items()},
        electrodes=lambda name, start_s, stop_s: (np.asarray(signals[name][0], np.float32),),
    )


def cost() -> list[Figure]:
    """Seconds of one core and memory for a whole night."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "night.edf"
        write_night(path)
        recording = open_recording(path)
        assess(recording)
        began = time.process_time()
        assess(recording)
        seconds = time.process_time() - began
        tracemalloc.start()
        assess(recording)
        peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
    n = len(recording.channels)
    conditions = f"{CONDITIONS}, {n} canonical channels, reading included"
    return [Figure("cost", seconds, "s", conditions), Figure("arrays at a time", peak_mb, "MB", conditions)]


def real_people() -> list[Figure]:
    """Epochs of UCDDB's 23 people that are given up; deep sleep needs a connected electrode, so none should be."""
    with np.load(REAL / "eeg_epochs/ucddb_wake_n3_128hz.npz") as file:
        people = {name: file[name].reshape(-1) / np.float32(100) for name in file.files}
    lost: Counter = Counter()
    n: Counter = Counter()
    for person in sorted({name.split("_")[0] for name in people}):
        stages = [s for s in ("W", "N3") if f"{person}_{s}" in people]
        signal = np.concatenate([people[f"{person}_{s}"] for s in stages])
        usable = assess(in_memory({"C3": (signal, 128)}, len(signal) / 128)).usable("C3")
        first = 0
        for stage in stages:
            count = len(people[f"{person}_{stage}"]) // (128 * EPOCH_S)
            lost[stage] += int((~usable[first : first + count]).sum())
            n[stage] += count
            first += count
    return [
        Figure(f"UCDDB: {stage} given up", 100 * lost[stage] / n[stage], "%", f"{lost[stage]} of {n[stage]} epochs")
        for stage in ("N3", "W")
    ]


def loose_sensors() -> list[Figure]:
    """Simulated nights of any lab: epochs wholly off that are found, and good ones that are given up."""
    found: Counter = Counter()
    off_in_all: Counter = Counter()
    false: Counter = Counter()
    good_in_all: Counter = Counter()
    profiles = list(PROFILES)
    for seed in SEEDS:
        night = simulate_night(seed, HOURS, profiles[seed % len(profiles)], lab="varied")
        quality = assess(in_memory(night.signals, night.duration_s))
        for name in night.signals:
            kind, usable = CHANNEL[name].kind, quality.usable(name)
            marks = [e for e in night.events if e.type == "artifact" and name in e.channels]
            off, marked = np.zeros(night.duration_s, bool), np.zeros(len(usable), bool)
            for e in marks:
                marked[int(e.start_s // EPOCH_S) : int(e.end_s // EPOCH_S) + 1] = True
                if e.label == "sensor off":
                    off[int(e.start_s) : int(np.ceil(e.end_s))] = True
            wholly = off.reshape(-1, EPOCH_S).all(axis=1)
            found[kind] += int((wholly & ~usable).sum())
            off_in_all[kind] += int(wholly.sum())
            if kind != "position":
                false[kind] += int((~marked & ~usable).sum())
                good_in_all[kind] += int((~marked).sum())
    conditions = f"{len(SEEDS)} simulated nights of {HOURS:g} h, varied labs"
    figures = [
        Figure(f"{kind} off, found", 100 * found[kind] / n, "%", f"{found[kind]} of {n} epochs, {conditions}")
        for kind, n in sorted(off_in_all.items())
        if n
    ]
    wrong, n = sum(false.values()), sum(good_in_all.values())
    return [*figures, Figure("good epochs given up", 100 * wrong / n, "%", f"{wrong} of {n}, {conditions}")]


def measure() -> list[Figure]:
    """All figures; those of real people only where the recordings are."""
    return cost() + (real_people() if REAL.is_dir() else []) + loose_sensors()


if __name__ == "__main__":
    run("quality", measure)

"""An 8-h, 25-signal, mixed-rate EDF of about 200 MB read, scored in full and measured; MNE reads it beside."""

import importlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.report import Figure, peak_memory_mb, run

HOURS, SEED, PROFILE = 8.0, 3, "osa-mild"
FAST_HZ = 256
# What a laboratory records beside the canonical channels: label, unit, the channel whose signal is taken, its rate.
BESIDE = (
    ("F3-M2", "uV", "C3", 256), ("F4-M1", "uV", "C4", 256), ("O1-M2", "uV", "C3", 256), ("O2-M1", "uV", "C4", 256),
    ("Pleth", "", "ECG", 128), ("Thermistor", "uV", "AF", 32), ("RIP Sum", "", "THX", 32),
    ("Pulse", "bpm", "SPO2", 4), ("Light", "lx", "SPO2", 1), ("Activity", "g", "LEG_L", 16),
    ("PTT", "ms", "ECG", 16),
)  # fmt: skip
CONDITIONS = f"{HOURS:g} h, {14 + len(BESIDE)} signals at 1 to {FAST_HZ} Hz, simulated, no expert"


def write_lab_night(path: Path, hours: float = HOURS) -> None:
    """Write a simulated night as a laboratory records it: electrodes at 256 Hz, and more signals than we read."""
    import edfio

    from sleeplm.kinds.channels import CHANNEL
    from sleeplm.recording.resample import hold, resample
    from sleeplm.simulate import simulate_night
    from sleeplm.simulate.write import FIXED_RANGES, LABELS, START_CLOCK

    night = simulate_night(SEED, hours, PROFILE)
    kinds = {"eeg", "eog", "emg", "ecg", "snore"}

    def signal(name: str, rate: float, label: str, unit: str):
        values, from_hz = night.signals[name]
        change = hold if name in FIXED_RANGES else resample
        values = change(values, from_hz, rate, round(night.duration_s * rate)).astype(np.float64)
        top = float(f"{1.05 * np.abs(values).max() + 1e-3:.3g}")
        physical, digital = FIXED_RANGES.get(name, ((-top, top), (-32767, 32767)))
        return edfio.EdfSignal(
            np.clip(values, *physical), rate, label=label, physical_dimension=unit, physical_range=physical,
            digital_range=digital,
        )  # fmt: skip

    signals = []
    for name, (_, from_hz) in night.signals.items():
        rate = FAST_HZ if CHANNEL[name].kind in kinds else from_hz
        signals.append(signal(name, rate, LABELS[name], CHANNEL[name].unit))
    signals += [signal(name, rate, label, unit) for label, unit, name, rate in BESIDE]
    edfio.Edf(signals, starttime=START_CLOCK, data_record_duration=1.0).write(path)


def score_in_full(path: str) -> None:
    """Read, score and measure the file in this process, and print seconds by step and the peak memory as JSON."""
    from sleeplm.facts import night_facts
    from sleeplm.recording import open_recording

    steps = importlib.import_module("sleeplm.scoring.score")
    began = time.perf_counter()
    recording = open_recording(path)
    quality = recording.quality
    read_s = time.perf_counter() - began
    scoring = steps.score(recording)
    score_s = time.perf_counter() - began - read_s
    facts = night_facts(recording, scoring)
    whole_s = time.perf_counter() - began
    known = sum(f.value is not None for f in facts)
    print(json.dumps({
        "whole_s": whole_s, "read_s": read_s, "score_s": score_s, "facts_s": whole_s - read_s - score_s,
        "mb": peak_memory_mb(), "events": len(scoring.events), "types": len(scoring.event_sources), "facts": known,
        "epochs": len(quality.faults),
    }))  # fmt: skip


def read_whole(path: str) -> None:
    """Read the file with MNE in this process, and print seconds and the peak memory as JSON."""
    import mne

    began = time.perf_counter()
    raw = mne.io.read_raw_edf(path, preload=True, verbose="error")
    print(json.dumps({"whole_s": time.perf_counter() - began, "mb": peak_memory_mb(), "n": len(raw.ch_names)}))


def _in_a_process(call: str) -> str:
    """What a call of this module prints in a process of its own, so that its memory is its own."""
    code = f"from pathlib import Path; from benchmarks import scoring; scoring.{call}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout


def measure() -> list[Figure]:
    """Each way in a process of its own; ours a second time, for its libraries are compiled and cached by then."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "night.edf")
        _in_a_process(f"write_lab_night(Path({str(path)!r}))")
        size_mb = path.stat().st_size / 1e6
        first, ours = (json.loads(_in_a_process(f"score_in_full({str(path)!r})")) for _ in range(2))
        theirs = json.loads(_in_a_process(f"read_whole({str(path)!r})"))
    found = f"{ours['events']} events of {ours['types']} types, {ours['facts']} numbers"
    return [
        Figure("size of the file", size_mb, "MB", CONDITIONS),
        Figure("read, scored in full, measured", ours["whole_s"], "s", found),
        Figure("  read and judged", ours["read_s"], "s", f"quality of {ours['epochs']} epochs"),
        Figure("  scored", ours["score_s"], "s", "all detectors"),
        Figure("  measured", ours["facts_s"], "s"),
        Figure("  peak memory", ours["mb"], "MB", "the whole process"),
        Figure("the first time on a machine", first["whole_s"], "s", "YASA's functions are compiled and cached"),
        Figure("mne.io.read_raw_edf(preload=True)", theirs["whole_s"], "s", "reading alone"),
        Figure("  peak memory", theirs["mb"], "MB", "the whole process"),
        Figure("ratio of time to MNE's reading", ours["whole_s"] / theirs["whole_s"], "x"),
        Figure("ratio of memory to MNE's reading", ours["mb"] / theirs["mb"], "x"),
    ]


if __name__ == "__main__":
    run("scoring", measure)

"""Reading an 8-h, 25-signal, mixed-rate EDF of about 200 MB channel by channel, beside MNE reading it whole."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import time as clock
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Figure, peak_memory_mb, run

HOURS = 8.0
# Label, rate in Hz, unit: what a laboratory records beside the fourteen canonical channels too.
SIGNALS = (
    ("F3-M2", 256, "uV"), ("F4-M1", 256, "uV"), ("C3-M2", 256, "uV"), ("C4-M1", 256, "uV"), ("O1-M2", 256, "uV"),
    ("O2-M1", 256, "uV"), ("E1-M2", 256, "uV"), ("E2-M1", 256, "uV"), ("Chin EMG", 256, "uV"), ("ECG", 256, "mV"),
    ("Left Leg", 256, "uV"), ("Right Leg", 256, "uV"), ("Snore", 256, "uV"), ("Pleth", 128, ""),
    ("Nasal Pressure", 64, "cmH2O"), ("Thermistor", 32, "uV"), ("Thorax", 32, "uV"), ("Abdomen", 32, "uV"),
    ("RIP Sum", 32, "uV"), ("Position", 8, "code"), ("SpO2", 4, "%"), ("Pulse", 4, "bpm"), ("Light", 1, "lx"),
    ("Activity", 16, "g"), ("PTT", 16, "ms"),
)  # fmt: skip
CONDITIONS = f"{HOURS:g} h, {len(SIGNALS)} signals at 1 to 256 Hz, noise"


def write_night(path: Path, hours: float = HOURS) -> None:
    """Write the EDF or BDF that is read: noise, a saturation of 96 %, a person who lies still."""
    import edfio

    draw = np.random.default_rng(1)
    is_edf = path.suffix == ".edf"
    signal_of = edfio.EdfSignal if is_edf else edfio.BdfSignal
    signals: list[Any] = []  # of one kind, which the suffix decides
    for label, sfreq_hz, unit in SIGNALS:
        n = round(hours * 3600) * sfreq_hz
        noise = draw.integers(-3000, 3000, n, dtype=np.int16)
        digital = {"%": np.full(n, 960, np.int16), "code": np.full(n, 2, np.int16)}.get(unit, noise)
        top = {"mV": 32.767, "%": 3276.7, "code": 32767}.get(unit, 327.67)
        made = signal_of.from_digital(
            digital.astype(np.int16 if is_edf else np.int32), sfreq_hz, label=label,
            physical_dimension=unit, physical_range=(-top, top), digital_range=(-32767, 32767),
        )  # fmt: skip
        signals.append(made)
    whole = edfio.Edf if is_edf else edfio.Bdf
    whole(signals, starttime=clock(22, 30), data_record_duration=1.0).write(path)


def read_by_channel(path: Path) -> int:
    """Every canonical channel at the rate of the network; the count of samples."""
    from sleeplm.recording import open_recording

    night = open_recording(path)
    return sum(night.signal(name, 64).size for name in night.channels)


def read_all_by_channel(path: Path) -> int:
    """Every signal of the file at 64 Hz, one at a time."""
    from sleeplm.recording.formats.edf import read_edf_file
    from sleeplm.recording.resample import resample

    source = read_edf_file(path)
    n_samples = round(source.duration_s * 64)
    return sum(resample(s.read(0, source.duration_s), s.sfreq_hz, 64, n_samples).size for s in source.signals)


def read_by_edfio(path: Path) -> int:
    """Every signal at 64 Hz, read by edfio and resampled as we do."""
    import edfio

    from sleeplm.recording.resample import resample

    edf = edfio.read_edf(path) if path.suffix == ".edf" else edfio.read_bdf(path)
    n_samples = round(edf.duration * 64)
    return sum(resample(s.data.astype(np.float32), s.sampling_frequency, 64, n_samples).size for s in edf.signals)


def read_by_mne(path: Path) -> int:
    """Everything at the highest rate, in memory."""
    import mne

    return mne.io.read_raw_edf(path, preload=True, verbose="error")._data.size


# What is read, and how.
WAYS: dict[str, tuple[str, Callable[[Path], int]]] = {
    "canonical channels to 64 Hz": (".edf", read_by_channel),
    "all signals to 64 Hz": (".edf", read_all_by_channel),
    "all signals to 64 Hz by edfio": (".edf", read_by_edfio),
    "mne.io.read_raw_edf(preload=True)": (".edf", read_by_mne),
    "all signals of a BDF to 64 Hz": (".bdf", read_all_by_channel),
    "all signals of a BDF to 64 Hz by edfio": (".bdf", read_by_edfio),
}


def _in_a_process(call: str) -> str:
    """What a call of this module prints in a process of its own, begun with the little memory of this one."""
    code = f"from pathlib import Path; from benchmarks import reading; reading.{call}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout


def timed(way: str, path: str) -> None:
    """Read in one way, libraries imported before, and print seconds and peak memory as JSON."""
    import edfio  # noqa: F401
    import mne.io  # noqa: F401
    import scipy.signal  # noqa: F401

    before_mb, began, cpu_began = peak_memory_mb(), time.perf_counter(), time.process_time()
    samples = WAYS[way][1](Path(path))
    took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    print(json.dumps({"s": took_s, "cpu_s": cpu_s, "mb": peak_memory_mb(), "before_mb": before_mb, "n": samples}))


def measure() -> list[Figure]:
    """Each way in a process of its own, the file in the cache of the system."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".edf", ".bdf"):
            path = Path(folder, f"night{suffix}")
            _in_a_process(f"write_night(Path({str(path)!r}))")
            figures.append(Figure(f"size of the {suffix[1:].upper()}", path.stat().st_size / 1e6, "MB", CONDITIONS))
        for way, (suffix, _) in WAYS.items():
            path = Path(folder, f"night{suffix}")
            found = json.loads(_in_a_process(f"timed({way!r}, {str(path)!r})"))
            conditions = f"{found['cpu_s']:.1f} s of processor, {found['n'] / 1e6:.0f} million samples"
            figures.append(Figure(way, found["s"], "s", conditions))
            figures.append(
                Figure("  peak memory", found["mb"], "MB", f"{found['before_mb']:.0f} MB before reading")
            )
    return figures


if __name__ == "__main__":
    run("reading", measure)

"""How true the measured attributes of epochs are: simulated nights against their truth, real hearts against beats.

Simulated nights are recorded as any lab might (other filters, gains, rates, units, loose sensors) and come out of a
file, every profile once with usual and once out of distribution. The seeds were not looked at while developing.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.report import Figure, peak_memory_mb, run
from sleeplm.captions import attributes_of_night, render_captions
from sleeplm.captions.features.brain import EEG
from sleeplm.captions.features.cardiac import heart_features
from sleeplm.captions.features.respiratory import BREATHING, respiratory_features
from sleeplm.intervals import epochs_between
from sleeplm.kinds.bands import EEG_BANDS_HZ
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.kinds.events import APNEAS, EVENT_TYPES, MICRO_EVENTS
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring
from sleeplm.recording import Recording, open_recording
from sleeplm.recording.epochs import Epochs, cut_epochs
from sleeplm.scoring.heart import heart_rate, rate_of
from sleeplm.simulate import PROFILES, SimulatedNight, simulate_night, write_night
from sleeplm.units import EPOCH_S

HOURS, FIRST_SEED, SPEED_HOURS = 2.0, 8100, 8.0
REAL = Path(os.environ.get("SLEEPLM_TEST_DATA", "../shared"), "data")
DEVICE_LATE_S = 10.0
NEAR_BPM, NEAR_PER_MIN, NEAR_POINTS, TENTH_S = 1.0, 0.5, 1.0, 0.0501


def measure() -> list[Figure]:
    """All figures."""
    errors: dict[str, list[float]] = {}
    nights = [(profile, out_of_distribution) for out_of_distribution in (False, True) for profile in PROFILES]
    for number, (profile, out_of_distribution) in enumerate(nights):
        night = simulate_night(FIRST_SEED + number, HOURS, profile, out_of_distribution, lab="varied")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "night.edf")
            write_night(night, path)
            recording = open_recording(path)
            epochs, scoring = cut_epochs(recording), true_scoring(night)
            attributes = attributes_of_night(recording, epochs, scoring)
            _heart(night, epochs, attributes, errors)
            _breathing(night, epochs, attributes, errors)
            _bands(recording, attributes, errors)
        _events(night, attributes, errors)
    where = f"simulated, {len(nights)} nights of {HOURS:g} h, any lab, all profiles"
    return [*_simulated_figures(errors, where), *real_hearts(), *real_breathing(), *_speed()]


def true_scoring(night: SimulatedNight) -> Scoring:
    """The truth of a simulated night as a scoring, every type of event looked for."""
    return Scoring(night.hypnogram, "truth", night.events, dict.fromkeys(EVENT_TYPES, "truth"))


def _touched(night: SimulatedNight, holds: Callable[[Event], bool]) -> np.ndarray:
    """Epochs ``bool [epochs]`` that an event for which something holds touches."""
    mask = np.zeros(len(night.hypnogram), bool)
    for event in night.events:
        if holds(event):
            first, last = epochs_between(event.start_s, event.end_s, len(mask))
            mask[first - 1 : last] = True
    return mask


def _artifact(*channels: str) -> Callable[[Event], bool]:
    """Whether an event is an artifact of the body or of any of these channels."""
    return lambda e: e.type == "artifact" and (not e.channels or bool(set(e.channels) & set(channels)))


def _heart(night: SimulatedNight, epochs: Epochs, attributes: list[dict], errors: dict) -> None:
    usable = epochs.present[:, CHANNEL_NAMES.index("ECG")]
    moved = _touched(night, _artifact("ECG"))
    for e in np.flatnonzero(usable):
        beats_s = night.beats_s[(night.beats_s >= e * EPOCH_S) & (night.beats_s < (e + 1) * EPOCH_S)]
        true = 60 / np.diff(beats_s).mean()
        found = attributes[e].get("cardiac", {}).get("hr_mean_bpm", np.nan)
        errors.setdefault("heart, moved" if moved[e] else "heart", []).append(found - true)
        errors.setdefault("heart ratio", []).append(found / true)


def _breathing(night: SimulatedNight, epochs: Epochs, attributes: list[dict], errors: dict) -> None:
    usable = epochs.present[:, [CHANNEL_NAMES.index(n) for n in BREATHING]].any(axis=1)
    eventful = _touched(night, lambda e: e.type in (*APNEAS, "hypopnea"))
    moved = _touched(night, _artifact(*BREATHING))
    for e in np.flatnonzero(usable):
        row = attributes[e].get("respiratory", {})
        kind = "moved" if moved[e] else "event" if eventful[e] else "clean"
        error = row.get("rate_per_min", np.nan) - night.breaths_per_min[e]
        errors.setdefault(f"breathing, {kind}", []).append(error)
        breaths_s = night.breaths_s[(night.breaths_s >= e * EPOCH_S) & (night.breaths_s < (e + 1) * EPOCH_S)]
        durations_s = np.diff(breaths_s)
        if kind == "clean" and len(durations_s) >= 4:
            true = 100 * durations_s.std(ddof=1) / durations_s.mean()
            found = [row[n]["variability_pct"] for n in BREATHING if "variability_pct" in row.get(n, {})]
            errors.setdefault("variability", []).extend(x - true for x in found)


def _bands(recording: Recording, attributes: list[dict], errors: dict) -> None:
    """Against SciPy's Welch estimate (4-s Hann windows) of the signal as the file has it, at its own rate."""
    from scipy.signal import welch

    for name in (n for n in EEG if n in recording.channels):
        sfreq_hz = recording.channels[name].sfreq_hz
        signal, size = recording.signal(name).astype(float), round(EPOCH_S * sfreq_hz)
        for e, row in enumerate(attributes):
            found = row.get("brain", {}).get(name, {})
            if "rms_uv" not in found:
                continue
            freqs_hz, density = welch(signal[e * size : (e + 1) * size], sfreq_hz, nperseg=round(4 * sfreq_hz))
            total = density[(freqs_hz >= 0.5) & (freqs_hz < 30)].sum()
            for band, (low, high) in EEG_BANDS_HZ.items():
                direct = 100 * density[(freqs_hz >= low) & (freqs_hz < high)].sum() / total
                errors.setdefault("band", []).append(found[f"{band}_pct"] - direct)


def _events(night: SimulatedNight, attributes: list[dict], errors: dict) -> None:
    """Start and end of each event in each epoch that it touches, against its true times cut at the edges."""
    n = len(attributes)
    for event in night.events:
        if event.type in MICRO_EVENTS or event.start_s >= n * EPOCH_S:
            continue
        first, last = epochs_between(event.start_s, event.end_s, n)
        for e in range(first - 1, last):
            start_s, end_s = max(event.start_s - e * EPOCH_S, 0), min(event.end_s - e * EPOCH_S, EPOCH_S)
            there = [
                max(abs(t["start_s"] - start_s), abs(t["end_s"] - end_s), abs(t["duration_s"] - event.duration_s))
                for t in attributes[e]["stage_event"]["events"]
                if t["type"] == event.type
            ]
            errors.setdefault("event", []).append(min(there, default=np.inf))


def _simulated_figures(errors: dict, where: str) -> list[Figure]:
    near = {
        "heart": ("heart rate within 1 bpm", NEAR_BPM, "clean epochs"),
        "heart, moved": ("heart rate within 1 bpm, moved", NEAR_BPM, "with an artifact"),
        "breathing, clean": ("breathing rate within .5/min", NEAR_PER_MIN, "no event, no artifact"),
        "breathing, event": (
            "breathing rate within .5/min, events",
            NEAR_PER_MIN,
            "with apneas, hypopneas",
        ),
        "breathing, moved": ("breathing rate within .5/min, moved", NEAR_PER_MIN, "with an artifact"),
    }
    shown = []
    for key, (name, limit, what) in near.items():
        values = np.array(errors[key])
        known = np.isfinite(values)
        share = 100 * float(np.mean(np.abs(values[known]) <= limit))
        shown.append(Figure(name, share, "%", f"{where}, {what}, n = {known.sum()}"))
        shown.append(Figure("  said", 100 * float(known.mean()), "%", f"n = {len(values)} with a usable signal"))
    ratio = np.array(errors["heart ratio"])
    ratio = ratio[np.isfinite(ratio)]
    far = int(np.sum((ratio < 0.75) | (ratio > 1.33)))
    shown.append(Figure("heart rates halved or doubled", far, "", "beyond 3/4 or 4/3"))
    spread = np.abs(errors["variability"])
    shown.append(Figure("breath-to-breath variability, error", float(np.mean(spread)), "points",
                        f"mean of absolute errors, clean, n = {len(spread)}"))  # fmt: skip
    bands = np.abs(errors["band"])
    within = 100 * float(np.mean(bands <= NEAR_POINTS))
    shown.append(Figure("band powers within 1 point", within, "%",
                        f"{where}, n = {len(bands)}, of SciPy's Welch at the file's own rate"))  # fmt: skip
    shown.append(Figure("  largest difference", float(bands.max()), "points", "half a point is rounding"))
    events = np.array(errors["event"])
    exact = 100 * float(np.mean(events <= TENTH_S))
    shown.append(Figure("event times exact", exact, "%", f"to the tenth of a second, n = {len(events)}"))
    return shown


def real_hearts() -> list[Figure]:
    """The rate of real hearts: from an ECG and from annotated beats, against the mean of annotated intervals."""
    folder = REAL / "scorings" / "slpdb"
    paths = sorted(folder.glob("*.rr")) if folder.is_dir() else []
    if not paths:
        return []
    errors = []
    for path in paths:
        beats_s = annotated_beats(path)
        rows = heart_features(rate_of(beats_s), int(beats_s[-1] // EPOCH_S))
        errors += _against(beats_s, rows)
    ecg = np.load(REAL / "recordings" / "slpdb_slp41_60s.npz")["signals"][0]
    one = _against(annotated_beats(folder / "slp41.rr"), heart_features(heart_rate(ecg, 250), 2))
    where = f"real, MIT-BIH, {len(paths)} records, annotated beats, all epochs, n = {len(errors)}"
    return [
        Figure("heart rate within 1 bpm, real beats", _percent(errors), "%", where),
        Figure("heart rate within 1 bpm, real ECG", _percent(one), "%", f"real, slp41, n = {len(one)} epochs"),
    ]


def real_breathing() -> list[Figure]:
    """The rate of a real night's flow, against what the CPAP device that recorded it tells every two seconds.

    The device's rate is a mean of some breaths and comes about ten seconds late. How many estimates must agree
    before a rate is said was chosen on this night too.
    """
    import edfio

    paths = sorted((REAL / "recordings" / "cpap_night").glob("*_BRP.edf"))
    if not paths:
        return []
    beside = edfio.read_edf(paths[0].with_name(paths[0].name.replace("_BRP", "_PLD")))
    device = next(s for s in beside.signals if s.label.startswith("RespRate"))
    recording = open_recording(paths[0])
    rows = respiratory_features(recording, cut_epochs(recording))
    size, late = round(EPOCH_S * device.sampling_frequency), round(DEVICE_LATE_S * device.sampling_frequency)
    found, known = [], 0
    for e, row in enumerate(rows):
        part = device.data[e * size + late : (e + 1) * size + late]
        if len(part) == size and (part > 0).all():
            known += 1
            found += [row["rate_per_min"] - float(part.mean())] if "rate_per_min" in row else []
    where = f"real, a night on CPAP, against the device's own rate, n = {len(found)} epochs"
    shares = {f"{limit:g}/min": 100 * float(np.mean(np.abs(found) <= limit)) for limit in (NEAR_PER_MIN, 1.0)}
    shown = [Figure(f"breathing rate within {limit}, real flow", s, "%", where) for limit, s in shares.items()]
    return [
        *shown,
        Figure("  said", 100 * len(found) / known, "%", f"n = {known} in which the device tells a rate"),
    ]


def annotated_beats(path: Path) -> np.ndarray:
    """Times in seconds of the beats of a list of intervals (`ann2rr`), whose last column is the end of each."""
    rows = [line.split() for line in path.read_text().splitlines()]
    clocks = [row[-1].split(":") for row in rows if len(row) > 4]
    return np.array([float(np.dot([float(part) for part in c], (3600, 60, 1)[-len(c) :])) for c in clocks])


def _against(beats_s: np.ndarray, rows: list[dict]) -> list[float]:
    errors = []
    for e, row in enumerate(rows):
        inside = beats_s[(beats_s >= e * EPOCH_S) & (beats_s < (e + 1) * EPOCH_S)]
        if "hr_mean_bpm" in row and len(inside) > 1:
            errors.append(row["hr_mean_bpm"] - 60 / np.diff(inside).mean())
    return errors


def _percent(errors: list[float]) -> float:
    return 100 * float(np.mean(np.abs(errors) <= NEAR_BPM))


def measure_night(path: str) -> None:
    """Measure and tell the night of a file in this process, and print seconds and the peak memory as JSON."""
    written = json.loads(Path(path).with_suffix(".json").read_text())
    hypnogram, events = tuple(map(Stage, written["hypnogram"])), tuple(map(Event.from_dict, written["events"]))
    scoring = Scoring(hypnogram, "truth", events, dict.fromkeys(EVENT_TYPES, "truth"))
    recording = open_recording(path)
    epochs = cut_epochs(recording)
    began = time.perf_counter()
    rows = attributes_of_night(recording, epochs, scoring)
    measured_s = time.perf_counter() - began
    render_captions(rows)
    whole_s = time.perf_counter() - began
    kb = len(json.dumps(rows)) / len(rows) / 1e3
    print(
        json.dumps({"measured_s": measured_s, "whole_s": whole_s, "n": len(rows), "mb": peak_memory_mb(), "kb": kb})
    )


def _speed() -> list[Figure]:
    """In a process of its own, so that its memory is its own."""
    night = simulate_night(FIRST_SEED, SPEED_HOURS, "osa-mild")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "night.edf")
        write_night(night, path)
        scoring = {"hypnogram": list(night.hypnogram), "events": [e.as_dict() for e in night.events]}
        path.with_suffix(".json").write_text(json.dumps(scoring))
        code = f"from benchmarks import caption_accuracy; caption_accuracy.measure_night({str(path)!r})"
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    found = json.loads(ran.stdout)
    conditions = f"simulated, {SPEED_HOURS:g} h, 14 channels, {found['n']} epochs, scored; heart beats found anew"
    return [
        Figure("measured", found["measured_s"], "s", conditions),
        Figure("measured and told", found["n"] / found["whole_s"], "epochs/s", "one process"),
        Figure("  peak memory", found["mb"], "MB", "the whole process, from the file on"),
        Figure("attributes of an epoch", found["kb"], "kB", "as JSON"),
    ]


if __name__ == "__main__":
    run("caption_accuracy", measure)

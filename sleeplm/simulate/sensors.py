"""What a lab's sensors, amplifier and file make of the signals of a body.

The ``clean`` lab is a decent one: some movement, a few electrode pops, a little gaze in the EEG. The ``varied``
lab is any lab: filters, gains, rates, units, leads upside down, mains, muscle and heart in the EEG, sweat, loose
electrodes, clipping, each with a chance of its own per night and channel. What a person would mark is told as
``artifact``.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.signal import lfilter

from sleeplm.intervals import true_intervals
from sleeplm.kinds.channels import CHANNEL
from sleeplm.night import Event
from sleeplm.simulate.background import EEG_HZ
from sleeplm.simulate.events import Course, event
from sleeplm.simulate.hypnogram import W
from sleeplm.simulate.waves import CONTROL_HZ, at_rate, band, gate, per_epoch, shaped, wander, white_spectrum

LABS = ("clean", "varied")
RATES_HZ = {
    "eeg": (100, 128, 200, 256, 512), "emg": (100, 128, 200, 256), "ecg": (128, 200, 256, 512),
    "breath": (10, 16, 25, 32, 64), "snore": (128, 200), "spo2": (1, 1, 1, 2, 3),
}  # fmt: skip
GROUPS = {"eog": "eeg", "effort": "breath", "flow": "breath", "position": None}
UPSIDE_DOWN = {"ecg": 0.12, "flow": 0.08, "effort": 0.08, "eeg": 0.02, "eog": 0.04}
LOOSE = {
    "eeg": 0.12,
    "eog": 0.1,
    "emg": 0.12,
    "ecg": 0.06,
    "effort": 0.08,
    "flow": 0.15,
    "spo2": 0.15,
    "snore": 0.08,
}
SWINGS = np.array([1.0, 0.4, 0.3, 0.3, 0.3])  # small movements by stage, W N1 N2 N3 R
DRIFT_S = 0.5  # time constant of each of the two poles of an electrode's drift


@dataclass(frozen=True)
class Lab:
    """One lab's way of recording, the same all night.

    Attributes
    ----------
    gain : float
        True microvolts show as this many.
    highpass_hz, lowpass_hz : float
        Of EEG and EOG; 0 and infinity where there is no filter but the sensor's own.
    mains_hz, mains_uv : float
        Hum at an EEG electrode.
    hum_hz, hum_uv, floor_uv : float
        A recorder's own broad hum, as in all of UCDDB at 20 to 25 Hz, and its noise floor, both RMS.
    muscle_uv, heart_share, gaze_share : float
        What the EEG takes up of the temple's muscles (RMS), the ECG (of its height in mV, as uV / 1000) and the
        movements of the eyes.
    drift_uv : float
        Drift of an electrode's potential below a third of a Hertz, RMS: as strong as a wake EEG in all of UCDDB.
    swing_uv : float
        What small movements awake add, median; sleep has a fraction of it.
    sweats, pops_per_h : float
        Share of nights in which slow sway comes; electrode pops in an hour at each electrode.
    rates_hz : dict
        By kind of signal; empty where signals stay at the simulator's own rates.
    volts : str
        Unit of EEG, EOG and EMG in the file.
    """

    varied: bool = False
    gain: float = 1.0
    highpass_hz: float = 0.0
    lowpass_hz: float = np.inf
    mains_hz: float = 50.0
    mains_uv: float = 0.0
    hum_hz: float = 22.0
    hum_uv: float = 0.0
    floor_uv: float = 0.6
    drift_uv: float = 2.5
    swing_uv: float = 1.5
    muscle_uv: float = 0.5
    heart_share: float = 0.0
    gaze_share: float = 0.1
    sweat_chance: float = 0.0
    pops_per_h: float = 0.25
    rates_hz: dict = field(default_factory=dict)
    volts: str = "uV"


def draw_lab(kind: str, rng: np.random.Generator) -> Lab:
    """A lab of a kind, one of `LABS`."""
    if kind == "clean":
        return Lab(gaze_share=rng.uniform(0.05, 0.15), mains_hz=rng.choice([50.0, 60.0]), mains_uv=0.3)
    return Lab(
        varied=True,
        gain=float(np.clip(rng.lognormal(0, 0.25), 0.55, 1.8)),
        highpass_hz=float(rng.choice([0.0, 0.0, 0.05, 0.1, 0.16, 0.3, 0.5])),
        lowpass_hz=float(rng.choice([35, 35, 40, 50, np.inf])),
        mains_hz=float(rng.choice([50.0, 60.0])),
        mains_uv=rng.lognormal(np.log(1.0), 1.0) * (rng.random() < 0.6),
        hum_hz=rng.uniform(15, 40),
        hum_uv=rng.lognormal(np.log(1.3), 0.6) * (rng.random() < 0.4),
        floor_uv=rng.lognormal(np.log(0.7), 0.5),
        drift_uv=rng.lognormal(np.log(9), 0.7) * (rng.random() < 0.8),
        swing_uv=rng.lognormal(np.log(1.5), 0.5),
        muscle_uv=rng.lognormal(np.log(0.5), 0.7),
        heart_share=rng.uniform(0.003, 0.02) * (rng.random() < 0.35),
        gaze_share=rng.uniform(0.02, 0.25),
        sweat_chance=0.25,
        pops_per_h=rng.lognormal(np.log(0.4), 0.8),
        rates_hz={kind: int(rng.choice(rates)) for kind, rates in RATES_HZ.items()},
        volts=str(rng.choice(["uV", "uV", "uV", "mV", "V"])),
    )


def _filtered(signal: np.ndarray, lab: Lab) -> np.ndarray:
    from scipy.signal import butter, sosfilt

    if lab.highpass_hz:
        b, a = butter(1, lab.highpass_hz, "highpass", fs=EEG_HZ)
        signal = lfilter(b, a, signal)
    if np.isfinite(lab.lowpass_hz):
        signal = sosfilt(butter(4, lab.lowpass_hz, fs=EEG_HZ, output="sos"), signal)
    return signal.astype(np.float32)


def sense_eeg(course: Course, eeg: np.ndarray, gaze: np.ndarray, ecg, lab: Lab, rng) -> tuple[np.ndarray, list]:
    """EEG ``[2, samples]`` as the amplifier gives it, and its artefacts.

    Parameters
    ----------
    course : Course
    eeg : ndarray ``[2, samples]``
        In uV at 128 Hz.
    gaze, ecg : ndarray ``[samples]``
        Movement of the eyes in uV, and electrocardiogram in mV, at the same rate.
    """
    n = eeg.shape[1]
    artifacts: list[Event] = []
    out = np.empty_like(eeg)
    moves = [(e.start_s, e.duration_s, 1.0) for e in course.movements]
    moving = gate(n, EEG_HZ, moves)
    sweat = _sway(course, lab, rng, artifacts)
    for side, name in enumerate(("C3", "C4")):
        jolt = shaped(white_spectrum(n, rng), n, EEG_HZ, band(0.3, 50, 0.9))
        signal = eeg[side] + lab.gaze_share * rng.uniform(0.7, 1.3) * gaze
        signal += jolt * (lab.floor_uv + moving * rng.uniform(15, 60) + _swings(course, lab, rng))
        signal += _drift(course, lab, rng)
        signal += sweat * rng.uniform(0.5, 1.2) + _pops(n, course, lab, rng)
        if lab.varied:
            signal += lab.muscle_uv * shaped(white_spectrum(n, rng), n, EEG_HZ, band(24, 62, 0.1))
            if lab.hum_uv:
                hum = band(lab.hum_hz - 2, lab.hum_hz + 2)
                signal += lab.hum_uv * shaped(white_spectrum(n, rng), n, EEG_HZ, hum)
            signal += 1000 * lab.heart_share * rng.uniform(-1, 1) * ecg
        if lab.mains_uv:
            signal += _hum(n, EEG_HZ, lab, rng)
        out[side] = lab.gain * (_filtered(signal, lab) if lab.varied else signal)
        if lab.varied and rng.random() < 0.06:
            limit = rng.uniform(90, 220)
            artifacts += _clipped(name, out[side], limit)
            np.clip(out[side], -limit, limit, out=out[side])
    return out, artifacts


def _drift(course: Course, lab: Lab, rng: np.random.Generator) -> np.ndarray:
    """Drift of one electrode: flat below .25 Hz, falling steeply above, stronger awake and at times."""
    n = course.duration_s * CONTROL_HZ
    drive = wander(n, CONTROL_HZ, DRIFT_S, 1.0, rng)
    keep = np.exp(-1 / (CONTROL_HZ * DRIFT_S))
    slow = lfilter([np.sqrt(1 - keep**2)], [1, -keep], drive)
    slow *= lab.drift_uv / max(float(slow.std()), 1e-9)
    height = per_epoch(np.where(course.codes == W, 1.3, 1.0)) * np.exp(wander(n, CONTROL_HZ, 20, 0.5, rng))
    return at_rate(slow * height, course.duration_s * EEG_HZ, EEG_HZ)


def _swings(course: Course, lab: Lab, rng: np.random.Generator) -> np.ndarray:
    """Height in uV of what small movements nobody would mark add to an electrode: rarely much, awake above all."""
    n = course.duration_s * CONTROL_HZ
    height = lab.swing_uv * per_epoch(SWINGS[course.codes]) * np.exp(wander(n, CONTROL_HZ, 1.5, 1.15, rng))
    return at_rate(height, course.duration_s * EEG_HZ, EEG_HZ)


def _pops(n: int, course: Course, lab: Lab, rng: np.random.Generator) -> np.ndarray:
    """Sudden jumps that an electrode's potential makes and that decay within a second."""
    out = np.zeros(n, dtype=np.float32)
    decay = np.exp(-np.arange(2 * EEG_HZ) / (rng.uniform(0.15, 0.5) * EEG_HZ)).astype(np.float32)
    for at in (rng.random(rng.poisson(lab.pops_per_h * course.duration_s / 3600)) * n).astype(int):
        part = out[at : at + len(decay)]
        part += rng.choice([-1, 1]) * rng.uniform(100, 300) * decay[: len(part)]
    return out


def _hum(n: int, sfreq_hz: float, lab: Lab, rng: np.random.Generator) -> np.ndarray:
    """Mains, its height wandering within minutes."""
    seconds = int(np.ceil(n / sfreq_hz))
    height = np.repeat(np.exp(wander(seconds, 1, 300, 0.4, rng)), int(np.ceil(sfreq_hz)))[:n]
    t = np.arange(n, dtype=np.float64) / sfreq_hz
    return (lab.mains_uv * height * np.sin(2 * np.pi * lab.mains_hz * t + rng.uniform(0, 6.28))).astype(np.float32)


def _sway(course: Course, lab: Lab, rng: np.random.Generator, artifacts: list[Event]) -> np.ndarray:
    """Sway of sweating skin below half a Hertz, for tens of minutes of some nights."""
    n = course.duration_s * EEG_HZ
    if rng.random() >= lab.sweat_chance:
        return np.zeros(n, dtype=np.float32)
    spans = []
    for _ in range(int(rng.integers(1, 4))):
        start = rng.uniform(0, 0.9) * course.duration_s
        spans.append((start, min(rng.uniform(300, 2400), course.duration_s - start), rng.uniform(20, 90)))
        artifacts.append(event("artifact", *spans[-1][:2], "C3", "C4", label="sweat"))
    return shaped(white_spectrum(n, rng), n, EEG_HZ, band(0.15, 0.5)) * gate(n, EEG_HZ, spans, 20)


def _clipped(name: str, signal: np.ndarray, limit: float) -> list[Event]:
    """One mark for each stretch of seconds in which a signal often reaches the amplifier's limit."""
    per_s = np.abs(signal[: len(signal) // EEG_HZ * EEG_HZ].reshape(-1, EEG_HZ)).max(axis=1) >= limit
    busy = np.convolve(per_s, np.ones(10), "same") >= 3
    return [event("artifact", a, b - a, name, label="clipping") for a, b in true_intervals(busy)]


def loosen(name: str, signal: np.ndarray, sfreq_hz: float, rng: np.random.Generator) -> list[Event]:
    """Let a sensor come off for some stretches, in place: flat, or nothing but noise and drift."""
    seconds = len(signal) / sfreq_hz
    marks = []
    size = float(np.std(signal)) or 1.0
    for _ in range(1 + rng.poisson(0.7)):
        length = min(rng.lognormal(np.log(150), 1.1), 0.3 * seconds)
        start = rng.uniform(0, seconds - length)
        part = signal[int(start * sfreq_hz) : int((start + length) * sfreq_hz)]
        if CHANNEL[name].kind == "spo2":
            part[:] = 0
        elif rng.random() < 0.5:
            part[:] = rng.normal(0, 0.002 * size, len(part))
        else:
            part[:] = (
                8 * size * shaped(white_spectrum(len(part), rng), len(part), sfreq_hz, band(0.2, sfreq_hz / 2))
            )
        marks.append(event("artifact", start, length, name, label="sensor off"))
    return marks


def _resampled(signal: np.ndarray, from_hz: float, to_hz: float) -> np.ndarray:
    from math import gcd

    from scipy.signal import resample_poly

    common = gcd(int(from_hz), int(to_hz))
    return resample_poly(signal, int(to_hz) // common, int(from_hz) // common).astype(np.float32)


def record(signals: dict, lab: Lab, rng: np.random.Generator) -> tuple[dict, list[Event]]:
    """Every channel as this lab's file holds it: leads upside down, gains, loose sensors, rates.

    Parameters
    ----------
    signals : dict
        Canonical name -> ``(array, sfreq_hz)``, all at the simulator's own rates.

    Returns
    -------
    signals : dict
    artifacts : list of Event
    """
    if not lab.varied:
        return signals, []
    out, artifacts = {}, []
    for name, (values, sfreq_hz) in signals.items():
        kind = CHANNEL[name].kind
        signal = values.copy()
        if kind in ("effort", "flow", "snore"):
            signal *= rng.lognormal(0, 0.8)
        if kind in ("emg", "eog") and lab.mains_uv:
            signal += _hum(len(signal), sfreq_hz, lab, rng)
        if kind == "emg":
            signal *= rng.lognormal(0, 0.3)
        if kind == "eog":
            signal = lab.gain * _filtered(signal, lab)
        if rng.random() < UPSIDE_DOWN.get(kind, 0):
            signal = -signal
        if rng.random() < LOOSE.get(kind, 0):
            artifacts += loosen(name, signal, sfreq_hz, rng)
        rate = lab.rates_hz.get(GROUPS.get(kind, kind))
        if kind == "spo2" and rate is not None:
            signal, sfreq_hz = np.repeat(signal, rate), rate
        elif rate and rate != sfreq_hz:
            signal, sfreq_hz = _resampled(signal, sfreq_hz, rate), rate
        out[name] = (signal, sfreq_hz)
    return out, artifacts

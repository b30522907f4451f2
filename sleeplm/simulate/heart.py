"""The heart: beats from a rate that follows stage, breath and arousal, and the electrocardiogram of them."""

import numpy as np

from sleeplm.simulate.events import Course
from sleeplm.simulate.waves import CONTROL_HZ, band, gate, lay, per_epoch, shaped, wander, white_spectrum

ECG_HZ = 128
# Waves of one beat: name, centre in s from R, width in s, height in mV (after McSharry 2003, IEEE TBME 50:289).
WAVES = (
    ("P", -0.17, 0.022, 0.13),
    ("Q", -0.028, 0.009, -0.12),
    ("R", 0.0, 0.0105, 1.1),
    ("S", 0.03, 0.010, -0.22),
    ("T", 0.27, 0.045, 0.28),
)
BEFORE_S, AFTER_S = 0.28, 0.5


def simulate_heart_rate(course: Course, volume: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Heart rate in beats a minute at 4 Hz.

    Respiratory sinus arrhythmia falls with age; apneas slow the heart and their end, like any arousal or
    movement, drives it up for some ten seconds (Guilleminault 1984). How much it varies within five minutes is that
    of the 18 MIT-BIH recordings: standard deviation of beats 75 ms (10th to 90th percentile 52 to 87), RMSSD 32 ms
    (23 to 44).
    """
    own, n = course.person.profile, len(volume)
    broad = 2.0 if course.person.out_of_distribution else 1.0
    stage = per_epoch(np.array([8.0, 2.5, 0.0, -0.5, 3.0])[course.codes], 20)
    trend = np.linspace(1.5, -1.5, n)
    unrest = per_epoch(np.array([1.5, 1.1, 0.9, 0.7, 1.4])[course.codes], 10)
    lively = rng.lognormal(0, 0.25 * broad)
    sinus = np.clip(7.0 - 0.06 * (course.person.age_years - 20), 2.5, 8.0) * rng.lognormal(0, 0.3 * broad)
    slow = shaped(white_spectrum(n, rng), n, CONTROL_HZ, band(0.06, 0.14))
    rate = 1.06 * own.heart_bpm + stage + trend
    rate += lively * unrest * (3.0 * slow + wander(n, CONTROL_HZ, 60, 2.2, rng))
    rate += sinus * (volume - volume.mean()) * per_epoch(np.array([0.8, 1, 1.1, 1.25, 0.8])[course.codes])
    falls = [
        (e.start_s + 4, e.duration_s - 2, rng.uniform(3, 9) * (0.6 if e.type == "hypopnea" else 1.0))
        for e in course.respiratory
    ]
    rate -= gate(n, CONTROL_HZ, falls, 3.0)
    t = np.arange(0, 40, 1 / CONTROL_HZ)
    surge = (t / 4.5) * np.exp(1 - t / 4.5)
    for events, height in ((course.arousals, 13), (course.movements, 11), (course.legs, 5)):
        starts = [int(e.start_s * CONTROL_HZ) for e in events]
        rise = np.zeros(n)
        lay(rise, starts, [surge * height * rng.lognormal(0, 0.4) for _ in events])
        rate += np.minimum(rise, 32)
    return np.clip(rate, 36, 150)


def beats_of(rate_bpm: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Times of beats in seconds, and which of them are ventricular ectopics (early, then a pause).

    Few people have more than some an hour (MIT-BIH: median 1.5, 0 to 33).
    """
    turns = np.concatenate([[0.0], np.cumsum(rate_bpm / 60 / CONTROL_HZ)])
    times = np.interp(np.arange(1, int(turns[-1])), turns, np.arange(len(turns)) / CONTROL_HZ)
    times += rng.normal(0, 0.006, len(times))
    chance = min(rng.lognormal(np.log(3e-4), 1.6), 0.008)
    ectopic = rng.random(len(times)) < chance
    ectopic[:2] = ectopic[-2:] = False
    ectopic[1:] &= ~ectopic[:-1]
    at = np.flatnonzero(ectopic)
    times[at] -= 0.3 * (times[at] - times[at - 1])
    return times, ectopic


def draw_ecg(course: Course, beats_s: np.ndarray, ectopic: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Electrocardiogram in mV at 128 Hz: five Gaussian waves a beat, baseline, muscle noise, movement."""
    n = course.duration_s * ECG_HZ
    heights = {name: height * rng.lognormal(0, 0.25) for name, _, _, height in WAVES}
    whole = rng.lognormal(0, 0.2)
    rr = np.diff(beats_s, append=beats_s[-1] + 1)
    stretch = np.sqrt(np.clip(np.r_[rr[:1], rr[:-1]], 0.4, 1.6))[:, None]
    first = np.ceil((beats_s - BEFORE_S) * ECG_HZ).astype(int)
    width = int((BEFORE_S + AFTER_S) * ECG_HZ)
    place = first[:, None] + np.arange(width)
    t = (place / ECG_HZ - beats_s[:, None]).astype(np.float32)
    complexes = np.zeros_like(t)
    for name, centre, spread, _ in WAVES:
        late = stretch if name == "T" else 1.0
        complexes += heights[name] * np.exp(-0.5 * ((t - centre * late) / spread) ** 2)
    wide = 1.25 * heights["R"] * np.exp(-0.5 * (t[ectopic] / 0.035) ** 2)
    complexes[ectopic] = wide - 0.35 * np.exp(-0.5 * ((t[ectopic] - 0.26) / 0.06) ** 2)
    ecg = np.zeros(n + 2 * width, dtype=np.float32)
    for parity in (0, 1, 2):
        ecg[np.clip(place[parity::3], -width, n + width - 1) + width] += whole * complexes[parity::3]
    ecg = ecg[width : width + n]
    noise = rng.normal(0, rng.uniform(0.008, 0.02), n)
    sway = shaped(white_spectrum(n, rng), n, ECG_HZ, band(0.1, 0.6)) * 0.03
    moving = gate(n, ECG_HZ, [(e.start_s, e.duration_s, 0.12) for e in course.movements])
    jolt = shaped(white_spectrum(n, rng), n, ECG_HZ, band(0.5, 40)) * moving
    return (ecg + noise + sway + jolt).astype(np.float32)

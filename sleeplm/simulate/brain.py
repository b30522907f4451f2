"""Electroencephalogram of C3 and C4: background by stage, slow waves, K-complexes, spindles and their kin."""

from dataclasses import dataclass

import numpy as np

from sleeplm.night import Event
from sleeplm.simulate.events import Course, event
from sleeplm.simulate.hypnogram import N2, N3, W
from sleeplm.simulate.waves import (
    CONTROL_HZ,
    at_rate,
    band,
    gate,
    lay,
    peak,
    per_epoch,
    shaped,
    wander,
    white_spectrum,
)
from sleeplm.vocabulary import EPOCH_S

EEG_HZ = 128
# Background in uV RMS by band, rows W N1 N2 N3 R: medians of UCDDB 018 (expert stages) and of a public 84-min
# recording (pyDYNAM-O), less what discrete waves add. Alpha of closed eyes comes on top.
BANDS_HZ = ((0.3, 1.2), (1.2, 4), (4, 8), (8, 11), (11, 16), (16, 30), (30, 50))
BACKGROUND_UV = np.array(
    [
        [6.0, 6.5, 4.6, 3.0, 3.0, 6.0, 3.2],
        [6.5, 7.0, 6.0, 3.3, 3.1, 3.5, 1.0],
        [7.5, 8.5, 5.8, 3.6, 3.5, 3.0, 0.9],
        [13.0, 15.0, 6.6, 4.3, 3.4, 2.5, 0.6],
        [6.2, 6.8, 5.3, 3.2, 2.9, 3.5, 0.9],
    ]
)
SHARED = 0.75  # of the background's variance, common to both sides


Placed = tuple[Event | None, float, np.ndarray]  # its truth where it is told, start in s, wave in uV


@dataclass
class Habits:
    """What is this person's own in the EEG."""

    scale: float
    alpha_hz: float
    alpha_uv: float
    spindle_hz: float
    spindles_per_min: float  # in N2
    slow_uv: float  # peak to peak, median in N3
    bands: np.ndarray  # factors [stage, band]


def draw_habits(course: Course, rng: np.random.Generator) -> Habits:
    """Draw a person's EEG: slow waves and spindles lessen with age (Landolt 1996, Purcell 2017)."""
    age = course.person.age_years
    young = np.clip(1.25 - 0.009 * (age - 20), 0.65, 1.3)
    bands = np.exp(rng.normal(0, 0.15, (1, 7)) + rng.normal(0, 0.07, (5, 7)))
    return Habits(
        scale=rng.lognormal(0, 0.2),
        alpha_hz=float(np.clip(rng.normal(10.2 - 0.012 * (age - 20), 0.6), 8.3, 12)),
        alpha_uv=rng.lognormal(np.log(7), 0.5),
        spindle_hz=float(np.clip(rng.normal(13.2, 0.5), 11.8, 14.6)),
        spindles_per_min=rng.lognormal(np.log(3.2 * young), 0.3),
        slow_uv=105 * young * rng.lognormal(0, 0.12),
        bands=bands,
    )


def eyes_closed(course: Course, rng: np.random.Generator) -> np.ndarray:
    """Share of alpha's full height at `CONTROL_HZ`: awake with closed eyes, a rest in N1, again at arousals."""
    n = course.duration_s * CONTROL_HZ
    closed = (wander(n, CONTROL_HZ, 20, 1.0, rng) > -0.7).astype(np.float32)
    share = np.array([1.0, 0.12, 0.0, 0.0, 0.06])[course.codes] * np.exp(rng.normal(0, 0.25, len(course.codes)))
    first = int(np.argmax(course.codes != W)) if np.any(course.codes != W) else len(course.codes)
    share[: max(1, first // 4)] *= 0.3  # lights just out: eyes often open
    alpha = per_epoch(share, 4) * (0.15 + 0.85 * closed)
    return np.maximum(alpha, gate(n, CONTROL_HZ, [(e.start_s, e.duration_s, 0.55) for e in course.arousals]))


def _gains(course: Course, habits: Habits, rng: np.random.Generator) -> np.ndarray:
    """Height of each band in uV at `CONTROL_HZ`, ``[bands, n]``: stage, depth, slow wander, arousals."""
    n = course.duration_s * CONTROL_HZ
    table = np.log(BACKGROUND_UV * habits.bands * habits.scale)
    arousal = gate(n, CONTROL_HZ, [(e.start_s, e.duration_s, 1.0) for e in course.arousals])
    change = (-0.2, -0.15, 0.2, 0.4, 0.2, 0.6, 0.7)
    common = wander(n, CONTROL_HZ, 60, 0.08, rng)
    out = np.empty((len(BANDS_HZ), n), dtype=np.float32)
    for i in range(len(BANDS_HZ)):
        stages = np.convolve(np.pad(table[course.codes, i], 1, mode="edge"), (0.12, 0.76, 0.12), "valid")
        own = wander(n, CONTROL_HZ, 40, 0.12, rng)
        out[i] = np.exp(per_epoch(stages, 8) + common + own + change[i] * arousal)
    return out


def _background(course: Course, habits: Habits, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Noise ``[2, samples]`` whose bands follow their gains, partly common to both sides."""
    n = course.duration_s * EEG_HZ
    common, *own = (white_spectrum(n, rng) for _ in range(3))
    sides = [np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * o for o in own]
    slope = rng.normal(0.75, 0.15)
    shapes = [band(low, high, slope) for low, high in BANDS_HZ]
    gains = list(_gains(course, habits, rng))
    shapes.append(peak(habits.alpha_hz, rng.uniform(0.5, 0.9)))
    gains.append(alpha * habits.alpha_uv)
    out = np.zeros((2, n), dtype=np.float32)
    for shape, gain in zip(shapes, gains, strict=True):
        height = at_rate(gain, n, EEG_HZ)
        for side in (0, 1):
            out[side] += height * shaped(sides[side], n, EEG_HZ, shape)
    return out


def _places(rates: np.ndarray, gap_s: float, rng: np.random.Generator) -> np.ndarray:
    """Start seconds of waves at a rate for each epoch, at least `gap_s` apart."""
    counts = rng.poisson(rates)
    starts = np.sort((np.repeat(np.arange(len(counts)), counts) + rng.random(counts.sum())) * EPOCH_S)
    if not len(starts):
        return starts
    kept = [starts[0]]
    for s in starts[1:]:
        if s - kept[-1] >= gap_s:
            kept.append(s)
    return np.array(kept)


def slow_wave(duration_s: float, peak_to_peak_uv: float, down_share: float) -> np.ndarray:
    """One slow wave: a negative half-wave of `down_share` of the time, then a positive one."""
    u = np.arange(int(duration_s * EEG_HZ)) / (duration_s * EEG_HZ)
    down = np.sin(np.pi * np.clip(u / down_share, 0, 1))
    up = np.sin(np.pi * np.clip((u - down_share) / (1 - down_share), 0, 1))
    return (peak_to_peak_uv * (-0.55 * down + 0.45 * up)).astype(np.float32)


def burst(duration_s: float, freq_hz: float, height_uv: float, phase: float, chirp_hz: float = 0.0) -> np.ndarray:
    """Waxing and waning oscillation, its frequency falling by `chirp_hz` on the way."""
    t = np.arange(int(duration_s * EEG_HZ)) / EEG_HZ
    cycles = freq_hz * t - 0.5 * chirp_hz * t**2 / duration_s
    return (height_uv * np.sin(np.pi * t / duration_s) * np.sin(2 * np.pi * cycles + phase)).astype(np.float32)


def sawtooth(duration_s: float, freq_hz: float, height_uv: float) -> np.ndarray:
    """Train of triangular waves of REM sleep."""
    t = np.arange(int(duration_s * EEG_HZ)) / EEG_HZ
    teeth = (t * freq_hz) % 1.0 - 0.5
    return (height_uv * np.sin(np.pi * t / duration_s) ** 0.5 * teeth).astype(np.float32)


def _depth(course: Course, rng: np.random.Generator) -> np.ndarray:
    """Slow waves wanted in each epoch: N3 comes and goes gradually, so that N2 beside it has some as well."""
    rate = np.array([0, 0, 0.5, 10.0, 0])[course.codes]
    near = np.convolve(course.codes == N3, np.ones(5) / 5, "same") * (course.codes == N2)
    return (rate + 4.5 * near) * np.exp(wander(len(rate), 1 / EPOCH_S, 60, 0.3, rng))


def _slow_waves(course: Course, habits: Habits, rng: np.random.Generator) -> list[Placed]:
    waves = []
    for s in _places(_depth(course, rng), 1.0, rng):
        duration = 1 / rng.uniform(0.55, 1.2)
        size = (
            habits.slow_uv * habits.scale**0.5 * rng.lognormal(0, 0.25) * (1 if course.stage_at(s) == N3 else 0.75)
        )
        truth = event("slow_wave", s, duration, "C3", "C4") if size >= 75 else None
        waves.append((truth, s, slow_wave(duration, size, rng.uniform(0.4, 0.55))))
    for s in _places(np.array([0, 0.03, 0.9, 0.3, 0])[course.codes], 4.0, rng):
        duration = rng.uniform(0.6, 1.1)
        size = 1.35 * habits.slow_uv * rng.lognormal(0, 0.2)
        truth = event("slow_wave", s, duration, "C3", "C4", label="K-complex")
        waves.append((truth, s, slow_wave(duration, size, rng.uniform(0.3, 0.42))))
    for s in _places(np.array([0, 0.9, 0.2, 0, 0])[course.codes], 3.0, rng):  # vertex waves
        waves.append((None, s, slow_wave(rng.uniform(0.2, 0.4), rng.uniform(40, 95), 0.45)))
    return waves


def _rhythms(course: Course, habits: Habits, rng: np.random.Generator) -> list[Placed]:
    waves = []
    rate = habits.spindles_per_min / 2
    for s in _places(np.array([0, 0.04, rate, 0.35 * rate, 0])[course.codes], 2.5, rng):
        duration = float(np.clip(rng.lognormal(np.log(0.9), 0.3), 0.5, 2.0))
        height = 0.5 * 42 * habits.scale * rng.lognormal(0, 0.3)
        freq = float(np.clip(rng.normal(habits.spindle_hz, 0.5), 11.2, 15.5))
        wave = burst(duration, freq, height, rng.uniform(0, 6.3), rng.uniform(0, 1))
        waves.append((event("spindle", s, duration, "C3", "C4"), s, wave))
    for s in _places(np.array([0, 0, 0, 0, 0.8])[course.codes], 6.0, rng):
        waves.append((None, s, sawtooth(rng.uniform(2, 7), rng.uniform(2.2, 5), rng.uniform(18, 40))))
    return waves


def simulate_brain(course: Course, rng: np.random.Generator) -> tuple[np.ndarray, list[Event]]:
    """C3 and C4 in uV at 128 Hz, ``[2, samples]``, and the spindles and slow waves in them.

    Waves that would fall on an arousal or a movement are left out.
    """
    habits = draw_habits(course, rng)
    eeg = _background(course, habits, eyes_closed(course, rng), rng)
    busy = gate(
        course.duration_s, 1, [(e.start_s - 1, e.duration_s + 2, 1.0) for e in course.arousals + course.movements]
    )
    waves = [w for w in _slow_waves(course, habits, rng) + _rhythms(course, habits, rng) if busy[int(w[1])] < 0.5]
    starts = [int(s * EEG_HZ) for _, s, _ in waves]
    for side in eeg:
        tilt = rng.uniform(0.88, 1.08, len(waves))
        lay(side, starts, [w * f for (_, _, w), f in zip(waves, tilt, strict=True)])
    return eeg, [truth for truth, _, _ in waves if truth is not None]

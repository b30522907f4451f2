"""Electroencephalogram of C3 and C4: background, alpha, and the single waves laid into it."""

from dataclasses import dataclass

import numpy as np

from sleeplm.night import Event
from sleeplm.simulate import background
from sleeplm.simulate.background import EEG_HZ, HOP_S
from sleeplm.simulate.events import Course, event
from sleeplm.simulate.hypnogram import N3, W
from sleeplm.simulate.waves import gate, lay, shaped, wander, white_spectrum
from sleeplm.units import EPOCH_S

Placed = tuple[Event | None, float, np.ndarray]  # its truth where it is told, start in s, wave in uV


@dataclass
class Habits:
    """What is this person's own in the EEG."""

    breadth: float  # of all differences: above 1 for a person out of the ordinary
    deep_uv: float  # RMS in N3, all frequencies
    alpha_hz: float
    alpha_uv: float
    alpha_width_hz: float
    alpha_in_sleep: float  # share of its height that intrudes into NREM sleep
    spindle_hz: float
    spindle_uv: float  # peak to peak
    spindles_per_min: float  # in N2
    complexes_per_min: float  # K-complexes in N2
    ridden: float  # share of them on which a spindle rides
    slow_uv: float  # peak to peak, median in N3
    vertex_uv: float
    sawteeth: float  # trains in an epoch of R
    spectra: np.ndarray  # [stage, band]


def draw_habits(course: Course, rng: np.random.Generator) -> Habits:
    """Draw a person's EEG: slow waves and spindles lessen with age (Landolt 1996, Purcell 2017).

    Alpha is hardly there in one of eight people and strong in as many; it intrudes into sleep in one of ten.
    """
    age = course.person.age_years
    breadth = 1.6 if course.person.out_of_distribution else 1.0
    young = np.clip(1.25 - 0.009 * (age - 20), 0.65, 1.3)

    def about(value: float, sd: float) -> float:
        return float(value * np.exp(breadth * np.clip(rng.normal(0, sd), -2.2 * sd, 2.2 * sd)))

    deep = max(about(29 * young, 0.22), 20.0)
    return Habits(
        breadth=breadth,
        deep_uv=deep,
        alpha_hz=float(np.clip(rng.normal(10.0 - 0.012 * (age - 20), 0.8 * breadth), 7.8, 12.2)),
        alpha_uv=about(1.5, 0.4) if rng.random() < 0.12 else min(about(7, 0.55), 22.0),
        alpha_width_hz=rng.uniform(0.4, 1.0),
        alpha_in_sleep=rng.uniform(0.2, 0.5) if rng.random() < 0.1 else rng.uniform(0, 0.08),
        spindle_hz=float(np.clip(rng.normal(13.1, 0.6 * breadth), 11.6, 14.8)),
        spindle_uv=about(50 * (deep / 28) ** 0.7, 0.2),
        spindles_per_min=about(3.4 * young, 0.4),
        complexes_per_min=about(1.6 * young, 0.45),
        ridden=rng.uniform(0.1, 0.6),
        slow_uv=max(2.6 * deep * about(1.0, 0.1), 78.0),
        vertex_uv=about(62, 0.25),
        sawteeth=about(0.8, 0.6),
        spectra=background.draw_spectra(rng, breadth),
    )


def _alpha_share(course: Course, habits: Habits, rng: np.random.Generator) -> np.ndarray:
    """Share of alpha's full height by window: awake with closed eyes, a rest in N1 and R."""
    closed_of = rng.uniform(-1.5, 0.8)  # how much of the time awake the eyes are open differs from night to night
    closed = wander(course.duration_s, 1, 20, 1.0, rng) > closed_of
    asleep = min(habits.alpha_in_sleep, 5 / habits.alpha_uv)
    share = np.array([1.0, rng.uniform(0.03, 0.16), asleep, asleep, rng.uniform(0.08, 0.25)])[course.codes]
    share = share * np.exp(rng.normal(0, 0.3, len(course.codes)))
    first = int(np.argmax(course.codes != W)) if np.any(course.codes != W) else len(course.codes)
    share[: max(1, first // 4)] *= 0.3  # lights just out: eyes often open
    awake = np.append(np.repeat(course.codes == W, EPOCH_S // HOP_S), False)
    shut = np.append(closed[::HOP_S], True)
    return background.over_windows(share) * np.where(awake, 0.12 + 0.88 * shut, 1.0)


def _arousing(course: Course, habits: Habits, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What arousals leave of the background, and what faster activity they bring in uV, ``[2, samples]``."""
    n = course.duration_s * EEG_HZ
    spans = [(e.start_s, e.duration_s, float(np.clip(rng.lognormal(0, 0.3), 0.6, 2))) for e in course.arousals]
    open_to = gate(n, EEG_HZ, spans, 0.4)
    fast = rng.uniform(0.15, 0.6)
    alpha_hz, theta = habits.alpha_hz - rng.uniform(0, 0.8), rng.uniform(0.3, 0.9)

    def shape(freqs: np.ndarray) -> np.ndarray:
        alpha = np.exp(-0.5 * ((freqs - alpha_hz) / 1.1) ** 2)
        slower = theta * np.exp(-0.5 * ((freqs - 5.5) / 1.2) ** 2)
        return alpha + slower + fast / (1 + np.exp(-(freqs - 17) / 1.5)) * np.exp(-freqs / 60)

    common, *own = (white_spectrum(n, rng) for _ in range(3))
    height = max(0.25 * habits.deep_uv, 0.4 * habits.alpha_uv)
    sides = [shaped(np.float32(0.85) * common + np.float32(0.53) * o, n, EEG_HZ, shape) for o in own]
    return 1 - 0.3 * np.minimum(open_to, 1), np.stack(sides) * open_to * np.float32(height)


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


def _spindle(start_s: float, habits: Habits, rng: np.random.Generator) -> Placed:
    duration = float(np.clip(rng.lognormal(np.log(0.85), 0.35), 0.5, 2.0))
    height = 0.5 * max(habits.spindle_uv * rng.lognormal(0, 0.25), 30)
    freq = float(np.clip(rng.normal(habits.spindle_hz, 0.5), 11.2, 15.8))
    wave = burst(duration, freq, height, rng.uniform(0, 6.3), rng.uniform(-0.2, 1))
    return event("spindle", start_s, duration, "C3", "C4"), start_s, wave


def _slow_waves(course: Course, habits: Habits, shares: np.ndarray, rng: np.random.Generator) -> list[Placed]:
    waves: list[Placed] = []
    unrest = np.exp(wander(len(shares), 1 / EPOCH_S, 60, 0.3, rng))
    for s in _places(shares @ np.array([0, 0.1, 0.5, 14.0, 0]) * unrest, 0.8, rng):
        duration = 1 / rng.uniform(0.5, 1.6)
        size = habits.slow_uv * rng.lognormal(0, 0.28) * (1 if course.stage_at(s) == N3 else 0.65)
        truth = event("slow_wave", s, duration, "C3", "C4") if size >= 75 else None
        waves.append((truth, s, slow_wave(duration, size, rng.uniform(0.38, 0.58))))
    complexes = habits.complexes_per_min / 2
    for s in _places(np.array([0, 0.03, 1, 0.25, 0])[course.codes] * complexes, 4.0, rng):
        duration = rng.uniform(0.55, 1.2)
        size = max(1.4 * habits.slow_uv * rng.lognormal(0, 0.3), 80)
        truth = event("slow_wave", s, duration, "C3", "C4", label="K-complex")
        waves.append((truth, s, slow_wave(duration, size, rng.uniform(0.3, 0.42))))
        after = s + rng.uniform(0.5, 1.0) * duration
        if rng.random() < habits.ridden:
            waves.append(_spindle(after, habits, rng))
        elif rng.random() < 0.5:  # faster activity follows, as it does where a complex nearly wakes
            height = 0.25 * size * rng.lognormal(0, 0.3)
            fast = burst(
                rng.uniform(0.8, 2.0), habits.alpha_hz - rng.uniform(0, 1), height / 2, rng.uniform(0, 6.3)
            )
            waves.append((None, after, fast))
    for s in _places(np.array([0, 0.9, 0.2, 0, 0])[course.codes], 3.0, rng):  # vertex waves
        height = habits.vertex_uv * rng.lognormal(0, 0.25)
        waves.append((None, s, slow_wave(rng.uniform(0.15, 0.4), height, 0.45)))
    return waves


def _rhythms(course: Course, habits: Habits, rng: np.random.Generator) -> list[Placed]:
    waves: list[Placed] = []
    rate = habits.spindles_per_min / 2 * np.exp(wander(len(course.codes), 1 / EPOCH_S, 240, 0.3, rng))
    for s in _places(np.array([0, 0.03, 1, 0.35, 0])[course.codes] * rate, 2.0, rng):
        waves.append(_spindle(s, habits, rng))
    for s in _places(np.array([0, 0, 0, 0, habits.sawteeth])[course.codes], 6.0, rng):
        waves.append((None, s, sawtooth(rng.uniform(2, 8), rng.uniform(2, 5), rng.uniform(15, 45))))
    for s in _places(np.array([0, 0.8, 0, 0, 0.15])[course.codes], 4.0, rng):  # theta of drowsiness
        waves.append(
            (None, s, burst(rng.uniform(1, 4), rng.uniform(4, 7), rng.uniform(6, 22), rng.uniform(0, 6.3)))
        )
    return waves


def simulate_brain(course: Course, rng: np.random.Generator) -> tuple[np.ndarray, list[Event]]:
    """C3 and C4 in uV at 128 Hz, ``[2, samples]``, and the spindles and slow waves in them.

    Waves that would fall on an arousal or a movement are left out. The background is what the spectrum that is
    wanted leaves beside the waves.
    """
    habits = draw_habits(course, rng)
    shares = background.blend(course, rng)
    disturbed = [(e.start_s - 1, e.duration_s + 2, 1.0) for e in course.arousals + course.movements]
    busy = gate(course.duration_s, 1, disturbed)
    placed = _slow_waves(course, habits, shares, rng) + _rhythms(course, habits, rng)
    placed = [w for w in placed if w[1] < course.duration_s and busy[int(w[1])] < 0.5]
    n = course.duration_s * EEG_HZ
    waves = np.zeros((2, n), dtype=np.float32)
    starts = [int(s * EEG_HZ) for _, s, _ in placed]
    for side in waves:
        tilt = rng.uniform(0.85, 1.1, len(placed))
        lay(side, starts, [w * f for (_, _, w), f in zip(placed, tilt, strict=True)])
    wanted = background.wanted_power(course, shares, habits.spectra, rng)
    wanted *= np.float32(habits.deep_uv**2)
    laid = background.over_windows(shares) @ background.power_of(waves[0], shares)
    power = np.maximum(wanted - laid, background.LEAST_NOISE * wanted)
    share = _alpha_share(course, habits, rng)
    power += background.alpha_power(share, habits.alpha_uv, habits.alpha_hz, habits.alpha_width_hz)
    power *= background.waxing(len(power), habits.breadth, rng)
    left, brought = _arousing(course, habits, rng)
    eeg = background.noise_of(power, n, rng) * left + brought + waves
    return eeg, [truth for truth, _, _ in placed if truth is not None]

"""Chin and leg muscles."""

import numpy as np

from sleeplm.night import Event
from sleeplm.simulate.events import Course
from sleeplm.simulate.hypnogram import R
from sleeplm.simulate.waves import CONTROL_HZ, at_rate, band, gate, per_epoch, shaped, wander, white_spectrum
from sleeplm.units import EPOCH_S

EMG_HZ = 128
TONE_UV = np.array([9.0, 4.8, 4.2, 3.4, 1.3])  # RMS by stage, W N1 N2 N3 R


def _hum(course: Course, rng: np.random.Generator) -> np.ndarray:
    """Unit noise of a surface electromyogram, 10 Hz and up."""
    n = course.duration_s * EMG_HZ
    return shaped(white_spectrum(n, rng), n, EMG_HZ, band(12, 62, 0.2))


def _bursts(events: list[Event], low: float, high: float, rng: np.random.Generator) -> list[tuple]:
    return [(e.start_s, e.duration_s, rng.uniform(low, high)) for e in events]


def _tonic_rem(course: Course, rng: np.random.Generator) -> np.ndarray:
    """Epochs of R that keep their tone (sleep without atonia), bool ``[epochs]``."""
    tendency = wander(len(course.codes), 1 / EPOCH_S, 150, 1.0, rng)
    rem = course.codes == R
    if not rem.any():
        return rem
    return rem & (tendency > np.quantile(tendency[rem], 1 - course.person.profile.atonia_loss))


def simulate_chin(course: Course, rng: np.random.Generator) -> np.ndarray:
    """Chin electromyogram in uV at 128 Hz: tone by stage, atonia in R or its loss, bursts and twitches."""
    n = course.duration_s * CONTROL_HZ
    broad = 1.8 if course.person.out_of_distribution else 1.0
    own = TONE_UV * np.exp(rng.normal(0, 0.2, 5)) * rng.lognormal(0, 0.35 * broad)
    own[R] = min(own[R], 0.75 * own[2])
    tone = own[course.codes]
    lost = _tonic_rem(course, rng)
    tone[lost] = own[1] * rng.uniform(0.8, 1.6)
    envelope = per_epoch(tone, 4) * np.exp(
        wander(n, CONTROL_HZ, 90, 0.18, rng) + wander(n, CONTROL_HZ, 3, 0.12, rng)
    )
    envelope += gate(n, CONTROL_HZ, _bursts(course.arousals, 6, 20, rng), 0.5)
    envelope += gate(n, CONTROL_HZ, _bursts(course.movements, 25, 70, rng), 0.5)
    rem = np.flatnonzero(course.codes == R)
    twitches = np.repeat(rem, rng.poisson(np.where(lost[rem], 5.0, 0.5)))
    starts = (twitches + rng.random(len(twitches))) * EPOCH_S
    spans = [
        (s, rng.uniform(0.3, 1.5), rng.uniform(3, 12) * (2 if lost[e] else 1))
        for s, e in zip(starts, twitches, strict=True)
    ]
    envelope += gate(n, CONTROL_HZ, spans, 0.25)
    samples = course.duration_s * EMG_HZ
    beneath = shaped(white_spectrum(samples, rng), samples, EMG_HZ, band(0.5, 14, 0.9))
    beneath *= rng.lognormal(np.log(2.2), 0.4)  # skin, pulse and brain, which no chin electrode is free of
    return (_hum(course, rng) * at_rate(envelope, samples, EMG_HZ) + beneath).astype(np.float32)


def simulate_leg(course: Course, channel: str, rng: np.random.Generator) -> np.ndarray:
    """Electromyogram of one leg in uV at 128 Hz: a quiet baseline and the movements that name this leg."""
    samples = course.duration_s * EMG_HZ
    broad = 1.8 if course.person.out_of_distribution else 1.0
    quiet = min(rng.lognormal(np.log(1.8), 0.25 * broad), 4.0)
    size = max(rng.lognormal(np.log(45), 0.3 * broad), 12 * quiet)  # 8 uV or more above rest (AASM)
    own = [e for e in course.legs if channel in e.channels]
    spans = [(e.start_s, e.duration_s, size * rng.lognormal(0, 0.3)) for e in own]
    envelope = gate(samples, EMG_HZ, spans, 0.15)
    envelope += gate(samples, EMG_HZ, _bursts(course.movements, 20, 80, rng), 0.3)
    tone = per_epoch(np.array([1.6, 1.1, 1.0, 0.9, 0.75])[course.codes], 4) * quiet
    return (_hum(course, rng) * (envelope + at_rate(tone, samples, EMG_HZ))).astype(np.float32)

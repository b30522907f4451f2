"""Electro-oculogram: blinks, slow and rapid eye movements, and the EEG that leaks into it."""

import numpy as np

from sleeplm.night import Event
from sleeplm.simulate.background import EEG_HZ
from sleeplm.simulate.events import Course, event
from sleeplm.simulate.hypnogram import R
from sleeplm.simulate.waves import CONTROL_HZ, at_rate, band, gate, lay, per_epoch, shaped, wander, white_spectrum
from sleeplm.units import EPOCH_S


def _blink(height_uv: float, rng: np.random.Generator) -> np.ndarray:
    t = np.linspace(-1, 1, int(rng.uniform(0.25, 0.45) * EEG_HZ))
    return (height_uv * np.exp(-0.5 * (t / 0.35) ** 2) * np.cos(0.5 * np.pi * t)).astype(np.float32)


def _saccade(height_uv: float, rng: np.random.Generator) -> np.ndarray:
    """A jump within a twentieth of a second that decays as the amplifier's high-pass lets it (0.3 Hz)."""
    t = np.arange(int(rng.uniform(0.5, 1.4) * EEG_HZ)) / EEG_HZ
    rise = 1 / (1 + np.exp(-(t - 0.06) / 0.012))
    return (height_uv * rise * np.exp(-t / 0.35) * np.cos(0.5 * np.pi * t / t[-1])).astype(np.float32)


def _bursts_of(codes: np.ndarray, rates: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Start seconds of movements at a rate per epoch for each stage, gathered in bursts."""
    drive = np.exp(wander(len(codes), 1 / EPOCH_S, 90, 0.8, rng))
    counts = rng.poisson(rates[codes] * drive / 3)
    hubs = (np.repeat(np.arange(len(codes)), counts) + rng.random(counts.sum())) * EPOCH_S
    sizes = rng.poisson(2.0, len(hubs)) + 1
    gaps = np.abs(rng.normal(0, 1.6, sizes.sum()))
    return np.sort(np.repeat(hubs, sizes) + gaps)


def simulate_eyes(
    course: Course, eeg: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, list[Event]]:
    """EOG left and right in uV at 128 Hz, and the eye movement itself, which reaches the EEG a little.

    Gaze moves the left and the right electrode against each other (one above, one below the canthus); EEG
    reaches both alike.

    Returns
    -------
    eog : ndarray ``[2, samples]``
    gaze : ndarray ``[samples]``
    rapid : list of Event
        The rapid eye movements of R.
    """
    n = course.duration_s * EEG_HZ
    gaze = np.zeros(n, dtype=np.float32)
    broad = 1.8 if course.person.out_of_distribution else 1.0
    size = max(rng.lognormal(np.log(75), 0.25 * broad), 35.0)
    rapid: list[Event] = []
    for rates, make, low, high in (
        (np.array([7.0, 0.1, 0.0, 0.0, 0.0]), _blink, 1.0, 2.2),
        (np.array([5.0, 0.2, 0.0, 0.0, rng.lognormal(np.log(6), 0.4 * broad)]), _saccade, 0.5, 1.6),
    ):
        starts = _bursts_of(course.codes, rates, rng)
        signs = np.ones(len(starts)) if make is _blink else rng.choice([-1.0, 1.0], len(starts))
        waves = [make(size * s * rng.uniform(low, high), rng) for s in signs]
        lay(gaze, [int(s * EEG_HZ) for s in starts], waves)
        if make is _saccade:
            inside = [(s, w) for s, w in zip(starts, waves, strict=True) if 0 <= s < course.duration_s - 1]
            rapid += [
                event("rapid_eye_movement", s, min(len(w) / EEG_HZ, 1.0), "EOG_L", "EOG_R")
                for s, w in inside
                if course.stage_at(s) == R
            ]
    rolling = shaped(white_spectrum(n, rng), n, EEG_HZ, band(0.15, 0.55))
    share = np.array([0.3, 0.7, 0.08, 0.02, 0.1])
    drowsy = per_epoch(share[course.codes], 8) * np.exp(
        wander(course.duration_s * CONTROL_HZ, CONTROL_HZ, 25, 0.5, rng)
    )
    gaze += rolling * at_rate(drowsy, n, EEG_HZ) * 0.45 * size
    leak, frontal = rng.uniform(0.35, 0.6), shaped(white_spectrum(n, rng), n, EEG_HZ, band(0.3, 12, 0.8))
    slow = at_rate(per_epoch(np.array([5.0, 5, 7, 12, 4.5])[course.codes], 8), n, EEG_HZ)
    mean = leak * eeg.mean(axis=0) + slow * frontal
    moving = gate(n, EEG_HZ, [(e.start_s, e.duration_s, rng.uniform(30, 90)) for e in course.movements])
    eog = np.empty((2, n), dtype=np.float32)
    for side, sign in enumerate((1.0, -rng.uniform(0.85, 1.1))):
        noise = shaped(white_spectrum(n, rng), n, EEG_HZ, band(0.5, 45, 0.6))
        eog[side] = sign * gaze + mean + noise * (2.5 + moving)
    return eog, gaze, rapid

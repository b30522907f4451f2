"""A whole simulated night: stages and events first, then every signal from them."""

from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from sleeplm.errors import UsageError
from sleeplm.night import Event
from sleeplm.simulate import brain, breathing, events, eyes, heart, muscle
from sleeplm.simulate.events import Course
from sleeplm.simulate.hypnogram import simulate_stages
from sleeplm.simulate.profiles import PROFILES, draw_person
from sleeplm.simulate.waves import at_rate, band, gate, shaped, wander, white_spectrum
from sleeplm.vocabulary import CHANNEL_NAMES, EPOCH_S, STAGES, Stage

MIN_HOURS, MAX_HOURS = 0.25, 14.0
ROOMS = ("person", "stages", "course", "breathing", "oxygen", "heart", "brain", "eyes", "chin", "legs", "sensors")


@dataclass(frozen=True)
class SimulatedNight:
    """A night that nobody slept, and all that is true of it.

    Attributes
    ----------
    signals : dict
        Canonical name -> ``(float32 array in the canonical unit, sfreq_hz)``, all 14.
    hypnogram : tuple of Stage
        One for each 30 s.
    events : tuple of Event
        In order of start; source ``"simulated truth"``.
    profile : str
    seed : int
    age_years : int
    beats_s : ndarray
        Times of the R peaks.
    breaths_per_min : ndarray ``[epochs]``
        Mean rate of the respiratory drive.
    positions : ndarray of int8 ``[epochs]``
        Codes of `vocabulary.POSITIONS`.
    """

    signals: dict[str, tuple[np.ndarray, float]]
    hypnogram: tuple[Stage, ...]
    events: tuple[Event, ...]
    profile: str
    seed: int
    age_years: int
    beats_s: np.ndarray = field(repr=False)
    breaths_per_min: np.ndarray = field(repr=False)
    positions: np.ndarray = field(repr=False)

    @property
    def duration_s(self) -> int:
        """Length in seconds."""
        return len(self.hypnogram) * EPOCH_S


def _streams(seed: int, profile: str, unusual: bool) -> dict[str, np.random.Generator]:
    """A generator for each room, so that a change in one leaves the others' draws as they are."""
    root = np.random.SeedSequence([seed, list(PROFILES).index(profile), int(unusual)])
    return {name: np.random.default_rng(s) for name, s in zip(ROOMS, root.spawn(len(ROOMS)), strict=True)}


def _checked(seed: int, hours: float, profile: str) -> int:
    """Number of epochs; UsageError where an argument is out of range."""
    if profile not in PROFILES:
        raise UsageError(f"There is no profile {profile!r}; choose one of {', '.join(PROFILES)}.")
    if not MIN_HOURS <= hours <= MAX_HOURS:
        raise UsageError(
            f"A night of {hours:g} hours cannot be simulated; give {MIN_HOURS} to {MAX_HOURS:g} hours."
        )
    if seed < 0:
        raise UsageError(f"The seed must be 0 or more, not {seed}.")
    return round(hours * 3600 / EPOCH_S)


def simulate_course(n_epochs: int, profile: str, streams: dict, unusual: bool = False) -> tuple[Course, np.ndarray]:
    """Everything that happens in a night, and its oxygen saturation (1 Hz), which arousals depend on."""
    person = draw_person(PROFILES[profile], streams["person"], unusual)
    codes = simulate_stages(n_epochs, person, streams["stages"])
    rng = streams["course"]
    course = Course(codes, person, events.simulate_positions(codes, rng))
    course.respiratory = events.simulate_respiratory(course, rng)
    spo2, course.desaturations = breathing.simulate_oxygen(course, streams["oxygen"])
    course.legs = events.simulate_legs(course, rng)
    course.arousals = events.simulate_arousals(course, rng)
    course.movements = events.simulate_movements(course, rng)
    course.snores = events.simulate_snores(course, rng)
    return course, spo2


def _sensed_eeg(course: Course, eeg: np.ndarray, gaze: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """EEG as the amplifier gives it: a little gaze, sensor noise, sway and muscle of movements, electrode pops."""
    n = eeg.shape[1]
    for side in range(2):
        spans = [(e.start_s, e.duration_s, rng.uniform(15, 60)) for e in course.movements]
        moving = gate(n, brain.EEG_HZ, spans)
        jolt = shaped(white_spectrum(n, rng), n, brain.EEG_HZ, band(0.5, 50, 0.7))
        drift = at_rate(wander(course.duration_s * 4, 4, 8, rng.uniform(1, 3), rng), n, brain.EEG_HZ)
        eeg[side] += rng.uniform(0.05, 0.15) * gaze + jolt * (0.8 + moving) + drift
        pops = (rng.random(rng.poisson(2)) * n).astype(int)
        decay = np.exp(-np.arange(2 * brain.EEG_HZ) / (0.3 * brain.EEG_HZ))
        for at in pops:
            part = eeg[side, at : at + len(decay)]
            part += rng.choice([-1, 1]) * rng.uniform(100, 300) * decay[: len(part)]
    return eeg


def simulate_night(
    seed: int = 0, hours: float = 8.0, profile: str = "osa-mild", unusual: bool = False
) -> SimulatedNight:
    """Simulate a night with all 14 canonical channels and its ground truth.

    Parameters
    ----------
    seed : int
        The same seed, hours and profile give the same night.
    hours : float
        From lights off to lights on, 0.25 to 14.
    profile : str
        One of `PROFILES`.
    unusual : bool
        Draw the person and what happens outside the ranges that are used by default (durations, depths, drop of
        flow, rates, cycle lengths...): for judging what was tuned on usual nights.

    Raises
    ------
    UsageError
        If an argument is out of range.
    """
    n_epochs = _checked(seed, hours, profile)
    streams = _streams(seed, profile, unusual)
    course, spo2 = simulate_course(n_epochs, profile, streams, unusual)
    breath = breathing.simulate_breathing(course, streams["breathing"])
    beats, ectopic = heart.beats_of(
        heart.simulate_heart_rate(course, breath.volume, streams["heart"]), streams["heart"]
    )
    eeg, micro = brain.simulate_brain(course, streams["brain"])
    eog, gaze = eyes.simulate_eyes(course, eeg, streams["eyes"])
    eeg = _sensed_eeg(course, eeg, gaze, streams["sensors"])
    signals = {
        "ECG": (heart.draw_ecg(course, beats, ectopic, streams["heart"]), heart.ECG_HZ),
        **breath.signals,
        **{name: (x, brain.EEG_HZ) for name, x in zip(("C3", "C4", "EOG_L", "EOG_R"), (*eeg, *eog), strict=True)},
        "EMG_CHIN": (muscle.simulate_chin(course, streams["chin"]), muscle.EMG_HZ),
        "POS": (np.repeat(course.positions, EPOCH_S).astype(np.float32), 1),
        "SPO2": (spo2, breathing.SPO2_HZ),
        **{leg: (muscle.simulate_leg(course, leg, streams["legs"]), muscle.EMG_HZ) for leg in ("LEG_L", "LEG_R")},
    }
    happened = chain(
        course.respiratory,
        course.desaturations,
        course.arousals,
        course.movements,
        course.legs,
        course.snores,
        micro,
    )
    return SimulatedNight(
        signals={name: (signals[name][0], float(signals[name][1])) for name in CHANNEL_NAMES},
        hypnogram=tuple(STAGES[c] for c in course.codes),
        events=tuple(sorted(happened, key=lambda e: (e.start_s, e.type))),
        profile=profile,
        seed=seed,
        age_years=int(course.person.age_years),
        beats_s=beats,
        breaths_per_min=breath.breaths_per_min,
        positions=course.positions,
    )

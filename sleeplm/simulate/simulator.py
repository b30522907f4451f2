"""A whole simulated night: stages and events first, then every signal from them."""

from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import CHANNEL, CHANNEL_NAMES
from sleeplm.kinds.stages import STAGES, Stage
from sleeplm.night import Event
from sleeplm.simulate import brain, breathing, events, eyes, heart, muscle, sensors
from sleeplm.simulate.events import Course
from sleeplm.simulate.hypnogram import simulate_stages
from sleeplm.simulate.profiles import ANY, PROFILES, draw_person, draw_profile
from sleeplm.simulate.waves import CONTROL_HZ
from sleeplm.units import EPOCH_S

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
    units : dict
        Canonical name -> unit in which a file holds it, where that is not the canonical one.
    profile : str
    seed : int
    age_years : int
    beats_s : ndarray
        Times of the R peaks.
    breaths_per_min : ndarray ``[epochs]``
        Mean rate of the respiratory drive.
    breaths_s : ndarray
        Times at which the respiratory drive begins a breath.
    positions : ndarray of int8 ``[epochs]``
        Codes of `kinds.channels.POSITIONS`.
    """

    signals: dict[str, tuple[np.ndarray, float]]
    units: dict[str, str]
    hypnogram: tuple[Stage, ...]
    events: tuple[Event, ...]
    profile: str
    seed: int
    age_years: int
    beats_s: np.ndarray = field(repr=False)
    breaths_per_min: np.ndarray = field(repr=False)
    breaths_s: np.ndarray = field(repr=False)
    positions: np.ndarray = field(repr=False)

    @property
    def duration_s(self) -> int:
        """Length in seconds."""
        return len(self.hypnogram) * EPOCH_S


def random_streams(seed: int, profile: str, out_of_distribution: bool = False) -> dict[str, np.random.Generator]:
    """A generator for each room, so that a change in one leaves the others' draws as they are."""
    number = [*PROFILES, ANY].index(profile)
    root = np.random.SeedSequence([seed, number, int(out_of_distribution)])
    return {name: np.random.default_rng(s) for name, s in zip(ROOMS, root.spawn(len(ROOMS)), strict=True)}


def _checked(seed: int, hours: float, profile: str, lab: str) -> int:
    """Number of epochs; UsageError where an argument is out of range."""
    if profile not in (*PROFILES, ANY):
        raise UsageError(f"There is no profile {profile!r}; choose one of {', '.join(PROFILES)}, {ANY}.")
    if lab not in sensors.LABS:
        raise UsageError(f"There is no lab {lab!r}; choose one of {', '.join(sensors.LABS)}.")
    if not MIN_HOURS <= hours <= MAX_HOURS:
        raise UsageError(
            f"A night of {hours:g} hours cannot be simulated; give {MIN_HOURS} to {MAX_HOURS:g} hours."
        )
    if seed < 0:
        raise UsageError(f"The seed must be 0 or more, not {seed}.")
    return round(hours * 3600 / EPOCH_S)


def simulate_course(
    n_epochs: int, profile: str, streams: dict, out_of_distribution: bool = False
) -> tuple[Course, np.ndarray]:
    """Everything that happens in a night, and its oxygen saturation (1 Hz), which arousals depend on."""
    kind = draw_profile(streams["person"]) if profile == ANY else PROFILES[profile]
    person = draw_person(kind, streams["person"], out_of_distribution)
    codes = simulate_stages(n_epochs, person, streams["stages"])
    rng = streams["course"]
    course = Course(codes, person, events.simulate_positions(codes, rng))
    course.respiratory = events.simulate_respiratory(course, rng)
    spo2, course.desaturations = breathing.simulate_oxygen(course, streams["oxygen"])
    course.legs = events.simulate_legs(course, rng)
    course.arousals = events.simulate_arousals(course, rng)
    course.respiratory = events.marked(course)
    course.movements = events.simulate_movements(course, rng)
    course.snores = events.simulate_snores(course, rng)
    return course, spo2


def _heart(course: Course, volume: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Times of beats in seconds, and the electrocardiogram in mV."""
    beats, ectopic = heart.beats_of(heart.simulate_heart_rate(course, volume, rng), rng)
    return beats, heart.draw_ecg(course, beats, ectopic, rng)


def _eeg(course: Course, ecg: np.ndarray, lab: sensors.Lab, streams: dict) -> tuple:
    """EEG as recorded, EOG, and the events seen in them."""
    eeg, micro = brain.simulate_brain(course, streams["brain"])
    eog, gaze, rapid = eyes.simulate_eyes(course, eeg, streams["eyes"])
    eeg, artifacts = sensors.sense_eeg(course, eeg, gaze, ecg, lab, streams["sensors"])
    return eeg, eog, micro + rapid + artifacts


def simulate_eeg(
    seed: int = 0, hours: float = 8.0, profile: str = "osa-mild", lab: str = "varied"
) -> tuple[np.ndarray, float, tuple[Stage, ...]]:
    """The EEG alone of a night, several times faster than the whole.

    Returns
    -------
    eeg : ndarray of float32, ``[2, samples]``
        C3 and C4 in uV.
    sfreq_hz : float
    hypnogram : tuple of Stage

    Raises
    ------
    UsageError
        If an argument is out of range.
    """
    n_epochs = _checked(seed, hours, profile, lab)
    streams = random_streams(seed, profile, False)
    course, _ = simulate_course(n_epochs, profile, streams, False)
    drawn = sensors.draw_lab(lab, streams["sensors"])
    ecg: np.ndarray = np.zeros((), np.float32)
    if drawn.heart_share:
        still = np.zeros(course.duration_s * CONTROL_HZ, dtype=np.float32)
        _, ecg = _heart(course, still, streams["heart"])
    eeg, _, _ = _eeg(course, ecg, drawn, streams)
    return eeg, float(brain.EEG_HZ), tuple(STAGES[c] for c in course.codes)


def simulate_night(
    seed: int = 0,
    hours: float = 8.0,
    profile: str = "osa-mild",
    out_of_distribution: bool = False,
    lab: str = "clean",
) -> SimulatedNight:
    """Simulate a night with all 14 canonical channels and its ground truth.

    Parameters
    ----------
    seed : int
        The same seed, hours and profile give the same night.
    hours : float
        From lights off to lights on, 0.25 to 14.
    profile : str
        One of `PROFILES`, or "any": that of a random patient of a sleep laboratory.
    out_of_distribution : bool
        Draw the person and what happens outside the ranges that are used by default (durations, depths, drop of
        flow, rates, cycle lengths...): for judging what was tuned on usual nights.
    lab : str
        ``clean`` is a decent recording with mild artefacts, all at the simulator's rates. ``varied`` is any lab:
        other filters, gains, rates and units, loose sensors, hum, sweat, leads upside down (see `sensors`).

    Raises
    ------
    UsageError
        If an argument is out of range.
    """
    n_epochs = _checked(seed, hours, profile, lab)
    streams = random_streams(seed, profile, out_of_distribution)
    course, spo2 = simulate_course(n_epochs, profile, streams, out_of_distribution)
    drawn = sensors.draw_lab(lab, streams["sensors"])
    breath = breathing.simulate_breathing(course, streams["breathing"])
    beats, ecg = _heart(course, breath.volume, streams["heart"])
    eeg, eog, eeg_events = _eeg(course, ecg, drawn, streams)
    signals = {
        "ECG": (ecg, heart.ECG_HZ),
        **breath.signals,
        **{name: (x, brain.EEG_HZ) for name, x in zip(("C3", "C4", "EOG_L", "EOG_R"), (*eeg, *eog), strict=True)},
        "EMG_CHIN": (muscle.simulate_chin(course, streams["chin"]), muscle.EMG_HZ),
        "POS": (np.repeat(course.positions, EPOCH_S).astype(np.float32), 1),
        "SPO2": (spo2, breathing.SPO2_HZ),
        **{leg: (muscle.simulate_leg(course, leg, streams["legs"]), muscle.EMG_HZ) for leg in ("LEG_L", "LEG_R")},
    }
    signals, artifacts = sensors.record({name: signals[name] for name in CHANNEL_NAMES}, drawn, streams["sensors"])
    happened = chain(
        course.respiratory,
        course.desaturations,
        course.arousals,
        course.movements,
        events.scored_legs(course),
        course.snores,
        eeg_events,
        artifacts,
    )
    return SimulatedNight(
        signals={name: (signals[name][0], float(signals[name][1])) for name in CHANNEL_NAMES},
        units={n: drawn.volts for n in CHANNEL_NAMES if CHANNEL[n].unit == "uV"},
        hypnogram=tuple(STAGES[c] for c in course.codes),
        events=tuple(sorted(happened, key=lambda e: (e.start_s, e.type))),
        profile=profile,
        seed=seed,
        age_years=int(course.person.age_years),
        beats_s=beats,
        breaths_per_min=breath.breaths_per_min,
        breaths_s=breath.breaths_s,
        positions=course.positions,
    )

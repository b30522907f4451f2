"""Simulated people to measure on: nights as any lab's file gives them, the truth, and the rule-based scoring."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from sleeplm.captions import attributes_of_night
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.kinds.events import EVENT_TYPES
from sleeplm.night import Event, Scoring
from sleeplm.recording import Recording, open_recording
from sleeplm.recording.epochs import Epochs, cut_epochs
from sleeplm.scoring import score
from sleeplm.scoring.breathing import amplitude_of
from sleeplm.scoring.cheyne_stokes import RULE, stretches_of
from sleeplm.scoring.flow import flow_of
from sleeplm.simulate import PROFILES, simulate_night, write_night
from train.corpus import night

# Seeds that no training or choosing uses: people to learn from (examples, probes), and people to measure on.
REFERENCE_SEED, TEST_SEED = 800_000, 900_000
WHOLE, ONE_EEG = "all 14 channels", "one EEG"
CHANNEL_SUBSETS = {
    WHOLE: night.CHANNEL_SUBSETS["whole"],
    "brain only (EEG, EOG, chin)": night.CHANNEL_SUBSETS["brain"],
    "breathing only (belts, flow, SpO2, snore)": night.CHANNEL_SUBSETS["breathing"],
    ONE_EEG: night.CHANNEL_SUBSETS["one EEG"],
}


@dataclass(frozen=True)
class Person:
    """One person's night.

    Attributes
    ----------
    name : str
    stages : ndarray of str ``[epochs]``
        The truth.
    epochs : Epochs
    attributes : list of dict
        By epoch and facet, of the whole recording with the true scoring.
    truth : Scoring
    automatic : Scoring or None
        What the rule-based detectors and YASA find in the same recording.
    """

    name: str
    stages: np.ndarray
    epochs: Epochs
    attributes: list[dict]
    truth: Scoring
    automatic: Scoring | None

    def __len__(self) -> int:
        return len(self.epochs)

    def with_channels(self, subset: str) -> Epochs:
        """The epochs as a recording with only the channels of a subset has them."""
        present = self.epochs.present & np.array([name in CHANNEL_SUBSETS[subset] for name in CHANNEL_NAMES])
        return Epochs(np.where(present[..., None], self.epochs.signals, np.float32(0)), present)

    @property
    def detected(self) -> Scoring:
        """What the rule-based detectors and YASA find.

        Raises
        ------
        ValueError
            They were not asked (`Plan.scored`).
        """
        if self.automatic is None:
            raise ValueError(f"{self.name} was not scored by the detectors")
        return self.automatic

    @cached_property
    def scored(self) -> np.ndarray:
        """Epochs that have a stage, bool ``[epochs]``."""
        return self.stages != "?"


@dataclass(frozen=True)
class Plan:
    """Whom to simulate.

    Attributes
    ----------
    profile, seed, hours, out_of_distribution
        As `simulate_night` takes them.
    scored : bool
        Whether the detectors score the night, which takes longer than all the rest.
    """

    profile: str
    seed: int
    hours: float
    scored: bool = True
    out_of_distribution: bool = False

    @property
    def name(self) -> str:
        """Of the person."""
        return f"{self.profile}_{self.seed}"


def planned(
    count: int, hours: float, first_seed: int, scored: bool = True, out_of_distribution: bool = False
) -> list[Plan]:
    """People of all profiles in turn, the first of them with the first seed."""
    profiles = list(PROFILES)
    return [
        Plan(profiles[i % len(profiles)], first_seed + i, hours, scored, out_of_distribution) for i in range(count)
    ]


def simulated(count: int, hours: float, first_seed: int, scored: bool = True) -> list[Person]:
    """The people that `planned` names, one after the other."""
    return [simulate(plan) for plan in planned(count, hours, first_seed, scored)]


def simulate(plan: Plan) -> Person:
    """One person, in a laboratory of their own; the night is written as EDF and read back like any lab's."""
    simulated_night = simulate_night(plan.seed, plan.hours, plan.profile, plan.out_of_distribution, lab="varied")
    truth = Scoring(
        hypnogram=tuple(simulated_night.hypnogram),
        hypnogram_source="truth",
        events=tuple(sorted(simulated_night.events, key=lambda e: e.start_s)),
        event_sources=dict.fromkeys(EVENT_TYPES, "truth"),
    )
    with tempfile.TemporaryDirectory() as scratch:
        edf = Path(scratch) / "night.edf"
        write_night(simulated_night, edf)
        recording = open_recording(edf)
        epochs = cut_epochs(recording)
        attributes = attributes_of_night(recording, epochs, truth)
        automatic = score(recording) if plan.scored else None
        if PROFILES[plan.profile].cheyne_stokes and not truth.events_of("cheyne_stokes"):
            events = (*truth.events, *_cheyne_stokes(recording, truth))
            truth = replace(truth, events=tuple(sorted(events, key=lambda e: e.start_s)))
    stages = np.array([str(s) for s in truth.hypnogram[: len(epochs)]])
    return Person(plan.name, stages, epochs, attributes, truth, automatic)


def _cheyne_stokes(recording: Recording, truth: Scoring) -> list[Event]:
    """Where true central apneas follow each other as in Cheyne-Stokes breathing; the simulator does not name it."""
    flow = flow_of(recording)
    if flow.signal is None:
        return []
    depth = amplitude_of(flow.signal, flow.sfreq_hz).peak_to_peak
    return [
        Event("cheyne_stokes", run[0].start_s, run[-1].end_s - run[0].start_s, flow.channels, "truth", rule=RULE)
        for run in stretches_of(truth.events, depth, flow.sfreq_hz)
    ]


def groups_of(people: Sequence[Person]) -> np.ndarray:
    """Whom each epoch is of, int ``[all epochs]``."""
    return np.repeat(np.arange(len(people)), [len(person) for person in people])


def together(parts: Iterable[np.ndarray]) -> np.ndarray:
    """The parts of all people one after the other."""
    return np.concatenate(list(parts))

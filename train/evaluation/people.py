"""Simulated people to measure on: nights as any lab's file gives them, the truth, and the rule-based scoring."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from sleeplm.captions import attributes_of_night
from sleeplm.epochs import Epochs, cut_epochs
from sleeplm.night import Scoring
from sleeplm.recording import open_recording
from sleeplm.scoring import score
from sleeplm.simulate import PROFILES, simulate_night, write_night
from sleeplm.vocabulary import CHANNEL_NAMES, EVENT_TYPES

# Seeds that no training or choosing uses: people to learn from (examples, probes), and people to measure on.
REFERENCE_SEED, TEST_SEED = 800_000, 900_000
VIEWS: dict[str, tuple[str, ...]] = {
    "all 14 channels": CHANNEL_NAMES,
    "brain only (EEG, EOG, chin)": ("EOG_L", "EOG_R", "C3", "C4", "EMG_CHIN"),
    "breathing only (belts, flow, SpO2, snore)": ("ABD", "THX", "AF", "SPO2", "SNORE"),
    "one EEG": ("C3",),
}
WHOLE, ONE_EEG = "all 14 channels", "one EEG"


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

    def seen(self, view: str) -> Epochs:
        """The epochs as a recording with only some channels has them."""
        kept = self.epochs.present & np.array([name in VIEWS[view] for name in CHANNEL_NAMES])
        return Epochs(np.where(kept[..., None], self.epochs.signals, np.float32(0)), kept)

    @cached_property
    def scored(self) -> np.ndarray:
        """Epochs that have a stage, bool ``[epochs]``."""
        return self.stages != "?"


def simulated(count: int, hours: float, first_seed: int, scored: bool = True) -> list[Person]:
    """People of all profiles in turn, each in another laboratory.

    Parameters
    ----------
    count, hours, first_seed
        How many, of how many hours, and the seed of the first.
    scored : bool
        Whether the detectors score them, which takes longer than all the rest.
    """
    profiles = list(PROFILES)
    return [_person(profiles[i % len(profiles)], first_seed + i, hours, scored) for i in range(count)]


def _person(profile: str, seed: int, hours: float, scored: bool) -> Person:
    night = simulate_night(seed=seed, hours=hours, profile=profile, lab="varied")
    truth = Scoring(
        hypnogram=tuple(night.hypnogram),
        hypnogram_source="truth",
        events=tuple(sorted(night.events, key=lambda e: e.start_s)),
        event_sources=dict.fromkeys(EVENT_TYPES, "truth"),
    )
    with tempfile.TemporaryDirectory() as scratch:
        edf = Path(scratch) / "night.edf"
        write_night(night, edf)
        recording = open_recording(edf)
        epochs = cut_epochs(recording)
        attributes = attributes_of_night(recording, epochs, truth)
        automatic = score(recording) if scored else None
    stages = np.array([str(s) for s in truth.hypnogram[: len(epochs)]])
    return Person(f"{profile}_{seed}", stages, epochs, attributes, truth, automatic)


def groups_of(people: Sequence[Person]) -> np.ndarray:
    """Whom each epoch is of, int ``[all epochs]``."""
    return np.repeat(np.arange(len(people)), [len(person) for person in people])


def together(parts: Sequence[np.ndarray]) -> np.ndarray:
    """The parts of all people one after the other."""
    return np.concatenate(list(parts))

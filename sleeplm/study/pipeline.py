"""What is derived from one recording, in steps that are named and timed: scoring, numbers, words, embeddings."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sleeplm.errors import NoUsableChannelError, RecordingError
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.night import Fact, Scoring
from sleeplm.recording.protocol import NightSignals
from sleeplm.study.choices import USUAL, Choices
from sleeplm.units import EPOCH_S

if TYPE_CHECKING:
    from sleeplm.captions import Caption
    from sleeplm.network.encoder import Encoder, Encoding
    from sleeplm.recording import Recording
    from sleeplm.recording.epochs import Epochs

# The steps in order, and the share of the whole work that is done when each begins.
STEPS = {"reading": 0.0, "scoring": 0.05, "measuring": 0.5, "captions": 0.6, "embedding": 0.8, "saving": 0.95}
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Derived:
    """Everything that is known of a night.

    Attributes
    ----------
    scoring : Scoring
        In force: the experts', completed by the detectors.
    facts : list of Fact
    epochs : Epochs
    channels : list of str
        Canonical channels that hold anything, in canonical order.
    attributes : list of dict
        What was measured, by epoch and facet (`captions.attributes_of_night`).
    captions : list of dict of str to Caption
        By epoch and facet.
    encoded : Encoding or None
        None where no network was given.
    warnings : list of str
        Of the recording, the experts' files and the scoring, in this order; they may quote names.
    """

    scoring: Scoring
    facts: list[Fact]
    epochs: "Epochs"
    channels: list[str]
    attributes: "list[dict[str, dict]]"
    captions: "list[dict[str, Caption]]"
    encoded: "Encoding | None"
    warnings: list[str]


class Steps:
    """Tells of each step as it begins, and keeps how long it took."""

    def __init__(self, progress: Progress = lambda step, fraction: None):
        self.progress = progress
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        self.progress(step, STEPS[step])
        began = time.perf_counter()
        yield
        self.seconds[step] = time.perf_counter() - began


def read_night(
    path: Path, scorings: Sequence[Path] = (), choices: Choices = USUAL
) -> "tuple[Recording, list[Scoring]]":
    """Open a recording and the scorings that people made of it, its own annotations last.

    Returns
    -------
    recording : Recording
        Of one epoch or more.
    experts : list of Scoring

    Raises
    ------
    RecordingError, ScoringError, UsageError
        One sentence each.
    """
    from sleeplm.recording import open_recording
    from sleeplm.recording.annotations import embedded_scoring, read_scoring

    recording = open_recording(path, choices.channels, choices.units)
    if recording.n_epochs < 1:
        raise RecordingError(f"the recording is shorter than one epoch of {EPOCH_S} s")
    found = [read_scoring(s, recording, choices.words) for s in scorings]
    embedded = embedded_scoring(recording, choices.words)
    return recording, [*found, embedded] if embedded is not None else found


def derive(
    recording: NightSignals,
    experts: Sequence[Scoring],
    choices: Choices,
    encoder: "Encoder | None",
    steps: Steps,
    seed: int | str = 0,
) -> Derived:
    """Score, measure, caption and embed a recording.

    Parameters
    ----------
    recording : Recording
    experts : sequence of Scoring
    choices : Choices
        Of its lights and rules.
    encoder : Encoder or None
    steps : Steps
    seed : int or str
        Chooses the captions' phrasing.

    Raises
    ------
    NoUsableChannelError
        Every signal is flat or empty.
    """
    from sleeplm.captions import attributes_of_night, render_captions
    from sleeplm.facts import night_facts
    from sleeplm.recording.epochs import cut_epochs
    from sleeplm.scoring import score

    with steps("scoring"):
        scoring = score(recording, experts, *choices.lights_s, choices.hypopnea_rule, choices.split_s)
    with steps("measuring"):
        facts = night_facts(recording, scoring)
        epochs = cut_epochs(recording)
        channels = [
            n for n, there in zip(CHANNEL_NAMES, np.asarray(epochs.present.any(axis=0)), strict=True) if there
        ]
        if not channels:
            raise NoUsableChannelError("none of the recording's signals holds anything: all are flat or empty")
    with steps("captions"):
        attributes = attributes_of_night(recording, epochs, scoring)
        captions = render_captions(attributes, seed, full=True)
    with steps("embedding"):
        encoded = encoder.encode(epochs) if encoder is not None else None
    warnings = [*recording.warnings, *(w for e in experts for w in e.warnings), *scoring.warnings]
    return Derived(scoring, facts, epochs, channels, attributes, captions, encoded, warnings)

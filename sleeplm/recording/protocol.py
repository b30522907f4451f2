"""What reads a recording may ask of it: detectors, facts and captions are written against this alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from sleeplm.recording.privacy.subject import Subject

if TYPE_CHECKING:  # both are made by functions that take what is described here
    from sleeplm.recording.montage.questions import Question
    from sleeplm.recording.quality.assessment import Quality


@runtime_checkable
class NightChannel(Protocol):
    """One canonical channel and the signal that stands for it; see `sleeplm.recording.Channel`."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def sfreq_hz(self) -> float: ...
    @property
    def unit(self) -> str: ...
    @property
    def note(self) -> str | None: ...


@runtime_checkable
class NightTime(Protocol):
    """When a night was recorded: what a scoring is laid on."""

    @property
    def path(self) -> Path: ...
    @property
    def duration_s(self) -> float: ...
    @property
    def n_epochs(self) -> int: ...
    @property
    def start_date(self) -> str | None: ...
    @property
    def start_clock(self) -> str | None: ...


@runtime_checkable
class NightSignals(NightTime, Protocol):
    """The signals of one night under canonical names; see `sleeplm.recording.Recording`, which is one."""

    @property
    def simulated(self) -> bool: ...
    @property
    def subject(self) -> Subject: ...
    @property
    def channels(self) -> Mapping[str, NightChannel]: ...
    @property
    def missing(self) -> Sequence[str]: ...
    @property
    def warnings(self) -> list[str]: ...
    @property
    def annotations(self) -> Sequence[tuple[float, float, str]]: ...
    @property
    def mostly_gap(self) -> np.ndarray: ...
    @property
    def questions(self) -> "list[Question]": ...
    @property
    def quality(self) -> "Quality": ...

    def signal(self, name: str, sfreq_hz: float | None = None) -> np.ndarray:
        """One canonical channel whole, float32 ``[samples]`` in its canonical unit, NaN in gaps."""
        ...

    def electrodes(self, name: str, start_s: float, stop_s: float) -> tuple[np.ndarray, ...]:
        """What a channel is made of, from `start_s` to `stop_s`: one signal, or an electrode and its reference."""
        ...

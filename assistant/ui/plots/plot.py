"""What a chart of the page is, and what charts share: the night's length and stages, the window, their JSON."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sleeplm.kinds.stages import Stage
from sleeplm.units import EPOCH_S

WINDOW_LENGTHS_S = (30, 60, 300)


@dataclass(frozen=True)
class Window:
    """The stretch of the night that is looked at closely.

    Attributes
    ----------
    start_s, length_s
        As `place_window` and `WINDOW_LENGTHS_S` give them.
    highlight : (float, float) or None
        Seconds of the stretch that a citation points at.
    reveal : bool
        Whether the page should scroll to the window.
    """

    start_s: float
    length_s: int
    highlight: tuple[float, float] | None = None
    reveal: bool = False


@dataclass(frozen=True)
class Plot:
    """A chart of the page.

    Attributes
    ----------
    name : str
        Of its module, of its part of the page, of its test and of its function in JavaScript.
    data : callable
        From a study and a `Window` to plain values, as JSON has them.
    html : str
        What it is drawn into.
    on_load : str
        JavaScript that begins to draw. Gradio looks there for the names of events, so they stand in quotes.
    place : int
        From the top of the page.
    in_window : bool
        Whether it shows the window, and so is drawn again where that moves; else it shows the whole night.
    """

    name: str
    data: Callable[[Any, Window], dict]
    html: str
    on_load: str
    place: int
    in_window: bool

    @property
    def script(self) -> str:
        """Name of its file among the page's scripts."""
        return f"sleeplm.{self.name}.js"

    @property
    def moves(self) -> bool:
        """Whether a click on it moves the window."""
        return "'move'" in self.on_load

    def json(self, study: Any, window: Window) -> str:
        """What its script draws."""
        return to_json(self.data(study, window))


def to_json(value: Any) -> str:
    """JSON for a chart; ``<`` is written as its code, so that no text of a file can end up as a tag."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def duration_s(study: Any) -> float:
    """Length of what can be shown: whole epochs."""
    return float(study.n_epochs * EPOCH_S)


def stage_of(study: Any, epoch: int) -> str:
    """Stage in force of an epoch, from 1."""
    hypnogram = study.scoring.hypnogram
    return str(hypnogram[epoch - 1]) if epoch <= len(hypnogram) else str(Stage.UNSCORED)


def place_window(study: Any, at_s: float, length_s: int) -> float:
    """Start of the window of `length_s` that shows a moment: on the grid of epochs, inside the night."""
    last = max(0, math.ceil((duration_s(study) - length_s) / EPOCH_S) * EPOCH_S)
    return float(min(max(0, math.floor(at_s / EPOCH_S) * EPOCH_S), last))

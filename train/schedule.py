"""How far a run is, and the learning rate there."""

import math
import time

_WARM_UP = 0.04  # share of a run in which the rate rises
_LEAST = 0.02  # of the peak, where the rate begins and ends


class Progress:
    """How far a run is, by steps where their number is given, else by the time spent.

    Parameters
    ----------
    minutes : float
    steps : int
        0: the run ends after `minutes`.
    """

    def __init__(self, minutes: float, steps: int):
        self.minutes, self.steps = minutes, steps
        self.step = 0
        self.elapsed_s = 0.0
        self._since: float | None = None

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        done = self.step / self.steps if self.steps else self.elapsed_s / (60 * self.minutes)
        return min(done, 1.0)

    @property
    def done(self) -> bool:
        """Whether the run has come to its end."""
        return self.share >= 1

    def advance(self) -> None:
        """One more step is done."""
        now = time.monotonic()
        self.elapsed_s += now - self._since if self._since is not None else 0.0
        self._since = now
        self.step += 1

    def pause(self) -> None:
        """The time until the next step is not the run's: it went into validation."""
        self._since = None

    def state_dict(self) -> dict:
        """What a checkpoint holds."""
        return {"step": self.step, "elapsed_s": self.elapsed_s}

    def load_state_dict(self, state: dict) -> None:
        """Go on from a checkpoint."""
        self.step, self.elapsed_s = state["step"], state["elapsed_s"]


def learning_rate(peak: float, share: float) -> float:
    """Linear warm-up, then half a cosine down to a fiftieth of the peak."""
    if share < _WARM_UP:
        return peak * (_LEAST + (1 - _LEAST) * share / _WARM_UP)
    down = (share - _WARM_UP) / (1 - _WARM_UP)
    return peak * (_LEAST + (1 - _LEAST) * 0.5 * (1 + math.cos(math.pi * down)))

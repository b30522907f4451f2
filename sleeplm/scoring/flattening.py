"""Which inspirations are flattened, as those through a narrowed airway are."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, sosfiltfilt

from sleeplm.intervals import true_intervals
from sleeplm.units import EPOCH_S, MODEL_SFREQ_HZ

# At and below this the airway is partly obstructed, an open one gives .3 (glossary of the European Sleep Research
# Society); 7,332 inspirations of a night on CPAP give .33 (median), and .22 at the 5th percentile.
FLATTENED = 0.15
_HIGHPASS_HZ = 0.05  # under any breath: drift
_SMOOTH_S = 0.2  # heartbeats and noise, not the shape of a breath
_INSPIRATION_S = (0.5, 4.0)  # half of a breath at up to 60, and from 8 a minute on
_SHALLOW = 0.3  # of the median inspiration of the night; less is no breath to judge the shape of
_POINTS = 64  # of an inspiration: half of them, the middle, are judged
_MIN_BREATHS = 4  # a share of fewer moves by a third or more with one breath
_SHORTER = 0.95  # inspiration is shorter than expiration by more than this, or it is not known which is which


def flattened_pct(flow: np.ndarray) -> np.ndarray:
    """Share of flattened inspirations of each epoch in %.

    The flattening index of one inspiration (Teschler et al. 1996, Am J Respir Crit Care Med 154:734): its flow is
    scaled to a mean of 1, and the index is the root mean square deviation from 1 over the middle half of its time;
    0 is a rectangle, and half a sine gives .44. Theirs is that of the mean of five breaths, this one of each. Nasal
    pressure goes with the square of flow, so that its breaths look less flat than they are.
    Which way inspiration points is taken from the night: it is the shorter half of a breath.

    Parameters
    ----------
    flow : ndarray ``[epochs, 1920]``
        At 64 Hz, any unit, 0 where lost.

    Returns
    -------
    ndarray ``[epochs]``
        NaN where an epoch holds under four inspirations, or where inspiration cannot be told from expiration.
    """
    n_epochs = len(flow)
    breaths = inspirations(flow.ravel())
    if breaths is None:
        return np.full(n_epochs, np.nan)
    where = (breaths.middle_s // EPOCH_S).astype(int)
    counts = np.bincount(where, minlength=n_epochs)
    flat = np.bincount(where, breaths.flattened, n_epochs)
    return np.where(counts >= _MIN_BREATHS, 100 * flat / np.maximum(counts, 1), np.nan)


@dataclass(frozen=True)
class Inspirations:
    """The inspirations of a night, each array ``[breaths]``.

    Attributes
    ----------
    start_s, end_s : ndarray
    index : ndarray
        Flattening index.
    """

    start_s: np.ndarray
    end_s: np.ndarray
    index: np.ndarray

    @property
    def middle_s(self) -> np.ndarray:
        """Middle of each, in seconds."""
        return (self.start_s + self.end_s) / 2

    @property
    def flattened(self) -> np.ndarray:
        """Which of them are flattened, bool ``[breaths]``."""
        return self.index <= FLATTENED


def inspirations(flow: np.ndarray) -> Inspirations | None:
    """The inspirations of a flow at 64 Hz ``[samples]``, 0 where lost; None where they cannot be told.

    What is shallower than 30% of the median inspiration is left out: it has no shape to judge.
    """
    sos = butter(1, _HIGHPASS_HZ, "highpass", fs=MODEL_SFREQ_HZ, output="sos").astype(np.float32)
    steady = sosfiltfilt(sos, flow).astype(np.float32)
    smooth = uniform_filter1d(steady, round(_SMOOTH_S * MODEL_SFREQ_HZ))
    up, down = _halves(smooth), _halves(-smooth)
    if not len(up) or not len(down):
        return None
    lengths = [np.median(np.diff(half)) for half in (up, down)]
    if min(lengths) > _SHORTER * max(lengths):
        return None
    spans, sign = (up, 1) if lengths[0] < lengths[1] else (down, -1)
    at = spans[:, :1] + np.diff(spans) * ((np.arange(_POINTS) + 0.5) / _POINTS)
    shapes = np.interp(at, np.arange(len(smooth)), sign * smooth)
    deep = shapes.max(axis=1)
    kept = deep >= _SHALLOW * np.median(deep)
    start_s, end_s = spans[kept].T / MODEL_SFREQ_HZ
    return Inspirations(start_s, end_s, indices(shapes[kept]))


def indices(shapes: np.ndarray) -> np.ndarray:
    """Flattening index of each inspiration ``[breaths]``, from its flow at even steps ``[breaths, points]``."""
    n = shapes.shape[1]
    scaled = shapes / np.maximum(shapes.mean(axis=1, keepdims=True), 1e-9)
    return np.sqrt(np.mean((scaled[:, n // 4 : n - n // 4] - 1) ** 2, axis=1))


def _halves(smooth: np.ndarray) -> np.ndarray:
    """Runs above zero that may be half a breath, ``[n, 2]`` in samples."""
    spans = true_intervals(smooth > 0)
    seconds = np.diff(spans)[:, 0] / MODEL_SFREQ_HZ if len(spans) else np.empty(0)
    return spans[(seconds >= _INSPIRATION_S[0]) & (seconds <= _INSPIRATION_S[1])] if len(spans) else spans

"""Heart-rate variability in stretches of five minutes, by stage of sleep."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np

from sleeplm.kinds.stages import STAGES
from sleeplm.scoring.heart import HeartRate
from sleeplm.units import EPOCH_S

STRETCH_S = 300  # short-term recordings of the Task Force (1996)
CLEAN = 0.9  # share of a stretch that sinus rhythm must cover
LF_HZ, HF_HZ = (0.04, 0.15), (0.15, 0.4)
_RESAMPLED_HZ = 4.0


@dataclass(frozen=True)
class Variability:
    """Heart-rate variability: of one stretch, or the medians of several.

    Attributes
    ----------
    rmssd_ms : float
        Root mean square of successive differences of intervals.
    sdnn_ms : float
        Standard deviation of intervals.
    pnn50_pct : float
        Share of successive differences over 50 ms.
    lf_ms2, hf_ms2 : float
        Power of the intervals from 0.04 to 0.15 and from 0.15 to 0.4 Hz.
    lf_hf : float
        Their ratio.
    """

    rmssd_ms: float
    sdnn_ms: float
    pnn50_pct: float
    lf_ms2: float
    hf_ms2: float
    lf_hf: float


def variability_by_stage(heart: HeartRate, hypnogram: Sequence[str]) -> dict[str, tuple[Variability, list[int]]]:
    """Heart-rate variability of each stage (Task Force 1996, Circulation 93:1043).

    Parameters
    ----------
    heart : HeartRate
        As `heart_rate` gives it.
    hypnogram : sequence of str
        Stages by epoch.

    Returns
    -------
    dict
        Stage to the medians over its stretches and the first epoch, from 1, of each. A stretch is five minutes of
        one stage of which sinus rhythm covers 90%; a stage without one is not in it.
    """
    found = {}
    epochs = STRETCH_S // EPOCH_S
    for stage in STAGES:
        starts = _stretches([str(s) == str(stage) for s in hypnogram], epochs)
        measured = {e: v for e in starts if (v := variability(heart, e * EPOCH_S, e * EPOCH_S + STRETCH_S))}
        if measured:
            medians = np.median([astuple(v) for v in measured.values()], axis=0)
            found[str(stage)] = Variability(*map(float, medians)), [e + 1 for e in measured]
    return found


def _stretches(of_stage: Sequence[bool], length: int) -> list[int]:
    """First epochs, from 0, of stretches of a length that follow each other within one stage."""
    starts, run = [], 0
    for i, inside in enumerate(of_stage):
        run = run + 1 if inside else 0
        if run == length:
            starts.append(i - length + 1)
            run = 0
    return starts


def variability(heart: HeartRate, start_s: float, end_s: float) -> Variability | None:
    """Heart-rate variability between two times; None where sinus rhythm covers under 90%.

    Differences are those of intervals that follow each other and are both sinus rhythm. For the spectrum the
    intervals are interpolated to 4 Hz by cubic splines and freed of their trend; the window is Hann's.
    """
    from scipy.interpolate import CubicSpline
    from scipy.signal import periodogram

    rr_s, ends_s = np.diff(heart.beats_s), heart.beats_s[1:]
    inside = (heart.beats_s[:-1] >= start_s) & (ends_s <= end_s)
    if heart.sinus is None:
        raise ValueError("variability needs beats that are told apart as sinus rhythm")
    rr_s, ends_s, sinus = rr_s[inside], ends_s[inside], heart.sinus[inside]
    if rr_s[sinus].sum() < CLEAN * (end_s - start_s):
        return None
    normal_ms = 1000 * rr_s[sinus]
    steps_ms = 1000 * np.diff(rr_s)[sinus[1:] & sinus[:-1]]
    at_s = ends_s[sinus]
    even = CubicSpline(at_s, normal_ms)(np.arange(at_s[0], at_s[-1], 1 / _RESAMPLED_HZ))
    hz, power = periodogram(even, _RESAMPLED_HZ, window="hann", detrend="linear")
    lf, hf = (float(power[(hz >= low) & (hz < high)].sum() * hz[1]) for low, high in (LF_HZ, HF_HZ))
    return Variability(
        rmssd_ms=float(np.sqrt(np.mean(steps_ms**2))),
        sdnn_ms=float(normal_ms.std(ddof=1)),
        pnn50_pct=float(100 * np.mean(np.abs(steps_ms) > 50)),
        lf_ms2=lf,
        hf_ms2=hf,
        lf_hf=lf / hf if hf else float("nan"),
    )

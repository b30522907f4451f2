"""Desaturations: falls of the cleaned oxygen saturation."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from sleeplm.intervals import true_intervals
from sleeplm.night import Event
from sleeplm.recording.protocol import NightSignals
from sleeplm.recording.quality.windows import HALF, share_of
from sleeplm.scoring.detections import Detections, margin
from sleeplm.scoring.spo2 import artefact_min, clean_spo2, per_second
from sleeplm.scoring.usable import loss_warnings, read_usable, searched_epochs
from sleeplm.units import duration_words

SOURCE = "sleeplm oximetry"
_SAID_MIN = 0.25  # of artefacts, from which on people are told
BASELINE_S = 120.0  # how long before its nadir a desaturation may begin
MIN_DURATION_S, MAX_DURATION_S = 5.0, 240.0
_RISE_PCT = 2.0  # by which the saturation must come up again for a fall to be over
_PLATEAU_S = 45.0  # a level held for longer is a new baseline
_RECOVERED = 2 / 3  # of a fall
# Spread of values that were whole percents once, in how many seconds, on how many levels.
_WHOLE_SPREAD_PCT, _WHOLE_LEAST_S, _WHOLE_LEVELS = 0.2, 20, 3


def cleaned_by_second(recording: NightSignals) -> np.ndarray:
    """Cleaned saturation of a recording in percent, float64 ``[seconds]``; NaN where nothing valid was measured."""
    sfreq_hz = recording.channels["SPO2"].sfreq_hz
    return per_second(clean_spo2(read_usable(recording, "SPO2"), sfreq_hz), sfreq_hz)


def oxygen_events(recording: NightSignals) -> Detections:
    """Desaturations of a recording; nothing scored, and why, where its saturation holds no valid value."""
    if "SPO2" not in recording.channels:
        return Detections()
    sfreq_hz = recording.channels["SPO2"].sfreq_hz
    spo2 = read_usable(recording, "SPO2")
    cleaned = clean_spo2(spo2, sfreq_hz)
    if not np.isfinite(cleaned).any():
        why = "The oxygen saturation channel holds no valid value; nothing is said of oxygen."
        return Detections(warnings=(why,))
    warnings = loss_warnings(recording, "SPO2")
    if (minutes := artefact_min(spo2, cleaned, sfreq_hz)) >= _SAID_MIN:
        lost = duration_words(minutes)
        warnings += (f"Oxygen saturation: {lost} of steps and slips of the probe are left out of all its numbers.",)
    searched = searched_epochs(recording, "SPO2")
    searched &= share_of(np.isfinite(cleaned), sfreq_hz, recording.n_epochs) >= HALF
    return Detections(desaturations(spo2, sfreq_hz), ("desaturation",), warnings, searched=searched)


def as_reported(values: np.ndarray) -> np.ndarray:
    """Whole percents where the oximeter reported whole percents.

    An analogue output shifts them by some tenths, so that three points can measure 2.8. What dwells on levels about
    one percent apart is rounded to them; a finer signal stays as it is.

    Parameters
    ----------
    values : ndarray
        Saturation in percent, ``[seconds]``; NaN where nothing valid was measured.
    """
    whole = np.round(values)
    spreads = []
    for level in np.unique(whole[np.isfinite(whole)]):
        here = values[whole == level]
        if len(here) >= _WHOLE_LEAST_S:
            low, high = np.percentile(here, (10, 90))
            spreads.append(high - low)
    return whole if len(spreads) >= _WHOLE_LEVELS and np.median(spreads) <= _WHOLE_SPREAD_PCT else values


def desaturations(spo2: np.ndarray, sfreq_hz: float, drop_pct: float = 3) -> list[Event]:
    """Find falls of oxygen saturation.

    A desaturation is a fall of at least `drop_pct` to a nadir from the highest value before it (AASM Manual 2.6:
    desaturation of at least 3% or 4% from baseline), counted in whole percents where the oximeter reports these.
    The fall is over where the saturation has come up by 2%; it begins at most 120 s before its nadir, and after
    the last level that was held for over 45 s. The event ends where two thirds of the fall are made up, or where
    the saturation is highest before the next fall.

    Parameters
    ----------
    spo2 : ndarray
        Oxygen saturation in percent, ``[samples]``; artefacts are cleaned first, and end a desaturation.
    sfreq_hz : float
        Its rate.
    drop_pct : float
        Smallest fall, in percentage points.

    Returns
    -------
    list of Event
        In order of start; `Event.label` tells baseline and nadir, `Event.confidence` how deep the fall is: .5 for
        one that just meets `drop_pct`, 1 for twice that. It is no probability.
    """
    values = as_reported(per_second(clean_spo2(spo2, sfreq_hz), sfreq_hz))
    events = []
    for first, last in true_intervals(np.isfinite(values)).tolist():
        events += [_event(fall, first, drop_pct) for fall in _falls(values[first:last], drop_pct)]
    return events


def _falls(values: np.ndarray, drop_pct: float) -> Iterator[tuple[int, int, float, float]]:
    """Falls in one unbroken run: first and last second, baseline and nadir value."""
    turns = _turns(values, min(_RISE_PCT, drop_pct))
    for (top, nadir), (until, _) in pairwise([*turns, (len(values) - 1, 0)]):
        start = _begin(values, max(top, nadir - int(BASELINE_S)), nadir)
        depth = values[start] - values[nadir]
        if depth < drop_pct - 1e-6:
            continue
        end = _recovery(values, nadir, until, values[nadir] + depth * _RECOVERED)
        if MIN_DURATION_S <= end - start <= MAX_DURATION_S:
            yield start, end, float(values[start]), float(values[nadir])


def _turns(values: np.ndarray, rise_pct: float) -> list[tuple[int, int]]:
    """Last second of each top and first of the bottom after it, where smaller rises and falls count for nothing."""
    moves = np.flatnonzero(np.diff(values)) + 1
    steps = zip(moves.tolist(), values[moves].tolist(), strict=True)
    turns, falling = [], False
    extreme, at, least = float(values[0]), 0, rise_pct - 1e-6
    top = 0
    for i, value in steps:
        if falling:
            if value < extreme:
                extreme, at = value, i
            elif value - extreme >= least:
                turns.append((top, at))
                falling, extreme, at = False, value, i
        elif value >= extreme:
            extreme, at = value, i
        elif extreme - value >= least:
            top, falling, extreme, at = at, True, value, i
    return [*turns, (top, at)] if falling else turns


def _begin(values: np.ndarray, top: int, nadir: int) -> int:
    """Where the fall to a nadir begins: the end of its top, or of the last level held for long."""
    highest_ahead = np.maximum.accumulate(values[top : nadir + 1][::-1])[::-1]
    steps = np.flatnonzero(np.diff(highest_ahead) < 0)  # last seconds of each level
    held = np.flatnonzero(np.diff(steps) > _PLATEAU_S)
    if not steps.size:
        return nadir
    return top + int(steps[held[-1] + 1] if held.size else steps[0])


def _recovery(values: np.ndarray, nadir: int, until: int, level: float) -> int:
    """Where the saturation is back at a level, or highest, before the next fall."""
    after = values[nadir : until + 1]
    reached = np.flatnonzero(after >= level)
    return int(nadir + (reached[0] if reached.size else np.argmax(after)))


def _event(fall: tuple, offset: int, drop_pct: float) -> Event:
    start, end, baseline, lowest = fall
    return Event(
        "desaturation",
        float(start + offset),
        float(end - start),
        channels=("SPO2",),
        source=SOURCE,
        confidence=margin(baseline - lowest, drop_pct, 2 * drop_pct),
        rule=f"fall of at least {drop_pct:g}% from the preceding baseline",
        label=f"{baseline:.0f}% to {lowest:.0f}%",
    )

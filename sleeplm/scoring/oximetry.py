"""Oxygen saturation: artefacts out, falls found."""

from collections.abc import Iterator

import numpy as np
from scipy.signal import find_peaks

from sleeplm.night import Event
from sleeplm.scoring.found import Found

SOURCE = "sleeplm oximetry"
LOWEST_PCT, HIGHEST_PCT = 50.0, 100.5  # half a percent of rounding above 100 is not an artefact
MAX_CHANGE_PCT_PER_S = 4.0  # no pulse oximeter's average can move faster
BASELINE_S = 120.0  # how long before a nadir its baseline may lie
MIN_DURATION_S, MAX_DURATION_S = 5.0, 240.0
_EDGE_S = 2.0  # beside an artefact the oximeter's average is not yet right
_ANALYSIS_HZ = 1.0


def clean_spo2(spo2: np.ndarray, sfreq_hz: float) -> np.ndarray:
    """Replace artefacts by NaN.

    Artefacts are values outside 50 to 100% (also the -1 and 0 of a probe that is off) and changes of more than 4%
    within a second, with two seconds on both sides of either.

    Parameters
    ----------
    spo2 : ndarray
        Oxygen saturation in percent, ``[samples]``.
    sfreq_hz : float
        Its rate.

    Returns
    -------
    ndarray of float32
        ``[samples]``, NaN where nothing valid was measured; values above 100 by rounding are 100.
    """
    values = np.array(spo2, dtype=np.float32)
    bad = ~np.isfinite(values) | (values < LOWEST_PCT) | (values > HIGHEST_PCT)
    step = max(1, round(sfreq_hz))
    if len(values) > step:
        with np.errstate(invalid="ignore"):
            jump = np.abs(values[step:] - values[:-step]) > MAX_CHANGE_PCT_PER_S * step / sfreq_hz
        bad[step:] |= jump
        bad[:-step] |= jump
    if bad.any():
        bad = _widened(bad, round(_EDGE_S * sfreq_hz))
    values[bad] = np.nan
    return np.minimum(values, np.float32(100))


def _widened(mask: np.ndarray, by: int) -> np.ndarray:
    """A mask with `by` samples more on both sides of each True."""
    padded = np.concatenate([np.zeros(by + 1, int), mask, np.zeros(by, int)])
    total = np.cumsum(padded)
    return total[2 * by + 1 :] > total[: -2 * by - 1]


def per_second(spo2: np.ndarray, sfreq_hz: float) -> np.ndarray:
    """Means of each second of a cleaned signal, float64 ``[seconds]``; NaN where a second has no valid sample."""
    seconds = int(len(spo2) / sfreq_hz)
    if not seconds:
        return np.empty(0)
    if sfreq_hz <= _ANALYSIS_HZ:
        return np.asarray(spo2, dtype=float)[(np.arange(seconds) * sfreq_hz).astype(int)]
    index = np.minimum((np.arange(len(spo2)) / sfreq_hz).astype(int), seconds - 1)
    valid = np.isfinite(spo2)
    counts = np.bincount(index[valid], minlength=seconds)
    sums = np.bincount(index[valid], weights=spo2[valid], minlength=seconds)
    return np.divide(sums, counts, out=np.full(seconds, np.nan), where=counts > 0)


def oxygen_events(recording) -> Found:
    """Desaturations of a recording; nothing scored, and why, where its saturation holds no valid value."""
    if "SPO2" not in recording.channels:
        return Found()
    sfreq_hz = recording.channels["SPO2"].sfreq_hz
    spo2 = recording.signal("SPO2")
    if not np.isfinite(clean_spo2(spo2, sfreq_hz)).any():
        why = "The oxygen saturation channel holds no valid value; nothing is said of oxygen."
        return Found(warnings=(why,))
    return Found(desaturations(spo2, sfreq_hz), ("desaturation",))


def desaturations(spo2: np.ndarray, sfreq_hz: float, drop_pct: float = 3) -> list[Event]:
    """Find falls of oxygen saturation.

    A desaturation is a fall of at least `drop_pct` from the highest value of the 120 s before its nadir, counted
    from the end of the desaturation before. It begins at that baseline and ends where two thirds of the fall are
    made up, or where the saturation is highest before the next fall. This is the oxygen desaturation index's event
    (Chung et al. 2012, Anesth Analg 114:993; AASM Manual 2.6: desaturation of at least 3% or 4% from baseline).

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
        In order of start; `Event.label` tells baseline and nadir.
    """
    values = per_second(clean_spo2(spo2, sfreq_hz), sfreq_hz)
    events = []
    for first, last in _valid_runs(values):
        events += [_event(fall, first, drop_pct) for fall in _falls(values[first:last], drop_pct)]
    return events


def _valid_runs(values: np.ndarray) -> Iterator[tuple[int, int]]:
    """Half-open runs of seconds without a gap."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.isfinite(values).astype(int), [0]])))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _falls(values: np.ndarray, drop_pct: float) -> Iterator[tuple[int, int, int, float, float]]:
    """Falls in one unbroken run: first, nadir and last second, baseline and nadir value."""
    padded = np.concatenate([[200.0], values, [200.0]])  # a night that ends in a nadir still has one
    nadirs = find_peaks(-padded, prominence=1.0)[0] - 1
    free_from = 0
    for i, nadir in enumerate(nadirs):
        begin = max(free_from, nadir - int(BASELINE_S))
        if nadir <= begin:
            continue
        start = begin + _last_argmax(values[begin : nadir + 1])
        depth = values[start] - values[nadir]
        if depth < drop_pct - 1e-6:
            continue
        until = nadirs[i + 1] if i + 1 < len(nadirs) else len(values) - 1
        end = _recovery(values, nadir, until, values[nadir] + depth * 2 / 3)
        free_from = end
        if MIN_DURATION_S <= end - start <= MAX_DURATION_S:
            yield start, int(nadir), end, float(values[start]), float(values[nadir])


def _last_argmax(values: np.ndarray) -> int:
    return len(values) - 1 - int(np.argmax(values[::-1]))


def _recovery(values: np.ndarray, nadir: int, until: int, level: float) -> int:
    """Where the saturation is back at a level, or highest, before the next nadir."""
    after = values[nadir : until + 1]
    reached = np.flatnonzero(after >= level)
    return int(nadir + (reached[0] if reached.size else np.argmax(after)))


def _event(fall: tuple, offset: int, drop_pct: float) -> Event:
    start, _, end, baseline, lowest = fall
    return Event(
        "desaturation",
        float(start + offset),
        float(end - start),
        channels=("SPO2",),
        source=SOURCE,
        rule=f"fall of at least {drop_pct:g}% from the preceding baseline",
        label=f"{baseline:.0f}% to {lowest:.0f}%",
    )

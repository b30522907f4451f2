"""Oxygen saturation as far as it can be believed: artefacts of probe and oximeter out.

One idea of an artefact for all that rests on it: nadir, mean, time below a level, desaturations and captions.
"""

from collections.abc import Iterator

import numpy as np

from sleeplm.intervals import mask_of, true_intervals

LOWEST_PCT, HIGHEST_PCT = 50.0, 100.5  # half a percent of rounding above 100 is not an artefact
# An average over some seconds moves by 4% a second at most, but devices hold their value for up to 3 s. Within 5 s
# real saturations fall by up to 9.9%, and within 2 s they rise by up to 9.9% (UCDDB 020 and 024, 13.8 h, nadirs of
# 70 and 84%): no blood does more than this.
MAX_STEP_PCT = 12.0
_FALL_S, _RISE_S = 4, 2
_LEVEL_S = 60  # the level beside a step is the median of so long: a blip of some seconds is none
_BACK_PCT = 4.0  # what came down in a step is measured again where it is this near to the level before
_LONGEST_S = 900  # a step that is not made up within 15 min may be a new level: its edge alone is left out
# A probe that slips off takes the value down with it, and one that finds its signal brings it up: a leg as deep as
# a desaturation that runs into a loss, or out of one, within two minutes and without turning by 2%.
_LEG_PCT, _LEG_S, _TURN_PCT = 3.0, 120, 2.0
_DEEP_PCT = 40.0  # values from here to 50% are too low for the device to vouch for, and still a reading, no loss
_BRIEF_S = 10  # a loss so short between values that meet is a gap in one course
_EDGE_S = 2.0  # beside an artefact the oximeter's average is not yet right


def clean_spo2(spo2: np.ndarray, sfreq_hz: float) -> np.ndarray:
    """Replace artefacts by NaN.

    Artefacts are values outside 50 to 100% (also the -1 and 0 of a probe that is off); what lies beyond a step that
    no blood makes (down by more than 12% within 4 s, or up by as much within 2 s), from there until the saturation
    is back, at most 15 min; and the legs on which a slipping probe loses its value or finds it again; with two
    seconds on both sides of each.

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
    seconds = per_second(np.where(bad, np.float32(np.nan), values), sfreq_hz)
    if seconds.size:
        beyond = _beyond_steps(seconds)
        beyond |= _legs(np.where(beyond, np.nan, seconds), _lost(values, bad, sfreq_hz, len(seconds)) | beyond)
        second = np.minimum((np.arange(len(values)) / sfreq_hz).astype(int), len(seconds) - 1)
        bad |= beyond[second]
    if bad.any():
        bad = _widened(bad, round(_EDGE_S * sfreq_hz))
    values[bad] = np.nan
    return np.minimum(values, np.float32(100))


def per_second(spo2: np.ndarray, sfreq_hz: float) -> np.ndarray:
    """Means of each second of a signal, float64 ``[seconds]``; NaN where a second has no valid sample."""
    seconds = int(len(spo2) / sfreq_hz)
    if not seconds:
        return np.empty(0)
    if sfreq_hz <= 1:
        return np.asarray(spo2, dtype=float)[(np.arange(seconds) * sfreq_hz).astype(int)]
    index = np.minimum((np.arange(len(spo2)) / sfreq_hz).astype(int), seconds - 1)
    valid = np.isfinite(spo2)
    counts = np.bincount(index[valid], minlength=seconds)
    sums = np.bincount(index[valid], weights=spo2[valid], minlength=seconds)
    return np.divide(sums, counts, out=np.full(seconds, np.nan), where=counts > 0)


def artefact_min(spo2: np.ndarray, cleaned: np.ndarray, sfreq_hz: float) -> float:
    """Minutes of values within 50 to 100% that `clean_spo2` took out."""
    with np.errstate(invalid="ignore"):
        there = (spo2 >= LOWEST_PCT) & (spo2 <= HIGHEST_PCT)
    return float((there & ~np.isfinite(cleaned)).sum()) / sfreq_hz / 60


def _beyond_steps(values: np.ndarray) -> np.ndarray:
    """Seconds between an impossible step and the return from it, bool ``[seconds]``."""
    # Time reversed, a rise is a fall: what came before it, back to the level after it, is no measurement either.
    falls = _after_falls(values, _FALL_S)
    return falls | _after_falls(values[::-1], _RISE_S)[::-1]


def _after_falls(values: np.ndarray, within_s: int) -> np.ndarray:
    """Seconds from each step down to the return to the level before it."""
    out = np.zeros(len(values), dtype=bool)
    for first, last in true_intervals(_falls_by_step(values, within_s)).tolist():
        before = values[max(first - within_s - _LEVEL_S + 1, 0) : max(first - within_s + 1, 1)]
        onset = max(first - within_s + 1, 0)
        out[onset:last] = True
        if not np.isfinite(before).any():
            continue
        back = values[first : first + _LONGEST_S] >= np.nanmedian(before) - _BACK_PCT
        if back.any():
            out[onset : first + int(np.argmax(back))] = True
        elif first + _LONGEST_S >= len(values):
            out[onset:] = True  # the recording ends within it
    return out


def _falls_by_step(values: np.ndarray, within_s: int) -> np.ndarray:
    """Seconds that lie more than `MAX_STEP_PCT` under one of the `within_s` before, bool ``[seconds]``."""
    out = np.zeros(len(values), dtype=bool)
    with np.errstate(invalid="ignore"):
        for lag in range(1, min(within_s, len(values) - 1) + 1):
            out[lag:] |= values[:-lag] - values[lag:] > MAX_STEP_PCT
    return out


def _lost(values: np.ndarray, bad: np.ndarray, sfreq_hz: float, n_seconds: int) -> np.ndarray:
    """Seconds without any reading: nothing, or what no person has, bool ``[seconds]``."""
    nothing = bad & ~((values >= _DEEP_PCT) & (values < LOWEST_PCT))
    second = np.minimum((np.arange(len(values)) / sfreq_hz).astype(int), n_seconds - 1)
    lost = np.zeros(n_seconds, dtype=bool)
    lost[second[nothing]] = True
    return lost


def _legs(values: np.ndarray, lost: np.ndarray) -> np.ndarray:
    """Seconds of the legs that run into a loss of the signal, or out of one, bool ``[seconds]``."""
    legs: list[tuple[int, int]] = []
    for first, last in true_intervals(lost).tolist():
        if last - first > _BRIEF_S or not _meet(values, first, last):
            legs += [(start, first) for start in _leg(values[max(first - _LEG_S, 0) : first][::-1], first, -1)]
            legs += [(last, end) for end in _leg(values[last : last + _LEG_S], last, 1)]
    return mask_of(legs, len(values))


def _meet(values: np.ndarray, first: int, last: int) -> bool:
    """Whether the values on both sides of a loss are near each other."""
    if first == 0 or last >= len(values):
        return False
    return bool(abs(values[last] - values[first - 1]) <= _BACK_PCT)


def _leg(away: np.ndarray, at: int, step: int) -> Iterator[int]:
    """The far end of a leg, where there is one; `away` are the values from the loss on, `step` the way they go."""
    known = np.flatnonzero(~np.isfinite(away))
    away = away[: known[0]] if known.size else away
    if len(away) < 2:
        return
    highest = np.maximum.accumulate(away)
    turned = np.flatnonzero(highest - away >= _TURN_PCT)
    top = int(np.argmax(away[: turned[0]] if turned.size else away))
    complete = turned.size or top < _LEG_S - 1
    if complete and away[top] - away[0] >= _LEG_PCT:
        yield at + step * top


def _widened(mask: np.ndarray, by: int) -> np.ndarray:
    """A mask with `by` samples more on both sides of each True."""
    padded = np.concatenate([np.zeros(by + 1, int), mask, np.zeros(by, int)])
    total = np.cumsum(padded)
    return total[2 * by + 1 :] > total[: -2 * by - 1]

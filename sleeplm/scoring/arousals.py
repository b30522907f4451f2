"""Arousals by the rule of the AASM manual, from the central EEG, the chin EMG and the stages.

How the EEG's power is compared with what came before follows Fernandez-Varela et al. 2017 (Comput Biol Med 87:77):
alpha and faster power against the ten seconds before, spindles taken out, the chin muscle as second witness. The
thresholds are our own: a change that the manual calls abrupt must be large, since no recording with arousals of an
expert was at hand to set them by. They were chosen on simulated nights, and raised until a real night without any
known disorder of arousal (UCDDB 018) had as few in N2 as healthy sleepers have.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.ndimage import median_filter, uniform_filter1d
from scipy.signal import butter, sosfilt

from sleeplm.night import Event, Scoring
from sleeplm.scoring.found import Found
from sleeplm.scoring.leads import EEG_CHANNELS, SFREQ_HZ, fast_enough
from sleeplm.scoring.runs import runs
from sleeplm.scoring.usable import read_usable, said_of_loss
from sleeplm.vocabulary import EPOCH_S, SLEEP_STAGES, Stage

SOURCE = "sleeplm arousals"
RULE = "AASM arousal: abrupt rise of alpha and of power over 16 Hz, no spindle, 3 s or more, after 10 s of sleep"
REM_RULE = f"{RULE}, with a rise of the chin EMG of 1 s or more"
BANDS_HZ = {"alpha": (8.0, 11.0), "sigma": (11.0, 16.0), "fast": (16.0, 40.0)}
CHIN_HZ = (12.0, 45.0)
MIN_DURATION_S, MAX_DURATION_S = 3.0, 30.0  # what lasts longer is an awakening, or another stage
STABLE_S = 10.0  # of sleep before it, and after the one before
ALPHA_WEIGHT = 0.3  # alpha wanders three times as much as faster power does
EDGE, PEAK, PEAK_WITH_CHIN = np.log([1.65, 3.0, 2.0])  # of power, against the ten seconds before
CHIN_RISE, CHIN_RISE_S = np.log(2.0**2), 1.0  # twice the amplitude
SPINDLY_WITH_CHIN = np.log(1.15)  # by which sigma may outdo faster power: no spindle raises the chin's tone
_HZ = 4  # of the course of power
_SMOOTH_S, _MEDIAN = 1.0, 9  # a median over 2.25 s: a spindle or a K-complex does not pass
_GAP_S = 1.5  # what the smoothing spreads
_JOIN_S = 1.0
_LEAST_UV2 = 1e-6


def arousal_events(recording, so_far: Scoring) -> Found:
    """Arousals of a recording; not looked for without EEG or stages, in REM sleep not without chin EMG."""
    leads = [name for name in EEG_CHANNELS if fast_enough(recording, name)]
    if not leads or so_far.hypnogram_source is None:
        return Found()
    chin = read_usable(recording, "EMG_CHIN", SFREQ_HZ) if fast_enough(recording, "EMG_CHIN") else None
    warnings = list(said_of_loss(recording, *leads))
    if chin is None or not np.isfinite(chin).any():
        chin = None
        warnings.append("Without a chin EMG arousals are not scored in REM sleep, where the rule asks for it.")
    eeg = {name: read_usable(recording, name, SFREQ_HZ) for name in leads}
    return Found(arousals(eeg, so_far.hypnogram, chin), ("arousal",), tuple(warnings))


def arousals(
    eeg: Mapping[str, np.ndarray], hypnogram: Sequence[str], chin: np.ndarray | None = None
) -> list[Event]:
    """Find arousals.

    The power of alpha (8 to 11 Hz), of sigma (11 to 16 Hz) and above (16 to 40 Hz) is followed four times a second
    (mean of 1 s, median of 2.25 s). Its level is the logarithm of fast power and .3 of that of alpha, the mean of
    all channels; usual is its median over the 10 s before. An arousal begins where the level is log 1.65 above the
    usual one, lasts until it falls back to that, 3 to 30 s; reaches log 3, or log 2 where the chin EMG doubles for
    1 s or more; and is no spindle: its mean sigma rises no more than its fast power (with the chin, little more).
    10 s of sleep precede it, and it has 3 s of sleep or more. In REM sleep the chin EMG must rise. Theta alone is
    not looked for.

    Parameters
    ----------
    eeg : mapping of str to ndarray
        EEG in microvolts at 100 Hz by channel, ``[samples]``; NaN where it is not usable.
    hypnogram : sequence of str
        One stage an epoch.
    chin : ndarray, optional
        Chin EMG in any unit at 100 Hz; NaN where it is not usable.
    """
    n = len(hypnogram) * EPOCH_S * _HZ
    power = {band: np.mean([_course(x, hz, n) for x in eeg.values()], axis=0) for band, hz in BANDS_HZ.items()}
    level = power["fast"] + ALPHA_WEIGHT * power["alpha"]
    edge = _usual(level) + EDGE
    difference = power["sigma"] - power["fast"]
    spindly = _total(difference - _usual(difference))
    stage = np.repeat(np.array([str(s) for s in hypnogram]), EPOCH_S * _HZ)
    awake = _total(~np.isin(stage, [str(s) for s in SLEEP_STAGES]))
    lost = _total(~np.logical_and.reduce([_by_block(np.isfinite(x), n) for x in eeg.values()]))
    chin_up = _total(np.zeros(n) if chin is None else _chin_rise(chin, n))
    stable, shortest = round(STABLE_S * _HZ), round(MIN_DURATION_S * _HZ)
    found: list[Event] = []
    for a, until in runs(level > edge, round(_JOIN_S * _HZ)):
        b = _back(level, edge[a], until)
        with_chin = chin_up[min(b + _HZ, n)] - chin_up[max(a - _HZ, 0)] >= CHIN_RISE_S * _HZ
        peak = level[a:b].max() - edge[a] + EDGE
        if peak < (PEAK_WITH_CHIN if with_chin else PEAK) or (stage[a] == Stage.R and not with_chin):
            continue
        if not MIN_DURATION_S <= (b - a) / _HZ <= MAX_DURATION_S:
            continue
        if spindly[until] - spindly[a] > (until - a) * (SPINDLY_WITH_CHIN if with_chin else 0):
            continue
        before = a - stable
        if before < 0 or awake[min(a + shortest, n)] > awake[before] or lost[b] > lost[before]:
            continue
        if found and a / _HZ - found[-1].end_s < STABLE_S:
            continue
        rule = REM_RULE if stage[a] == Stage.R else RULE
        found.append(Event("arousal", float(a / _HZ), float((b - a) / _HZ), tuple(sorted(eeg)), SOURCE, rule=rule))
    return found


def _course(signal: np.ndarray, band_hz: tuple[float, float], n: int, median: int = _MEDIAN) -> np.ndarray:
    """Logarithm of a band's power, `_HZ` times a second, ``[n]``; beyond the signal's end as at its end."""
    sos = butter(2, band_hz, "bandpass", fs=SFREQ_HZ, output="sos")
    power = sosfilt(sos, np.nan_to_num(signal.astype(np.float64))) ** 2
    size = SFREQ_HZ // _HZ
    power = power[: len(power) // size * size].reshape(-1, size).mean(axis=1)[:n]
    course = np.log(uniform_filter1d(power, round(_SMOOTH_S * _HZ)) + _LEAST_UV2)
    return np.pad(median_filter(course, median), (0, n - len(course)), mode="edge")


def _usual(course: np.ndarray) -> np.ndarray:
    """Median of the ten seconds before each block, less what the smoothing spreads; at first, that of the first."""
    width = round(STABLE_S * _HZ)
    delay = min(round(_GAP_S * _HZ) + width // 2, len(course))
    middle = median_filter(course, width)  # centred: its window ends half a width later
    return np.concatenate([np.repeat(middle[:1], delay), middle[: len(course) - delay]])


def _back(level: np.ndarray, edge: float, start: int) -> int:
    """Where the level falls back to an edge, from `start` on and not much later than an arousal may last."""
    ahead = level[start : start + round((MAX_DURATION_S + 1) * _HZ)] <= edge
    return start + (int(ahead.argmax()) if ahead.any() else len(ahead))


def _chin_rise(chin: np.ndarray, n: int) -> np.ndarray:
    """Blocks in which the chin EMG is usable and twice as high as in the ten seconds before, bool ``[n]``."""
    course = _course(chin, CHIN_HZ, n, median=1)
    return (course - _usual(course) > CHIN_RISE) & _by_block(np.isfinite(chin), n)


def _by_block(usable: np.ndarray, n: int) -> np.ndarray:
    """Blocks of a quarter of a second that are usable throughout, bool ``[n]``."""
    size = SFREQ_HZ // _HZ
    blocks = usable[: len(usable) // size * size].reshape(-1, size).all(axis=1)[:n]
    return np.pad(blocks, (0, n - len(blocks)))


def _total(values: np.ndarray) -> np.ndarray:
    """Running total from 0, ``[n + 1]``: the sum of ``values[a:b]`` is ``total[b] - total[a]``."""
    return np.concatenate([[0], np.cumsum(values)])

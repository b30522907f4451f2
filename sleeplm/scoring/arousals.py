"""Arousals by the rule of the AASM manual, from the central EEG, the chin EMG and the stages.

How the EEG's power is compared with what came before follows Fernandez-Varela et al. 2017 (Comput Biol Med 87:77):
alpha and faster power against the ten seconds before, the chin muscle as second witness. That slow waves and
spindles give way, by which fast power that comes with them (a K-complex, a spindle) is told from an arousal, is the
desynchronisation of De Carli et al. 1999 (Sleep 22:561). Weights and thresholds are our own, since no recording
with arousals of an expert was at hand: chosen on simulated nights of ordinary people, and such that a real night
without any known disorder of arousal (UCDDB 018) has about as many in each stage as those of CinC 2018 have.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter, uniform_filter1d
from scipy.signal import butter, sosfilt

from sleeplm.intervals import true_intervals
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.derivations import EEG_CHANNELS, SFREQ_HZ, fast_enough
from sleeplm.scoring.detections import Detections, margin
from sleeplm.scoring.stages import is_sleep, may_sleep
from sleeplm.scoring.usable import MUCH, active, loss_warnings, read_usable, searched_epochs
from sleeplm.units import EPOCH_S

SOURCE = "sleeplm arousals"
RULE = "AASM arousal: abrupt rise of alpha, theta and of power over 16 Hz, 3 s or more, after 10 s of sleep"
NREM_ALONE = "arousals of NREM sleep alone, without a chin EMG"
REM_RULE = f"{RULE}, with a rise of the chin EMG of 1 s or more"
# Bands and what a change of the logarithm of each counts for. Faster power is taken in two parts, since most of 16
# to 40 Hz lies in its first few; sigma stands for spindles, delta for K-complexes and slow waves.
# Sigma is the AASM's range of spindles, 11 to 16 Hz, so that alpha ends earlier than in `kinds.bands`.
WEIGHTS = {
    (0.5, 4.0): -0.2,
    (4.0, 8.0): 0.1,
    (8.0, 11.0): 0.2,
    (11.0, 16.0): -0.5,
    (16.0, 30.0): 0.5,
    (30.0, 40.0): 0.5,
}
CHIN_HZ = (12.0, 45.0)
MIN_DURATION_S, MAX_DURATION_S = 3.0, 30.0  # what lasts longer is an awakening, or another stage
STABLE_S = 10.0  # of sleep before it, and after the one before
ALONE, WITH_CHIN = (0.7, 1.1), (0.4, 0.55)  # change against the ten seconds before, at the edges and at the height
CHIN_RISE, CHIN_RISE_S = np.log(2.0**2), 1.0  # twice the amplitude
_HZ = 4  # of the course of power
_SMOOTH_S, _MEDIAN = 1.0, 9  # a median over 2.25 s: a spindle or a K-complex does not pass
_GAP_S = 1.5  # what the smoothing spreads
_JOIN_S = 1.0
_LEAST_UV2 = 1e-6


def arousal_events(recording: NightSignals, scoring: Scoring) -> Detections:
    """Arousals of a recording; not looked for without EEG or stages, in REM sleep not without chin EMG.

    An EEG channel that is lost in a fifth of the night is left out where another is not: an arousal needs all that
    are read. Wake that an automatic staging is not sure of may hold one: what rouses a sleeper for some seconds
    makes the staging call the epoch wake, and the manual scores an arousal in such an epoch as well.
    """
    derivations = [name for name in EEG_CHANNELS if fast_enough(recording, name)]
    if not derivations or scoring.hypnogram_source is None:
        return Detections()
    lost = (
        {name: float((~recording.quality.usable(name)).mean()) for name in derivations}
        if recording.n_epochs
        else {}
    )
    warnings = list(loss_warnings(recording, *derivations))
    if not active(recording, *derivations):
        return Detections(warnings=tuple(warnings))
    derivations = [name for name in derivations if lost.get(name, 0) < MUCH] or [
        min(derivations, key=lambda name: lost[name])
    ]
    chin = read_usable(recording, "EMG_CHIN", SFREQ_HZ) if fast_enough(recording, "EMG_CHIN") else None
    rules = {}
    if chin is None or not np.isfinite(chin).any():
        chin, rules = None, {"arousal": NREM_ALONE}
        warnings.append("Without a chin EMG arousals are not scored in REM sleep, where the rule asks for it.")
    eeg = {name: read_usable(recording, name, SFREQ_HZ) for name in derivations}
    found = arousals(eeg, scoring.hypnogram, chin, may_sleep(scoring))
    searched = searched_epochs(recording, *derivations)
    if chin is None:
        rem = np.array([s == Stage.R for s in scoring.hypnogram[: len(searched)]], dtype=bool)
        searched[: len(rem)] &= ~rem
    return Detections(found, ("arousal",), tuple(warnings), rules, searched)


def arousals(
    eeg: Mapping[str, np.ndarray],
    hypnogram: Sequence[str],
    chin: np.ndarray | None = None,
    asleep: np.ndarray | None = None,
) -> list[Event]:
    """Find arousals.

    Power is followed in six bands, four times a second (mean of 1 s, median of 2.25 s); the level is the sum of its
    logarithms by `WEIGHTS`, the mean of all channels; usual is the level's median over the 10 s before. An arousal
    begins where the level is .7 above the usual one, lasts until it falls back to that or wake begins, 3 to 30 s,
    and reaches 1.1: as if all power over 16 Hz had tripled. Where the chin EMG doubles for 1 s or more, .4 and .55
    are asked for: as if that power were 1.7 times as high. 10 s of sleep precede it. In REM sleep the chin EMG must
    rise.

    Parameters
    ----------
    eeg : mapping of str to ndarray
        EEG in microvolts at 100 Hz by channel, ``[samples]``; NaN where it is not usable.
    hypnogram : sequence of str
        One stage an epoch.
    chin : ndarray, optional
        Chin EMG in any unit at 100 Hz; NaN where it is not usable.
    asleep : ndarray of bool, optional
        Epochs that hold sleep or may, ``[epochs]`` (see `may_sleep`); those staged as sleep by default.

    Returns
    -------
    list of Event
        In order of start. `Event.confidence` tells how far the highest level lies beyond the one asked for: .5
        where it just meets it, 1 where it is twice as far from the usual one. It is no probability.
    """
    night = _Night.of(eeg, hypnogram, chin, asleep)
    spans = sorted([*_spans(night, *ALONE, with_chin=False), *_spans(night, *WITH_CHIN, with_chin=True)])
    found: list[Event] = []
    for a, b, times in spans:
        start_s, duration_s = a / _HZ, (b - a) / _HZ
        if not found or start_s - found[-1].end_s >= STABLE_S:
            rule, sure = REM_RULE if night.stage[a] == Stage.R else RULE, margin(times, 1, 2)
            found.append(Event("arousal", start_s, duration_s, tuple(sorted(eeg)), SOURCE, sure, rule))
    return found


@dataclass(frozen=True)
class _Night:
    """What arousals are looked for in, `_HZ` times a second; running totals start at 0 and are one longer."""

    level: np.ndarray
    usual: np.ndarray
    stage: np.ndarray
    awake: np.ndarray  # running total
    wake_at: np.ndarray  # where it is wake, and the end of the night
    lost: np.ndarray  # running total
    chin_up: np.ndarray  # running total

    @classmethod
    def of(cls, eeg, hypnogram, chin, asleep) -> "_Night":
        n = len(hypnogram) * EPOCH_S * _HZ
        level = np.mean([_level(x, n) for x in eeg.values()], axis=0)
        stage = np.repeat(np.array([str(s) for s in hypnogram]), EPOCH_S * _HZ)
        awake = ~np.repeat(is_sleep(hypnogram) if asleep is None else asleep, EPOCH_S * _HZ)
        return cls(
            level,
            _usual(level),
            stage,
            _total(awake),
            np.append(np.flatnonzero(awake), n),
            _total(~np.logical_and.reduce([_by_block(np.isfinite(x), n) for x in eeg.values()])),
            _total(np.zeros(n) if chin is None else _chin_rise(chin, n)),
        )


def _spans(night: _Night, edge: float, peak: float, with_chin: bool) -> Iterator[tuple[int, int, float]]:
    """First and one past the last block of arousals, and how many times the rise asked for they reach."""
    stable, shortest, longest = (round(s * _HZ) for s in (STABLE_S, MIN_DURATION_S, MAX_DURATION_S))
    last = len(night.level)
    for a, until in true_intervals(night.level > night.usual + edge, round(_JOIN_S * _HZ)).tolist():
        before = a - stable
        b = _back(night.level, night.usual[a] + edge, until)
        b = min(b, int(night.wake_at[np.searchsorted(night.wake_at, a)]))
        if before < 0 or not shortest <= b - a <= longest:
            continue
        chin_s = (night.chin_up[min(b + _HZ, last)] - night.chin_up[max(a - _HZ, 0)]) / _HZ
        rise = night.level[a:b].max() - night.usual[a]
        if (
            rise >= peak
            and night.awake[a] == night.awake[before]
            and night.lost[b] == night.lost[before]
            and (chin_s >= CHIN_RISE_S if with_chin else night.stage[a] != Stage.R)
        ):
            yield a, b, float(rise / peak)


def _level(signal: np.ndarray, n: int) -> np.ndarray:
    """The weighted logarithm of all bands' power, ``[n]``."""
    return np.asarray(sum(weight * _course(signal, band_hz, n) for band_hz, weight in WEIGHTS.items()))


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
    blocks = np.asarray(usable[: len(usable) // size * size].reshape(-1, size).all(axis=1))[:n]
    return np.pad(blocks, (0, n - len(blocks)))


def _total(values: np.ndarray) -> np.ndarray:
    """Running total from 0, ``[n + 1]``: the sum of ``values[a:b]`` is ``total[b] - total[a]``."""
    return np.concatenate([[0], np.cumsum(values)])

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
from sleeplm.runs import runs
from sleeplm.scoring.found import Found
from sleeplm.scoring.leads import EEG_CHANNELS, SFREQ_HZ, fast_enough
from sleeplm.scoring.usable import MUCH, alive, read_usable, said_of_loss
from sleeplm.vocabulary import EPOCH_S, SLEEP_STAGES, Stage

SOURCE = "sleeplm arousals"
RULE = "AASM arousal: abrupt rise of alpha and of power over 16 Hz, no spindle, 3 s or more, after 10 s of sleep"
NREM_ALONE = "arousals of NREM sleep alone, without a chin EMG"
REM_RULE = f"{RULE}, with a rise of the chin EMG of 1 s or more"
BANDS_HZ = {"alpha": (8.0, 11.0), "sigma": (11.0, 16.0), "fast": (16.0, 40.0)}
CHIN_HZ = (12.0, 45.0)
MIN_DURATION_S, MAX_DURATION_S = 3.0, 30.0  # what lasts longer is an awakening, or another stage
STABLE_S = 10.0  # of sleep before it, and after the one before
ALPHA_WEIGHT = 0.3  # alpha wanders three times as much as faster power does
# Change of power against the ten seconds before, at the edges and at the height; and by how much sigma may outdo
# faster power (a spindle does, but no spindle raises the tone of the chin).
ALONE, WITH_CHIN = np.log([1.65, 3.0, 1.0]), np.log([1.35, 1.8, 1.35])
CHIN_RISE, CHIN_RISE_S = np.log(2.0**2), 1.0  # twice the amplitude
_HZ = 4  # of the course of power
_SMOOTH_S, _MEDIAN = 1.0, 9  # a median over 2.25 s: a spindle or a K-complex does not pass
_GAP_S = 1.5  # what the smoothing spreads
_JOIN_S = 1.0
_LEAST_UV2 = 1e-6


def arousal_events(recording, so_far: Scoring) -> Found:
    """Arousals of a recording; not looked for without EEG or stages, in REM sleep not without chin EMG.

    An EEG channel that is lost in a fifth of the night is left out where another is not: an arousal needs all that
    are read.
    """
    leads = [name for name in EEG_CHANNELS if fast_enough(recording, name)]
    if not leads or so_far.hypnogram_source is None:
        return Found()
    lost = {name: float((~recording.quality.usable(name)).mean()) for name in leads} if recording.n_epochs else {}
    warnings = list(said_of_loss(recording, *leads))
    if not alive(recording, *leads):
        return Found(warnings=tuple(warnings))
    leads = [name for name in leads if lost.get(name, 0) < MUCH] or [min(leads, key=lost.get)]
    chin = read_usable(recording, "EMG_CHIN", SFREQ_HZ) if fast_enough(recording, "EMG_CHIN") else None
    rules = {}
    if chin is None or not np.isfinite(chin).any():
        chin, rules = None, {"arousal": NREM_ALONE}
        warnings.append("Without a chin EMG arousals are not scored in REM sleep, where the rule asks for it.")
    eeg = {name: read_usable(recording, name, SFREQ_HZ) for name in leads}
    return Found(arousals(eeg, so_far.hypnogram, chin), ("arousal",), tuple(warnings), rules)


def arousals(
    eeg: Mapping[str, np.ndarray], hypnogram: Sequence[str], chin: np.ndarray | None = None
) -> list[Event]:
    """Find arousals.

    The power of alpha (8 to 11 Hz), of sigma (11 to 16 Hz) and above (16 to 40 Hz) is followed four times a second
    (mean of 1 s, median of 2.25 s). Its level is the logarithm of fast power and .3 of that of alpha, the mean of
    all channels; usual is its median over the 10 s before. An arousal begins where the level is log 1.65 above the
    usual one, lasts until it falls back to that, 3 to 30 s; reaches log 3; and is no spindle: its mean sigma rises
    no more than its fast power. Where the chin EMG doubles for 1 s or more, less is asked for (log 1.35, log 1.8,
    sigma up to 1.35 times more). 10 s of sleep precede it, and it has 3 s of sleep or more. In REM sleep the chin
    EMG must rise. Theta alone is not looked for.

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
    usual = _usual(level)
    difference = power["sigma"] - power["fast"]
    spindly = _total(difference - _usual(difference))
    stage = np.repeat(np.array([str(s) for s in hypnogram]), EPOCH_S * _HZ)
    awake = _total(~np.isin(stage, [str(s) for s in SLEEP_STAGES]))
    lost = _total(~np.logical_and.reduce([_by_block(np.isfinite(x), n) for x in eeg.values()]))
    chin_up = _total(np.zeros(n) if chin is None else _chin_rise(chin, n))
    stable, shortest = round(STABLE_S * _HZ), round(MIN_DURATION_S * _HZ)

    def spans(edge: float, peak: float, sigma: float, with_chin: bool):
        for a, until in runs(level > usual + edge, round(_JOIN_S * _HZ)):
            b, before = _back(level, usual[a] + edge, until), a - stable
            if (
                level[a:b].max() - usual[a] >= peak
                and MIN_DURATION_S <= (b - a) / _HZ <= MAX_DURATION_S
                and spindly[until] - spindly[a] <= (until - a) * sigma
                and before >= 0
                and awake[min(a + shortest, n)] == awake[before]
                and lost[b] == lost[before]
                and (chin_up[min(b + _HZ, n)] - chin_up[max(a - _HZ, 0)] >= CHIN_RISE_S * _HZ or not with_chin)
                and (stage[a] != Stage.R or with_chin)
            ):
                yield a / _HZ, b / _HZ

    found: list[Event] = []
    for start_s, end_s in sorted([*spans(*ALONE, with_chin=False), *spans(*WITH_CHIN, with_chin=True)]):
        if not found or start_s - found[-1].end_s >= STABLE_S:
            rule = REM_RULE if stage[int(start_s * _HZ)] == Stage.R else RULE
            start_s, duration_s = float(start_s), float(end_s - start_s)
            found.append(Event("arousal", start_s, duration_s, tuple(sorted(eeg)), SOURCE, rule=rule))
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

"""Leg movements and their periodic series, by the rules of the AASM manual and the WASM standard of 2016."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter, percentile_filter
from scipy.signal import butter, sosfilt

from sleeplm.intervals import true_intervals
from sleeplm.kinds.channels import CHANNEL
from sleeplm.kinds.events import RESPIRATORY
from sleeplm.night import Event, Scoring
from sleeplm.recording.montage.questions import unit_is_known
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.detections import Detections, margin
from sleeplm.scoring.stages import is_sleep, may_sleep
from sleeplm.scoring.usable import active, loss_warnings, read_usable, searched_epochs, step_of
from sleeplm.units import EPOCH_S

SOURCE = "sleeplm limbs"
LEGS = ("LEG_L", "LEG_R")
MIN_SFREQ_HZ = 60.0  # the muscle's signal begins at 10 Hz; below, too little of it is left
ONSET_UV, OFFSET_UV = 8.0, 2.0  # above the resting baseline (AASM; WASM 2016, Ferri, Sleep Med 26:86)
ONSET_TIMES, OFFSET_TIMES = 4.0, 1.75  # of the resting baseline, where microvolts are not known
REST_S = 0.5  # below the offset for this long, a movement has ended
MIN_DURATION_S, MAX_DURATION_S, MAX_BILATERAL_S = 0.5, 10.0, 15.0
SAME_S = 5.0  # onsets on two legs nearer than this are one movement (AASM)
RESPIRATORY_S = 0.5  # from this long before a respiratory event to as long after it, none counts (AASM)
MIN_SERIES, MIN_INTERVAL_S, MAX_INTERVAL_S = 4, 5.0, 90.0  # onset to onset (AASM)
_ENVELOPE_HZ = 20
COARSEST_UV = ONSET_UV / 2  # a signal in larger steps shows its own rounding, not movements of 8 uV
_SPIKE_S = 0.35  # a heart beat in the leg's signal is over within less than half of this
_BASELINE_S, _BASELINE_PERCENTILE = 60, 30
_MOVEMENT = "leg EMG {above} above its resting baseline for .5 to 10 s"
_KNOWN, _UNKNOWN = "8 uV", f"{ONSET_TIMES:g} times"
_SERIES = "AASM series of 4 or more in sleep, 5 to 90 s from onset to onset: "


@dataclass(frozen=True)
class _Movement:
    start_s: float
    end_s: float
    channels: tuple[str, ...]
    height: float  # in times of the rise that is asked for


def limb_events(recording: NightSignals, scoring: Scoring) -> Detections:
    """Leg movements of a recording, single (`leg_movement`) and in periodic series (`plm`).

    Needs one leg; respiratory events that were scored before keep theirs out. Only sleep is looked at (awake, legs
    move with the body); without stages the whole recording is, and a warning says so.
    """
    legs = {n: recording.channels[n] for n in LEGS if n in recording.channels}
    fast = [n for n in legs if legs[n].sfreq_hz >= MIN_SFREQ_HZ]
    if not fast:
        why = "The leg EMG is sampled too slowly (under 60 Hz) to find movements in it."
        return Detections(warnings=(why,) if legs else ())
    warnings, by_leg = list(loss_warnings(recording, *fast)), {}
    fast = active(recording, *fast)
    if not fast:
        return Detections(warnings=tuple(warnings))
    scaled = all(unit_is_known(recording, name) for name in fast)
    for name in fast:
        emg_uv = read_usable(recording, name)
        step_uv = step_of(emg_uv)
        if scaled and step_uv > COARSEST_UV:
            fault = f"{CHANNEL[name].words} was recorded in steps of {step_uv:.0f} uV"
            warnings.append(f"{fault[:1].upper()}{fault[1:]}, too coarse to find movements of 8 uV in it.")
        else:
            by_leg[name] = leg_movements(emg_uv, legs[name].sfreq_hz, scaled)
    if not by_leg:
        return Detections(warnings=tuple(warnings))
    if not scaled:
        warnings.append(
            f"The leg EMG has no known unit: movements are those of {ONSET_TIMES:g} times its resting baseline, "
            "not of 8 uV above it."
        )
    events = limb_movements(by_leg, scoring, scaled)
    if scoring.hypnogram_source is None:
        warnings.append("Without sleep stages leg movements awake are counted as well.")
    searched = searched_epochs(recording, *by_leg, together=False)  # a movement of one leg is one
    return Detections(events, ("leg_movement", "plm"), tuple(warnings), searched=searched)


def leg_movements(emg_uv: np.ndarray, sfreq_hz: float, scaled: bool = True) -> np.ndarray:
    """Find movements in the EMG of one leg.

    The EMG above 10 Hz is rectified, averaged over 50 ms, and a running median over .35 s takes heart beats out.
    Its resting baseline is the 30th percentile of 60 s around. A movement begins where the envelope is 8 uV above
    the baseline, ends where it stays less than 2 uV above it for half a second, and lasts .5 to 10 s.

    Parameters
    ----------
    emg_uv : ndarray
        Leg EMG in microvolts, ``[samples]``; NaN where it is not usable: what touches that is left out, and no
        baseline is taken from there.
    sfreq_hz : float
        Its rate, 60 Hz or more.
    scaled : bool
        Whether microvolts are known; else the thresholds are 4 and 1.75 times the baseline.

    Returns
    -------
    ndarray ``[movements, 3]``
        Start and end in seconds, and the highest rise over the baseline in times of the one that is asked for.
    """
    envelope, active = _envelope(emg_uv, sfreq_hz)
    if not active.any():
        return np.empty((0, 3))
    baseline = _resting(envelope, active)
    on = baseline + ONSET_UV if scaled else baseline * ONSET_TIMES
    off = baseline + OFFSET_UV if scaled else baseline * OFFSET_TIMES
    spans = true_intervals((envelope > off) & active, round(REST_S * _ENVELOPE_HZ))
    above = np.concatenate([[0], np.cumsum(envelope > on)])
    spans = spans[above[spans[:, 1]] > above[spans[:, 0]]]
    starts = np.searchsorted(above, above[spans[:, 0]] + 1) - 1  # the first sample that reaches the onset
    lost = np.concatenate([[0], np.cumsum(~active)])
    edges = np.clip(np.stack([spans[:, 0] - 1, spans[:, 1] + 1], axis=1), 0, len(active))
    whole = lost[edges[:, 1]] == lost[edges[:, 0]]
    length_s = (spans[:, 1] - starts) / _ENVELOPE_HZ
    kept = whole & (length_s >= MIN_DURATION_S) & (length_s <= MAX_DURATION_S)
    times = (envelope - baseline) / np.maximum(on - baseline, np.finfo(float).tiny)
    heights = [times[a:b].max() for a, b in spans[kept]]
    return np.column_stack([starts[kept] / _ENVELOPE_HZ, spans[kept, 1] / _ENVELOPE_HZ, heights])


def _envelope(emg_uv: np.ndarray, sfreq_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Envelope at 20 Hz without spikes, and where it rests on usable samples alone."""
    sos = butter(2, 10.0, "highpass", fs=sfreq_hz, output="sos")
    usable = np.isfinite(emg_uv)
    rectified = np.abs(sosfilt(sos, np.where(usable, emg_uv, 0).astype(np.float64)))
    n = int(len(rectified) / sfreq_hz * _ENVELOPE_HZ)
    edges = np.round(np.arange(n) * sfreq_hz / _ENVELOPE_HZ).astype(int)
    if not n:
        return np.empty(0), np.empty(0, bool)
    counts = np.diff(np.append(edges, len(rectified)))
    means = np.add.reduceat(rectified, edges) / counts
    active = np.logical_and.reduceat(usable, edges)
    return median_filter(means, round(_SPIKE_S * _ENVELOPE_HZ), mode="nearest"), active


def _resting(envelope: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Running low percentile of the envelope, from usable samples."""
    seconds = -(-len(envelope) // _ENVELOPE_HZ)
    padded = np.full(seconds * _ENVELOPE_HZ, np.nan)
    padded[: len(envelope)][active] = envelope[active]
    by_second = padded.reshape(seconds, _ENVELOPE_HZ)
    known = np.flatnonzero(np.isfinite(by_second).any(axis=1))
    per_second = np.nanmedian(by_second[known], axis=1)
    level = percentile_filter(per_second, _BASELINE_PERCENTILE, size=_BASELINE_S, mode="nearest")
    return np.interp(np.arange(len(envelope)) / _ENVELOPE_HZ, known + 0.5, level)


def limb_movements(by_leg: dict[str, np.ndarray], scoring: Scoring, scaled: bool = True) -> list[Event]:
    """Movements of both legs as events, told apart as single and periodic.

    Onsets on two legs less than 5 s apart are one movement. None counts that begins awake, or that touches an
    apnea, hypopnea or RERA or the .5 s on either side of it. A series is four or more, each 5 to 90 s after the one
    before, whatever the stages and whether or not wake came between (AASM, WASM); one that follows sooner belongs
    to no series. In wake that an automatic staging is not sure of, a movement counts in a series alone: one that
    comes alone there is more likely to be a restless leg.

    Parameters
    ----------
    by_leg : dict of str to ndarray ``[movements, 3]``
        Start, end and height, as `leg_movements` gives them.
    scoring : Scoring
        Stages and respiratory events.
    scaled : bool
        Whether microvolts are known; the rule says so.

    Returns
    -------
    list of Event
        In order of start. `Event.confidence` tells how high the movement rises, on the leg where it is higher: .5
        where it just reaches the limit, 1 where it rises twice as high. It is no probability.
    """
    moves = _outside(_both_legs(by_leg), scoring.events_of(*RESPIRATORY))
    starts_s = np.array([m.start_s for m in moves])
    asleep, perhaps = _begin_asleep(starts_s, scoring)
    candidates = np.flatnonzero(perhaps)
    periodic = set(candidates[in_series(starts_s[candidates].tolist())])
    rule = _MOVEMENT.format(above=_KNOWN if scaled else _UNKNOWN)
    found = []
    for i, m in enumerate(moves):
        if not asleep[i] and i not in periodic:
            continue
        kind, why = ("plm", _SERIES + rule) if i in periodic else ("leg_movement", rule)
        start_s, duration_s = round(float(m.start_s), 2), round(float(m.end_s - m.start_s), 2)
        found.append(Event(kind, start_s, duration_s, m.channels, SOURCE, margin(m.height, 1, 2), why))
    return found


def _begin_asleep(starts_s: np.ndarray, scoring: Scoring) -> tuple[np.ndarray, np.ndarray]:
    """Which movements begin in sleep, and which where sleep may be, bool ``[movements]``; all without stages."""
    if scoring.hypnogram_source is None:
        return np.ones(len(starts_s), bool), np.ones(len(starts_s), bool)
    at = np.minimum((starts_s // EPOCH_S).astype(int), len(scoring.hypnogram))
    asleep, perhaps = (np.append(epochs, False)[at] for epochs in (is_sleep(scoring.hypnogram), may_sleep(scoring)))
    return asleep, perhaps


def in_series(onsets_s: Sequence[float]) -> list[int]:
    """Indices of the onsets that belong to a periodic series (see `limb_movements`), in order.

    >>> in_series([0, 20, 22, 40, 60, 300, 320])
    [0, 1, 3, 4]
    """
    found: list[int] = []
    series: list[int] = []
    for i, at_s in enumerate(onsets_s):
        since_s = at_s - onsets_s[series[-1]] if series else np.inf
        if since_s < MIN_INTERVAL_S:
            continue
        if since_s > MAX_INTERVAL_S:
            found += series if len(series) >= MIN_SERIES else []
            series = []
        series.append(i)
    return found + (series if len(series) >= MIN_SERIES else [])


def _both_legs(by_leg: dict[str, np.ndarray]) -> list[_Movement]:
    """Movements in order of start, those of two legs together as one."""
    single = [_Movement(a, b, (leg,), times) for leg, spans in by_leg.items() for a, b, times in spans]
    joined: list[_Movement] = []
    for move in sorted(single, key=lambda m: m.start_s):
        last = joined[-1] if joined else None
        if last and move.channels[0] not in last.channels and move.start_s - last.start_s < SAME_S:
            legs = tuple(leg for leg in LEGS if leg in (*last.channels, *move.channels))
            joined[-1] = _Movement(last.start_s, max(last.end_s, move.end_s), legs, max(last.height, move.height))
        else:
            joined.append(move)
    return [m for m in joined if m.end_s - m.start_s <= MAX_BILATERAL_S]


def _outside(moves: list[_Movement], respiratory: Sequence[Event]) -> list[_Movement]:
    """Those that do not touch a respiratory event."""
    starts = np.array([e.start_s for e in respiratory]) - RESPIRATORY_S
    ends = np.array([e.end_s for e in respiratory]) + RESPIRATORY_S
    return [m for m in moves if not np.any((m.start_s < ends) & (m.end_s > starts))]

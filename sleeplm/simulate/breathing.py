"""Flow, belts, snoring and oxygen saturation."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sleeplm.night import Event
from sleeplm.simulate.events import Course, event
from sleeplm.simulate.hypnogram import R
from sleeplm.simulate.waves import CONTROL_HZ, at_rate, band, gate, per_epoch, shaped, wander, white_spectrum
from sleeplm.units import EPOCH_S

BREATH_HZ = 32
SNORE_HZ = 128
SPO2_HZ = 1
MIN_FALL_PCT = 3
# Share of a limited inspiration until its flow is flat: its flattening index is then .1, that of severe limitation
# (Teschler et al. 1996, Am J Respir Crit Care Med 154:734).
PLATEAU_AFTER = 0.08


@dataclass
class Breathing:
    """The respiratory signals of a night, and what is true of them.

    Attributes
    ----------
    signals : dict
        AF, THX, ABD and SNORE as ``(array, sfreq_hz)``.
    volume : ndarray
        Lung volume at `CONTROL_HZ`, by which the heart is modulated.
    breaths_per_min : ndarray ``[epochs]``
        Mean rate of the respiratory drive.
    breaths_s : ndarray
        Times at which the drive begins a breath; in a central apnea it goes on unseen.
    """

    signals: dict
    volume: np.ndarray
    breaths_per_min: np.ndarray
    breaths_s: np.ndarray


def _drive(course: Course, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Breathing rate per minute and amplitude at `CONTROL_HZ`: irregular in R and awake, steady in N3."""
    own = course.person.profile
    n = course.duration_s * CONTROL_HZ
    rate = per_epoch(np.array([1.1, 1.03, 1.0, 0.99, 1.06])[course.codes], 8)
    unrest = per_epoch(np.array([0.13, 0.07, 0.045, 0.03, 0.14])[course.codes], 8)
    rate = own.breaths_per_min * rate * np.exp(unrest * wander(n, CONTROL_HZ, 9, 1.0, rng))
    depth = per_epoch(np.array([1.1, 1.0, 0.97, 0.95, 0.8])[course.codes], 8)
    depth = depth * np.exp(2 * unrest * wander(n, CONTROL_HZ, 12, 1.0, rng))
    return np.clip(rate, 7, 34), np.clip(depth, 0.4, 2.5)


def _envelopes(course: Course, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What respiratory events leave of flow and of effort, and how paradoxical the belts are, at `CONTROL_HZ`."""
    n = course.duration_s * CONTROL_HZ
    closed, still, paradox, after = [], [], [], []
    for e in course.respiratory:
        span = (e.start_s, e.duration_s)
        paradoxical = rng.uniform(0.9, 1.2)  # chest against belly, neither of them flat
        if e.type == "hypopnea":
            closed.append((*span, rng.uniform(*course.person.habits.flow_drop)))
            still.append((*span, rng.uniform(0.2, 0.45)))
            paradox.append((*span, rng.uniform(0, 0.3)))
        else:
            closed.append((*span, rng.uniform(0.96, 0.995)))
            stop = {"apnea_central": e.duration_s, "apnea_mixed": 0.55 * e.duration_s}.get(e.type, 0)
            still.append((e.start_s, stop, 0.97))
            still.append((e.start_s + stop, e.duration_s - stop, rng.uniform(0.15, 0.4)))
            paradox.append((e.start_s + stop, e.duration_s - stop, paradoxical))
        after.append((e.end_s, rng.uniform(8, 14), rng.uniform(0.3, 0.8)))
    more = gate(n, CONTROL_HZ, after, 2.0)
    if course.person.profile.cheyne_stokes:
        swell = _crescendo(course, n)
        flow = (1 - gate(n, CONTROL_HZ, closed, 0.75)) * swell
        return flow, (1 - gate(n, CONTROL_HZ, still, 0.75)) * swell, gate(n, CONTROL_HZ, paradox)
    flow = (1 - gate(n, CONTROL_HZ, closed, 0.75)) * (1 + more)
    return flow, (1 - gate(n, CONTROL_HZ, still, 0.75)) * (1 + more), gate(n, CONTROL_HZ, paradox)


def _crescendo(course: Course, n: int) -> np.ndarray:
    """Waxing and waning of breath between central apnoeas that follow each other within a cycle."""
    out = np.ones(n, dtype=np.float32)
    central = [e for e in course.respiratory if e.type == "apnea_central"]
    for one, other in pairwise(central):
        first, last = int(one.end_s * CONTROL_HZ), int(other.start_s * CONTROL_HZ)
        if 8 < (last - first) / CONTROL_HZ < 60:
            out[first:last] = 0.2 + 1.4 * np.sin(np.pi * np.linspace(0, 1, last - first))
    return out


def simulate_breathing(course: Course, rng: np.random.Generator) -> Breathing:
    """Flow and belts at 32 Hz and snoring at 128 Hz from one respiratory drive."""
    n = course.duration_s * BREATH_HZ
    rate, depth = _drive(course, rng)
    flow_left, effort_left, paradox = (at_rate(x, n, BREATH_HZ) for x in _envelopes(course, rng))
    phase = np.cumsum(at_rate(rate, n, BREATH_HZ).astype(np.float64)) / 60 / BREATH_HZ
    breath = phase.astype(int)
    size = np.exp(rng.normal(0, 0.08, breath[-1] + 1))[breath] * at_rate(depth, n, BREATH_HZ)
    u = phase - breath
    inspiring = rng.uniform(0.36, 0.45)
    back = np.clip((u - inspiring) / (1 - inspiring), 0, 1) ** rng.uniform(0.55, 0.8)
    inhale = u < inspiring
    flow = np.where(inhale, np.sin(np.pi * u / inspiring), -0.75 * np.sin(np.pi * back))
    volume = np.where(inhale, 0.5 - 0.5 * np.cos(np.pi * u / inspiring), 0.5 + 0.5 * np.cos(np.pi * back))
    limited = (flow_left > 0.2) & (flow_left < 0.65) & inhale
    edge = np.minimum(u, inspiring - u)[limited] / inspiring
    flow[limited] = 0.7 * np.minimum(edge / PLATEAU_AFTER, 1)  # the plateau of flow limitation
    moving = at_rate(gate(course.duration_s * CONTROL_HZ, CONTROL_HZ, _spans(course.movements)), n, BREATH_HZ)
    effort = (volume - 0.42) * size * effort_left
    share = rng.uniform(0.35, 0.65)  # of the chest in breathing
    signals = {
        "AF": flow * size * flow_left,
        "THX": 2 * share * effort * (1 - 1.6 * paradox),
        "ABD": 2 * (1 - share) * effort * (1 + 0.2 * paradox),
    }
    for name, x in signals.items():
        jolt = (
            shaped(white_spectrum(n, rng), n, BREATH_HZ, band(0.15, 2.0)) * moving * (1.2 if name != "AF" else 0.7)
        )
        hiss = rng.normal(0, rng.uniform(0.006, 0.02) * (2.5 if course.person.out_of_distribution else 1.0), n)
        drift = np.repeat(wander(course.duration_s, 1, 200, 0.04, rng), BREATH_HZ)
        signals[name] = ((x + jolt + hiss + drift) * rng.uniform(0.6, 1.5)).astype(np.float32), float(BREATH_HZ)
    signals["SNORE"] = _snoring(course, np.where(inhale, flow, 0), rng), float(SNORE_HZ)
    per_min = rate.reshape(-1, EPOCH_S * CONTROL_HZ).mean(axis=1)
    breaths_s = np.interp(np.arange(1, breath[-1] + 1), phase, np.arange(1, n + 1) / BREATH_HZ)
    return Breathing(signals, (volume * effort_left)[:: BREATH_HZ // CONTROL_HZ], per_min, breaths_s)


def _spans(events: list[Event]) -> list[tuple[float, float, float]]:
    return [(e.start_s, e.duration_s, 1.0) for e in events]


def _snoring(course: Course, inspiration: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Vibration of 25 to 60 Hz in inspiration, loud in snoring trains."""
    n = course.duration_s * SNORE_HZ
    trains = [(e.start_s, e.duration_s, rng.uniform(0.5, 1.2)) for e in course.snores]
    loud = gate(course.duration_s * BREATH_HZ, BREATH_HZ, trains, 0.4) * np.maximum(inspiration, 0)
    centre = rng.uniform(28, 45)
    sound = shaped(white_spectrum(n, rng), n, SNORE_HZ, band(centre - 8, centre + 12))
    jolts = gate(course.duration_s * BREATH_HZ, BREATH_HZ, _spans(course.movements)) * 0.3
    noise = rng.uniform(0.01, 0.03)
    return (sound * np.repeat(noise + loud + jolts, SNORE_HZ // BREATH_HZ)).astype(np.float32)


def simulate_oxygen(course: Course, rng: np.random.Generator) -> tuple[np.ndarray, list[Event]]:
    """Oxygen saturation in whole percent at 1 Hz, and the desaturations of 3% or more that it shows.

    Saturation falls some 15 s after flow does (circulation and averaging of the oximeter), until as long after
    the event, and recovers in about ten seconds.
    """
    own = course.person.profile
    n = course.duration_s
    fall = np.zeros(n)
    lag = rng.uniform(11, 17)
    if course.person.out_of_distribution:
        lag = rng.choice([rng.uniform(6, 10), rng.uniform(18, 27)])
    spans = []
    for e in course.respiratory:
        depth = own.depth_pct * (e.duration_s / 20) ** 0.7 * rng.lognormal(0, 0.22)
        depth *= 0.8 if e.type == "hypopnea" else 1.0
        depth *= 1.25 if course.stage_at(e.start_s) == R else 1.0
        start, nadir = e.start_s + lag, e.end_s + lag + rng.uniform(-2, 2)
        end = nadir + rng.uniform(9, 18)
        t = np.arange(int(start), min(int(end) + 1, n))
        shape = np.interp(t, [start, nadir, end], [0, 1, 0])
        fall[t] += depth * (0.5 - 0.5 * np.cos(np.pi * shape))
        spans.append((start, nadir, end))
    base = own.spo2_pct + wander(n, 1, 1200, 0.4, rng) + wander(n, 1, 15, 0.18, rng)
    fall = np.where(fall > 20, 20 + 15 * np.tanh((fall - 20) / 15), fall)  # the sigmoid's foot: it never falls to 0
    spo2 = np.clip(np.rint(base - fall), 50, 100).astype(np.float32)
    return spo2, [d for span in spans if (d := _visible(spo2, *span)) is not None]


def _visible(spo2: np.ndarray, start: float, nadir: float, end: float) -> Event | None:
    """The fall as it stands in the signal, where it is `MIN_FALL_PCT` deep or more."""
    first, low, last = int(start), min(int(nadir) + 4, len(spo2)), min(int(end) + 1, len(spo2))
    if low - first < 5:
        return None
    before = first + int(np.argmax(spo2[first : first + 4]))
    bottom = before + int(np.argmin(spo2[before:low]))
    if spo2[before] - spo2[bottom] < MIN_FALL_PCT:
        return None
    return event("desaturation", before, last - before, "SPO2")

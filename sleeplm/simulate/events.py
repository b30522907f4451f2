"""What happens in a night beyond its stages: posture, respiratory events, arousals, movements, leg movements."""

from dataclasses import dataclass, field

import numpy as np

from sleeplm.night import Event
from sleeplm.simulate.hypnogram import N1, N2, N3, R, W
from sleeplm.simulate.profiles import Person
from sleeplm.simulate.waves import wander
from sleeplm.vocabulary import EPOCH_S

SOURCE = "simulated truth"
RIGHT, LEFT, SUPINE, PRONE, UPRIGHT = 0, 1, 2, 3, 4  # codes of vocabulary.POSITIONS


def event(kind: str, start_s: float, duration_s: float, *channels: str, label: str | None = None) -> Event:
    """An event of the truth, its times in hundredths of a second."""
    return Event(kind, round(float(start_s), 2), round(float(duration_s), 2), channels, SOURCE, label=label)


@dataclass
class Course:
    """What happens in one night, the common cause of all its signals.

    Attributes
    ----------
    codes : ndarray of int8, ``[epochs]``
        Stages as indices into `STAGES`.
    person : Person
    positions : ndarray of int8, ``[epochs]``
        Codes of `vocabulary.POSITIONS`.
    respiratory, desaturations, arousals, movements, legs, snores : list of Event
        Movements are those of the whole body.
    """

    codes: np.ndarray
    person: Person
    positions: np.ndarray
    respiratory: list[Event] = field(default_factory=list)
    desaturations: list[Event] = field(default_factory=list)
    arousals: list[Event] = field(default_factory=list)
    movements: list[Event] = field(default_factory=list)
    legs: list[Event] = field(default_factory=list)
    snores: list[Event] = field(default_factory=list)

    @property
    def duration_s(self) -> int:
        """Length of the night in seconds."""
        return len(self.codes) * EPOCH_S

    def stage_at(self, seconds: float) -> int:
        """Index of the stage at a time."""
        return int(self.codes[min(max(int(seconds // EPOCH_S), 0), len(self.codes) - 1)])

    def is_asleep(self, start_s: float, end_s: float) -> bool:
        """Whether every epoch between the two times is sleep."""
        first, last = max(int(start_s // EPOCH_S), 0), int(end_s // EPOCH_S)
        return last < len(self.codes) and bool(np.all(self.codes[first : last + 1] != W))

    @property
    def sleep_h(self) -> float:
        """Hours asleep."""
        return float(np.sum(self.codes != W)) * EPOCH_S / 3600


def simulate_positions(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Posture per epoch: changes come with awakenings, about two an hour as people have in bed."""
    chances = rng.dirichlet([2.2, 2.4, 3.0, 0.3])
    posture = int(rng.choice(4, p=chances))
    out = np.empty(len(codes), dtype=np.int8)
    for i, code in enumerate(codes):
        if rng.random() < (0.12 if code == W else 0.004):
            posture = int(rng.choice(4, p=chances))
        out[i] = posture
    if rng.random() < 0.4:
        out[: int(rng.integers(1, 4))] = UPRIGHT  # sitting up until lights go out
    return out


def _event_rate(course: Course, rng: np.random.Generator) -> np.ndarray:
    """Respiratory events an hour in each epoch: more in R and supine, in clusters, never awake."""
    own = course.person.profile
    by_stage = np.array([0, 1.15, 1.0, 0.35 if not own.cheyne_stokes else 0.1, own.rem_factor])
    rate = by_stage[course.codes] * np.where(course.positions == SUPINE, own.supine_factor, 1.0)
    rate = rate * np.exp(wander(len(rate), 1 / EPOCH_S, 600, 0.8, rng))
    return rate * own.ahi_per_h * course.sleep_h / max(rate.sum() * EPOCH_S / 3600, 1e-9)


def _draw_event(course: Course, at_s: float, rng: np.random.Generator) -> tuple[str, float]:
    """Type and duration of one respiratory event."""
    own, habits = course.person.profile, course.person.habits
    longer = 1.25 if course.stage_at(at_s) == R else 1.0
    if rng.random() >= own.apnea_share:
        return "hypopnea", float(np.clip(rng.lognormal(np.log(habits.hypopnea_s), 0.3) * longer, 10.5, 70))
    draw = rng.random()
    if draw < own.central_share:
        return "apnea_central", float(np.clip(rng.lognormal(np.log(habits.central_s), 0.25), 10.5, 45))
    kind = "apnea_mixed" if draw < own.central_share + own.mixed_share else "apnea_obstructive"
    return kind, float(np.clip(rng.lognormal(np.log(habits.apnea_s), 0.3) * longer, 10.5, 75))


def simulate_respiratory(course: Course, rng: np.random.Generator) -> list[Event]:
    """Apnoeas and hypopnoeas, all within sleep; in Cheyne-Stokes breathing at steady distances.

    A renewal process: after each event at least three breaths pass, then the local rate decides.
    """
    own = course.person.profile
    rate = _event_rate(course, rng)
    cycle_s = course.person.habits.cycle_s
    events: list[Event] = []
    t = float(EPOCH_S)
    while t < course.duration_s - 60:
        per_s = rate[int(t // EPOCH_S)] / 3600
        if per_s <= 0:
            t = (t // EPOCH_S + 1) * EPOCH_S + rng.uniform(0, 5)
            continue
        if rng.random() >= 1 - np.exp(-5 * per_s / max(1 - 34 * per_s, 0.15)):
            t += 5.0
            continue
        kind, duration = _draw_event(course, t, rng)
        if not course.is_asleep(t - 3, t + duration + 1):
            t += 10.0
            continue
        events.append(event(kind, t, duration, "AF", "THX", "ABD"))
        steady = own.cheyne_stokes and kind == "apnea_central" and rng.random() < 0.85
        pause = max(cycle_s - duration + rng.normal(0, 2), 12) if steady else rng.uniform(10, 16)
        t += duration + pause
        if steady and course.is_asleep(t - 3, t + 32) and course.stage_at(t) in (N1, N2):
            length = float(np.clip(rng.normal(0.42 * cycle_s, 2), 12, 40))
            events.append(event("apnea_central", t, length, "AF", "THX", "ABD"))
            t += length + max(cycle_s - length, 12)
    return events


def simulate_arousals(course: Course, rng: np.random.Generator) -> list[Event]:
    """Arousals of 3 to 14 s: at the end of respiratory events, with leg movements, and spontaneous.

    Every hypopnoea without a desaturation of 3% ends in one: else it would be none (AASM).
    """
    own = course.person.profile
    falls = np.array([d.start_s for d in course.desaturations])
    wanted: list[float] = []
    for e in course.respiratory:
        fell = bool(np.any((falls > e.start_s) & (falls < e.end_s + 25))) if len(falls) else False
        if (e.type == "hypopnea" and not fell) or rng.random() < 0.65:
            wanted.append(e.end_s + rng.uniform(-1.0, 1.0))
    wanted += [e.start_s + rng.uniform(-0.5, 1.0) for e in course.legs if rng.random() < 0.3]
    weight = np.array([0, 1.3, 1.0, 0.35, 1.0])[course.codes]
    n = rng.poisson(own.arousals_per_h * course.sleep_h)
    if weight.sum() > 0:
        epochs = rng.choice(len(weight), size=n, p=weight / weight.sum())
        wanted += ((epochs + rng.random(n)) * EPOCH_S).tolist()
    arousals: list[Event] = []
    last = -60.0
    inside = [(e.start_s, e.end_s - 1.5) for e in course.respiratory]
    for start in sorted(wanted):
        duration = float(np.clip(rng.lognormal(np.log(course.person.habits.arousal_s), 0.35), 3.2, 14.0))
        in_event = any(a < start < b for a, b in inside)
        if start - last > 12 and course.is_asleep(start - 10, start + duration) and not in_event:
            arousals.append(event("arousal", start, duration, "C3", "C4"))
            last = start + duration
    return arousals


def simulate_legs(course: Course, rng: np.random.Generator) -> list[Event]:
    """Leg movements: periodic series at 20 to 40 s (WASM 2016), mostly in NREM and early, and isolated ones."""
    own = course.person.profile
    starts: list[tuple[float, str]] = []
    wanted = own.plm_per_h * course.sleep_h
    nrem = np.flatnonzero(np.isin(course.codes, (N1, N2, N3)))
    tries = 0
    while sum(k == "plm" for _, k in starts) < wanted - 2 and len(nrem) and tries < 300:
        tries += 1
        t = float(nrem[int(len(nrem) * rng.beta(1.0, 1.6))]) * EPOCH_S + rng.uniform(0, EPOCH_S)
        interval, length = (
            rng.uniform(0.85, 1.15) * course.person.habits.plm_interval_s,
            int(rng.integers(4, 5 + max(4, int(own.plm_per_h)))),
        )
        series = t + np.cumsum(interval * np.exp(rng.normal(0, 0.1, length)))
        stay = [s for s in series if s < course.duration_s - 10 and course.stage_at(s) not in (W, R)]
        free = [s for s in stay if all(abs(s - other) > 12 for other, _ in starts)]
        if len(free) >= 4 and np.all(np.diff(free) < 88):
            starts += [(s, "plm") for s in free]
    isolated = rng.uniform(0, course.duration_s - 12, rng.poisson(4 * course.sleep_h))
    starts += [(s, "leg_movement") for s in isolated if all(abs(s - other) > 12 for other, _ in starts)]
    legs = []
    for start, kind in sorted(starts):
        sides = (("LEG_L",), ("LEG_R",), ("LEG_L", "LEG_R"))[int(rng.choice(3, p=(0.25, 0.25, 0.5)))]
        legs.append(
            event(kind, start, np.clip(rng.lognormal(np.log(course.person.habits.leg_s), 0.45), 0.6, 8.0), *sides)
        )
    return legs


def simulate_movements(course: Course, rng: np.random.Generator) -> list[Event]:
    """Movements of the whole body: awake, at changes of posture and at awakenings; they disturb every sensor."""
    moves = np.flatnonzero(np.diff(course.positions) != 0) + 1
    spans = [(m * EPOCH_S + rng.uniform(-4, 2), rng.uniform(4, 12)) for m in moves]
    for i in np.flatnonzero(course.codes == W):
        if rng.random() < 0.3:
            spans.append((i * EPOCH_S + rng.uniform(0, 22), float(np.clip(rng.lognormal(1.1, 0.6), 1, 12))))
    kept: list[Event] = []
    for start, duration in sorted(spans):
        if start > 1 and (not kept or start > kept[-1].end_s + 1):
            kept.append(event("artifact", start, duration, label="body movement"))
    return kept


def simulate_snores(course: Course, rng: np.random.Generator) -> list[Event]:
    """Trains of snoring: around hypopnoeas and, in stretches, through quiet sleep."""
    own = course.person.profile
    spans = [(e.start_s, e.end_s) for e in course.respiratory if e.type == "hypopnea" and rng.random() < 0.6]
    asleep = np.isin(course.codes, (N1, N2, N3, R))
    tendency = wander(len(asleep), 1 / EPOCH_S, 900, 1.0, rng) + 0.3 * (course.positions == SUPINE)
    if asleep.any():
        limit = np.quantile(tendency[asleep], 1 - own.snore_share)
        spans += [(i * EPOCH_S, (i + 1) * EPOCH_S) for i in np.flatnonzero(asleep & (tendency > limit))]
    silent = [(e.start_s, e.end_s) for e in course.respiratory if e.type != "hypopnea"]
    loud = np.zeros(course.duration_s * 2, dtype=bool)
    for a, b in spans:
        loud[int(a * 2) : int(b * 2)] = True
    for a, b in silent:
        loud[int(a * 2) : int(b * 2)] = False
    edges = np.flatnonzero(np.diff(np.r_[0, loud.astype(np.int8), 0]))
    trains = zip(edges[::2] / 2, edges[1::2] / 2, strict=True)
    return [event("snore", a, b - a, "SNORE") for a, b in trains if b - a >= 3]

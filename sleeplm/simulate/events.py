"""What happens in a night beyond its stages: posture, respiratory events, arousals, movements, leg movements."""

from dataclasses import dataclass, field, replace

import numpy as np

from sleeplm.intervals import true_intervals
from sleeplm.kinds.channels import POSITION_KINDS
from sleeplm.kinds.stages import STAGES
from sleeplm.night import Event
from sleeplm.scoring.limbs import RESPIRATORY_S, in_series
from sleeplm.simulate.population import N1, N2, N3, R, W, fitted
from sleeplm.simulate.profiles import Person
from sleeplm.simulate.waves import wander
from sleeplm.units import EPOCH_S

SOURCE = "simulated truth"
_CODES = {kind.name: kind.code for kind in POSITION_KINDS}
SUPINE, UPRIGHT = _CODES["supine"], _CODES["upright"]


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
        Codes of `kinds.channels.POSITIONS`.
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


FULL_PER_H = 85.0  # events and the breaths between them fill all the time
CLUSTERING = 2.1  # spread of the log rate within a night: as many events in trains as UCDDB has


def _event_rate(course: Course, rng: np.random.Generator) -> np.ndarray:
    """Respiratory events an hour in each epoch: more in R and supine, in clusters, never awake."""
    own = course.person.profile
    by_stage = np.array([0, 1.0, 1.0, own.n3_factor, own.rem_factor])
    rate = by_stage[course.codes] * np.where(course.positions == SUPINE, own.supine_factor, 1.0)
    rate = rate * np.exp(wander(len(rate), 1 / EPOCH_S, 200, CLUSTERING, rng))
    wanted = own.ahi_per_h * course.sleep_h * 3600 / EPOCH_S
    for _ in range(10):  # what the fullest trains cannot hold goes to others
        rate = np.minimum(rate * wanted / max(rate.sum(), 1e-9), FULL_PER_H)
    return rate


def _draw_event(course: Course, at_s: float, rng: np.random.Generator) -> tuple[str, float]:
    """Type and duration of one respiratory event."""
    own, habits = course.person.profile, course.person.habits
    within = {k: v["log_sd_within"] for k, v in fitted()["respiratory"]["durations"].items()}
    if rng.random() >= own.apnea_share:
        return "hypopnea", float(np.clip(rng.lognormal(np.log(habits.hypopnea_s), within["hypopnea"]), 10.5, 70))
    draw = rng.random()
    if draw < own.central_share:
        return "apnea_central", float(np.clip(rng.lognormal(np.log(habits.central_s), within["central"]), 10.5, 45))
    kind = "apnea_mixed" if draw < own.central_share + own.mixed_share else "apnea_obstructive"
    return kind, float(np.clip(rng.lognormal(np.log(habits.apnea_s), within["apnea"]), 10.5, 75))


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


STAGE_SPREAD = {N1: 0.3, N2: 0.0, N3: 1.2, R: 0.9}  # of the log rate of arousals among people, beside that of all


def _arousals_by_stage(total: int, codes: np.ndarray, rng: np.random.Generator) -> dict[int, int]:
    """How many of a night's spontaneous arousals come in each stage."""
    relative = fitted()["arousals"]["by_stage"]
    own = {s: np.exp(rng.normal(-(sd**2) / 2, sd)) for s, sd in STAGE_SPREAD.items()}
    expected = {s: own[s] * relative[str(STAGES[s])] * np.sum(codes == s) for s in STAGE_SPREAD}
    all_of_them = max(sum(expected.values()), 1e-9)
    return {s: round(total * x / all_of_them) for s, x in expected.items()}


def _arousal_weights(codes: np.ndarray) -> np.ndarray:
    """How much likelier than in others of its stage an arousal is in each epoch: more before sleep gets lighter."""
    weight = np.ones(len(codes))
    falls = np.isin(codes[:-1], (N2, N3, R)) & np.isin(codes[1:], (W, N1))
    weight[:-1][falls] = fitted()["arousals"]["before_n1_or_w"]
    return weight


def simulate_arousals(course: Course, rng: np.random.Generator) -> list[Event]:
    """Arousals of 3 to 14 s: at the end of respiratory events, with leg movements, and spontaneous.

    Every hypopnoea without a desaturation of 3% ends in one where one fits: else it is none (AASM).
    """
    fell = has_fall(course)
    hypopneas = [e.type == "hypopnea" for e in course.respiratory]
    needs = [e.end_s for e, hyp, seen in zip(course.respiratory, hypopneas, fell, strict=True) if hyp and not seen]
    others = [e.end_s for e, hyp, seen in zip(course.respiratory, hypopneas, fell, strict=True) if seen or not hyp]
    free = np.ones(course.duration_s + 60, dtype=bool)
    arousals: list[Event] = []

    def put(start: float) -> bool:
        duration = float(np.clip(rng.lognormal(np.log(course.person.habits.arousal_s), 0.35), 3.2, 14.0))
        fits = bool(free[int(start)]) and course.is_asleep(start - 10, start + duration)
        if fits:
            arousals.append(event("arousal", start, duration, "C3", "C4"))
            free[max(int(start) - 22, 0) : int(start + duration + 12)] = False
        return fits

    for end in needs + [end for end in others if rng.random() < 0.6]:
        put(end + rng.uniform(-1.0, 1.0))
    rouses = np.array([0, 0.25, 0.25, 0.06, 0.25])  # chance that a leg movement does, by stage
    of_legs = [e.start_s for e in course.legs if rng.random() < rouses[course.stage_at(e.start_s)]]
    from_legs = sum(put(start + rng.uniform(-0.5, 1.0)) for start in of_legs)
    for e in course.respiratory:
        free[int(e.start_s) : int(e.end_s + 5)] = False
    weight = _arousal_weights(course.codes)
    total = max(rng.poisson(course.person.profile.arousals_per_h * course.sleep_h) - from_legs, 0)
    for stage, wanted in _arousals_by_stage(total, course.codes, rng).items():
        if not wanted:
            continue
        inside = np.flatnonzero(course.codes == stage)
        epochs = rng.choice(inside, size=5 * wanted, p=weight[inside] / weight[inside].sum())
        for start in (epochs + rng.random(len(epochs))) * EPOCH_S:
            wanted -= put(float(start))
            if not wanted:
                break
    return sorted(arousals, key=lambda e: e.start_s)


def has_fall(course: Course) -> list[bool]:
    """Whether a desaturation follows each respiratory event."""
    falls = np.array([d.start_s for d in course.desaturations])
    return [bool(np.any((falls > e.start_s) & (falls < e.end_s + 25))) for e in course.respiratory]


def marked(course: Course) -> list[Event]:
    """The respiratory events without those hypopnoeas that neither a desaturation nor an arousal ends."""
    wakes = np.array([a.start_s for a in course.arousals])
    aroused = [bool(np.any(np.abs(wakes - e.end_s) < 5)) for e in course.respiratory]
    kept = zip(course.respiratory, has_fall(course), aroused, strict=True)
    return [e for e, fell, woke in kept if e.type != "hypopnea" or fell or woke]


def _series(course: Course, rng: np.random.Generator) -> np.ndarray:
    """Onsets of periodic series (WASM 2016: four or more, 10 to 90 s apart), mostly in NREM and early."""
    own = course.person.profile
    nrem = np.flatnonzero(np.isin(course.codes, (N1, N2, N3)))
    wanted = own.plm_per_h * course.sleep_h
    onsets = np.zeros(0)
    for _ in range(300):
        if len(onsets) >= wanted - 2 or not len(nrem):
            break
        begin = (nrem[int(len(nrem) * rng.beta(1.0, 1.6))] + rng.random()) * EPOCH_S
        interval = course.person.habits.plm_interval_s * rng.uniform(0.85, 1.15)
        length = min(int(rng.integers(4, 5 + max(4, int(own.plm_per_h)))), int(wanted - len(onsets)) + 4)
        series = begin + np.cumsum(np.clip(interval * np.exp(rng.normal(0, 0.12, length)), 10.5, 85))
        series = series[series < course.duration_s - 10]
        asleep = np.isin(course.codes[(series // EPOCH_S).astype(int)], (N1, N2, N3))
        series = series[: len(series) if asleep.all() else int(np.argmin(asleep))]  # waking or R ends it
        apart = np.abs(series[:, None] - onsets).min(axis=1, initial=np.inf)
        if len(series) >= 4 and apart.min() > 12:
            onsets = np.r_[onsets, series]
    return onsets


def simulate_legs(course: Course, rng: np.random.Generator) -> list[Event]:
    """Leg movements: periodic series, isolated ones, and some that end a respiratory event."""
    onsets = [(float(t), "plm") for t in _series(course, rng)]
    alone = rng.uniform(0, course.duration_s - 12, rng.poisson(3 * course.sleep_h)).tolist()
    restless = rng.beta(1, 6)  # share of the person's respiratory events that a leg movement ends
    alone += [e.end_s + rng.uniform(-1, 2) for e in course.respiratory if rng.random() < restless]
    for t in alone:
        if t < course.duration_s - 12 and all(abs(t - other) > 12 for other, _ in onsets):
            onsets.append((t, "leg_movement"))
    legs = []
    for start, kind in sorted(onsets):
        sides = (("LEG_L",), ("LEG_R",), ("LEG_L", "LEG_R"))[int(rng.choice(3, p=(0.25, 0.25, 0.5)))]
        duration = rng.lognormal(np.log(course.person.habits.leg_s), 0.45)
        legs.append(event(kind, start, np.clip(duration, 0.6, 8.0), *sides))
    return legs


def scored_legs(course: Course) -> list[Event]:
    """Leg movements as an expert scores them (AASM Manual 2.6), which is the truth that a night tells.

    None counts that begins awake or touches a respiratory event or the .5 s on either side of it; of the others
    those are periodic whose onsets make a series, in whatever way they came about.
    """
    starts = np.array([e.start_s for e in course.respiratory]) - RESPIRATORY_S
    ends = np.array([e.end_s for e in course.respiratory]) + RESPIRATORY_S
    kept = [
        e
        for e in course.legs
        if course.stage_at(e.start_s) != W and not np.any((e.start_s < ends) & (e.end_s > starts))
    ]
    periodic = set(in_series([e.start_s for e in kept]))
    return [replace(e, type="plm" if i in periodic else "leg_movement") for i, e in enumerate(kept)]


def simulate_movements(course: Course, rng: np.random.Generator) -> list[Event]:
    """Movements of the whole body: awake, at changes of posture, with some arousals; they disturb every sensor."""
    moves = np.flatnonzero(np.diff(course.positions) != 0) + 1
    spans = [(float(m * EPOCH_S + rng.uniform(-4, 2)), float(rng.uniform(4, 12))) for m in moves]
    for i in np.flatnonzero(course.codes == W):
        if rng.random() < 0.3:
            spans.append((i * EPOCH_S + rng.uniform(0, 22), float(np.clip(rng.lognormal(1.1, 0.6), 1, 12))))
    for arousal in course.arousals:
        if rng.random() < 0.07:
            spans.append((float(arousal.start_s + rng.uniform(0, 2)), float(rng.uniform(1.5, 5))))
    kept: list[Event] = []
    for start, duration in sorted(spans):
        if start > 1 and (not kept or start > kept[-1].end_s + 1):
            kept.append(event("artifact", start, duration, label="body movement"))
    return kept


def simulate_snores(course: Course, rng: np.random.Generator) -> list[Event]:
    """Trains of snores, seconds to minutes long with quiet breaths between: in snoring sleep, and in hypopnoeas.

    Snoring stretches last some 15 minutes and are more likely supine; apnoeas and wakefulness are silent.
    """
    asleep = course.codes != W
    if not asleep.any():
        return []
    tendency = wander(len(asleep), 1 / EPOCH_S, 900, 1.0, rng) + 0.3 * (course.positions == SUPINE)
    limit = np.quantile(tendency[asleep], 1 - min(1.5 * course.person.profile.snore_share, 1))
    snoring = asleep & (tendency > limit)
    spans, t = [], 0.0
    while t < course.duration_s - 5:
        if not snoring[int(t // EPOCH_S)]:
            t = (t // EPOCH_S + 1) * EPOCH_S + rng.uniform(0, 10)
            continue
        length = float(np.clip(rng.lognormal(np.log(45), 0.9), 8, 300))
        spans.append((t, t + length))
        t += length + float(np.clip(rng.lognormal(np.log(20), 0.7), 8, 180))
    spans += [(e.start_s, e.end_s) for e in course.respiratory if e.type == "hypopnea" and rng.random() < 0.5]
    loud = np.zeros(course.duration_s * 2, dtype=bool)
    for a, b in spans:
        loud[int(a * 2) : int(b * 2)] = True
    for e in course.respiratory:
        if e.type != "hypopnea":
            loud[int(e.start_s * 2) : int(e.end_s * 2)] = False
    for arousal in course.arousals:
        loud[int(arousal.start_s * 2) : int(arousal.end_s * 2)] = False
    loud &= np.repeat(asleep, EPOCH_S * 2)
    return [event("snore", a, b - a, "SNORE") for a, b in true_intervals(loud) / 2 if b - a >= 8]

"""Who is simulated: a profile is a kind of sleeper, a person is one drawn from it."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from sleeplm.simulate.population import HABITS, Population, fitted, log_shares, shares_of


@dataclass(frozen=True)
class Profile:
    """The typical night of one kind of sleeper; persons are drawn around it.

    Stage percents are of total sleep time, `wake_pct` is wake after sleep onset as percent of the time after it.
    Indices are per hour of sleep. Stages, latency, efficiency, arousals and PLMI of healthy sleepers follow
    Boulos et al. 2019 (Lancet Respir Med 7:533) and Ohayon et al. 2004 (Sleep 27:1255), rounded; the rest is
    named in `source`.
    """

    words: str
    age_years: tuple[int, int]
    source: str
    latency_min: float = 15.0
    wake_pct: float = 10.0
    n1_pct: float = 7.0
    n2_pct: float = 52.0
    n3_pct: float = 20.0
    r_pct: float = 21.0
    arousals_per_h: float = 8.0  # spontaneous, beside those that end respiratory events
    ahi_per_h: float = 2.0
    apnea_share: float = 0.15  # of respiratory events; the others are hypopnoeas
    central_share: float = 0.25  # of apnoeas
    mixed_share: float = 0.05  # of apnoeas
    rem_factor: float = 1.3  # event rate in R over that in N2
    n3_factor: float = 1.0  # the same of N3
    supine_factor: float = 1.7  # event rate supine over that in other positions
    depth_pct: float = 3.2  # fall of saturation after an apnoea of 20 s
    snore_share: float = 0.1  # of sleep
    plm_per_h: float = 2.0
    heart_bpm: float = 60.0  # in N2
    breaths_per_min: float = 14.5  # in N2
    spo2_pct: float = 96.0
    atonia_loss: float = 0.03  # share of R with chin tone
    cheyne_stokes: bool = False
    cycle_factor: float = 1.0  # of the lengths of cycles, against those of a clinic's patients
    breadth: float = 0.7  # how much its people differ from each other, against those of all the real nights

    @property
    def shares(self) -> np.ndarray:
        """Shares of W, N1, N2, N3 and R in the time after sleep onset."""
        asleep = np.array([self.n1_pct, self.n2_pct, self.n3_pct, self.r_pct])
        return np.r_[self.wake_pct / 100, (1 - self.wake_pct / 100) * asleep / asleep.sum()]


HEALTHY = "Boulos 2019; heart rate and respiration in sleep: Gutierrez 2016, Snyder 1964"
PROFILES = {
    "healthy-young": Profile("healthy young sleeper", (20, 34), HEALTHY, n1_pct=6, n2_pct=50, n3_pct=22, r_pct=22,
                             wake_pct=7, ahi_per_h=1, plm_per_h=1, spo2_pct=97, snore_share=0.03, breadth=0.5,
                             cycle_factor=0.75),
    "healthy-old": Profile("healthy older sleeper", (65, 80), HEALTHY, latency_min=20, wake_pct=19, n1_pct=11,
                           n2_pct=55, n3_pct=15, r_pct=19, arousals_per_h=14, ahi_per_h=4, plm_per_h=8,
                           heart_bpm=61, spo2_pct=95, snore_share=0.12, atonia_loss=0.05,
                           cycle_factor=0.85, breadth=0.55),
    "osa-mild": Profile("mild obstructive sleep apnoea", (35, 65), "AHI 5-15: AASM 1999 (Sleep 22:667); "
                        "supine excess: Oksenberg 1997", wake_pct=13, n1_pct=10, n2_pct=55,
                        n3_pct=16, r_pct=19, arousals_per_h=8, ahi_per_h=10.5, apnea_share=0.07, rem_factor=1.0,
                        snore_share=0.3, plm_per_h=4, heart_bpm=63, spo2_pct=95, depth_pct=4.2),
    "osa-severe": Profile("severe obstructive sleep apnoea", (40, 70), "AHI 30 and more: AASM 1999; fragmented "
                          "sleep with little N3: Ng & Guan 2012; depth: Kulkas 2013", latency_min=10, wake_pct=17,
                          n1_pct=21, n2_pct=55, n3_pct=8, r_pct=16, arousals_per_h=5, ahi_per_h=45,
                          apnea_share=0.3, mixed_share=0.2, rem_factor=0.75, n3_factor=0.35,
                          supine_factor=1.4, depth_pct=7,
                          snore_share=0.5, plm_per_h=5, heart_bpm=68, spo2_pct=94),
    "csa": Profile("central sleep apnoea with Cheyne-Stokes breathing", (55, 80), "cycle of 45 s and more, in N1 "
                   "and N2: AASM 2012 rules (Berry, J Clin Sleep Med 8:597), Naughton 1998", latency_min=22,
                   wake_pct=23, n1_pct=19, n2_pct=56, n3_pct=9, r_pct=16, arousals_per_h=6, ahi_per_h=30,
                   apnea_share=0.75, central_share=0.9, rem_factor=0.3, n3_factor=0.1, supine_factor=1.4,
                   depth_pct=5.0, plm_per_h=8, heart_bpm=66, breaths_per_min=16, spo2_pct=94, cheyne_stokes=True),
    "plm": Profile("periodic limb movements", (45, 75), "PLMI over 15: WASM 2016 (Ferri, Sleep Med 26:86)",
                   latency_min=22, wake_pct=16, n1_pct=11, n2_pct=55, n3_pct=15, r_pct=19, arousals_per_h=8,
                   ahi_per_h=3, plm_per_h=38, heart_bpm=63),
    "insomnia": Profile("insomnia", (30, 65), "latency, wake and stages: Baglioni 2014 (Sleep Med Rev 18:195)",
                        latency_min=42, wake_pct=24, n1_pct=9, n2_pct=55, n3_pct=17, r_pct=19, arousals_per_h=12,
                        ahi_per_h=2.5, heart_bpm=66),
    "rbd": Profile("REM sleep behaviour disorder", (55, 78), "loss of atonia: Frauscher 2012 (Sleep 35:835)",
                   latency_min=18, wake_pct=18, n1_pct=11, n2_pct=54, n3_pct=15, r_pct=20, arousals_per_h=10,
                   ahi_per_h=4, plm_per_h=18, atonia_loss=0.5, spo2_pct=95),
}  # fmt: skip


@dataclass(frozen=True)
class Habits:
    """How one person's events are, whatever their number; medians in seconds.

    Attributes
    ----------
    hypopnea_s, apnea_s, central_s : float
        Duration of hypopnoeas, of obstructive and mixed apnoeas, of central apnoeas.
    flow_drop : tuple of float
        Least and largest share of the flow that hypopnoeas take away.
    cycle_s : float
        Length of a cycle of Cheyne-Stokes breathing.
    arousal_s : float
    plm_interval_s : float
        From onset to onset within a series of leg movements.
    leg_s : float
        Duration of a leg movement.
    """

    hypopnea_s: float
    apnea_s: float
    central_s: float
    flow_drop: tuple[float, float]
    cycle_s: float
    arousal_s: float
    plm_interval_s: float
    leg_s: float


@dataclass(frozen=True)
class Person:
    """One sleeper: the profile with its values as they are in this person.

    Attributes
    ----------
    profile : Profile
        All typical values, replaced by this person's.
    age_years : float
    sex : str
        "F" or "M".
    shares : tuple of float
        Wanted shares of W, N1, N2, N3 and R in the time after sleep onset; a night comes near them.
    sleep : tuple of float
        How readily stages are left, and for which: values of `population.HABITS`.
    habits : Habits
    out_of_distribution : bool
        Drawn outside the ranges that are used by default: what is tuned on usual nights is tried on others.
    """

    profile: Profile
    age_years: float
    sex: str
    shares: tuple[float, ...]
    sleep: tuple[float, ...]
    habits: Habits
    out_of_distribution: bool = False


@dataclass(frozen=True)
class Spread:
    """Draws a person's values around typical ones, or from beyond the range of the usual ones."""

    rng: np.random.Generator
    out_of_distribution: bool

    def ratio(self, value: float, sd: float) -> float:
        """`value` times a log-normal ratio: within 2.2 standard deviations, or 2.4 to 3.4 of them away."""
        away = np.clip(self.rng.normal(0, 1), -2.2, 2.2)
        if self.out_of_distribution:
            away = self.rng.choice((-1, 1)) * self.rng.uniform(2.4, 3.4)
        return float(value * np.exp(sd * away))

    def rate(self, value: float, shape: float) -> float:
        """`value` times a gamma variable of mean 1, within 0.05 and 3.2; or 3.4 to 5 times, up to 40 an hour."""
        if self.out_of_distribution:
            return max(min(value * self.rng.uniform(3.4, 5.0), 40.0), 3.3 * value)
        return float(value * np.clip(self.rng.gamma(shape) / shape, 0.05, 3.2))

    def direction(self, n: int) -> np.ndarray:
        """`n` standard normal values, no further than 3 from the middle in all; or 3.1 to 3.8 away."""
        z = self.rng.standard_normal(n)
        away = np.linalg.norm(z)
        return z / away * (self.rng.uniform(3.1, 3.8) if self.out_of_distribution else min(away, 3.0))

    def between(self, low: float, high: float, lowest: float, highest: float) -> float:
        """Uniform from `low` to `high`, or from what lies outside of that down to `lowest` and up to `highest`."""
        if not self.out_of_distribution:
            return float(self.rng.uniform(low, high))
        below, above = low - lowest, highest - high
        x = self.rng.uniform(0, below + above)
        return float(lowest + x if x < below else high + x - below)


def _draw_habits(spread: Spread) -> Habits:
    drop = spread.between(0.38, 0.48, 0.32, 0.75)
    durations = fitted()["respiratory"]["durations"]
    hypopnea, apnea, central = (
        max(spread.ratio(durations[k]["median_s"], 0.85 * durations[k]["log_sd_between"]), 11.0)
        for k in ("hypopnea", "apnea", "central")
    )
    return Habits(
        hypopnea_s=hypopnea,
        apnea_s=apnea,
        central_s=central,
        flow_drop=(drop, min(drop + 0.25, 0.86)),
        cycle_s=spread.between(48, 68, 40, 95),
        arousal_s=spread.between(5.5, 8, 3.4, 12.5),
        plm_interval_s=spread.between(20, 38, 12, 70),
        leg_s=spread.between(1.6, 2.6, 0.7, 5),
    )


LOGS_LEAST, LOGS_MOST = np.array([-4.6, -4.0, -5.0, -4.0]), np.array([0.0, 0.7, 0.3, 0.2])  # of shares


def _draw_sleep(profile: Profile, age_years: float, sex: str, spread: Spread) -> tuple[np.ndarray, np.ndarray]:
    """Wanted shares of the stages, and the habits that lead to them."""
    people, age = Population.fitted(), fitted()["age"]
    logs = log_shares(profile.shares)
    logs = logs + np.array(age["per_decade"]) * (age_years - np.mean(profile.age_years)) / 10
    logs += np.array(age["women_against_men"]) * (0.5 if sex == "F" else -0.5)
    logs += profile.breadth * np.linalg.cholesky(people.shares_cov) @ spread.direction(len(logs))
    logs = np.clip(logs, LOGS_LEAST, LOGS_MOST)
    habits = people.draw_habits(logs, spread.rng)
    for length in ("NREM period", "R period"):
        habits[HABITS.index(length)] += np.log(profile.cycle_factor)
    return shares_of(logs), habits


def _odds(ratio: Callable[[float, float], float], share: float, sd: float) -> float:
    """A share whose odds are drawn around those of `share`."""
    odds = ratio(share / (1 - share), sd)
    return odds / (1 + odds)


def draw_person(profile: Profile, rng: np.random.Generator, out_of_distribution: bool = False) -> Person:
    """Draw one sleeper around `profile`: ratios log-normally, rates and percents within what people have.

    With `out_of_distribution` every value lies outside the range that it has by default.
    """
    spread = Spread(rng, out_of_distribution)
    ratio = spread.ratio
    age, sex = float(rng.uniform(*profile.age_years)), str(rng.choice(("F", "M")))
    shares, sleep = _draw_sleep(profile, age, sex, spread)
    saturation = profile.spo2_pct
    own = replace(
        profile,
        latency_min=min(ratio(profile.latency_min, 0.5), 110.0),
        arousals_per_h=spread.rate(
            profile.arousals_per_h, fitted()["arousals"]["gamma_shape"] / profile.breadth**2
        ),
        ahi_per_h=min(ratio(profile.ahi_per_h, 0.2), 75.0),
        apnea_share=_odds(ratio, profile.apnea_share, 0.5),
        rem_factor=ratio(profile.rem_factor, 0.4),
        n3_factor=ratio(profile.n3_factor, 0.15),
        supine_factor=ratio(profile.supine_factor, 0.2),
        depth_pct=ratio(profile.depth_pct, 0.2),
        snore_share=min(ratio(profile.snore_share, 0.4), 0.8),
        plm_per_h=ratio(profile.plm_per_h, 0.25),
        heart_bpm=ratio(profile.heart_bpm, 0.11),
        breaths_per_min=ratio(profile.breaths_per_min, 0.1),
        spo2_pct=spread.between(saturation - 1.2, min(saturation + 1.2, 98), saturation - 3, 98.5),
        atonia_loss=min(ratio(profile.atonia_loss, 0.25), 0.9),
    )
    return Person(
        own,
        age,
        sex,
        tuple(shares.tolist()),
        tuple(np.round(sleep, 6).tolist()),
        _draw_habits(spread),
        out_of_distribution,
    )


ANY = "any"  # name of a draw from all the patients of a sleep laboratory
APNEA = "apnea"  # anywhere between mild and severe obstructive sleep apnoea, and somewhat beyond
PATIENTS = {APNEA: 0.6, "csa": 0.04, "plm": 0.09, "insomnia": 0.09, "rbd": 0.03, "healthy-old": 0.09,
            "healthy-young": 0.06}  # fmt: skip
SEVERITY = (-0.6, 1.0)  # 0 is mild, 1 severe
KEPT = 0.6  # of what a profile's stages differ from the average patient's: the rest is the person's


def draw_profile(rng: np.random.Generator) -> Profile:
    """The profile of one patient of a sleep laboratory, in which all kinds meet.

    Its stages and arousals are centred on those of the real nights (`fitted.json`), which are patients' nights.
    """
    kind = str(rng.choice(list(PATIENTS), p=list(PATIENTS.values())))
    profile = _of_kind(kind, rng.uniform(*SEVERITY))
    average = sum(part * log_shares(_of_kind(k, float(np.mean(SEVERITY))).shares) for k, part in PATIENTS.items())
    logs = Population.fitted().shares + KEPT * (log_shares(profile.shares) - average)
    wake, *asleep = 100 * shares_of(logs)
    n1, n2, n3, r = (100 * x / (100 - wake) for x in asleep)
    arousals = fitted()["arousals"]["per_hour"]
    return replace(
        profile, wake_pct=wake, n1_pct=n1, n2_pct=n2, n3_pct=n3, r_pct=r, arousals_per_h=arousals, breadth=0.95
    )


def _of_kind(kind: str, severity: float) -> Profile:
    if kind == APNEA:
        return _between(PROFILES["osa-mild"], PROFILES["osa-severe"], severity)
    return PROFILES[kind]


def _between(one: Profile, other: Profile, part: float) -> Profile:
    """Every number the geometric mean of two profiles', weighted; beyond them where `part` is under 0 or over 1."""
    own: dict[str, Any] = {}
    for f in fields(Profile):
        a, b = getattr(one, f.name), getattr(other, f.name)
        if isinstance(a, float | int) and not isinstance(a, bool):
            own[f.name] = float(a ** (1 - part) * b**part)
    own["apnea_share"] = min(own["apnea_share"], 0.9)
    return replace(one, **own)

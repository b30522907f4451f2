"""Who is simulated: a profile is a kind of sleeper, a person is one drawn from it."""

from dataclasses import dataclass, replace

import numpy as np


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
    apnea_share: float = 0.3  # of respiratory events; the others are hypopnoeas
    central_share: float = 0.1  # of apnoeas
    mixed_share: float = 0.05  # of apnoeas
    rem_factor: float = 1.6  # event rate in R over that in N2
    supine_factor: float = 2.0  # event rate supine over that in other positions
    depth_pct: float = 3.2  # fall of saturation after an apnoea of 20 s
    snore_share: float = 0.1  # of sleep
    plm_per_h: float = 2.0
    heart_bpm: float = 60.0  # in N2
    breaths_per_min: float = 14.5  # in N2
    spo2_pct: float = 96.0
    atonia_loss: float = 0.03  # share of R with chin tone
    cheyne_stokes: bool = False


HEALTHY = "Boulos 2019; heart rate and respiration in sleep: Gutierrez 2016, Snyder 1964"
PROFILES = {
    "healthy-young": Profile("healthy young sleeper", (20, 34), HEALTHY, n1_pct=6, n2_pct=50, n3_pct=22, r_pct=22,
                             wake_pct=7, ahi_per_h=1, plm_per_h=1, spo2_pct=97, snore_share=0.03),
    "healthy-old": Profile("healthy older sleeper", (65, 80), HEALTHY, latency_min=20, wake_pct=19, n1_pct=11,
                           n2_pct=55, n3_pct=15, r_pct=19, arousals_per_h=14, ahi_per_h=4, plm_per_h=8,
                           heart_bpm=61, spo2_pct=95, snore_share=0.12, atonia_loss=0.05),
    "osa-mild": Profile("mild obstructive sleep apnoea", (35, 65), "AHI 5-15: AASM 1999 (Sleep 22:667); "
                        "REM and supine excess: Oksenberg 1997, Mokhlesi 2014", wake_pct=13, n1_pct=10, n2_pct=55,
                        n3_pct=16, r_pct=19, arousals_per_h=8, ahi_per_h=10.5, apnea_share=0.35, rem_factor=2.0,
                        snore_share=0.3, plm_per_h=4, heart_bpm=63, spo2_pct=95, depth_pct=4.2),
    "osa-severe": Profile("severe obstructive sleep apnoea", (40, 70), "AHI 30 and more: AASM 1999; fragmented "
                          "sleep with little N3: Ng & Guan 2012; depth: Kulkas 2013", latency_min=10, wake_pct=17,
                          n1_pct=21, n2_pct=55, n3_pct=8, r_pct=16, arousals_per_h=5, ahi_per_h=45,
                          apnea_share=0.6, mixed_share=0.12, rem_factor=1.3, supine_factor=1.6, depth_pct=7,
                          snore_share=0.5, plm_per_h=5, heart_bpm=68, spo2_pct=94),
    "csa": Profile("central sleep apnoea with Cheyne-Stokes breathing", (55, 80), "cycle of 45 s and more, in N1 "
                   "and N2: AASM 2012 rules (Berry, J Clin Sleep Med 8:597), Naughton 1998", latency_min=22,
                   wake_pct=23, n1_pct=19, n2_pct=56, n3_pct=9, r_pct=16, arousals_per_h=6, ahi_per_h=30,
                   apnea_share=0.75, central_share=0.9, rem_factor=0.3, supine_factor=1.4, depth_pct=5.0,
                   plm_per_h=8, heart_bpm=66, breaths_per_min=16, spo2_pct=94, cheyne_stokes=True),
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
    shares : tuple of float
        Wanted shares of W, N1, N2, N3 and R in the time after sleep onset.
    habits : Habits
    unusual : bool
        Drawn outside the ranges that are used by default: what is tuned on usual nights is tried on unusual ones.
    """

    profile: Profile
    age_years: float
    shares: tuple[float, ...]
    habits: Habits
    unusual: bool = False


@dataclass(frozen=True)
class Spread:
    """Draws a person's values around typical ones; unusual ones from beyond the range of the usual ones."""

    rng: np.random.Generator
    unusual: bool

    def ratio(self, value: float, sd: float) -> float:
        """`value` times a log-normal ratio: within 2.2 standard deviations, or 2.4 to 3.4 of them away."""
        away = np.clip(self.rng.normal(0, 1), -2.2, 2.2)
        if self.unusual:
            away = self.rng.choice((-1, 1)) * self.rng.uniform(2.4, 3.4)
        return float(value * np.exp(sd * away))

    def between(self, low: float, high: float, lowest: float, highest: float) -> float:
        """Uniform from `low` to `high`, or from what lies outside of that down to `lowest` and up to `highest`."""
        if not self.unusual:
            return float(self.rng.uniform(low, high))
        below, above = low - lowest, highest - high
        x = self.rng.uniform(0, below + above)
        return float(lowest + x if x < below else high + x - below)


def _draw_habits(spread: Spread) -> Habits:
    drop = spread.between(0.38, 0.48, 0.32, 0.75)
    return Habits(
        hypopnea_s=spread.between(16, 22, 11.5, 34),
        apnea_s=spread.between(16, 23, 11.5, 36),
        central_s=spread.between(14, 20, 11.5, 28),
        flow_drop=(drop, min(drop + 0.25, 0.86)),
        cycle_s=spread.between(48, 68, 40, 95),
        arousal_s=spread.between(5.5, 8, 3.4, 12.5),
        plm_interval_s=spread.between(20, 38, 12, 70),
        leg_s=spread.between(1.6, 2.6, 0.7, 5),
    )


def draw_person(profile: Profile, rng: np.random.Generator, unusual: bool = False) -> Person:
    """Draw one sleeper around `profile`: ratios log-normally, rates and percents within what people have.

    With `unusual` every value lies outside the range that it has by default.
    """
    spread = Spread(rng, unusual)
    ratio = spread.ratio
    wake = min(ratio(profile.wake_pct, 0.3), 45.0) / 100
    wanted = (profile.n1_pct, profile.n2_pct, profile.n3_pct, profile.r_pct)
    asleep = np.array([ratio(p, sd) for p, sd in zip(wanted, (0.3, 0.1, 0.3, 0.18), strict=True)])
    asleep *= (1 - wake) / asleep.sum()
    saturation = profile.spo2_pct
    own = replace(
        profile,
        latency_min=min(ratio(profile.latency_min, 0.5), 110.0),
        arousals_per_h=ratio(profile.arousals_per_h, 0.25),
        ahi_per_h=min(ratio(profile.ahi_per_h, 0.2), 75.0),
        apnea_share=float(np.clip(ratio(profile.apnea_share, 0.2), 0.05, 0.95)),
        rem_factor=ratio(profile.rem_factor, 0.2),
        supine_factor=ratio(profile.supine_factor, 0.2),
        depth_pct=ratio(profile.depth_pct, 0.2),
        snore_share=min(ratio(profile.snore_share, 0.4), 0.8),
        plm_per_h=ratio(profile.plm_per_h, 0.25),
        heart_bpm=ratio(profile.heart_bpm, 0.11),
        breaths_per_min=ratio(profile.breaths_per_min, 0.1),
        spo2_pct=spread.between(saturation - 1.2, min(saturation + 1.2, 98), saturation - 3, 98.5),
        atonia_loss=min(ratio(profile.atonia_loss, 0.25), 0.9),
    )
    age, habits = float(rng.uniform(*profile.age_years)), _draw_habits(spread)
    return Person(own, age, (wake, *asleep.tolist()), habits, unusual)

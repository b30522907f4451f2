"""What happens in simulated nights beside what happens in real ones that nothing was fitted to.

    python -m benchmarks.simulator ../shared/data/scorings [--nights 100] [--plots docs]

A measure passes where at most 15 % of the simulated nights lie outside the real nights' 5th to 95th percentile, and
the interquartile range is 0.5 to 1.5 times the real one. Each simulated night is that of a random patient
(profile "any") and as long as a randomly chosen real one.
"""

import argparse
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np

from sleeplm.simulate.events import Course
from sleeplm.simulate.fitting.fit import halves
from sleeplm.simulate.fitting.measures import rates_by_stage, respiratory_measures, stage_measures
from sleeplm.simulate.fitting.scored_nights import read_respiratory, read_stages
from sleeplm.simulate.profiles import ANY, PROFILES
from sleeplm.simulate.simulator import random_streams, simulate_course

FIRST_SEED = 70_000  # no night from here on was looked at while the simulator was made
MOST_OUTSIDE, LEAST_RATIO, MOST_RATIO = 0.15, 0.5, 1.5
QUANTILES = (5, 25, 50, 75, 95)
CAUSE_S = 5  # an arousal this near to the end of an apnoea or hypopnoea is its own
APNEA_WORDS = PROFILES["osa-mild"].words


@dataclass(frozen=True)
class Row:
    """One measure in real and simulated nights: how many tell it, and its `QUANTILES`."""

    name: str
    n_real: int
    real: np.ndarray
    n_simulated: int
    simulated: np.ndarray
    outside: float
    ratio: float

    @property
    def passes(self) -> bool:
        """Whether both limits hold."""
        return self.outside <= MOST_OUTSIDE and LEAST_RATIO <= self.ratio <= MOST_RATIO


def compare(real: list[dict[str, float]], simulated: list[dict[str, float]]) -> list[Row]:
    """Rows of all measures of two sets of nights; one that does not tell a measure (NaN) does not count in it."""
    rows = []
    for name in real[0]:
        one, other = (np.array([m[name] for m in nights]) for nights in (real, simulated))
        one, other = one[~np.isnan(one)], other[~np.isnan(other)]
        a, b = np.percentile(one, QUANTILES), np.percentile(other, QUANTILES)
        outside = float(np.mean((other < a[0]) | (other > a[-1])))
        spread = a[3] - a[1]
        ratio = float((b[3] - b[1]) / spread) if spread else float(b[3] == b[1])
        rows.append(Row(name, len(one), a, len(other), b, outside, ratio))
    return rows


def spontaneous(course: Course) -> list[float]:
    """Starts of the arousals that end no apnoea or hypopnoea, as CinC 2018 tells them."""
    ends = np.array([e.end_s for e in course.respiratory])
    starts = [a.start_s for a in course.arousals]
    return [s for s in starts if not len(ends) or np.abs(ends - s).min() > CAUSE_S]


def simulate(n_nights: int, lengths: list[int]) -> tuple[list[Course], list[Course]]:
    """The first `n_nights` random patients, and the first `n_nights` of those who have obstructive apnoea."""
    rng = np.random.default_rng(FIRST_SEED)
    everyone: list[Course] = []
    with_apnea: list[Course] = []
    seeds = count(FIRST_SEED)
    while len(with_apnea) < n_nights:
        seed = next(seeds)
        course = simulate_course(int(rng.choice(lengths)), ANY, random_streams(seed, ANY))[0]
        everyone.append(course)
        if course.person.profile.words == APNEA_WORDS:
            with_apnea.append(course)
    return everyone[:n_nights], with_apnea


def tables(folder: Path, n_nights: int) -> dict[str, list[Row]]:
    """Rows of stages, of arousals, and of respiratory events, under what they were compared with."""
    _, held_out = halves(read_stages(folder))
    ucddb = read_respiratory(folder)
    patients, with_apnea = simulate(n_nights, [len(n.codes) for n in held_out])
    with_arousals = [n for n in held_out if n.arousals is not None]
    real_events = [respiratory_measures(n.codes, n.respiratory or ()) for n in ucddb]
    by_source = ", ".join(f"{s} {sum(n.source == s for n in held_out)}" for s in ("CinC 2018", "BOAS", "DOD"))
    return {
        f"Stages: {len(held_out)} real nights left out of the fit ({by_source})": compare(
            [stage_measures(n.codes) for n in held_out], [stage_measures(c.codes) for c in patients]
        ),
        f"Arousals that end no apnea or hypopnea: {len(with_arousals)} real nights left out of the fit": compare(
            [rates_by_stage(n.codes, n.arousals or (), "arousals") for n in with_arousals],
            [rates_by_stage(c.codes, spontaneous(c), "arousals") for c in patients],
        ),
        f"Apneas and hypopneas: the {len(ucddb)} real nights of the fit (UCDDB)": compare(
            real_events, [respiratory_measures(c.codes, events_of(c)) for c in with_apnea]
        ),
    }


def events_of(course: Course) -> list[tuple[str, float, float]]:
    """Type, start and duration of the respiratory events."""
    return [(e.type, e.start_s, e.duration_s) for e in course.respiratory]


def as_markdown(found: dict[str, list[Row]]) -> str:
    """All rows as tables."""

    def numbers(values: np.ndarray) -> str:
        return " / ".join(f"{values[i]:.3g}" for i in (0, 2, 4))

    lines = []
    for title, rows in found.items():
        lines += ["", f"{title}. {sum(r.passes for r in rows)} of {len(rows)} measures pass.", ""]
        lines += [
            "| measure | real 5 / 50 / 95 % | simulated | outside | spread ratio | |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {r.name} | {numbers(r.real)} | {numbers(r.simulated)} | {100 * r.outside:.0f} % | {r.ratio:.2f} | "
            f"{'' if r.passes else 'missed'} |"
            for r in rows
        ]
    return "\n".join(lines).strip()


def main() -> None:
    """Compare, print, and plot where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="scorings of real nights")
    parser.add_argument("--nights", type=int, default=100)
    parser.add_argument("--plots", type=Path, help="folder that the plots go to")
    given = parser.parse_args()
    found = tables(given.folder, given.nights)
    print(as_markdown(found))
    if given.plots:
        from benchmarks.simulator_plots import plot

        plot(list(found.values()), given.plots)


if __name__ == "__main__":
    main()

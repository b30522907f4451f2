"""Fit the chain of sleep stages and the habits of people to real nights, by counting and then by trying."""

import numpy as np

from sleeplm.kinds.stages import STAGES
from sleeplm.simulate.fitting.measures import sleep_period, stage_measures
from sleeplm.simulate.fitting.scored_nights import UNKNOWN, RealNight
from sleeplm.simulate.hypnogram import AGES, QUANTILES, Chain, simulate_chains
from sleeplm.simulate.population import HABITS, N2, TILTS, Population, R, W, draw_normal, log_shares

PARTS = 4  # early, middle and late third of an NREM period, and the R period that ends the cycle
CYCLES = 3  # first, second, later
GAP_EPOCHS = 30  # R less than 15 min apart is one R period (Feinberg & Floyd 1979)
TAIL_EPOCHS = 130  # taken as the length of the last NREM period, which the morning cuts short
R_PERIODS_SPREAD = 0.5  # of the log lengths of R periods; the rest is the person's, and what happens within them
BREADTH = 0.93  # of the spread of the real nights: at 1, chance alone would put over 15 of 100 nights outside of
#                 their 5th to 95th percentile in one measure of twenty
LEFT_AT_ONCE = 40.0  # factor on leaving R where its period is over
ROUNDS = 14  # of trying; the spread of all measures agrees to about a tenth after 10
PEOPLE = 600  # simulated in each round
SHARE_PEOPLE = 3000  # from whom it is learned which habits lead to which shares
SEED = 20180


def rem_periods(codes: np.ndarray) -> list[tuple[int, int]]:
    """First and one-past-last epoch of each R period, gaps under `GAP_EPOCHS` bridged."""
    at = np.flatnonzero(codes == R)
    if not len(at):
        return []
    cuts = np.flatnonzero(np.diff(at) > GAP_EPOCHS)
    return list(zip(at[np.r_[0, cuts + 1]], at[np.r_[cuts, len(at) - 1]] + 1, strict=True))


def _places(codes: np.ndarray, nrem: list, rem: list) -> np.ndarray:
    """Cycle and part ``[epochs, 2]`` of a sleep period; the lengths of its whole periods go to the lists."""
    out = np.zeros((len(codes), 2), dtype=int)
    begin = cycle = 0
    for first, last in rem_periods(codes):
        slot = min(cycle, CYCLES - 1)
        nrem[slot].append(first - begin)
        rem[slot].append(last - first)
        out[begin:last, 0] = slot
        out[begin:first, 1] = np.arange(first - begin) * 3 // max(first - begin, 1)
        out[first:last, 1] = 3
        begin, cycle = last, cycle + 1
    rest = len(codes) - begin
    out[begin:, 0] = min(cycle, CYCLES - 1)
    out[begin:, 1] = np.minimum(np.arange(rest) * 3 // TAIL_EPOCHS, 2)
    return out


def count_chain(nights: list[RealNight]) -> Chain:
    """How likely each stage is left, by age, cycle and part, and for which; lengths of periods."""
    at_risk, left = np.zeros((5, len(AGES))), np.zeros((5, len(AGES)))
    moves = np.zeros((CYCLES, PARTS, 5, 5))
    nrem: list[list] = [[] for _ in range(CYCLES)]
    rem: list[list] = [[] for _ in range(CYCLES)]
    seen = []
    for night in nights:
        codes = sleep_period(night.codes)
        places = _places(codes, nrem, rem)
        starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
        age = np.arange(len(codes)) - np.repeat(starts, np.diff(np.r_[starts, len(codes)]))
        known = np.flatnonzero((codes[:-1] != UNKNOWN) & (codes[1:] != UNKNOWN))
        now, then, old = codes[known], codes[known + 1], np.searchsorted(AGES, age[known] + 1, side="right") - 1
        slot, part = places[known].T
        np.add.at(at_risk, (now, old), 1)
        np.add.at(left, (now, old), now != then)
        changes = now != then
        np.add.at(moves, (slot[changes], part[changes], now[changes], then[changes]), 1)
        seen.append((slot, part, now, old))
    leave = (left + 0.5) / (at_risk + 1)
    expected = np.zeros((CYCLES, PARTS, 5))
    for slot, part, now, old in seen:
        np.add.at(expected, (slot, part, now), leave[now, old])
    place = (moves.sum(axis=-1) + 5) / (expected + 5)
    place[:, :3, R] = LEFT_AT_ONCE
    moves[:, :3, :R, R] = 0
    moves[:, :3, R] = moves[:, 3:, R]
    goes = moves + 0.2 * (1 - np.eye(5))
    goes[:, :3, :, R] = 0
    goes /= goes.sum(axis=-1, keepdims=True)
    lengths = [np.array([np.percentile(x, 100 * np.array(QUANTILES)) for x in kind]) for kind in (nrem, rem)]
    middle = lengths[1][:, [QUANTILES.index(0.5)]]
    return Chain(leave, place, goes, lengths[0], middle * (lengths[1] / middle) ** R_PERIODS_SPREAD)


def _logit(percent: float) -> float:
    p = np.clip(percent / 100, 0.01, 0.99)
    return float(np.log(p / (1 - p)))


def answers(codes: np.ndarray) -> np.ndarray:
    """What a night shows of each habit, in the order of `HABITS`; a larger habit makes each larger."""
    m = stage_measures(codes)
    out = [-np.log(m[f"{s}, mean bout, min"]) for s in STAGES]
    out += [_logit(m[f"{STAGES[a]} to {STAGES[b]}, % of bouts"]) for a, b in TILTS]
    out += [np.log(max(m["R, % of sleep"], 0.5)), np.log(max(m["R latency, min"], 3.0))]
    return np.array(out)


def _middle_and_spread(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, half of the 16th to 84th percentile, and correlation of the columns, NaN left out."""
    mean = np.nanmean(np.clip(values, *np.nanpercentile(values, [2, 98], axis=0)), axis=0)
    low, high = np.nanpercentile(values, [16, 84], axis=0)
    z = np.where(np.isnan(values), 0, np.clip((values - mean) / np.maximum((high - low) / 2, 1e-6), -3, 3))
    both = (~np.isnan(values)).astype(float)
    correlation = (z.T @ z) / np.maximum(both.T @ both, 1)
    scale = np.sqrt(np.diag(correlation))
    return mean, (high - low) / 2, correlation / np.outer(scale, scale)


def _nearest_correlation(c: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh((c + c.T) / 2)
    c = (vectors * np.maximum(values, 0.03)) @ vectors.T
    scale = np.sqrt(np.diag(c))
    return c / np.outer(scale, scale)


def tail_medians(nights: list[np.ndarray]) -> np.ndarray:
    """Mean log of median over mean bout of each stage: how much longer than most the longest bouts are."""
    measured = [stage_measures(c) for c in nights]
    names = [(f"{s}, median bout, min", f"{s}, mean bout, min") for s in STAGES]
    return np.array([np.nanmean([np.log(m[a] / m[b]) for m in measured]) for a, b in names])


def with_tail(chain: Chain, tail: np.ndarray) -> Chain:
    """The chain with chances to leave that depend on age more (`tail` over 1) or less than counted."""
    first = chain.leave[:, :1]
    return Chain(first * (chain.leave / first) ** tail[:, None], chain.place, chain.goes, chain.nrem, chain.rem)


def fit_people(chain: Chain, nights: list[RealNight]) -> tuple[Chain, Population]:
    """Habits whose simulated nights show the same middle, spread and correlation as `nights`.

    Counting gives a first guess that is too broad (a night is a sample of its person, and chances counted over
    people of all kinds mix their habits); so nights are simulated and the guess is moved until they agree.
    """
    real_codes = [n.codes for n in nights]
    mean, spread, correlation = _middle_and_spread(np.array([answers(c) for c in real_codes]))
    spread = BREADTH * spread
    real_tail = tail_medians(real_codes)
    lengths = np.array([len(sleep_period(c)) for c in real_codes])
    centre, scale, latent = np.zeros(len(HABITS)), spread * 0.7, correlation.copy()
    tail = np.ones(len(STAGES))
    for turn in range(ROUNDS):
        rng = np.random.default_rng([SEED, turn])
        habits = draw_normal(centre, latent * np.outer(scale, scale), rng, PEOPLE)
        codes = simulate_nights(lengths, with_tail(chain, tail), habits, rng)
        got_mean, got_spread, got_correlation = _middle_and_spread(np.array([answers(c) for c in codes]))
        step = 0.7 if turn < ROUNDS // 2 else 0.35
        centre += step * np.clip(mean - got_mean, -0.6, 0.6)
        scale = np.clip(scale * np.clip(spread / got_spread, 0.5, 2) ** step, 0.03, 3)
        latent = _nearest_correlation(latent + step * (correlation - got_correlation))
        tail = np.clip(tail - step * (real_tail - tail_medians(codes)), 0.0, 2.5)
    chain = with_tail(chain, tail)
    cov = latent * np.outer(scale, scale)
    shares, slope = _shares_by_habits(chain, centre, cov, lengths)
    return chain, Population(centre, cov, shares, slope)


def simulate_nights(
    lengths: np.ndarray, chain: Chain, habits: np.ndarray, rng: np.random.Generator
) -> list[np.ndarray]:
    """Sleep periods of people with `habits`, as long as those of randomly chosen real nights."""
    codes = simulate_chains(int(lengths.max()), chain, habits, rng)
    return [c[:n] for c, n in zip(codes, rng.choice(lengths, len(habits)), strict=True)]


def _shares_by_habits(chain: Chain, mean: np.ndarray, cov: np.ndarray, lengths: np.ndarray) -> tuple:
    """Log shares at mean habits and their slope, by least squares over many simulated nights."""
    rng = np.random.default_rng([SEED, ROUNDS])
    habits = draw_normal(mean, cov, rng, SHARE_PEOPLE)
    nights = simulate_nights(lengths, chain, habits, rng)
    logs = log_shares(np.array([np.bincount(c, minlength=5) / len(c) for c in nights]))
    kept = np.array([np.sum(c == N2) > 20 for c in nights])
    design = np.c_[np.ones(kept.sum()), habits[kept] - mean]
    found = np.linalg.lstsq(design, logs[kept], rcond=None)[0]
    return found[0], found[1:].T


def fit_age(nights: list[RealNight]) -> dict:
    """Change of the log shares for ten years of age, and of women against men, in the nights that tell both."""
    known = [n for n in nights if n.age_years is not None and n.sex in ("F", "M")]
    logs = log_shares(np.array([_shares(n.codes) for n in known]))
    age = np.array([n.age_years for n in known]) / 10
    woman = np.array([n.sex == "F" for n in known], dtype=float)
    design = np.c_[np.ones(len(known)), age - age.mean(), woman - woman.mean()]
    found = np.linalg.lstsq(design, logs, rcond=None)[0]
    return {"nights": len(known), "per_decade": found[1].tolist(), "women_against_men": found[2].tolist()}


def _shares(codes: np.ndarray) -> np.ndarray:
    period = sleep_period(codes)
    known = period[period >= W]
    return np.bincount(known, minlength=5) / len(known)

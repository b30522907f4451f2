from functools import cache

import numpy as np
import pytest

from sleeplm.simulate.fitting.fit import halves
from sleeplm.simulate.fitting.measures import bouts, stage_measures
from sleeplm.simulate.fitting.scored_nights import RealNight, read_stages
from sleeplm.simulate.fitting.stages import count_chain, rem_periods
from sleeplm.simulate.hypnogram import N1, N2, N3, Chain, R, W, simulate_chains, simulate_stages
from sleeplm.simulate.population import Population, fitted, log_shares, shares_of
from sleeplm.simulate.profiles import PROFILES, draw_person, draw_profile


@cache
def nights(profile, n=40, epochs=960):
    streams = [np.random.default_rng([7, i]) for i in range(n)]
    return [simulate_stages(epochs, draw_person(PROFILES[profile], rng), rng) for rng in streams]


@pytest.mark.parametrize("profile", ["healthy-young", "healthy-old", "osa-severe", "insomnia"])
def test_stage_shares_of_the_middle_person_come_near_the_profile(profile):
    own = PROFILES[profile]
    asleep = [codes[codes != W] for codes in nights(profile)]
    for stage, percent in enumerate((own.n1_pct, own.n2_pct, own.n3_pct, own.r_pct), start=1):
        assert abs(100 * np.median([np.mean(a == stage) for a in asleep]) - percent) < 6


def test_deep_sleep_comes_early_and_rem_late():
    halved = [np.array_split(codes, 2) for codes in nights("healthy-young")]
    assert np.mean([(a == N3).sum() for a, _ in halved]) > 1.3 * np.mean([(b == N3).sum() for _, b in halved])
    assert np.mean([(b == R).sum() for _, b in halved]) > 1.3 * np.mean([(a == R).sum() for a, _ in halved])


def test_nights_of_one_profile_differ_from_each_other():
    shares = [np.mean(codes == N3) for codes in nights("osa-mild")]
    assert np.std(shares) > 0.02


def test_patients_sleep_as_the_nights_that_nothing_was_fitted_to(data):
    _, real = halves(read_stages(data / "scorings"))
    streams = [np.random.default_rng([3, i]) for i in range(100)]
    codes = [simulate_stages(930, draw_person(draw_profile(rng), rng), rng) for rng in streams]
    measured = [stage_measures(c) for c in codes]
    expected = [stage_measures(n.codes) for n in real]
    failed = []
    for name in measured[0]:
        own, other = (np.array([m[name] for m in nights]) for nights in (measured, expected))
        q = np.nanpercentile(other, [5, 25, 75, 95])
        outside = np.nanmean((own < q[0]) | (own > q[3]))
        ratio = np.subtract(*np.nanpercentile(own, [75, 25])) / (q[2] - q[1])
        if outside > 0.2 or not 0.5 <= ratio <= 1.5:
            failed.append((name, outside, ratio))
    assert len(failed) <= 1, failed  # of 32 measures; with 100 nights one may fall out by chance


def test_bouts_and_transitions_are_counted_within_the_sleep_period():
    codes = np.array([W, W, N1, N2, N2, N1, N2, W, N1, N2, N1, N2, R, R, N1, N2, W])
    m = stage_measures(codes)
    assert m["W, % of sleep period"] == pytest.approx(100 / 14)
    assert m["N2, % of sleep"] == pytest.approx(100 * 6 / 13)
    assert m["N2, mean bout, min"] == pytest.approx(0.6)
    assert m["N1 to N2, % of bouts"] == 100
    assert m["N2 to N1, % of bouts"] == 50
    assert m["R latency, min"] == 5
    assert np.isnan(m["N3, mean bout, min"])


def test_bouts_of_a_night_add_up_to_it():
    codes = nights("osa-severe", n=1)[0]
    stages, lengths = bouts(codes)
    np.testing.assert_array_equal(np.repeat(stages, lengths), codes)


def test_rem_periods_bridge_short_gaps():
    codes = np.full(300, N2)
    codes[100:110] = codes[120:125] = codes[200:210] = R
    assert rem_periods(codes) == [(100, 125), (200, 210)]


def test_a_chain_is_counted_as_it_was_drawn():
    rng = np.random.default_rng(0)
    drawn = Chain.from_json(fitted()["chain"])
    habits = np.zeros((150, len(Population.fitted().mean)))
    counted = count_chain([RealNight("", c) for c in simulate_chains(900, drawn, habits, rng)])
    for stage in (W, N1, N2, N3):
        age_1 = drawn.leave[stage, 0], counted.leave[stage, 0]
        assert age_1[0] == pytest.approx(age_1[1], rel=0.15)
    np.testing.assert_allclose(counted.goes[2, 1, N2, :4], drawn.goes[2, 1, N2, :4], atol=0.05)


def test_shares_and_their_logs_are_the_same_thing():
    shares = np.array([0.12, 0.1, 0.5, 0.1, 0.18])
    np.testing.assert_allclose(shares_of(log_shares(shares)), shares)


def test_fitted_numbers_name_their_sources_and_are_a_distribution():
    for name, part in fitted().items():
        assert part["source"], name
    people = Population.fitted()
    assert np.linalg.eigvalsh(people.cov).min() > 0
    chain = Chain.from_json(fitted()["chain"])
    np.testing.assert_allclose(chain.goes.sum(axis=-1), 1, atol=1e-3)

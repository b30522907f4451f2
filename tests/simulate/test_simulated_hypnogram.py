import json
from importlib.resources import files

import numpy as np
import pytest

from sleeplm.simulate.fit import fit
from sleeplm.simulate.hypnogram import N3, R, W, simulate_stages
from sleeplm.simulate.profiles import PROFILES, draw_person


def nights(profile, n=25, epochs=960):
    streams = [np.random.default_rng([7, i]) for i in range(n)]
    return [simulate_stages(epochs, draw_person(PROFILES[profile], rng), rng) for rng in streams]


def test_committed_numbers_are_those_of_the_expert_hypnograms(data):
    committed = json.loads(files("sleeplm.simulate").joinpath("hypnogram.json").read_text())
    assert fit(data / "scorings") == committed


@pytest.mark.parametrize("profile", ["healthy-young", "healthy-old", "osa-severe", "insomnia"])
def test_stage_shares_come_near_the_profile_over_many_nights(profile):
    own = PROFILES[profile]
    asleep = [codes[codes != W] for codes in nights(profile)]
    for stage, percent in enumerate((own.n1_pct, own.n2_pct, own.n3_pct, own.r_pct), start=1):
        assert abs(100 * np.mean([np.mean(a == stage) for a in asleep]) - percent) < 5


def test_deep_sleep_comes_early_and_rem_late():
    halves = [np.array_split(codes, 2) for codes in nights("healthy-young")]
    assert np.mean([(a == N3).sum() for a, _ in halves]) > 1.3 * np.mean([(b == N3).sum() for _, b in halves])
    assert np.mean([(b == R).sum() for _, b in halves]) > 1.3 * np.mean([(a == R).sum() for a, _ in halves])


def test_nights_of_one_profile_differ_from_each_other():
    shares = [np.mean(codes == N3) for codes in nights("osa-mild")]
    assert np.std(shares) > 0.02

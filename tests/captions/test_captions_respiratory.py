import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sleeplm.captions.features.respiratory import combined, respiratory_features, signal_features
from sleeplm.recording.epochs import cut_epochs
from sleeplm.scoring.breaths import counted_rates, onset_of, phase_of, spectral_rates, variability
from sleeplm.scoring.flattening import flattened_pct, indices


def test_the_breathing_rate_of_a_simulated_night_is_within_half_a_breath_of_its_truth(simulated):
    night, recording, epochs, clean = simulated
    rows = respiratory_features(recording, epochs)
    measured = [
        (r["rate_per_min"], night.breaths_per_min[e])
        for e, r in enumerate(rows)
        if clean[e] and "rate_per_min" in r
    ]
    assert len(measured) >= 0.95 * clean.sum()
    assert np.mean([abs(a - b) <= 0.5 for a, b in measured]) >= 0.98


@given(st.floats(6.5, 34), st.floats(0, 6), st.floats(0.3, 50), st.floats(-1, 1))
@settings(max_examples=80, deadline=None)
def test_a_steady_breathing_rate_is_exact_to_half_a_breath(per_minute, phase, size, drift):
    times = np.arange(240) / 8
    x = size * (np.sin(2 * np.pi * per_minute / 60 * times + phase) + drift * times / 30)
    rate_hz, _ = spectral_rates(x[None])
    assert abs(60 * rate_hz[0] - per_minute) < 0.5


def test_noise_has_no_breathing_rate():
    rate_hz, _ = spectral_rates(np.random.default_rng(0).normal(size=(50, 240)))
    assert np.isnan(rate_hz).mean() > 0.9
    assert np.isnan(spectral_rates(np.zeros((1, 240)))[0]).all()


def test_an_apnoea_is_seen_in_the_flow_but_not_in_the_effort(make_recording, signals_of):
    signals = {n: signals_of(12)[n] for n in ("AF", "THX", "ABD")}
    signals["AF"][0][(305 * 32) : (325 * 32)] *= 0.05
    recording = make_recording(signals, 12)
    rows = respiratory_features(recording, cut_epochs(recording))
    assert "flow_pct" not in rows[0] and "flow_pct" in rows[8]
    assert rows[10]["flow_lowest_pct"] < 25 and 5 <= rows[10]["flow_lowest_s"] <= 15
    assert 90 <= rows[10]["effort_pct"] <= 110
    assert rows[8]["flow_lowest_pct"] > 80
    assert rows[8]["phase"] == "in phase" and abs(rows[8]["phase_deg"] - 11) <= 5


def test_belts_against_each_other_are_told_and_a_reversed_belt_is_not(make_recording, signals_of):
    signals = {n: signals_of(12)[n] for n in ("THX", "ABD")}
    signals["ABD"][0][8 * 960 : 9 * 960] *= -1
    recording = make_recording(signals, 12)
    rows = respiratory_features(recording, cut_epochs(recording))
    assert [r["phase"] for r in rows].count("opposite") == 1 and rows[8]["phase"] == "opposite"
    reversed_belt = make_recording({"THX": signals["THX"], "ABD": (-signals["ABD"][0], 32.0)}, 12)
    rows = respiratory_features(reversed_belt, cut_epochs(reversed_belt))
    assert [r["phase"] for r in rows].count("opposite") == 1


def test_flow_sampled_too_slowly_gives_no_rate(make_recording):
    x = np.random.default_rng(0).normal(size=360)
    recording = make_recording({"AF": (x, 1.0)}, 12)
    assert respiratory_features(recording, cut_epochs(recording)) == [{}] * 12


def _breaths(durations_s, sfreq_hz, inspiration):
    """Flow of breaths of these durations: an inspiration of a given shape in 40% of each, then an expiration."""
    phase = np.interp(np.arange(0, sum(durations_s), 1 / sfreq_hz), np.cumsum([0, *durations_s]),
                      np.arange(len(durations_s) + 1))  # fmt: skip
    u = phase % 1
    return np.where(u < 0.4, inspiration(u / 0.4), -0.66 * np.sin(np.pi * (u - 0.4) / 0.6))


@pytest.mark.parametrize("sign", [1, -1], ids=["upright", "upside down"])
@pytest.mark.parametrize("is_flow", [True, False], ids=["flow", "belt"])
@pytest.mark.parametrize("spread", [0.0, 0.1, 0.2])
def test_breath_to_breath_variability_is_that_of_the_durations(spread, is_flow, sign):
    durations_s = 4 * (1 + spread * np.random.default_rng(1).uniform(-1.7, 1.7, 120))
    x = _breaths(durations_s, 8, lambda u: np.sin(np.pi * u))
    if not is_flow:
        x = np.cumsum(x - x.mean()) / 8
    n = len(x) // 240
    phase = phase_of(sign * x[: n * 240].reshape(n, 240))
    found = variability(phase, onset_of(phase, np.ones(n, bool), is_flow))
    ends_s = np.cumsum(durations_s)
    inside = [np.diff(ends_s[(ends_s >= 30 * e) & (ends_s < 30 * e + 30)]) for e in range(n)]
    true = np.array([100 * d.std(ddof=1) / d.mean() for d in inside])
    assert np.abs(found - true)[1:-1].mean() < 3


@pytest.mark.parametrize(
    "shape, index", [(np.ones(64), 0.0), (np.sin(np.pi * (np.arange(64) + 0.5) / 64), 0.437)], ids=["flat", "sine"]
)
def test_the_flattening_index_of_known_shapes(shape, index):
    assert abs(indices(3.7 * shape[None])[0] - index) < 0.005


@pytest.mark.parametrize("sign", [1, -1], ids=["upright", "upside down"])
def test_inspirations_with_a_plateau_are_flattened_and_round_ones_are_not(sign):
    flat = _breaths([4.0] * 60, 64, lambda u: np.minimum(np.minimum(u, 1 - u) / 0.08, 1))
    round_ = _breaths([4.0] * 60, 64, lambda u: np.sin(np.pi * u))
    found = flattened_pct(sign * np.concatenate([round_, flat]).reshape(16, 1920))
    assert (found[1:7] == 0).all() and (found[9:15] == 100).all()


def test_flow_that_does_not_tell_inspiration_from_expiration_is_not_judged():
    assert np.isnan(flattened_pct(np.sin(2 * np.pi * np.arange(4 * 1920) / 256).reshape(4, 1920))).all()
    assert np.isnan(flattened_pct(np.zeros((2, 1920)))).all()


def test_the_signals_are_told_one_by_one_and_lost_ones_not_at_all(make_recording, signals_of):
    signals = {n: signals_of(20)[n] for n in ("AF", "THX", "ABD")}
    signals["THX"][0][10 * 960 : 16 * 960] = 0
    recording = make_recording(signals, 20)
    rows = respiratory_features(recording, cut_epochs(recording))
    assert set(rows[12]) & {"AF", "THX", "ABD"} == {"AF", "ABD"} and "phase" not in rows[12]
    assert rows[12]["rates_per_min"].keys() == {"AF", "ABD"}
    for name in ("AF", "THX", "ABD"):
        assert abs(rows[5][name]["rate_per_min"] - 14.1) <= 0.2 and rows[5][name]["variability_pct"] <= 3
        assert 90 <= rows[5][name]["amplitude_pct"] <= 110


def test_the_rate_is_that_which_most_signals_agree_on():
    rows = {"AF": {"rate_per_min": 18.2, "rhythm": 0.9, "regularity": "regular"},
            "THX": {"rate_per_min": 14.0, "rhythm": 0.5, "regularity": "fairly regular"},
            "ABD": {"rate_per_min": 14.2, "rhythm": 0.6, "regularity": "fairly regular"}}  # fmt: skip
    assert combined(rows)["rate_per_min"] == 14.2 and combined(rows)["rate_signal"] == "ABD"
    assert combined({"AF": rows["AF"]})["rate_per_min"] == 18.2
    assert combined({"AF": {"regularity": "no rhythm"}}) == {"regularity": "no rhythm"}
    assert combined({}) == {}


def test_a_count_of_breaths_is_that_of_the_breaths_even_where_they_are_uneven():
    durations_s = 4 * (1 + 0.2 * np.random.default_rng(2).uniform(-1.7, 1.7, 90))
    x = _breaths(durations_s, 8, lambda u: np.sin(np.pi * u))
    n = len(x) // 240
    ends = np.interp(np.arange(n + 1) * 30, np.cumsum([0, *durations_s]), np.arange(len(durations_s) + 1))
    assert np.abs(60 * counted_rates(x[: n * 240].reshape(n, 240)) - 2 * np.diff(ends))[1:-1].max() < 1
    assert np.isnan(counted_rates(np.zeros((2, 240)))).all()


def test_a_rate_is_said_only_where_peak_cycles_and_count_agree():
    at = np.arange(480) / 8
    steady = np.sin(2 * np.pi * 0.25 * at)
    changing = np.sin(2 * np.pi * np.cumsum(np.where(at % 30 < 15, 10, 24)) / 60 / 8)
    here, still = np.ones(2, bool), np.zeros(2, bool)
    measured = [signal_features(x.reshape(2, 240), here, still) for x in (steady, changing, np.zeros(480))]
    assert abs(measured[0][0]["rate_per_min"] - 15) <= 0.5
    assert all(row["regularity"] == "no rhythm" and "rate_per_min" not in row for row in measured[1] + measured[2])

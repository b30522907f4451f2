import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sleeplm.recording.resample import hold, resample


def wave(sfreq_hz, hz, duration_s=60.0):
    return np.sin(2 * np.pi * hz * np.arange(round(sfreq_hz * duration_s)) / sfreq_hz).astype(np.float32)


@pytest.mark.parametrize(
    ("from_hz", "hz"), [(100, 10), (128, 10), (200, 20), (256, 25), (512, 12), (33.3333, 4), (10, 1)]
)
def test_a_sine_keeps_its_shape_and_place(from_hz, hz):
    out = resample(wave(from_hz, hz), from_hz, 64, 3840)
    middle = slice(128, -128)
    assert out.dtype == np.float32 and out.shape == (3840,)
    assert np.abs(out[middle] - wave(64, hz)[middle]).max() < 0.02


def test_what_the_new_rate_cannot_hold_is_filtered_out_and_not_folded():
    out = resample(wave(256, 50), 256, 64, 3840)
    assert np.abs(out[128:-128]).max() < 0.01


def test_a_constant_stays_constant_to_the_very_ends():
    out = resample(np.full(6000, 720.0, np.float32), 100, 64, 3840)
    assert np.abs(out - 720).max() < 0.5


def test_no_block_has_an_edge():
    slope = np.linspace(0, 100, 200 * 3600, dtype=np.float32)
    out = resample(slope, 200, 64, 64 * 3600)
    assert np.abs(out - np.linspace(0, 100, out.size)).max() < 2e-3


def test_gaps_stay_gaps_and_do_not_spread():
    values = wave(100, 5)
    values[1000:1200] = np.nan
    out = resample(values, 100, 64, 3840)
    gap = np.isnan(out)
    assert gap.sum() == pytest.approx(128, abs=2) and gap[640:768].all()
    assert np.isnan(resample(np.full(100, np.nan, np.float32), 100, 64, 64)).all()


@given(
    st.lists(st.sampled_from([-1.0, 0.0, 1.0, 2.0, 3.0]), min_size=1, max_size=50),
    st.sampled_from([0.5, 1, 3, 10, 25]),
    st.sampled_from([1, 64, 100]),
)
def test_held_codes_are_only_ever_codes_that_were_there(codes, from_hz, to_hz):
    out = hold(np.array(codes, np.float32), from_hz, to_hz, round(len(codes) / from_hz * to_hz))
    assert set(out) <= set(codes)
    if out.size:
        assert out[0] == codes[0]


def test_an_odd_rate_does_not_drift_over_a_night():
    from_hz, hours = 199.98, 8
    at = np.arange(round(from_hz * hours * 3600)) / from_hz
    out = resample(np.sin(2 * np.pi * at / 5).astype(np.float32), from_hz, 64, 64 * hours * 3600)
    truth = np.sin(2 * np.pi * np.arange(out.size) / 64 / 5)
    assert np.abs(out - truth)[-6400:-64].max() < 0.01


@settings(deadline=None, max_examples=15)
@given(st.floats(0.5, 2000), st.floats(0.5, 2000), st.integers(1, 3000))
def test_any_pair_of_rates_gives_the_length_asked_for(from_hz, to_hz, n):
    n_out = min(100_000, round(n / from_hz * to_hz))
    out = resample(np.ones(n, np.float32), from_hz, to_hz, n_out)
    assert out.shape == (n_out,) and np.isfinite(out).all()

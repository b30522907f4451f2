import numpy as np
import pytest
from scipy import fft

from sleeplm.simulate.background import FREQS_HZ, LEVELS, draw_spectra, fitted, waxing
from sleeplm.simulate.brain import simulate_brain
from sleeplm.simulate.events import Course
from sleeplm.simulate.hypnogram import N2, N3, W
from sleeplm.simulate.profiles import PROFILES, draw_person
from sleeplm.simulate.sensors import Lab, sense_eeg
from sleeplm.simulate.waves import white_spectrum

HZ = 128


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize("n", [4096, 4097])
def test_white_noise_has_unit_variance_and_no_colour(n, rng):
    noise = np.stack([fft.irfft(white_spectrum(n, rng), n) for _ in range(40)])
    assert np.isclose(noise.var(), 1, atol=0.03)
    halves = (np.abs(fft.rfft(noise)) ** 2).mean(axis=0)
    assert np.isclose(halves[: n // 4].mean(), halves[n // 4 :].mean(), rtol=0.05)


def test_rhythms_wax_and_wane_around_the_power_that_is_wanted(rng):
    factors = waxing(20_000, 1.0, rng)
    assert np.isclose(factors.mean(), 1, atol=0.1)
    alpha, beta = (np.log(factors[:, np.argmin(np.abs(FREQS_HZ - hz))]).std() for hz in (9.5, 40))
    assert alpha > 1.5 * beta > 0


@pytest.mark.parametrize("breadth", [1.0, 1.6])
def test_stages_keep_their_distance_however_far_a_person_is_from_others(breadth):
    widths = fitted().widths_hz
    levels = np.stack(
        [np.log10(10 ** draw_spectra(np.random.default_rng(s), breadth) @ widths) for s in range(200)]
    )
    assert (levels >= LEVELS[0] - 1e-9).all() and (levels <= LEVELS[1] + 1e-9).all()
    assert levels[:, W].std() > 0.1  # and yet people differ


def test_people_out_of_the_ordinary_differ_more():
    usual, out_of_distribution = (
        np.stack([draw_spectra(np.random.default_rng(s), b) for s in range(300)]).std(axis=0) for b in (1.0, 1.6)
    )
    assert np.mean(out_of_distribution > usual) > 0.9


def _sensed(lab, stage):
    course = Course(np.full(20, stage, dtype=np.int8), person=None, positions=np.zeros(20, dtype=np.int8))
    still = np.zeros((2, course.duration_s * HZ), dtype=np.float32)
    eeg, _ = sense_eeg(course, still, still[0], np.float32(0), lab, np.random.default_rng(2))
    return eeg[0]


def test_electrodes_drift_slowly_and_more_awake():
    lab = Lab(drift_uv=8.0, swing_uv=0.0, mains_uv=0.0, pops_per_h=0.0)
    wake, deep = (_sensed(lab, stage) for stage in (W, N3))
    assert wake.std() > deep.std() > 4
    power = np.abs(np.fft.rfft(wake)) ** 2
    freqs = np.fft.rfftfreq(len(wake), 1 / HZ)
    assert power[freqs < 0.5].sum() > 0.9 * power[1:].sum()


def test_small_movements_come_awake_and_rarely():
    lab = Lab(drift_uv=0.0, swing_uv=5.0, floor_uv=0.0, mains_uv=0.0, pops_per_h=0.0)
    wake, deep = (_sensed(lab, stage) for stage in (W, N3))
    assert wake.std() > 2 * deep.std()
    assert np.mean(((wake - wake.mean()) / wake.std()) ** 4) > 4  # of Gaussian noise: 3


def test_no_wave_begins_after_the_night_has_ended():
    person = draw_person(PROFILES["healthy-young"], np.random.default_rng(0), False)
    course = Course(np.full(8, N2, dtype=np.int8), person, np.zeros(8, dtype=np.int8))
    for seed in range(60):  # a spindle rides on what a K-complex in the last second leaves
        eeg, events = simulate_brain(course, np.random.default_rng(seed))
        assert eeg.shape == (2, course.duration_s * HZ)
        assert all(e.start_s < course.duration_s for e in events)

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.kinds.stages import STAGES
from train.evaluation.synthetic_to_real import (
    SAMPLES,
    EpochNetwork,
    Night,
    NightNetwork,
    kappas_of,
    measure,
    scaled,
    simulated_nights,
    wake_or_deep,
)


@given(st.floats(1e-3, 1e3), st.floats(-100, 100))
def test_scaling_knows_neither_gain_nor_offset(gain, offset):
    epochs = np.random.default_rng(0).normal(0, 1, (5, 64))
    np.testing.assert_allclose(scaled(gain * epochs + offset), scaled(epochs), atol=1e-3)


def test_simulated_nights_are_cut_in_epochs_with_their_stages():
    nights = simulated_nights(range(2), 0.25)
    for night in nights:
        assert night.epochs.shape == (30, SAMPLES) and night.epochs.dtype == np.float32
        assert np.isfinite(night.epochs).all()
        assert set(night.codes) <= set(range(len(STAGES)))


def _told_by_frequency(n, seed):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, len(STAGES), n)
    t = np.arange(SAMPLES) / 64
    waves = np.sin(2 * np.pi * (1 + 4 * codes)[:, None] * t + rng.uniform(0, 6, (n, 1)))
    return Night(scaled(waves + rng.normal(0, 0.3, waves.shape)), codes)


def test_a_judge_learns_what_can_be_told_and_nothing_else(monkeypatch, tmp_path):
    monkeypatch.setattr("train.evaluation.synthetic_to_real.DATA", tmp_path / "absent")
    figures = measure([_told_by_frequency(384, s) for s in (0, 1)], [_told_by_frequency(128, 2)], passes=4, seed=0)
    assert figures["kappa simulated"] > 0.8
    rng = np.random.default_rng(3)
    noise = Night(scaled(rng.normal(0, 1, (128, SAMPLES))), rng.integers(0, 5, 128))
    alone, in_context = kappas_of(EpochNetwork().eval(), NightNetwork().eval(), [noise])
    assert abs(alone) < 0.3 and abs(in_context) < 0.3


def test_area_of_a_judge_is_between_none_and_one():
    night = _told_by_frequency(60, 5)
    codes = np.where(np.arange(60) % 2, STAGES.index("N3"), STAGES.index("W"))
    (area,) = wake_or_deep(EpochNetwork().eval(), {"x": Night(night.epochs, codes)}).values()
    assert 0 <= area <= 1


def test_real_nights_are_as_long_as_their_scoring(data, monkeypatch):
    from train.evaluation import synthetic_to_real as tested

    monkeypatch.setattr(tested, "DATA", data)
    night = tested.real_night(*tested.REAL["dynamo"])
    assert night.epochs.shape == (len(night.codes), SAMPLES)
    assert {STAGES[c] for c in night.codes if c >= 0} == set(STAGES)
    people = tested.real_people()
    assert len(people) > 20
    assert all(len(p.epochs) == len(p.codes) for p in people.values())

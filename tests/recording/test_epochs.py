import numpy as np
import pytest

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.recording.epochs import cut_epochs
from tests.fakes import FakeRecording

N = 3


def at_model_rate(**signals):
    """A recording of three epochs whose signals are given at 64 Hz."""
    return FakeRecording({n: (x, 64.0) for n, x in signals.items()}, duration_s=N * 30)


def noise(sd=1.0, seed=0):
    return np.random.default_rng(seed).normal(size=N * 1920) * sd


def column(epochs, name):
    i = CHANNEL_NAMES.index(name)
    return epochs.signals[:, i], epochs.present[:, i]


def test_shapes_types_and_zeros_where_absent():
    epochs = cut_epochs(at_model_rate(C3=noise(20)))
    assert epochs.signals.shape == (N, 14, 1920) and epochs.signals.dtype == np.float32
    assert epochs.present.shape == (N, 14) and epochs.present.dtype == bool
    assert len(epochs) == N
    others = [i for i, n in enumerate(CHANNEL_NAMES) if n != "C3"]
    assert not epochs.present[:, others].any() and not epochs.signals[:, others].any()


def test_values_are_kept_in_place_and_the_rest_after_the_last_epoch_is_left_out():
    x = noise(20)
    epochs = cut_epochs(at_model_rate(C4=np.concatenate((x, noise(20, 1)[:100]))))
    assert np.array_equal(column(epochs, "C4")[0].ravel(), x.astype(np.float32))


@pytest.mark.parametrize("name, sd", [("C3", 20), ("EOG_L", 20), ("EMG_CHIN", 3), ("ECG", 0.3), ("LEG_R", 3)])
def test_a_flat_or_missing_electrode_is_absent_for_that_epoch_only(name, sd):
    x = noise(sd)
    x[1920:3840] = 7.0
    x[3840:] = np.nan
    signals, present = column(cut_epochs(at_model_rate(**{name: x})), name)
    assert present.tolist() == [True, False, False]
    assert not signals[1:].any()


def test_a_short_gap_is_zero_and_the_epoch_present():
    x = noise(20)
    x[10:30] = np.nan
    signals, present = column(cut_epochs(at_model_rate(C3=x)), "C3")
    assert present.all() and not signals[0, 10:30].any() and np.isfinite(signals).all()


def test_saturation_holds_its_last_value_and_is_absent_where_the_probe_was_off():
    x = np.full(N * 1920, 96.0)
    x[100:200] = -1
    x[200:300] = np.nan
    x[1920:3840] = -1
    signals, present = column(cut_epochs(at_model_rate(SPO2=x)), "SPO2")
    assert present.tolist() == [True, False, True]
    assert (signals[0] == 96).all() and not signals[1].any() and (signals[2] == 96).all()


def test_saturation_before_the_first_value_takes_the_first():
    x = np.full(N * 1920, 94.0)
    x[:500] = np.nan
    signals, present = column(cut_epochs(at_model_rate(SPO2=x)), "SPO2")
    assert present[0] and (signals[0] == 94).all()


def test_an_spo2_channel_that_is_invalid_throughout_is_absent():
    signals, present = column(cut_epochs(at_model_rate(SPO2=np.full(N * 1920, -1.0))), "SPO2")
    assert not present.any() and not signals.any()


def test_a_flat_position_is_a_position_and_code_zero_too():
    signals, present = column(cut_epochs(at_model_rate(POS=np.zeros(N * 1920))), "POS")
    assert present.all() and not signals.any()
    _, present = column(cut_epochs(at_model_rate(POS=np.full(N * 1920, -1.0))), "POS")
    assert not present.any()


def test_flat_flow_within_a_night_is_present_but_a_night_of_one_value_is_not():
    x = noise()
    x[1920:3840] = 0
    assert column(cut_epochs(at_model_rate(AF=x)), "AF")[1].all()
    assert not column(cut_epochs(at_model_rate(AF=np.full(N * 1920, 3.0))), "AF")[1].any()


def test_a_signal_shorter_than_the_night_ends_early():
    _, present = column(cut_epochs(at_model_rate(C3=noise(20)[:3000])), "C3")
    assert present.tolist() == [True, True, False]


def test_a_recording_under_one_epoch_gives_none():
    recording = at_model_rate(C3=noise(20))
    recording.n_epochs = 0
    assert len(cut_epochs(recording)) == 0


def test_selecting_counts_from_one_keeps_the_order_and_refuses_what_is_outside():
    epochs = cut_epochs(at_model_rate(C3=noise(20)))
    chosen = epochs.select([3, 1])
    assert np.array_equal(chosen.signals, epochs.signals[[2, 0]])
    assert np.array_equal(chosen.present, epochs.present[[2, 0]])
    for number in (0, 4, -1):
        with pytest.raises(UsageError, match="epochs 1 to 3"):
            epochs.select([number])

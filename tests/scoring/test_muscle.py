import numpy as np
import pytest

from sleeplm.kinds.stages import Stage
from sleeplm.scoring.muscle import rem_atonia_index

REM = (Stage.R,) * 20
SFREQ_HZ = 128


def chin(height_uv):
    """EMG of 600 s whose mean rectified height is given for each second."""
    noise = np.random.default_rng(0).standard_normal((600, SFREQ_HZ)) / 0.75  # what is left above 10 Hz, rectified
    return (noise * np.broadcast_to(height_uv, 600)[:, None]).ravel()


def alternating(*heights_uv):
    return np.resize(np.array(heights_uv, float), 600)


def test_complete_atonia_is_one_and_twitching_in_every_other_second_one_half():
    assert rem_atonia_index(chin(0.3), SFREQ_HZ, REM) == 1.0
    assert rem_atonia_index(chin(alternating(0.3, 8.0)), SFREQ_HZ, REM) == pytest.approx(0.5, abs=0.01)


def test_seconds_between_one_and_two_microvolts_count_for_neither_side():
    thirds = alternating(0.3, 1.8, 8.0)
    assert rem_atonia_index(chin(thirds), SFREQ_HZ, REM) == pytest.approx(0.5, abs=0.03)


def test_constant_noise_is_taken_off():
    assert rem_atonia_index(chin(2.5), SFREQ_HZ, REM) > 0.8


def test_only_rem_sleep_counts():
    heights = np.repeat([8.0, 0.3], 300) * alternating(1, 0.2)
    hypnogram = (Stage.N2,) * 10 + (Stage.R,) * 10
    assert rem_atonia_index(chin(heights), SFREQ_HZ, hypnogram) == 1.0


@pytest.mark.parametrize("hypnogram, sfreq_hz, lost", [
    (REM[:9], SFREQ_HZ, 0), ((Stage.N2,) * 20, SFREQ_HZ, 0), (REM, 50, 0), (REM, SFREQ_HZ, 400), ((), SFREQ_HZ, 0),
])  # fmt: skip
def test_without_five_minutes_of_usable_rem_there_is_none(hypnogram, sfreq_hz, lost):
    emg = chin(0.3)
    emg[: lost * SFREQ_HZ] = np.nan
    assert rem_atonia_index(emg, sfreq_hz, hypnogram) is None

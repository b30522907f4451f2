import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.kinds.channels import CHANNEL_NAMES, RECORDABLE_NAMES
from sleeplm.recording import open_recording
from sleeplm.recording.quality import FAULTS, assess
from tests.fakes import FakeRecording

N = 12  # epochs


def pink(sfreq_hz=128.0, sd=20.0, epochs=N, seed=0):
    """Noise whose power falls as that of an EEG."""
    n = round(epochs * 30 * sfreq_hz)
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=n))
    f = np.maximum(np.fft.rfftfreq(n, 1 / sfreq_hz), 0.3)
    x = np.fft.irfft(spectrum / f, n)
    return x / x.std() * sd


def breath(sfreq_hz=32.0, epochs=N, size=1.0, seed=0):
    t = np.arange(round(epochs * 30 * sfreq_hz)) / sfreq_hz
    noise = np.random.default_rng(seed).normal(size=len(t))
    return size * np.sin(2 * np.pi * 0.25 * t) + 0.01 * noise


def epochs_with(fault, name, values, sfreq_hz):
    """Numbers, from 1, of the epochs that have a fault."""
    quality = FakeRecording({name: (np.asarray(values, float), sfreq_hz)}).quality
    return (np.flatnonzero(quality.has(name, fault)) + 1).tolist()


def all_faults(name, values, sfreq_hz):
    return {f: e for f in FAULTS if (e := epochs_with(f, name, values, sfreq_hz))}


def part(sfreq_hz, first, last):
    """Samples of epochs `first` to `last`, counted from 1."""
    return slice(round((first - 1) * 30 * sfreq_hz), round(last * 30 * sfreq_hz))


def test_a_good_signal_has_no_fault():
    assert all_faults("C3", pink(), 128.0) == {}
    assert all_faults("AF", breath(), 32.0) == {}


def test_a_channel_that_is_not_there_is_missing_and_not_told_of():
    quality = FakeRecording({"C3": (pink(), 128.0)}).quality
    assert quality.faults.shape == (N, 16) and quality.faults.dtype == np.uint8
    assert not quality.usable("C4").any() and quality.usable("C3").all()
    assert quality.summary() == []


def test_gaps_are_missing():
    x = pink()
    x[part(128, 3, 4)] = np.nan
    x[part(128, 7, 7)][:1000] = np.nan  # a quarter of an epoch
    assert all_faults("C3", x, 128.0) == {"missing": [3, 4]}


def test_a_signal_that_ends_early_is_missing_from_there():
    recording = FakeRecording({"C3": (pink()[: 128 * 30 * 7], 128.0)}, duration_s=N * 30)
    assert (np.flatnonzero(recording.quality.has("C3", "missing")) + 1).tolist() == [8, 9, 10, 11, 12]


@pytest.mark.parametrize(("name", "sd"), [("C3", 20), ("EOG_L", 20), ("EMG_CHIN", 3), ("ECG", 0.3), ("LEG_L", 3)])
def test_a_flat_electrode(name, sd):
    x = pink(sd=sd)
    x[part(128, 5, 6)] = 7 * sd / 20
    assert epochs_with("flat", name, x, 128.0) == [5, 6]


def test_a_quiet_chin_of_rem_sleep_is_not_flat():
    x = pink(sd=5)
    x[part(128, 5, 9)] = np.random.default_rng(1).normal(size=5 * 30 * 128) * 0.4
    assert all_faults("EMG_CHIN", x, 128.0) == {}


def test_clipping_is_a_stay_at_the_extreme_and_not_a_peak():
    x = pink()
    x[part(128, 4, 4)] *= 4
    top = np.abs(x[part(128, 4, 4)]).max()
    x[part(128, 8, 8)] *= 20
    assert epochs_with("clipped", "C3", np.clip(x, -top, top), 128.0) == [8]


def test_a_rectified_signal_at_rest_is_not_clipped():
    x = np.maximum(pink(sd=3, seed=2), 0)
    assert epochs_with("clipped", "SNORE", x, 128.0) == []


def test_a_muscle_that_rests_at_the_lowest_of_its_coarse_steps_is_not_clipped():
    x = np.full(N * 30 * 128, 600.0)
    x[::997] = 631
    assert epochs_with("clipped", "LEG_L", x, 128.0) == []


def test_a_probe_that_is_off():
    x = np.full(N * 30, 96.0)
    x[part(1, 2, 3)] = -1
    x[part(1, 5, 5)] = 127
    x[part(1, 7, 7)][:10] = 0
    assert all_faults("SPO2", x, 1.0) == {"disconnected": [2, 3, 5]}


def test_an_unknown_position_is_missing_and_zero_is_a_position():
    x = np.zeros(N * 30)
    x[part(1, 2, 3)] = -1
    assert all_faults("POS", x, 1.0) == {"missing": [2, 3]}


@pytest.mark.parametrize("name", ["AF", "THX"])
def test_stillness_of_breathing_is_a_fault_only_where_no_apnea_lasts_as_long(name):
    x = breath()
    x[32 * 10 : 32 * 130] *= 0.01  # 120 s
    assert all_faults(name, x, 32.0) == {}
    x[part(32, 6, 11)] *= 0.01
    assert all_faults(name, x, 32.0) == {"disconnected": [6, 7, 8, 9, 10, 11]}


def test_a_cannula_that_has_fallen_off_gives_noise_without_rhythm():
    x = breath()
    x[part(32, 5, 10)] = white(6, 0.1, 32.0)
    assert all_faults("AF", x, 32.0) == {"disconnected": [5, 6, 7, 8, 9, 10]}
    x[part(32, 5, 10)] = white(6, 40, 32.0)
    assert epochs_with("disconnected", "AF", x, 32.0) == [5, 6, 7, 8, 9, 10]
    assert all_faults("THX", white(N, 5, 32.0), 32.0) == {"disconnected": list(range(1, N + 1))}


def test_shallow_breathing_is_no_sensor_that_is_off():
    x = breath()
    x[part(32, 4, 10)] *= 0.15
    assert all_faults("AF", x, 32.0) == {}


def test_one_value_all_night_is_flat():
    assert epochs_with("flat", "AF", np.full(N * 960, 3.0), 32.0) == list(range(1, N + 1))


def test_a_rate_that_gives_no_whole_number_of_samples():
    sfreq_hz = 99.987
    x = np.interp(np.arange(int(N * 30 * sfreq_hz)) / sfreq_hz, np.arange(N * 30 * 128) / 128, pink())
    x[int(90 * sfreq_hz) + 1 : int(120 * sfreq_hz)] = 5
    recording = FakeRecording({"C3": (x, sfreq_hz)}, duration_s=N * 30)
    assert (np.flatnonzero(recording.quality.has("C3", "flat")) + 1).tolist() == [4]


def test_samples_follow_their_epoch_and_the_rest_the_last_one():
    x = pink()
    x[part(128, 2, 2)] = np.nan
    x[part(128, N, N)] = np.nan
    quality = FakeRecording({"C3": (x, 128.0)}).quality
    usable = quality.usable_samples("C3", 10.0, N * 300 + 50)
    bad = np.flatnonzero(~usable)
    assert usable.shape == (N * 300 + 50,)
    assert set(bad) == set(range(300, 600)) | set(range((N - 1) * 300, N * 300 + 50))


@given(
    st.sampled_from(RECORDABLE_NAMES),
    st.integers(0, 2),
    st.floats(0.02, 130),
    st.integers(0, 200),
    st.sampled_from([np.zeros, np.ones, lambda n: np.full(n, np.nan), lambda n: np.arange(n) % 7.0]),
)
def test_any_length_rate_and_content_gives_as_many_epochs_as_there_are(name, epochs, sfreq_hz, more, content):
    n = int(epochs * 30 * sfreq_hz) + more
    recording = FakeRecording({name: (content(n), sfreq_hz)}, duration_s=epochs * 30)
    quality = assess(recording)
    assert quality.faults.shape == (epochs, len(RECORDABLE_NAMES))
    assert len(quality.usable_samples(name, 7.0, 5)) == 5


def hum(epochs, hz=50, size=60.0, sfreq_hz=128.0):
    return size * np.sin(2 * np.pi * hz * np.arange(round(epochs * 30 * sfreq_hz)) / sfreq_hz)


def white(epochs, sd, sfreq_hz=128.0, seed=5):
    return np.random.default_rng(seed).normal(size=round(epochs * 30 * sfreq_hz)) * sd


@pytest.mark.parametrize("hz", [50, 60])
def test_mains_hum_leaves_a_signal_until_nothing_else_is_left(hz):
    x = pink()
    x[part(128, 3, 4)] += hum(2, hz, 25)
    x[part(128, 8, 8)] = hum(1, hz, 25) + white(1, 1)
    assert all_faults("C3", x, 128.0) == {"mains": [3, 4, 8], "disconnected": [8]}


def test_hum_at_a_rate_that_cannot_show_it_is_not_looked_for():
    assert all_faults("C3", pink(64.0), 64.0) == {}


@pytest.mark.parametrize(("name", "sd", "noise"), [("C4", 20, 0.4), ("EOG_R", 30, 0.6), ("ECG", 0.3, 0.004)])
def test_an_electrode_that_is_off_gives_the_noise_of_its_amplifier(name, sd, noise):
    x = pink(sd=sd)
    x[part(128, 5, 7)] = white(3, noise)
    assert all_faults(name, x, 128.0) == {"disconnected": [5, 6, 7]}


def test_a_loose_electrode_gives_loud_noise_or_floats_far_above_the_night():
    x = pink()
    x[part(128, 9, 9)] = white(1, 120)
    x[part(128, 5, 6)] = pink(epochs=2, sd=2000, seed=4)
    assert epochs_with("disconnected", "C3", x, 128.0) == [5, 6, 9]


def test_muscle_over_a_waking_eeg_is_no_disconnected_electrode():
    x = pink()
    x[part(128, 2, 4)] = pink(epochs=3, sd=8) + white(3, 15)
    assert epochs_with("disconnected", "C3", x, 128.0) == []


def test_a_movement_is_a_burst_in_all_frequencies():
    x = pink()
    x[part(128, 3, 3)][1000:2000] += white(1, 200)[:1000]
    assert all_faults("C3", x, 128.0) == {"movement": [3]}


def test_large_slow_waves_and_a_tense_jaw_are_no_movement():
    x = pink()
    t = np.arange(4 * 30 * 128) / 128
    x[part(128, 2, 5)] += 150 * np.sin(2 * np.pi * 0.8 * t)
    x[part(128, 9, 9)] += white(1, 20)
    assert all_faults("C3", x, 128.0) == {}


def test_a_belt_thrown_about_is_movement_and_deep_breaths_are_not():
    x = breath()
    x[part(32, 3, 3)] *= 8
    x[part(32, 7, 7)] *= 2.5
    assert all_faults("THX", x, 32.0) == {"movement": [3]}


def test_a_derivation_is_clipped_or_flat_where_one_of_its_electrodes_is(make_edf):
    c3, m2 = pink(epochs=4), pink(epochs=4, seed=9)
    m2[part(128, 2, 2)] = np.clip(m2[part(128, 2, 2)] * 20, -150, 150)  # at the amplifier's end, which is 150 uV
    c3[part(128, 4, 4)] = 0
    recording = open_recording(make_edf(("C3", 128.0, "uV", c3), ("M2", 128.0, "uV", m2)))
    assert recording.channels["C3"].note == "re-referenced: 'C3' minus 'M2'"
    assert (np.flatnonzero(recording.quality.has("C3", "clipped")) + 1).tolist() == [2]
    assert (np.flatnonzero(recording.quality.has("C3", "flat")) + 1).tolist() == [4]


def test_what_people_are_told():
    x = pink()
    x[part(128, 3, 4)] = 0
    x[part(128, 9, 9)] = 0
    quality = FakeRecording({"C3": (x, 128.0), "SPO2": (np.full(N * 30, -1.0), 1.0)}).quality
    assert quality.summary() == ["C3: 3 of 12 epochs flat, from 23:01.", "SPO2: disconnected throughout."]
    row = quality.rows()[0]
    assert row == {
        "channel": "C3", "fault": "flat", "epochs": 3, "of": 12, "usable": False, "runs": [[3, 4], [9, 9]],
    }  # fmt: skip


def test_the_saturation_of_the_cpap_night_was_never_recorded(data):
    recording = open_recording(data / "recordings/cpap_night/20241127_004016_SAD.edf")
    assert recording.quality.summary() == ["SPO2: disconnected throughout."]
    assert not recording.quality.usable("SPO2").any()


def test_the_ground_electrodes_of_a_nox_amplifier_are_disconnected_and_its_derivations_are_not(data):
    file = data / "recordings/nox_a1_2min.edf"
    quality = open_recording(file, {"C4": "F", "EOG_R": "M1M2"}).quality
    assert quality.has("C4", "disconnected").all() and quality.has("EOG_R", "disconnected").all()
    lost = [n for n in quality.recorded if n != "POS" and not quality.usable(n).all()]
    assert lost == ["EOG_R", "C4"]  # not the left leg, whose rest lies below its step of 31 uV


def test_deep_sleep_of_real_people_has_no_fault(data):
    with np.load(data / "eeg_epochs/ucddb_wake_n3_128hz.npz") as people:
        nights = {name: people[name].astype(np.float32).ravel() / 100 for name in people.files}
    n_epochs = n_faulty = 0
    for person in sorted(name[:-3] for name in nights if name.endswith("_N3")):
        wake = nights.get(f"{person}_W", np.zeros(0, np.float32))
        quality = FakeRecording({"C3": (np.concatenate([wake, nights[f"{person}_N3"]]), 128.0)}).quality
        deep = quality.faults[len(wake) // 3840 :, CHANNEL_NAMES.index("C3")]
        n_epochs, n_faulty = n_epochs + len(deep), n_faulty + int(np.count_nonzero(deep))
    assert n_epochs == 2395 and n_faulty <= 1


def test_a_whole_night_of_one_eeg_is_usable(data):
    quality = open_recording(data / "recordings/ucddb018.edf").quality
    assert quality.usable("C3").all() and len(quality.usable("C3")) == 822


def test_movement_of_a_real_night_lies_where_the_expert_scored_wake(data):
    moving = open_recording(data / "recordings/ucddb018.edf").quality.has("C3", "movement")
    with open(data / "recordings/ucddb018_stage.csv", encoding="utf-8") as file:
        stages = [row["stage"] for row in csv.DictReader(file)]
    assert moving.sum() >= 10 and {stages[i] for i in np.flatnonzero(moving)} == {"W"}


def test_apneas_of_the_cpap_night_do_not_take_its_flow_for_lost(data):
    quality = open_recording(data / "recordings/cpap_night/20241127_004016_BRP.edf").quality
    assert quality.usable("AF").all()

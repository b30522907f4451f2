import csv
import warnings

import numpy as np
import pytest

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.kinds.events import APNEAS
from sleeplm.kinds.stages import Stage
from sleeplm.simulate import PROFILES, simulate_night, write_night
from sleeplm.simulate.events import SOURCE
from sleeplm.simulate.profiles import draw_person
from sleeplm.units import EPOCH_S


@pytest.fixture(scope="module")
def severe():
    return simulate_night(seed=3, hours=1.5, profile="osa-severe")


@pytest.fixture(scope="module")
def limbs():
    return simulate_night(seed=1, hours=2, profile="plm")


def of(night, *types):
    return [e for e in night.events if e.type in types]


def cut(night, name, start_s, end_s):
    values, sfreq_hz = night.signals[name]
    return values[max(int(start_s * sfreq_hz), 0) : int(end_s * sfreq_hz)]


def rms(values):
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def epochs_of(night, name, stage):
    values, sfreq_hz = night.signals[name]
    parts = values.reshape(len(night.hypnogram), int(EPOCH_S * sfreq_hz))
    return parts[[s == stage for s in night.hypnogram]]


def test_every_canonical_channel_is_whole_and_finite(severe):
    assert tuple(severe.signals) == CHANNEL_NAMES
    for values, sfreq_hz in severe.signals.values():
        assert values.dtype == np.float32
        assert len(values) == severe.duration_s * sfreq_hz
        assert np.isfinite(values).all()


def test_same_seed_same_night_and_another_seed_another():
    one, same, other = (simulate_night(seed=s, hours=0.5, profile="plm") for s in (5, 5, 6))
    assert one.hypnogram == same.hypnogram and one.events == same.events
    for name in CHANNEL_NAMES:
        np.testing.assert_array_equal(one.signals[name][0], same.signals[name][0])
    assert not np.array_equal(one.signals["C3"][0], other.signals["C3"][0])


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_simulates_events_within_the_night(profile):
    night = simulate_night(seed=2, hours=0.5, profile=profile)
    assert len(night.hypnogram) == 60
    assert night.events and {e.source for e in night.events} == {SOURCE}
    assert all(0 <= e.start_s < night.duration_s and e.duration_s > 0 for e in night.events)
    assert [e.start_s for e in night.events] == sorted(e.start_s for e in night.events)


def test_respiratory_events_lie_in_sleep_and_last_ten_seconds(severe):
    events = of(severe, *APNEAS, "hypopnea")
    assert len(events) > 20
    for e in events:
        stages = severe.hypnogram[int(e.start_s // EPOCH_S) : int(e.end_s // EPOCH_S) + 1]
        assert Stage.W not in stages
        assert e.duration_s >= 10


@pytest.mark.parametrize("profile", ["csa", "osa-severe"])
def test_flow_stops_in_apnoeas_and_effort_only_in_central_ones(profile):
    night = simulate_night(seed=0, hours=2, profile=profile)
    quiet = np.median([rms(x) for x in epochs_of(night, "AF", Stage.N2)])
    belts = np.median([rms(x) for x in epochs_of(night, "THX", Stage.N2)])
    for e in of(night, *APNEAS):
        middle = (e.start_s + 2, e.end_s - 2)
        assert rms(cut(night, "AF", *middle)) < 0.25 * quiet
        if e.type == "apnea_central":
            assert np.std(cut(night, "THX", *middle)) < 0.35 * belts  # a belt may have slipped
    efforts = [np.std(cut(night, "THX", e.start_s + 2, e.end_s - 2)) for e in of(night, "apnea_obstructive")]
    assert len(of(night, *APNEAS)) > 5
    assert profile == "csa" or np.median(efforts) > 0.3 * belts


def test_every_desaturation_of_the_truth_shows_in_spo2(severe):
    falls = of(severe, "desaturation")
    assert len(falls) > 10
    for e in falls:
        values = cut(severe, "SPO2", e.start_s, e.end_s)
        assert values[0] - values.min() >= 3
    assert np.all(severe.signals["SPO2"][0] == np.rint(severe.signals["SPO2"][0]))


def test_every_hypopnoea_desaturates_or_arouses_where_an_arousal_fits(severe):
    hypopneas = of(severe, "hypopnea")
    followed = [
        any(e.start_s < f.start_s < e.end_s + 30 for f in of(severe, "desaturation", "arousal")) for e in hypopneas
    ]
    assert np.mean(followed) > 0.9


def test_sleepecg_finds_the_beats(severe):
    from sleepecg import detect_heartbeats

    ecg, sfreq_hz = severe.signals["ECG"]
    found = detect_heartbeats(ecg.astype(float), sfreq_hz) / sfreq_hz
    nearest = np.abs(found[np.searchsorted(found, severe.beats_s).clip(1, len(found) - 1)] - severe.beats_s)
    nearest = np.minimum(
        nearest, np.abs(found[np.searchsorted(found, severe.beats_s).clip(1, len(found) - 1) - 1] - severe.beats_s)
    )
    assert np.mean(nearest < 0.1) > 0.98
    assert abs(len(found) - len(severe.beats_s)) < 0.02 * len(severe.beats_s)


def test_legs_move_where_the_truth_says_and_series_keep_their_distance(limbs):
    plm = of(limbs, "plm")
    assert len(plm) > 10
    for e in plm:
        for leg in e.channels:
            values = limbs.signals[leg][0]
            assert rms(cut(limbs, leg, e.start_s, e.end_s)) > 5 * np.median(np.abs(values))
    gaps = np.diff([e.start_s for e in plm])
    assert 18 < np.median(gaps) < 42


def test_amplitudes_are_those_of_the_stage():
    night = simulate_night(seed=4, hours=5, profile="healthy-young")
    deep, light = (np.median([rms(x) for x in epochs_of(night, "C4", s)]) for s in (Stage.N3, Stage.N2))
    assert 1.4 * light < deep < 80
    chin = {s: np.median([rms(x) for x in epochs_of(night, "EMG_CHIN", s)]) for s in (Stage.W, Stage.N2, Stage.R)}
    assert chin[Stage.W] > chin[Stage.N2] > chin[Stage.R]
    spindles = of(night, "spindle")[:50]
    assert all(0.5 <= x.duration_s <= 2.0 for x in spindles)
    tops = np.array([_top_hz(cut(night, "C4", x.start_s, x.end_s), 128) for x in spindles])
    assert np.mean((tops >= 11) & (tops <= 16)) > 0.8


def _top_hz(values, sfreq_hz):
    spectrum = np.abs(np.fft.rfft(values * np.hanning(len(values)), 1024))
    freqs = np.fft.rfftfreq(1024, 1 / sfreq_hz)
    inside = (freqs > 9) & (freqs < 18)
    return freqs[inside][np.argmax(spectrum[inside])]


def test_rapid_eye_movements_are_out_of_phase():
    night = simulate_night(seed=4, hours=5, profile="healthy-young")
    left, right = (epochs_of(night, n, Stage.R).ravel() for n in ("EOG_L", "EOG_R"))
    big = np.abs(left - right) > 100
    assert big.any()
    assert np.corrcoef(left[big], right[big])[0, 1] < -0.5


def test_written_night_is_read_back_and_says_that_it_is_simulated(tmp_path, severe):
    edfio = pytest.importorskip("edfio")
    out = tmp_path / "night.edf"
    write_night(severe, out)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["night.edf", "night.events.csv", "night.hypnogram.csv"]
    edf = edfio.read_edf(out)
    assert "simulated sleeplm osa-severe seed-3" in edf.local_recording_identification
    assert edf.local_patient_identification == "X X X X"
    for signal, (values, sfreq_hz) in zip(edf.signals, severe.signals.values(), strict=True):
        assert signal.sampling_frequency == sfreq_hz
        step = (signal.physical_max - signal.physical_min) / (signal.digital_max - signal.digital_min)
        np.testing.assert_allclose(signal.data, values, atol=step)
    rows = list(csv.DictReader((tmp_path / "night.hypnogram.csv").read_text().splitlines()))
    assert rows[0]["epoch"] == "1"
    assert [r["stage"] for r in rows] == [str(s) for s in severe.hypnogram]
    written = list(csv.DictReader((tmp_path / "night.events.csv").read_text().splitlines()))
    assert len(written) == len(severe.events)
    assert {"type", "start_s", "duration_s"} == set(written[0])


def test_same_night_gives_the_same_bytes(tmp_path):
    for name in ("a.edf", "b.edf"):
        write_night(simulate_night(seed=9, hours=0.25), tmp_path / name)
    assert (tmp_path / "a.edf").read_bytes() == (tmp_path / "b.edf").read_bytes()
    assert (tmp_path / "a.events.csv").read_bytes() == (tmp_path / "b.events.csv").read_bytes()


@pytest.mark.parametrize(
    "arguments", [{"profile": "nobody"}, {"hours": 0}, {"hours": 100}, {"hours": float("nan")}, {"seed": -1}]
)
def test_arguments_out_of_range_are_refused_in_one_sentence(arguments):
    with pytest.raises(UsageError) as caught:
        simulate_night(**arguments)
    assert "\n" not in str(caught.value)


def test_a_name_that_is_no_edf_is_refused(tmp_path):
    night = simulate_night(hours=0.25)
    with pytest.raises(UsageError):
        write_night(night, tmp_path / "night.csv")
    with pytest.raises(UsageError):
        write_night(night, tmp_path / "missing" / "night.edf")
    assert not list(tmp_path.iterdir())


def test_yasa_stages_a_simulated_night():
    from scipy.signal import resample_poly
    from sklearn.metrics import cohen_kappa_score

    night = simulate_night(seed=0, hours=4, profile="osa-mild")
    names = ("C4", "EOG_L", "EMG_CHIN")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mne
        import yasa

        data = np.stack([resample_poly(night.signals[n][0].astype(float), 25, 32) for n in names]) * 1e-6
        raw = mne.io.RawArray(data, mne.create_info(list(names), 100, ["eeg", "eog", "emg"]), verbose="error")
        staged = yasa.SleepStaging(raw, eeg_name="C4", eog_name="EOG_L", emg_name="EMG_CHIN").predict()
    words = {"WAKE": "W", "REM": "R"}
    staged = [words.get(str(s), str(s)) for s in (staged.hypno if hasattr(staged, "hypno") else staged)]
    assert cohen_kappa_score([str(s) for s in night.hypnogram], staged) >= 0.6


def test_people_out_of_distribution_lie_outside_the_range_of_usual_ones():
    rng = np.random.default_rng(0)
    usual, out_of_distribution = ([draw_person(PROFILES["csa"], rng, u) for _ in range(60)] for u in (False, True))
    assert not any(p.out_of_distribution for p in usual) and all(p.out_of_distribution for p in out_of_distribution)
    for name in ("hypopnea_s", "apnea_s", "central_s", "cycle_s", "arousal_s", "plm_interval_s", "leg_s"):
        values = [getattr(p.habits, name) for p in usual]
        assert not any(min(values) < getattr(p.habits, name) < max(values) for p in out_of_distribution)
    for name in ("ahi_per_h", "depth_pct", "arousals_per_h", "heart_bpm"):
        values = [getattr(p.profile, name) for p in usual]
        assert not any(min(values) < getattr(p.profile, name) < max(values) for p in out_of_distribution)


@pytest.mark.parametrize("profile", PROFILES)
def test_nights_out_of_distribution_are_whole_and_others_than_usual_ones(profile):
    usual, out_of_distribution = (
        simulate_night(seed=4, hours=0.5, profile=profile, out_of_distribution=u) for u in (False, True)
    )
    assert usual.events != out_of_distribution.events
    for values, _ in out_of_distribution.signals.values():
        assert np.isfinite(values).all()

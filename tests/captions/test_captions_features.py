import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import welch

from sleeplm.captions.brain import BANDS_HZ, brain_features, relative_powers
from sleeplm.captions.breaths import spectral_rates
from sleeplm.captions.cardiac import cardiac_features, heart_features
from sleeplm.captions.events import event_features
from sleeplm.captions.respiratory import respiratory_features
from sleeplm.captions.somatic import somatic_features
from sleeplm.epochs import cut_epochs
from sleeplm.night import Event, Scoring, epochs_between
from sleeplm.scoring.heart import rate_of
from sleeplm.simulate import simulate_night
from sleeplm.vocabulary import APNEAS, Stage

N2, R, W = Stage.N2, Stage.R, Stage.W


def _heart(beats_s):
    """Attributes of one epoch with these beats."""
    return heart_features(rate_of(beats_s), 1)[0]


@pytest.fixture(scope="module")
def simulated(make_recording):
    """A simulated night of severe apnoea, and which epochs no breathing event or artefact touches."""
    night = simulate_night(3, 2.0, "osa-severe")
    recording = make_recording(night.signals, len(night.hypnogram))
    clean = np.ones(len(night.hypnogram), bool)
    for event in night.events:
        if event.type in (*APNEAS, "hypopnea", "artifact"):
            first, last = epochs_between(event.start_s, event.end_s, len(clean))
            clean[first - 1 : last] = False
    return night, recording, cut_epochs(recording), clean


def test_the_heart_rate_of_a_simulated_night_is_within_a_beat_of_its_truth(simulated):
    night, recording, epochs, _ = simulated
    errors = []
    for e, row in enumerate(cardiac_features(recording, epochs, Scoring())):
        beats = night.beats_s[(night.beats_s >= 30 * e) & (night.beats_s < 30 * e + 30)]
        if "hr_mean_bpm" in row:
            errors.append(abs(row["hr_mean_bpm"] - 60 / np.diff(beats).mean()))
    assert len(errors) >= 0.95 * len(epochs)
    assert np.mean(np.array(errors) <= 1) >= 0.99


def test_the_breathing_rate_of_a_simulated_night_is_within_half_a_breath_of_its_truth(simulated):
    night, recording, epochs, clean = simulated
    rows = respiratory_features(recording, epochs)
    told = [
        (r["rate_per_min"], night.breaths_per_min[e])
        for e, r in enumerate(rows)
        if clean[e] and "rate_per_min" in r
    ]
    assert len(told) >= 0.95 * clean.sum()
    assert np.mean([abs(a - b) <= 0.5 for a, b in told]) >= 0.98


def test_the_events_of_a_simulated_night_are_told_at_their_times(simulated):
    night, recording, epochs, _ = simulated
    rows = event_features(recording, epochs, Scoring(night.hypnogram, "expert", night.events, {}))
    for event in night.events:
        e = int(event.start_s // 30)
        if event.type not in ("spindle", "slow_wave"):
            assert any(
                t["type"] == event.type and abs(t["start_s"] + 30 * e - event.start_s) <= 0.051
                for t in rows[e]["events"]
            )


def test_band_powers_equal_a_direct_welch_estimate_within_a_point(made):
    recording, epochs, scoring = made
    rows = brain_features(recording, epochs, scoring)
    for e in (0, 40, 119):
        freqs, psd = welch(epochs.signals[e, 6], 64, nperseg=256)
        total = psd[(freqs >= 0.5) & (freqs < 30)].sum()
        for band, (low, high) in BANDS_HZ.items():
            direct = 100 * psd[(freqs >= low) & (freqs < high)].sum() / total
            assert abs(rows[e]["C3"][f"{band}_pct"] - direct) <= 0.5
        assert abs(rows[e]["C3"]["rms_uv"] - epochs.signals[e, 6].std()) <= 0.5


@pytest.mark.parametrize("band, hz", [("delta", 2), ("theta", 6), ("alpha", 10), ("sigma", 14), ("beta", 20)])
def test_a_pure_rhythm_lies_in_its_band(band, hz):
    powers = relative_powers(np.sin(2 * np.pi * hz * np.arange(1920) / 64)[None])
    assert powers[band][0] > 0.99


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100))
@settings(max_examples=20, deadline=None)
def test_band_shares_add_up_whatever_the_scale(seed, scale):
    x = np.random.default_rng(seed).normal(size=(2, 1920))
    powers, scaled = relative_powers(x), relative_powers(x * scale)
    assert np.allclose(sum(powers.values()), 1)
    assert all(np.allclose(powers[b], scaled[b]) for b in powers)


def test_an_eeg_too_large_to_be_brain_gets_no_number(make_recording, signals_of):
    signals = signals_of(2)
    signals["C3"][0][:3840] *= 100
    recording = make_recording({"C3": signals["C3"]}, 2)
    rows = brain_features(recording, cut_epochs(recording), Scoring())
    assert rows[0]["C3"] == {"artifact": True}
    assert "rms_uv" in rows[1]["C3"]


def test_scored_spindles_and_eye_movements_are_told_in_the_stages_that_they_belong_to(make_recording, signals_of):
    signals = signals_of(20)
    recording = make_recording({n: signals[n] for n in ("C3", "EOG_L", "EOG_R")}, 20)
    kinds = ("spindle", "rapid_eye_movement")
    events = [Event(kind, 30.0 * e + 5, 1.0) for kind in kinds for e in range(20)]
    hypnogram = (N2,) * 15 + (Stage.R,) * 3 + (Stage.UNSCORED,) * 2
    scoring = Scoring(hypnogram, "expert", tuple(events), dict.fromkeys(kinds, "automatic"))
    rows = brain_features(recording, cut_epochs(recording), scoring)
    assert all(row["spindles"] == [{"start_s": 5.0, "end_s": 6.0}] for row in rows[:15])
    assert all("spindles" not in row and "slow_waves" not in row for row in rows[15:])
    assert all(row["rapid_eye_movements"] == [5.5] for row in rows[15:18])
    assert all("rapid_eye_movements" not in row for row in rows[:15] + rows[18:])


def test_the_scorers_own_spindles_win(made):
    recording, epochs, _ = made
    spindles = (Event("spindle", 181.2, 0.8, source="expert"),)
    mine = Scoring((N2,) * 120, "expert", spindles, {"spindle": "expert"})
    rows = brain_features(recording, epochs, mine)
    assert rows[6]["spindles"] == [{"start_s": 1.2, "end_s": 2.0}]
    assert rows[7]["spindles"] == [] and rows[7]["spindles_n"] == 0


@given(st.floats(42, 130), st.floats(0, 0.04), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_heart_rate_is_within_one_beat_of_the_truth(bpm, jitter, seed):
    rr = 60 / bpm * (1 + jitter * np.random.default_rng(seed).uniform(-1, 1, 100))
    beats = np.cumsum(rr)
    beats = beats[beats < 30]
    values = _heart(beats)
    assert abs(values["hr_mean_bpm"] - 60 / np.diff(beats).mean()) <= 0.51
    assert values["hr_min_bpm"] <= values["hr_mean_bpm"] <= values["hr_max_bpm"]


def test_missed_and_extra_beats_neither_halve_nor_double_the_rate():
    beats = np.arange(0.2, 30, 1.0)
    assert _heart(np.delete(beats, [5, 12, 20]))["hr_mean_bpm"] == 60
    assert _heart(np.sort(np.append(beats, [7.5, 15.4])))["hr_mean_bpm"] == 60


def test_too_few_beats_give_no_heart_rate():
    assert _heart(np.array([])) == {}
    assert _heart(np.array([3.0])) == {}
    assert _heart(np.arange(0, 10, 1.0)) == {}


@pytest.mark.parametrize("last, word", [(80, "rising"), (50, "falling"), (65, "stable")])
def test_the_trend_of_the_heart_is_told(last, word):
    beats = np.cumsum(60 / np.linspace(65, last, 40))
    assert _heart(beats[beats < 30])["hr_trend"] == word


def test_rmssd_is_the_root_mean_square_of_successive_differences():
    rr = np.tile([0.95, 1.0], 20)
    assert _heart(np.cumsum(rr)[np.cumsum(rr) < 30])["rmssd_ms"] == 50


def test_the_heart_of_a_made_night_beats_at_its_rate(made):
    recording, epochs, _ = made
    rows = cardiac_features(recording, epochs, Scoring())
    assert {row["hr_mean_bpm"] for row in rows} == {63}
    spo2 = epochs.signals[7, 10]
    assert (rows[7]["spo2_min_pct"], rows[7]["spo2_max_pct"]) == (spo2.min(), spo2.max())


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


def test_legs_are_told_as_they_were_scored_and_only_where_a_leg_can_be_seen(make_recording, signals_of):
    signals = signals_of(3)
    signals["LEG_L"][0][30 * 256 : 60 * 256] = 0
    recording = make_recording({"LEG_L": signals["LEG_L"]}, 3)
    events = (Event("plm", 12.0, 1.5), Event("plm", 40.0, 2.0), Event("leg_movement", 89.0, 2.0))
    epochs = cut_epochs(recording)
    assert somatic_features(recording, epochs, Scoring(events=events)) == [{}, {}, {}]
    rows = somatic_features(recording, epochs, Scoring(events=events, event_sources={"plm": "expert"}))
    assert rows[0]["leg_movements"] == [{"start_s": 12.0, "end_s": 13.5, "type": "plm"}]
    assert rows[0]["legs"] == ["LEG_L"] and rows[1] == {}
    assert rows[2]["leg_movements"] == [{"start_s": 29.0, "end_s": 30, "type": "leg_movement"}]


def test_the_chin_is_measured_in_microvolts_and_against_the_night(make_recording, signals_of):
    x, _ = signals_of(30)["EMG_CHIN"]
    x[: 5 * 7680] *= 0.3
    recording = make_recording({"EMG_CHIN": (x, 256.0)}, 30)
    rows = somatic_features(recording, cut_epochs(recording), Scoring())
    assert [r["chin_tone"] for r in rows[:5]] == ["low"] * 5 and rows[10]["chin_tone"] == "usual"
    # White noise of 4 uV to 128 Hz: the pass band of 10 to 100 Hz keeps about 70% of its power.
    assert 3.0 < rows[10]["chin_uv"] < 3.8


def test_position_is_that_of_most_of_the_epoch_and_its_change_is_timed(make_recording):
    codes = np.concatenate((np.full(42, 2.0), np.full(18, 1.0)))
    recording = make_recording({"POS": (codes, 1.0)}, 2)
    rows = somatic_features(recording, cut_epochs(recording), Scoring())
    assert rows[0] == {"position": "supine"}
    assert rows[1]["position"] == "left"
    assert rows[1]["position_change"] == {"from": "supine", "to": "left", "at_s": 12}


def test_events_lie_in_their_epochs_to_the_tenth_and_cross_the_edges_openly(made):
    recording, epochs, _ = made
    events = (Event("apnea_obstructive", 24.3, 40.2), Event("arousal", 65.0, 5.0))
    rows = event_features(
        recording, epochs, Scoring((N2,) * 120, "expert", events, {"arousal": "expert", "apnea": "expert"})
    )
    first, middle, last = (rows[e]["events"][0] for e in range(3))
    assert (first["start_s"], first["end_s"], first["from_before"], first["into_next"]) == (24.3, 30, False, True)
    assert (middle["start_s"], middle["end_s"], middle["from_before"], middle["into_next"]) == (0, 30, True, True)
    assert (last["start_s"], last["end_s"], last["from_before"], last["into_next"]) == (0, 4.5, True, False)
    assert {e["duration_s"] for e in (first, middle, last)} == {40.2}
    assert first["arousal"] is True
    assert rows[3]["events"] == [] and rows[3]["looked_for"] == ["arousal"]


def test_a_desaturation_is_told_with_its_nadir_and_without_spo2_not_at_all(make_recording, signals_of):
    spo2 = np.full(60, 96.0)
    spo2[20:25] = 87
    events = (Event("desaturation", 15.0, 15.0),)
    scoring = Scoring((N2, N2), "expert", events, {"desaturation": "expert"})
    recording = make_recording({"SPO2": (spo2, 1.0)}, 2)
    assert event_features(recording, cut_epochs(recording), scoring)[0]["events"][0]["nadir_pct"] == 87
    without = make_recording({"C3": signals_of(2)["C3"]}, 2)
    rows = event_features(without, cut_epochs(without), scoring)
    assert all(r["events"] == [] and r["looked_for"] == [] for r in rows)


def test_the_confidence_of_automatic_stages_is_theirs(made):
    recording, epochs, _ = made
    probabilities = np.tile([0.1, 0.1, 0.634, 0.1, 0.066], (120, 1))
    rows = event_features(
        recording, epochs, Scoring((N2,) * 119 + (Stage.UNSCORED,), "yasa", probabilities=probabilities)
    )
    assert rows[0]["stage_confidence_pct"] == 63 and "previous_stage" not in rows[0]
    assert rows[1]["previous_stage"] == "N2"
    assert "stage" not in rows[119]

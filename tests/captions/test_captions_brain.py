from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import welch

from sleeplm.captions import caption_night
from sleeplm.captions.features.brain import brain_features, eye_amplitudes, relative_powers
from sleeplm.captions.features.spectra import densities
from sleeplm.kinds.bands import EEG_BANDS_HZ
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring
from sleeplm.recording import open_recording
from sleeplm.recording.epochs import cut_epochs

N2 = Stage.N2


def test_band_powers_equal_a_direct_welch_estimate_within_a_point(made):
    recording, epochs, scoring = made
    rows = brain_features(recording, epochs, scoring)
    for e in (0, 40, 119):
        freqs, psd = welch(epochs.signals[e, 6], 64, nperseg=256)
        total = psd[(freqs >= 0.5) & (freqs < 30)].sum()
        for band, (low, high) in EEG_BANDS_HZ.items():
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


@given(st.integers(40, 300), st.sampled_from([1, 4, 10]), st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_densities_are_those_of_scipy(sfreq_hz, window_s, seed):
    x = np.random.default_rng(seed).normal(5, 3, (2, 30 * sfreq_hz))
    freqs_hz, density = densities(x, sfreq_hz, window_s)
    direct_hz, direct = welch(x, sfreq_hz, nperseg=window_s * sfreq_hz)
    assert np.allclose(freqs_hz, direct_hz)
    assert np.allclose(density, direct, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("hz, name", [(0.5, "slow_uv"), (3, "saccadic_uv")])
def test_eye_movements_are_told_by_their_size_in_microvolts(hz, name):
    found = eye_amplitudes(40 * np.sqrt(2) * np.sin(2 * np.pi * hz * np.arange(1920) / 64)[None])
    other = ({"slow_uv", "saccadic_uv"} - {name}).pop()
    assert abs(found[name][0] - 40) < 1 and found[other][0] < 2


def test_an_eye_in_a_movement_of_the_body_gets_no_number(make_recording, signals_of):
    signals = {n: signals_of(40)[n] for n in ("EOG_L", "EOG_R")}
    draw = np.random.default_rng(0)
    signals["EOG_L"][0][30 * 128 : 38 * 128] += draw.normal(0, 150, 8 * 128)
    recording = make_recording(signals, 40)
    assert recording.quality.has("EOG_L", "movement")[1]
    rows = brain_features(recording, cut_epochs(recording), Scoring())
    assert rows[1]["EOG_L"] == {"artifact": True} and rows[1]["EOG_R"]["slow_uv"] > 0


def test_no_spindle_is_told_where_no_derivation_is_clean(make_recording, signals_of):
    signals = {n: signals_of(2)[n] for n in ("C3", "C4")}
    signals["C3"][0][100:200] = signals["C4"][0][4000:4100] = 900
    signals["C4"][0][100:200] = 900
    recording = make_recording(signals, 2)
    scoring = Scoring((N2, N2), "expert", (Event("spindle", 31.0, 1.0),), {"spindle": "expert"})
    rows = brain_features(recording, cut_epochs(recording), scoring)
    assert "spindles" not in rows[0] and rows[0]["C3"] == rows[0]["C4"] == {"artifact": True}
    assert rows[1]["spindles_n"] == 1 and rows[1]["C4"] == {"artifact": True}


def test_without_a_known_unit_no_microvolts_are_told(make_recording, signals_of):
    signals = {n: signals_of(24)[n] for n in ("C3", "EOG_L", "EMG_CHIN")}
    recording = make_recording(signals, 24)
    recording.questions = [SimpleNamespace(channel=name) for name in signals]
    night = caption_night(recording, cut_epochs(recording), Scoring())
    for row in night:
        brain, somatic = row["brain"].attributes, row["somatic"].attributes
        assert brain["C3"].keys() == {f"{band}_pct" for band in EEG_BANDS_HZ} and brain["EOG_L"] == {}
        assert "chin_uv" not in somatic and somatic["chin_tone"] == "usual"
        assert "uV" not in row["brain"].text + row["somatic"].text


def test_an_electrode_that_drifts_far_is_an_artifact_and_not_slow_activity(make_recording, signals_of):
    signals = {n: signals_of(2)[n] for n in ("C3", "C4")}
    ramp = np.linspace(0, 450, 8 * 128)  # uV in the last 8 s of the first epoch
    signals["C3"][0][22 * 128 : 30 * 128] += ramp
    signals["C3"][0][30 * 128 :] += 450
    recording = make_recording(signals, 2)
    rows = brain_features(recording, cut_epochs(recording), Scoring())
    assert rows[0]["C3"] == {"artifact": True} and rows[1]["C3"]["rms_uv"] > 0 and rows[0]["C4"]["rms_uv"] > 0


def test_the_nox_recording_whose_electrodes_drift_is_not_said_to_have_large_slow_waves(data):
    recording = open_recording(data / "recordings" / "nox_a1_2min.edf")
    rows = brain_features(recording, cut_epochs(recording), Scoring())
    assert rows[0]["C3"] == rows[0]["C4"] == {"artifact": True} and rows[2]["C3"]["rms_uv"] < 30

import gc
import weakref

import numpy as np
import pytest
from fakes import FakeRecording
from hypothesis import given, settings
from hypothesis import strategies as st

from sleeplm.night import Scoring
from sleeplm.scoring import HeartRate, heart_rate
from sleeplm.scoring import heart as heart_module
from sleeplm.scoring.heart import heart_of, rate_of
from sleeplm.scoring.hrv import variability, variability_by_stage
from sleeplm.scoring.rhythm import heart_events, pauses, premature_beats, rate_events

# Waves of one beat: centre in s from R, width in s, height in mV.
P, Q, R, S, T = (
    (-0.17, 0.022, 0.13),
    (-0.028, 0.009, -0.12),
    (0.0, 0.0105, 1.1),
    (0.03, 0.01, -0.22),
    (0.27, 0.045, 0.3),
)


def ecg_with_beats(beats_s, sfreq_hz=128, duration_s=120):
    """Narrow R waves at given times on a quiet baseline."""
    times_s = np.arange(int(duration_s * sfreq_hz)) / sfreq_hz
    nearest = np.abs(times_s[:, None] - np.asarray(beats_s)[None]).min(axis=1)
    return np.exp(-0.5 * (nearest / 0.012) ** 2) + 0.01 * np.random.default_rng(0).standard_normal(len(times_s))


def ecg_of(beats_s, waves=(P, Q, R, S, T), sfreq_hz=128, noise=0.02, every_second=1.0, seed=0):
    """Whole complexes at given times; every second beat may be smaller."""
    t = np.arange(int((beats_s[-1] + 1) * sfreq_hz)) / sfreq_hz
    ecg = np.random.default_rng(seed).normal(0, noise, len(t))
    for i, beat_s in enumerate(beats_s):
        for centre, width, height in waves:
            around = slice(max(int((beat_s + centre - 0.3) * sfreq_hz), 0), int((beat_s + centre + 0.3) * sfreq_hz))
            size = height * (every_second if i % 2 else 1)
            ecg[around] += size * np.exp(-0.5 * ((t[around] - beat_s - centre) / width) ** 2)
    return ecg


def agree(found_s, true_s, within_s=0.1):
    """F1 of beats within a tolerance."""
    apart_s = np.abs(found_s[:, None] - true_s[None])
    hits = min((apart_s.min(axis=0) < within_s).sum(), (apart_s.min(axis=1) < within_s).sum())
    return 2 * hits / (len(found_s) + len(true_s))


def steady(bpm, duration_s):
    times_s = np.arange(0, duration_s, 60 / bpm)
    return HeartRate(times_s, times_s[1:], np.full(len(times_s) - 1, float(bpm)))


def test_beats_of_a_real_ecg_are_those_of_the_annotators(data):
    ecg = np.load(data / "recordings" / "slpdb_slp41_60s.npz")["signals"][0]
    true_s = []
    for line in (data / "scorings" / "slpdb" / "slp41.rr").read_text().splitlines():
        minutes, seconds = line.split()[4].split(":")
        if (at_s := int(minutes) * 60 + float(seconds)) >= 60:
            break
        true_s.append(at_s)
    found_s = heart_rate(ecg, 250).beats_s
    assert agree(found_s, np.array(true_s), 0.05) == 1  # 68 beats


@pytest.mark.parametrize("bpm", [35, 45, 60, 90, 130, 170])
@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"waves": (P, Q, R, S, (0.25, 0.045, 1.3))},
        {"waves": ((-0.17, 0.022, 0.5), Q, R, S, T)},
        {"waves": tuple((c, w, -h) for c, w, h in (P, Q, R, S, T))},
        {"waves": (P, (0.0, 0.035, 1.1), T)},
        {"every_second": 0.5},
        {"noise": 0.1},
    ],
    ids=["plain", "high T", "high P", "upside down", "wide", "alternating", "noisy"],
)
def test_no_shape_of_beat_halves_or_doubles_the_rate(bpm, shape):
    rng = np.random.default_rng(bpm)
    beats_s = np.cumsum(60 / bpm * (1 + rng.normal(0, 0.03, 60)))
    heart = heart_rate(ecg_of(beats_s, **shape), 128)
    assert agree(heart.beats_s, beats_s) > 0.97
    assert np.median(heart.bpm) == pytest.approx(bpm, rel=0.03)


def test_noise_has_no_beats():
    assert heart_rate(np.random.default_rng(0).normal(0, 1, 128 * 300), 128).beats_s.size == 0


def test_beats_are_placed_between_samples():
    beats_s = np.cumsum(np.random.default_rng(0).uniform(0.8, 1.1, 120))
    found_s = heart_rate(ecg_of(beats_s), 128).beats_s
    assert np.std(np.diff(found_s) - np.diff(beats_s)) < 0.002


def test_a_gap_makes_no_beat_no_rate_and_no_pause():
    beats_s = np.arange(0.5, 119, 1.0)
    ecg = ecg_of(beats_s) + 5
    ecg[int(60.2 * 128) : int(66.4 * 128)] = np.nan
    heart = heart_rate(ecg, 128)
    assert agree(heart.beats_s, beats_s[(beats_s < 60.2) | (beats_s > 66.4)]) > 0.98
    assert heart.bpm == pytest.approx(60, abs=1)
    assert pauses(heart, ecg, 128) == []


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 3000), st.floats(64, 512), st.integers(0, 99), st.floats(1e-6, 1e6))
def test_any_signal_gives_beats_within_it_whatever_its_scale(n, sfreq_hz, seed, gain):
    ecg = np.random.default_rng(seed).standard_t(2, n)
    ecg[seed : 2 * seed] = np.nan
    one, other = heart_rate(ecg, sfreq_hz), heart_rate(gain * ecg, sfreq_hz)
    assert one.beats_s == pytest.approx(other.beats_s)
    assert ((one.beats_s >= 0) & (one.beats_s <= n / sfreq_hz)).all()
    assert len(one.sinus) == max(len(one.beats_s) - 1, 0) and one.sinus.sum() == len(one.bpm)


def test_the_heart_of_a_recording_is_found_once_and_forgotten_with_it(monkeypatch):
    calls = []
    real = heart_module.heart_rate
    monkeypatch.setattr(heart_module, "heart_rate", lambda *args: calls.append(1) or real(*args))
    night = FakeRecording({"ECG": (ecg_of(np.arange(0.5, 119, 1.0)), 128)})
    assert heart_of(night) is heart_of(night) and len(calls) == 1
    active = weakref.ref(night)
    del night
    gc.collect()
    assert active() is None


def test_a_pause_is_an_event_and_a_missed_beat_is_none():
    beats_s = np.arange(0.5, 119, 1.0)
    stopped = np.delete(beats_s, [40, 41, 42])
    ecg = ecg_of(stopped)
    (event,) = pauses(heart_rate(ecg, 128), ecg, 128)
    assert event.type == "pause" and event.duration_s == pytest.approx(4, abs=0.05)
    assert event.start_s == pytest.approx(39.5, abs=0.05)
    weak, t = ecg, np.arange(len(ecg)) / 128
    for at_s in beats_s[40:43]:
        weak = weak + 0.45 * np.exp(-0.5 * ((t - at_s) / 0.0105) ** 2)
    assert pauses(heart_rate(weak, 128), weak, 128) == []


def test_premature_beats_are_counted_and_split_intervals_are_not():
    beats_s = np.arange(0.5, 200, 1.0)
    early = beats_s.copy()
    early[[50, 90, 150]] -= 0.35
    assert premature_beats(rate_of(early)) == pytest.approx(early[[50, 90, 150]])
    split = np.sort(np.append(beats_s, [70.85, 120.8]))
    assert premature_beats(rate_of(split)).size == 0 and premature_beats(rate_of(beats_s)).size == 0


def test_wide_early_beats_are_found_and_counted():
    beats_s = np.arange(0.5, 200, 0.9)
    early = np.array([50, 90, 150])
    narrow = np.delete(beats_s, early)
    wide_s = beats_s[early] - 0.27
    ecg = ecg_of(narrow)
    t = np.arange(len(ecg)) / 128
    for at_s in wide_s:
        ecg += 1.4 * np.exp(-0.5 * ((t - at_s) / 0.035) ** 2) - 0.5 * np.exp(-0.5 * ((t - at_s - 0.26) / 0.06) ** 2)
    heart = heart_rate(ecg, 128)
    assert agree(heart.beats_s, np.sort(np.append(narrow, wide_s))) == 1
    assert premature_beats(heart) == pytest.approx(wide_s, abs=0.05)


def test_the_variability_of_a_known_rhythm_is_known():
    t, beats = 0.0, []
    while t < 600:
        beats.append(t)
        t += 1.0 + 0.04 * np.sin(2 * np.pi * 0.25 * t) + 0.02 * np.sin(2 * np.pi * 0.1 * t)
    found = variability(rate_of(np.array(beats)), 0, 300)
    # The power of a sine is half its amplitude squared.
    assert found.hf_ms2 == pytest.approx(800, rel=0.2) and found.lf_ms2 == pytest.approx(200, rel=0.2)
    assert found.sdnn_ms == pytest.approx(np.sqrt(1000), rel=0.1)
    assert found.lf_hf == pytest.approx(found.lf_ms2 / found.hf_ms2)


def test_variability_is_sleepecgs_where_every_beat_is_sinus_rhythm():
    from sleepecg import SleepRecord, extract_features

    rng = np.random.default_rng(3)
    beats_s = np.cumsum(np.clip(rng.normal(1, 0.04, 400), 0.8, 1.2))
    ours = variability(rate_of(beats_s), 0, 300)
    record = SleepRecord(sleep_stage_duration=300, recording_start_time=None, heartbeat_times=beats_s)
    names = ("RMSSD", "SDNN", "pNN50")
    features, _, ids = extract_features(
        [record], lookforward=300, sleep_stage_duration=300, feature_selection=list(names), n_jobs=1
    )
    theirs = dict(zip(ids, features[0][0], strict=True))
    assert ours.rmssd_ms == pytest.approx(1000 * theirs["RMSSD"], rel=0.02)
    assert ours.sdnn_ms == pytest.approx(1000 * theirs["SDNN"], rel=0.02)
    assert ours.pnn50_pct == pytest.approx(100 * theirs["pNN50"], abs=1.5)


def test_variability_is_of_clean_stretches_of_one_stage():
    rng = np.random.default_rng(0)
    beats_s = np.cumsum(rng.normal(1, 0.03, 1900))
    beats_s = beats_s[(beats_s < 400) | (beats_s > 500)]
    found = variability_by_stage(rate_of(beats_s), ["N2"] * 31 + ["R"] * 9 + ["N3"] * 10)
    assert set(found) == {"N2", "N3"}
    assert found["N2"][1] == [1, 21] and found["N3"][1] == [41]
    assert found["N2"][0].rmssd_ms == pytest.approx(30 * np.sqrt(2), rel=0.2)


def test_an_ecg_is_looked_at_for_pauses_even_without_stages():
    night = FakeRecording({"ECG": (ecg_of(np.arange(0.5, 119, 1.0)), 128)})
    assert heart_events(night, Scoring()).scored == ("pause",)
    staged = Scoring(hypnogram=("N2",) * 3, hypnogram_source="expert")
    assert set(heart_events(night, staged).scored) == {"pause", "bradycardia", "tachycardia"}
    slow = FakeRecording({"ECG": (np.zeros(5000), 50)})
    assert "under 64 Hz" in heart_events(slow, staged).warnings[0]


@pytest.mark.parametrize("bpm", [45, 60, 100])
def test_the_rate_of_regular_beats_is_theirs(bpm):
    heart = heart_rate(ecg_with_beats(np.arange(0.5, 119, 60 / bpm)), 128)
    assert heart.bpm.mean() == pytest.approx(bpm, rel=0.01)


def test_a_premature_beat_gives_no_rate():
    beats_s = np.arange(0.5, 119, 1.0)
    beats_s[50] -= 0.4
    heart = heart_rate(ecg_with_beats(beats_s), 128)
    assert len(heart.beats_s) >= 115
    assert heart.bpm.max() < 66 and heart.bpm.min() > 54


@pytest.mark.parametrize("ecg", [np.zeros(1280), np.full(1280, np.nan), np.empty(0), np.ones(3)])
def test_an_ecg_without_beats_has_no_rate(ecg):
    heart = heart_rate(ecg, 128)
    assert heart.beats_s.size == heart.times_s.size == heart.bpm.size == 0


@pytest.mark.parametrize(("bpm", "expected"), [(38, ["bradycardia"]), (60, []), (90, []), (95, ["tachycardia"])])
def test_a_sustained_rate_in_sleep_is_an_event(bpm, expected):
    assert [e.type for e in rate_events(steady(bpm, 300), ["N2"] * 10)] == expected


def test_a_fast_heart_is_no_event_in_wake_nor_for_half_a_minute():
    assert rate_events(steady(110, 300), ["W"] * 10) == []
    assert rate_events(steady(110, 29), ["N2"]) == []
    (event,) = rate_events(steady(110, 300), ["W"] * 5 + ["N2"] * 5)
    assert event.start_s == pytest.approx(150, abs=1)
    assert event.end_s == pytest.approx(300, abs=1)

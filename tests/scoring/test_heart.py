import numpy as np
import pytest

from sleeplm.scoring import HeartRate, heart_rate
from sleeplm.scoring.heart import rate_events


def ecg_with_beats(beats_s, sfreq_hz=128, duration_s=120):
    """Narrow R waves at given times on a quiet baseline."""
    times_s = np.arange(int(duration_s * sfreq_hz)) / sfreq_hz
    nearest = np.abs(times_s[:, None] - np.asarray(beats_s)[None]).min(axis=1)
    return np.exp(-0.5 * (nearest / 0.012) ** 2) + 0.01 * np.random.default_rng(0).standard_normal(len(times_s))


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
    apart_s = np.abs(found_s[:, None] - np.array(true_s)[None])
    hits = (apart_s.min(axis=1) < 0.1).sum()
    assert 2 * hits / (len(found_s) + len(true_s)) > 0.98


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

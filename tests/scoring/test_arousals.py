import numpy as np
import pytest
from fakes import FakeRecording
from scipy.signal import butter, sosfiltfilt

from sleeplm.facts import night_facts
from sleeplm.kinds.stages import Stage
from sleeplm.night import Scoring
from sleeplm.recording import open_recording
from sleeplm.recording.annotations import read_scoring
from sleeplm.scoring.arousals import NREM_ALONE, arousal_events, arousals

SECONDS = 600


def band(low_hz, high_hz, seed=0):
    noise = np.random.default_rng(seed).standard_normal(SECONDS * 100)
    x = sosfiltfilt(butter(2, (low_hz, high_hz), "bandpass", fs=100, output="sos"), noise)
    return x / x.std()


def eeg(spans=(), low_hz=16, high_hz=35, height_uv=12.0):
    """EEG of quiet sleep, with more of one band within the spans."""
    x = 25 * band(0.5, 4) + 6 * band(4, 12, 1) + 3 * band(12, 40, 2)
    extra = height_uv * band(low_hz, high_hz, 3)
    for a, b in spans:
        x[int(a * 100) : int(b * 100)] += extra[int(a * 100) : int(b * 100)]
    return x


def chin(*spans):
    x = 2 * band(12, 45, 4)
    for a, b in spans:
        x[int(a * 100) : int(b * 100)] *= 6
    return x


N2, REM, AWAKE = ((stage,) * 20 for stage in (Stage.N2, Stage.R, Stage.W))


def test_a_burst_of_fast_power_is_an_arousal_where_it_is():
    events = arousals({"C4": eeg([(100, 106), (300, 310)])}, N2)
    assert [e.channels for e in events] == [("C4",), ("C4",)]
    assert np.allclose([e.start_s for e in events], [100, 300], atol=1.0)
    assert np.allclose([e.end_s for e in events], [106, 310], atol=1.5)


@pytest.mark.parametrize("what, signal", [
    ("a quiet EEG", eeg()),
    ("a second of fast power", eeg([(100, 101)])),
    ("spindles", eeg([(100, 101), (104, 105.2)], 11.5, 15)),
    ("long spindles", eeg([(100, 104)], 11.5, 15, 25)),
    ("slow waves", eeg([(100, 110)], 0.5, 2, 80)),
    ("an awakening", eeg([(100, 180)])),
])  # fmt: skip
def test_what_is_no_arousal_is_left_out(what, signal):
    assert arousals({"C4": signal}, N2) == [], what


def test_the_second_of_two_within_ten_seconds_is_none():
    assert len(arousals({"C4": eeg([(100, 106), (111, 117)])}, N2)) == 1


def test_awake_there_are_none():
    assert arousals({"C4": eeg([(100, 106)])}, AWAKE) == []
    woken = N2[:3] + AWAKE[:17]
    assert arousals({"C4": eeg([(92, 98)])}, woken) == []


def test_in_rem_sleep_the_chin_must_rise_as_well():
    signal = {"C4": eeg([(100, 106), (200, 206)])}
    assert arousals(signal, REM) == []
    events = arousals(signal, REM, chin((201, 204)))
    assert [round(e.start_s, -1) for e in events] == [200] and "chin" in events[0].rule


def test_a_stretch_that_is_not_usable_holds_none():
    x = eeg([(100, 106), (300, 306)])
    x[9500:9600] = np.nan
    assert [round(e.start_s, -1) for e in arousals({"C4": x}, N2)] == [300]


def test_a_recording_without_chin_says_so_and_without_stages_nothing_is_looked_for():
    recording = FakeRecording({"C3": (eeg([(100, 106)]), 100)})
    found = arousal_events(recording, Scoring(N2, "expert"))
    assert found.scored == ("arousal",) and len(found.events) == 1 and "chin" in found.warnings[0]
    assert arousal_events(recording, Scoring()).scored == ()


def test_one_dead_eeg_channel_hides_no_arousal_and_two_are_not_searched():
    live, dead = (eeg([(100, 106)]), 100), (np.zeros(SECONDS * 100), 100)
    found = arousal_events(FakeRecording({"C3": live, "C4": dead}), Scoring(N2, "expert"))
    assert [e.channels for e in found.events] == [("C3",)] and "20 of 20 epochs" in found.warnings[0]
    found = arousal_events(FakeRecording({"C3": dead, "C4": dead}), Scoring(N2, "expert"))
    assert found.scored == () and len(found.warnings) == 2


def test_a_dead_chin_is_as_good_as_none():
    recording = FakeRecording({"C3": (eeg([(100, 106)]), 100), "EMG_CHIN": (np.zeros(SECONDS * 100), 100)})
    scoring = Scoring(N2[:10] + REM[:10], "expert")
    found = arousal_events(recording, scoring)
    assert found.rules == {"arousal": NREM_ALONE}
    scored = Scoring(scoring.hypnogram, "expert", tuple(found.events), {"arousal": "automatic"}, rules=found.rules)
    facts = {f.id: f for f in night_facts(recording, scored)}
    assert facts["arousal_rem_per_h"].value is None and facts["arousal_nrem_per_h"].value == 12.0
    assert facts["arousal_index_per_h"].text.endswith(f"; {NREM_ALONE}).")


def test_a_real_night_has_no_more_arousals_than_people_have(data):
    recording = open_recording(data / "recordings" / "ucddb018.edf")
    scoring = read_scoring(data / "recordings" / "ucddb018_stage.csv", recording)
    events = arousal_events(recording, scoring).events
    asleep_h = sum(s in (Stage.N1, Stage.N2, Stage.N3) for s in scoring.hypnogram) / 120
    # Experts find 2 to 9 an hour in half of the 994 CinC nights, in those near no apnea alone.
    assert 2 <= len(events) / asleep_h <= 20


def test_an_arousal_that_wake_follows_counts_and_ends_where_wake_begins():
    woken = N2[:4] + AWAKE[:16]
    (event,) = arousals({"C4": eeg([(114, 160)])}, woken)
    assert abs(event.start_s - 114) < 1 and event.end_s == 120


def test_wake_that_an_automatic_staging_is_not_sure_of_may_hold_one():
    recording = FakeRecording({"C3": (eeg([(100, 106)]), 100)})
    stages = N2[:3] + AWAKE[:1] + N2[4:]

    def found(*wake):
        sure = np.zeros((20, 5), np.float32)
        sure[3, 0] = wake[0] if wake else 1
        return arousal_events(recording, Scoring(stages, "yasa", probabilities=sure if wake else None)).events

    assert [len(found(0.8)), len(found(0.95)), len(found())] == [1, 0, 0]


def test_confidence_grows_with_the_rise():
    sure = [arousals({"C4": eeg([(100, 106)], height_uv=h)}, N2)[0].confidence for h in (5, 8, 40)]
    assert 0.5 <= sure[0] < sure[1] < sure[2] == 1

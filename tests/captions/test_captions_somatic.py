import numpy as np

from sleeplm.captions.features.chin import median_frequency
from sleeplm.captions.features.somatic import somatic_features
from sleeplm.night import Event, Scoring
from sleeplm.recording.epochs import cut_epochs


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


def test_bursts_of_the_chin_are_told_with_their_times(make_recording, signals_of):
    x, _ = signals_of(3)["EMG_CHIN"]
    for start_s, end_s in ((12.0, 13.5), (29.0, 31.0), (70.0, 78.0)):
        x[int(start_s * 256) : int(end_s * 256)] *= 9
    recording = make_recording({"EMG_CHIN": (x, 256.0)}, 3)
    rows = somatic_features(recording, cut_epochs(recording), Scoring())
    first, second = rows[0]["chin_bursts"]
    assert abs(first["start_s"] - 12) <= 0.2 and abs(first["end_s"] - 13.5) <= 0.2
    assert abs(second["start_s"] - 29) <= 0.2 and second["end_s"] == 30
    assert [row["chin_bursts_n"] for row in rows] == [2, 0, 0]  # eight seconds are no burst


def test_the_median_frequency_halves_the_power():
    noise = np.random.default_rng(0).normal(size=(4, 7680))
    assert np.abs(median_frequency(noise, 256) - 55).max() <= 2  # white, between 10 and 100 Hz
    tone = np.sin(2 * np.pi * 40 * np.arange(7680) / 256)[None]
    assert median_frequency(tone, 256)[0] == 40


def test_a_chin_full_of_hum_gets_no_number(make_recording, signals_of):
    x, _ = signals_of(4)["EMG_CHIN"]
    x[2 * 7680 :] += 30 * np.sin(2 * np.pi * 50 * np.arange(2 * 7680) / 256)
    recording = make_recording({"EMG_CHIN": (x, 256.0)}, 4)
    rows = somatic_features(recording, cut_epochs(recording), Scoring())
    assert ["chin_uv" in row for row in rows] == [True, True, False, False]


def test_a_turn_between_two_epochs_is_told_and_one_across_lost_signal_is_not(make_recording):
    codes = np.repeat([2.0, 1.0, -1.0, 0.0], [30, 30, 60, 30])
    recording = make_recording({"POS": (codes, 1.0)}, 5)
    rows = somatic_features(recording, cut_epochs(recording), Scoring())
    assert rows[1]["position_change"] == {"from": "supine", "to": "left", "at_s": 0}
    assert rows[2] == rows[3] == {} and rows[4] == {"position": "right"}


def test_a_rate_that_is_no_whole_number_leaves_the_last_epoch_its_frequency(make_recording):
    sfreq_hz = 7679 / 30
    x = np.random.default_rng(0).normal(0, 4, 3 * 7679)
    recording = make_recording({"EMG_CHIN": (x, sfreq_hz)}, 3)
    rows = somatic_features(recording, cut_epochs(recording), Scoring())
    assert all(abs(row["chin_median_hz"] - 55) <= 3 for row in rows)

import numpy as np
import pytest

from sleeplm.captions import attributes_of_night
from sleeplm.captions.features.events import event_features
from sleeplm.captions.features.stage_evidence import stage_evidence
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring
from sleeplm.recording.epochs import cut_epochs

N2 = Stage.N2


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


def test_a_breathing_event_is_told_with_what_it_did(make_recording):
    bpm = np.interp(np.arange(0, 120, 0.25), [0, 40, 44, 52, 70], [60, 60, 80, 80, 60])
    beats_s = np.interp(np.arange(1, 118), np.cumsum(bpm / 240), np.arange(0, 120, 0.25))
    ecg = np.random.default_rng(0).normal(0, 0.01, 120 * 256)
    for beat in beats_s[beats_s < 119]:
        ecg[round(beat * 256) : round(beat * 256) + 10] += np.hanning(10)
    spo2 = np.full(120, 96.0)
    spo2[45:60] = 90
    recording = make_recording({"ECG": (ecg, 256.0), "SPO2": (spo2, 1.0), "AF": (np.ones(3840), 32.0)}, 4)
    events = (Event("hypopnea", 20.0, 20.0), Event("arousal", 39.0, 4.0), Event("desaturation", 43.0, 20.0))
    scoring = Scoring((N2,) * 4, "expert", events, {"arousal": "expert", "desaturation": "expert"})
    first, *_, fall = event_features(recording, cut_epochs(recording), scoring)[1]["events"]
    assert first["arousal"] is True and first["desaturation_pct"] == 6
    assert abs(first["hr_rise_bpm"] - 20) <= 2
    assert (fall["nadir_pct"], fall["drop_pct"]) == (90, 6)


def test_the_stages_around_are_told(made):
    recording, epochs, _ = made
    scoring = Scoring((Stage.W, N2, *[Stage.UNSCORED] * 118), "expert")
    rows = event_features(recording, epochs, scoring)
    assert (rows[0]["next_stage"], rows[1]["previous_stage"]) == ("N2", "W")
    assert "previous_stage" not in rows[0] and "next_stage" not in rows[1] and "stage" not in rows[2]


def test_an_artifact_is_told_with_its_channels(made):
    recording, epochs, _ = made
    rows = event_features(recording, epochs, Scoring(events=(Event("artifact", 3.0, 4.0, ("C3",)),)))
    assert rows[0]["events"][0]["channels"] == ["C3"]


@pytest.mark.parametrize(
    "stage, brain, marks",
    [
        ("N2", {"spindles": [{"start_s": 1, "end_s": 2}]}, ["spindles"]),
        ("N2", {"spindles": []}, []),
        ("W", {"C3": {"artifact": True}, "C4": {"alpha_pct": 40, "rms_uv": 12}}, ["alpha"]),
        ("W", {"C3": {"artifact": True}}, []),
        ("N3", {"slow_waves": [{"start_s": 5 * i, "end_s": 5 * i + 1.5} for i in range(4)]}, ["slow_waves"]),
        ("N3", {"slow_waves": [{"start_s": 1, "end_s": 2.5}]}, []),
        ("R", {"rapid_eye_movements": [3.0]}, ["rapid_eye_movements"]),
        ("N1", {eye: {"slow_uv": 30, "saccadic_uv": 10} for eye in ("EOG_L", "EOG_R")}, ["slow_eye_movements"]),
        ("N1", {"EOG_L": {"slow_uv": 30, "saccadic_uv": 10}}, []),
    ],
)
def test_what_supports_a_stage_is_what_was_measured_of_its_marks(stage, brain, marks):
    assert stage_evidence({"stage_event": {"stage": stage}, "brain": brain}) == marks


def test_faults_are_named_and_lost_channels_have_no_number(make_recording, signals_of):
    signals = {n: signals_of(12)[n] for n in ("C3", "ECG", "AF", "EMG_CHIN")}
    signals["C3"][0][3 * 3840 : 5 * 3840] = 0
    recording = make_recording(signals, 12)
    night = attributes_of_night(recording, cut_epochs(recording), Scoring())
    assert night[3]["brain"] == night[4]["brain"] == {"faults": {"C3": ["flat"]}}
    assert "faults" not in night[2]["brain"] and "C3" in night[2]["brain"]
    named = {name for row in night for facet in row.values() for name in facet.get("faults", ())}
    assert named == {"C3"}  # what the recording lacks is not a fault of an epoch

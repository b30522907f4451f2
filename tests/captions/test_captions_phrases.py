from hypothesis import given
from hypothesis import strategies as st

from sleeplm.captions import attributes_of_night, doubtful_phrases, render_captions, spans_of, training_phrases

DEEP = {
    "stage_event": {"stage": "N3", "events": []},
    "brain": {"C3": {"delta_pct": 88, "theta_pct": 6, "alpha_pct": 3, "sigma_pct": 2, "beta_pct": 1, "rms_uv": 40}},
}


def epoch(stage, *kinds, **facets):
    events = [{"type": k, "start_s": 4.0, "end_s": 19.5} for k in kinds]
    return {"stage_event": {"stage": stage, "events": events}, **facets}


def test_deep_sleep_is_called_so_and_wake_is_not():
    assert "deep sleep with large slow waves" in training_phrases(DEEP)
    assert "awake" in training_phrases(epoch("W")) and "deep sleep" not in training_phrases(epoch("W"))
    assert "asleep" not in training_phrases(epoch("W"))


def test_what_goes_together_is_said_together():
    phrases = training_phrases(epoch("R", "apnea_obstructive", "desaturation"))
    assert {"obstructive apnea with desaturation", "breathing event in REM sleep", "REM sleep"} <= set(phrases)
    assert "central apnea" not in phrases


def test_heart_body_and_breathing_have_their_words():
    phrases = training_phrases(
        epoch(
            "N2",
            cardiac={"hr_mean_bpm": 101},
            somatic={"position": "supine"},
            respiratory={"regularity": "regular"},
        )
    )
    assert {"fast heart rate", "lying supine", "regular breathing"} <= set(phrases)


def test_a_slow_heart_is_called_so_and_may_be_called_a_bradycardia():
    slow = {"cardiac": {"hr_mean_bpm": 45}}
    assert {"slow heart rate", "slow heartbeat"} <= set(training_phrases(slow))
    assert "bradycardia" not in training_phrases(slow) and doubtful_phrases(slow) == ["bradycardia"]
    assert doubtful_phrases(epoch("N2", "bradycardia", **slow)) == []
    assert doubtful_phrases({"cardiac": {"hr_mean_bpm": 95}}) == ["tachycardia"]
    assert doubtful_phrases({"cardiac": {"hr_mean_bpm": 60}}) == []


def test_nothing_measured_gives_no_phrase():
    assert training_phrases({}) == [] and spans_of({}) == [] and doubtful_phrases({}) == []
    assert training_phrases({"brain": {"C3": {"artifact": True}}}) == []


def test_spans_are_the_events_own_times_in_each_wording():
    spans = spans_of(epoch("N2", "hypopnea", brain={"spindles": [{"start_s": 3.0, "end_s": 3.9}]}))
    assert (4.0, 19.5, "hypopnea") in spans and (3.0, 3.9, "sleep spindle") in spans
    assert {(a, b) for a, b, _ in spans} == {(4.0, 19.5), (3.0, 3.9)}


def test_one_leg_movement_told_in_two_facets_is_one(made):
    leg = {"start_s": 4.0, "end_s": 19.5, "type": "plm"}
    both = epoch("N2", "plm", somatic={"leg_movements": [leg]})
    assert "periodic leg movements" not in training_phrases(both)
    assert len(spans_of(both)) == len(set(spans_of(both)))


def test_phrases_and_spans_of_a_night_are_whole_and_inside_their_epochs(made):
    night = attributes_of_night(*made)
    for attributes, captions in zip(night, render_captions(night), strict=True):
        phrases = training_phrases(attributes)
        assert phrases and len(phrases) == len(set(phrases))
        assert phrases == training_phrases({f: c.attributes for f, c in captions.items()})
        assert all(0 <= a <= b <= 30 for a, b, _ in spans_of(attributes))


@given(st.floats(0, 30))
def test_a_moment_spans_half_a_second_to_either_side_within_the_epoch(at_s):
    (first, last, _), *_ = spans_of({"brain": {"rapid_eye_movements": [at_s]}})
    assert 0 <= first <= at_s <= last <= 30 and last - first <= 1.0001


def test_stretches_flow_and_faults_have_their_words():
    surge = {"hr_stretches": [{"start_s": 3, "end_s": 9, "trend": "rising", "from_bpm": 60, "to_bpm": 74}]}
    fall = {"spo2_stretches": [{"start_s": 3, "end_s": 9, "trend": "falling", "from_pct": 95, "to_pct": 91}]}
    row = epoch(
        "N2",
        brain={"EOG_L": {"slow_uv": 30, "saccadic_uv": 9}, "EOG_R": {"slow_uv": 28, "saccadic_uv": 12}},
        cardiac=surge | fall | {"faults": {"ECG": ["mains"]}},
        respiratory={"AF": {"flattened_pct": 80, "variability_pct": 4}, "THX": {"variability_pct": 31}},
    )
    expected = {
        "heart rate surge", "oxygen falling", "slow rolling eye movements", "mains hum", "flow limitation",
        "breaths of uneven length",
    }  # fmt: skip
    assert expected <= set(training_phrases(row))
    assert not {"poor signal", "oxygen recovering", "sudden drop of heart rate"} & set(training_phrases(row))
    lost = epoch("N2", somatic={"faults": {"EMG_CHIN": ["disconnected"]}})
    assert {"poor signal", "sensor off"} <= set(training_phrases(lost)) and "mains hum" not in training_phrases(
        lost
    )

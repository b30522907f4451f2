"""Detectors of brain, legs and sound: a simulated night against its truth, and recordings of every odd shape."""

import numpy as np
import pytest
from fakes import FakeRecording
from hypothesis import given, settings
from hypothesis import strategies as st

from sleeplm.kinds.stages import STAGES, Stage
from sleeplm.night import Scoring
from sleeplm.scoring.arousals import arousal_events
from sleeplm.scoring.limbs import limb_events
from sleeplm.scoring.snoring import snore_events
from sleeplm.scoring.waves import eye_movements, waves
from sleeplm.simulate import simulate_night

LEAST_IOU = 0.2
DETECTORS = (arousal_events, limb_events, waves, eye_movements, snore_events)


def f1(found, true):
    """F1 of a one-to-one match in order of time; each event meets the first that overlaps it enough."""
    matched, free = 0, list(true)
    for a in found:
        for b in free:
            shared = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
            if shared / (max(a.end_s, b.end_s) - min(a.start_s, b.start_s)) >= LEAST_IOU:
                matched += 1
                free.remove(b)
                break
    return 2 * matched / (len(found) + len(true))


@pytest.fixture(scope="module")
def night():
    return simulate_night(3, 1.5, "plm")


@pytest.mark.parametrize("detect, types, least", [
    (limb_events, ("plm",), 0.85), (snore_events, ("snore",), 0.85), (arousal_events, ("arousal",), 0.5),
])  # fmt: skip
def test_what_is_true_of_a_simulated_night_is_found(night, detect, types, least):
    scoring = Scoring(night.hypnogram, "expert")
    found = [e for e in detect(FakeRecording(night.signals), scoring).events if e.type in types]
    true = [e for e in night.events if e.type in types]
    assert len(true) >= 3
    assert f1(found, true) >= least


@given(
    st.floats(0.5, 95),
    st.sampled_from([64.0, 99.7, 200.0]),
    st.sampled_from(["noise", "zeros", "missing", "half", "huge"]),
    st.lists(st.sampled_from([*STAGES, Stage.UNSCORED]), max_size=6),
)
@settings(max_examples=25, deadline=None)
def test_no_recording_is_too_odd(duration_s, sfreq_hz, kind, stages):
    x = np.random.default_rng(0).standard_normal(max(int(duration_s * sfreq_hz), 1)) * 20
    x *= {"zeros": 0.0, "huge": 1e6}.get(kind, 1.0)
    x[{"missing": 0, "half": len(x) // 2}.get(kind, len(x)) :] = np.nan
    names = ("C3", "C4", "EOG_L", "EOG_R", "EMG_CHIN", "LEG_L", "LEG_R", "SNORE")
    recording = FakeRecording({name: (x, sfreq_hz) for name in names}, duration_s)
    for detect in DETECTORS:
        for event in detect(recording, Scoring(tuple(stages), "expert")).events:
            assert 0 <= event.start_s and 0 < event.duration_s and event.end_s <= duration_s + 1

"""Every type of event that rests on a signal has a detector, and no detector brings what it does not declare."""

import pytest

from sleeplm.kinds.events import EVENT_KINDS
from sleeplm.night import Scoring
from sleeplm.recording import open_recording
from sleeplm.scoring.score import detectors
from sleeplm.simulate import simulate_night, write_night

BY_PEOPLE_ALONE: tuple[str, ...] = ()


@pytest.mark.parametrize("kind", [kind for kind in EVENT_KINDS.values() if kind.modality], ids=lambda kind: kind.id)
def test_every_type_of_event_that_rests_on_a_signal_has_a_detector(kind):
    found = any(kind.id in detector.types for detector in detectors())
    assert found is (kind.id not in BY_PEOPLE_ALONE), (
        f"{kind.id!r} has no detector: add one to the list in sleeplm/scoring/score.py, or say here why "
        "people alone score it"
    )


def test_detectors_declare_types_that_have_a_row_and_each_type_once():
    declared = [event for detector in detectors() for event in detector.types]
    assert set(declared) <= set(EVENT_KINDS) and len(declared) == len(set(declared))


def test_detectors_bring_what_they_declare_and_nothing_else(tmp_path):
    night = simulate_night(seed=5, hours=0.5, profile="osa-severe")
    write_night(night, tmp_path / "night.edf")
    recording = open_recording(tmp_path / "night.edf")
    scoring = Scoring(night.hypnogram, "expert")
    for detector in detectors():
        detections = detector.detect(recording, scoring)
        brought = {event.type for event in detections.events} | set(detections.scored) | set(detections.rules)
        assert brought <= set(detector.types), f"{detector.types} also bring {brought - set(detector.types)}"

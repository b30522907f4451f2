import numpy as np
import pytest

from sleeplm.night import Scoring
from train.evaluation import cached_people as cache
from train.evaluation.cached_people import cached_people
from train.evaluation.people import Plan, simulate

PLAN = Plan("csa", 700_009, 0.5, scored=False)


@pytest.fixture(scope="module")
def person():
    return simulate(PLAN)


def test_a_person_is_made_once_and_read_back_as_made(tmp_path, person, monkeypatch):
    monkeypatch.setattr(cache, "simulate", lambda plan: person)
    (first,) = cached_people([PLAN], tmp_path / "people")
    monkeypatch.setattr(cache, "simulate", None)  # nobody is made again
    (again,) = cached_people([PLAN], tmp_path / "people")
    for found in (first, again):
        np.testing.assert_array_equal(found.epochs.signals, person.epochs.signals)
        np.testing.assert_array_equal(found.epochs.present, person.epochs.present)
        assert found.epochs.present.dtype == bool and found.stages.tolist() == person.stages.tolist()
        assert found.attributes == person.attributes and found.automatic is None
        assert found.truth.hypnogram == person.truth.hypnogram and found.truth.events == person.truth.events


def test_what_other_code_made_is_made_again(tmp_path, person, monkeypatch):
    monkeypatch.setattr(cache, "simulate", lambda plan: person)
    cached_people([PLAN], tmp_path)
    monkeypatch.setattr(cache, "code_sha256", lambda: "another")
    cached_people([PLAN], tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_true_central_apneas_in_a_row_are_cheyne_stokes_breathing(person):
    runs = person.truth.events_of("cheyne_stokes")
    apneas = [e.start_s for e in person.truth.events_of("apnea_central")]
    assert isinstance(person.truth, Scoring) and [e.start_s for e in person.truth.events] == sorted(
        e.start_s for e in person.truth.events
    )
    for run in runs:
        assert sum(run.start_s <= start < run.end_s for start in apneas) >= 3
    assert not any(e["type"] == "cheyne_stokes" for a in person.attributes for e in a["stage_event"]["events"])

import numpy as np
import pytest
from fakes import FakeRecording

from sleeplm.facts import night_facts
from sleeplm.kinds.stages import Stage
from sleeplm.scoring import score
from sleeplm.simulate import simulate_night

GAP_S = (600.0, 1032.0)  # ends 12 s into an epoch


@pytest.fixture(scope="module")
def night():
    return FakeRecording(dict(simulate_night(seed=4, hours=0.6, profile="osa-severe").signals), gaps=(GAP_S,))


@pytest.fixture(scope="module")
def scoring(night):
    return score(night)


def test_epochs_mostly_in_a_gap_are_unscored_and_nothing_is_found_in_it(scoring):
    unscored = [i for i, s in enumerate(scoring.hypnogram) if s == Stage.UNSCORED]
    assert unscored == list(range(20, 34))
    assert np.isnan(scoring.probabilities[20:34]).all() and np.isfinite(scoring.probabilities[34:]).all()
    inside = [e for e in scoring.events if e.start_s > GAP_S[0] + 2 and e.start_s + e.duration_s < GAP_S[1] - 2]
    assert [e.type for e in inside] == []
    assert scoring.events and all(np.isfinite([e.start_s, e.duration_s]).all() for e in scoring.events)


def test_the_numbers_of_a_night_with_a_gap_are_numbers(night, scoring):
    for fact in night_facts(night, scoring):
        assert fact.value is None or isinstance(fact.value, str) or np.isfinite(fact.value), fact.id

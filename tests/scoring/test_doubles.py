"""Events that a scoring holds twice count once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.kinds.events import APNEAS_HYPOPNEAS
from sleeplm.night import Event
from sleeplm.scoring.doubles import counted_once


def once(*events: tuple[str, float, float]) -> tuple[list[tuple[str, float, float]], list[str]]:
    ordered = sorted((Event(*event) for event in events), key=lambda e: (e.start_s, e.duration_s))
    kept, said = counted_once(ordered)
    return [(e.type, e.start_s, e.duration_s) for e in kept], said


def test_identical_rows_of_one_scoring_are_one_event():
    rows = [("apnea_obstructive", float(t), 20.0) for t in range(0, 600, 60)]
    assert once(*rows, *rows) == (rows, ["10 of 20 events are in the scoring twice, and counted once."])
    assert once(("plm", 1, 1), ("plm", 1, 1)) == (
        [("plm", 1, 1)],
        ["One event is in the scoring twice, and counted once."],
    )


@pytest.mark.parametrize(
    ("events", "kept"),
    [
        ([("apnea_obstructive", 500, 30), ("hypopnea", 505, 20)], [("apnea_obstructive", 500, 30)]),
        ([("hypopnea", 500, 60), ("apnea_central", 520, 15)], [("apnea_central", 500, 60)]),
        ([("hypopnea", 500, 20), ("hypopnea", 505, 20)], [("hypopnea", 500, 20)]),
        ([("hypopnea", 500, 10), ("hypopnea", 505, 10)], [("hypopnea", 500, 10)]),
        ([("arousal", 5, 6), ("arousal", 6, 3)], [("arousal", 5, 6)]),
        ([("plm", 500, 2), ("plm", 501, 3)], [("plm", 501, 3)]),  # of two legs
        ([("desaturation", 500, 30), ("desaturation", 503, 30)], [("desaturation", 500, 30)]),
    ],
)
def test_an_event_mostly_within_another_of_its_kind_is_not_another(events, kept):
    found, said = once(*events)
    assert found == kept and "counted with it" in said[0]


@pytest.mark.parametrize(
    "events",
    [
        [("hypopnea", 500, 20), ("hypopnea", 520, 20)],  # they touch
        [("hypopnea", 500, 20), ("apnea_mixed", 512, 20)],  # they share less than half
        [("hypopnea", 500, 20), ("rera", 502, 15)],  # of different kinds: the index tells them apart
        [("plm", 500, 2), ("plm", 501.5, 2)],
        [("spindle", 500, 1), ("spindle", 500.2, 1)],  # two electrodes
        [("apnea", 500, 0), ("apnea", 501, 0)],
    ],
)
def test_neighbours_stay_two(events):
    assert once(*events) == (events, [])


@given(
    st.lists(
        st.tuples(st.sampled_from(APNEAS_HYPOPNEAS), st.integers(0, 300), st.integers(10, 60)),
        max_size=30,
        unique=True,
    )
)
def test_two_scorers_of_one_night_count_as_one_and_nothing_is_left_to_put_together(events):
    kept, _ = once(*events)
    assert once(*kept) == (kept, [])
    doubled, _ = once(*events, *events)
    assert doubled == kept

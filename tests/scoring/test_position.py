from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.scoring.position import position_changes, position_spells


def held(*spells):
    return np.concatenate([np.full(int(seconds), code, float) for code, seconds in spells])


def test_changes_are_counted_once_and_jitter_not_at_all():
    codes = held((2, 100), (0, 3), (2, 100), (1, 4), (0, 60), (-1, 30), (0, 60))
    assert position_spells(codes, 1) == [(0, 203, 2), (207, 267, 0), (297, 357, 0)]
    assert position_changes(codes, 1).tolist() == [207]


def test_unknown_positions_and_gaps_are_no_position():
    assert position_spells(held((-1, 60)), 1) == []
    assert position_spells(np.full(60, np.nan), 1) == []
    assert position_changes(np.empty(0), 1).tolist() == []


@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(1, 60)), min_size=1, max_size=20))
def test_spells_are_in_order_long_enough_and_apart(parts):
    spells = position_spells(held(*parts), 1)
    assert all(b - a >= 15 for a, b, _ in spells)
    assert all(one[1] <= two[0] for one, two in pairwise(spells))

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sleeplm.network.localization import spans_of


def curve(*stretches, length=120):
    out = np.zeros(length, np.float32)
    for first, last, value in stretches:
        out[first:last] = value
    return out


def test_spans_lie_where_the_curve_is_high_best_first():
    spans = spans_of(curve((10, 25, 0.8), (60, 90, 0.95)))
    assert [(a, b) for a, b, _ in spans] == [(60, 90), (10, 25)]
    assert spans[0][2] == pytest.approx(0.95)


def test_a_curve_that_stays_low_has_no_span():
    assert spans_of(curve((0, 120, 0.5))) == [] == spans_of(np.zeros(0))


def test_a_stretch_goes_on_to_its_edges():
    assert [(a, b) for a, b, _ in spans_of(curve((10, 40, 0.5), (20, 22, 0.9)))] == [(10, 40)]


@pytest.mark.parametrize(("gap", "count"), [(2, 1), (3, 2)])
def test_what_a_small_gap_parts_is_one(gap, count):
    assert len(spans_of(curve((10, 20, 0.8), (20 + gap, 40, 0.8)))) == count


def test_what_is_much_shorter_than_usual_is_left_out_and_what_is_usually_short_stays():
    assert [(a, b) for a, b, _ in spans_of(curve((10, 40, 0.8), (60, 65, 0.99)))] == [(10, 40)]
    assert len(spans_of(curve((10, 12, 0.8), (60, 65, 0.99)))) == 2


@given(arrays(np.float32, st.integers(0, 300), elements=st.floats(0, 1, width=32)))
def test_spans_of_any_curve_are_apart_and_high(values):
    spans = sorted(spans_of(values))
    assert all(0 <= a < b <= len(values) and 0.7 < score <= 1 for a, b, score in spans)
    assert all(one[1] < other[0] for one, other in pairwise(spans))

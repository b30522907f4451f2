from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.recording import open_recording
from sleeplm.recording.array_cache import ArrayCache


def test_a_signal_is_read_once_and_cannot_be_written_into(make_edf):
    night = open_recording(make_edf("C3-M2", "C4-M1"))
    first = night.signal("C3", 64)
    assert night.signal("C3", 64) is first and night.signal("C3", 100) is night.signal("C3")
    assert night.signal("C3") is not first and night.signal("C4", 64) is not first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 30)), max_size=40))
def test_never_more_is_kept_than_allowed_and_the_last_is_kept(asked):
    cache, sizes = ArrayCache(limit_bytes=80), dict[int, int]()
    for key, size in asked:
        size = sizes.setdefault(key, size)
        array = cache.get(key, partial(np.zeros, size, np.float32))
        assert array.size == size and cache.nbytes <= 80
        if array.nbytes <= 80:
            assert cache.get(key, lambda: pytest.fail("made twice")) is array

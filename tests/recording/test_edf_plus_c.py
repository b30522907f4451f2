"""EDF+C whose time-keeping shows holes, drifts, or contradicts itself."""

import numpy as np
import pytest
from edf_gaps import ROOM, with_gaps

from sleeplm.recording import open_recording

N = 120


@pytest.fixture
def continuous(make_edf, tmp_path):
    """A function that writes a file declared continuous whose records begin when it is told."""

    def write(starts_s):
        path = make_edf(("C3-M2", 100.0, "uV", np.sin(np.arange(N * 100) / 10)), annotations=[ROOM])
        data = with_gaps(path, starts_s).replace(b"EDF+D", b"EDF+C", 1)
        out = tmp_path / "continuous.edf"
        out.write_bytes(data)
        return open_recording(out)

    return write


def said(recording):
    return [w for w in recording.warnings if "continuous.edf" in w and ("records" in w)]


@pytest.mark.parametrize(
    ("starts", "lasts", "gaps"),
    [
        ([*range(60), *range(90, 150)], 150, [(60, 90)]),
        ([*range(40), *range(50, 90), *range(120, 160)], 160, [(40, 50), (90, 120)]),
    ],
    ids=["one hole", "two holes"],
)
def test_holes_of_a_file_that_is_declared_continuous_are_gaps(continuous, starts, lasts, gaps):
    recording = continuous(starts)
    assert recording.duration_s == lasts
    signal = recording.signal("C3")
    sfreq_hz = recording.channels["C3"].sfreq_hz
    for first, last in gaps:
        assert np.isnan(signal[int(first * sfreq_hz) + 1 : int(last * sfreq_hz) - 1]).all()
    (warning,) = said(recording)
    assert "declared continuous" in warning and "kept as gaps" in warning


def test_a_continuous_file_is_one_run_and_nothing_is_said(continuous):
    recording = continuous(list(range(N)))
    assert recording.duration_s == N and not said(recording)
    assert np.isfinite(recording.signal("C3")).all()


def test_a_clock_that_drifts_by_small_steps_is_said_and_makes_no_hole(continuous):
    recording = continuous([round(1.02 * i, 4) for i in range(N)])
    (warning,) = said(recording)
    assert "drifts by 2.4 s" in warning and recording.duration_s == N


@pytest.mark.parametrize("starts", [[*range(60), *range(30, 90)], [0] * N], ids=["backwards", "all at zero"])
def test_times_that_contradict_each_other_are_said_and_the_records_follow_each_other(continuous, starts):
    recording = continuous(starts)
    (warning,) = said(recording)
    assert "contradict each other" in warning and recording.duration_s == N


def test_the_sentence_says_where_the_first_hole_lies(continuous):
    (warning,) = said(continuous([*range(60), *range(90, 150)]))
    assert "first at data record 61: 60 s to 90 s" in warning
    (warning,) = said(continuous([*range(10), *range(12, 122)]))
    assert "first at data record 11: 10 s to 12 s" in warning


@pytest.mark.parametrize("starts", [[*range(119), 200_000], [*range(60), 90_000, *range(61, 120)]])
def test_one_damaged_time_does_not_refuse_a_file_that_is_declared_continuous(continuous, starts):
    recording = continuous(starts)
    (warning,) = said(recording)
    assert "contradict each other (first at data record" in warning
    assert recording.duration_s == N and np.isfinite(recording.signal("C3")).all()


def silenced(path, starts):
    """The file with the time-keeping of the records that begin at these seconds taken out."""
    data = path.read_bytes()
    for start in starts:
        stamp = b"+%d\x14\x14" % start
        at = data.index(stamp)
        data = data[:at] + bytes(len(stamp)) + data[at + len(stamp) :]
    path.write_bytes(data)
    return open_recording(path)


@pytest.mark.parametrize(
    ("starts", "silent", "gaps"),
    [
        (range(N), [12], ()),
        (range(N), [0, 12, 119], ()),
        ([*range(60), *range(90, 150)], [0, 12, 100], ((60, 90),)),
    ],
)
def test_records_that_do_not_say_when_they_begin_hide_no_hole_and_are_said(continuous, starts, silent, gaps):
    recording = silenced(continuous(list(starts)).path, silent)
    assert recording.gaps == gaps
    (warning,) = [w for w in recording.warnings if "do not say when they begin" in w]
    assert f"{len(silent)} of its {N} data records" in warning and f"data record {silent[0] + 1})" in warning


def test_a_file_whose_records_never_say_when_they_begin_is_read_as_declared(continuous):
    recording = silenced(continuous(list(range(N))).path, range(N))
    (warning,) = said(recording)
    assert "none of its data records says" in warning and recording.duration_s == N

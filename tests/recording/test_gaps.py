import edfio
import numpy as np
import pytest
from edf_gaps import ROOM, with_gaps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sleeplm.errors import DamagedFileError
from sleeplm.recording import open_recording

FIRST_20_LAST_40 = [*range(20), *range(100, 140)]  # of 60 s, 80 s are missing in between


def test_a_gap_is_nan_in_every_signal_and_time_stays_true(make_edf_with_gaps):
    whole = np.arange(6000) / 100
    path = make_edf_with_gaps(FIRST_20_LAST_40, ("C3-M2", 100, "uV", whole), ("SpO2", 1, "%", np.full(60, 96)))
    night = open_recording(path)
    assert (night.duration_s, night.n_epochs, night.gaps) == (140, 4, ((20, 100),))
    values = night.signal("C3")
    assert values.dtype == np.float32 and np.isnan(values[2000:10000]).all()
    assert np.allclose(np.r_[values[:2000], values[10000:]], whole, atol=2e-3)
    oxygen = night.signal("SPO2")
    assert np.isnan(oxygen[20:100]).all() and np.allclose(np.r_[oxygen[:20], oxygen[100:]], 96, atol=0.1)


@pytest.mark.parametrize("sfreq_hz", [64, 100, 128])
def test_a_gap_stays_a_gap_at_every_rate_and_does_not_spread(make_edf_with_gaps, sfreq_hz):
    night = open_recording(make_edf_with_gaps(FIRST_20_LAST_40, "C3-M2", ("SpO2", 1, "%", np.full(60, 96))))
    for name in ("C3", "SPO2"):
        missing = np.isnan(night.signal(name, sfreq_hz))
        assert missing.size == 140 * sfreq_hz
        assert missing[20 * sfreq_hz + 1 : 100 * sfreq_hz - 1].all()
        assert not missing[: 20 * sfreq_hz - 1].any() and not missing[100 * sfreq_hz + 1 :].any()


def test_bdf_keeps_its_gaps_too(make_bdf, tmp_path):
    whole = make_bdf(np.arange(-3000, 3000) / 10, annotations=[ROOM, edfio.EdfAnnotation(3.5, 2, "Apnea")])
    (tmp_path / "gaps.bdf").write_bytes(with_gaps(whole, FIRST_20_LAST_40, "BDF"))
    night = open_recording(tmp_path / "gaps.bdf")
    assert (night.duration_s, night.gaps) == (140, ((20, 100),)) and (3.5, 2.0, "Apnea") in night.annotations
    values = night.signal("C3")
    assert np.isnan(values[2000:10000]).all()
    assert np.array_equal(np.r_[values[:2000], values[10000:]], open_recording(whole).signal("C3"))
    assert np.array_equal(night.read("C3", 12.34, 17.5), values[1234:1750])


def test_what_is_missing_is_said(make_edf_with_gaps):
    night = open_recording(make_edf_with_gaps(FIRST_20_LAST_40, "C3-M2"))
    (sentence,) = [w for w in night.warnings if "gap" in w]
    assert "1 gap" in sentence and "80 s of 140 s" in sentence and "57 %" in sentence
    assert list(night.mostly_gap) == [False, True, True, False]


def test_stretches_are_read_across_gaps(make_edf_with_gaps):
    path = make_edf_with_gaps(FIRST_20_LAST_40, ("C3-M2", 100, "uV", np.arange(6000) / 100))
    night = open_recording(path)
    whole = night.read("C3", 0, 140)
    for start_s, stop_s in [(0, 10), (15.5, 30.25), (30, 60), (99.9, 100.1), (130, 140)]:
        expected = whole[round(start_s * 100) : round(stop_s * 100)]
        assert np.array_equal(night.read("C3", start_s, stop_s), expected, equal_nan=True)


def test_annotations_keep_their_true_time(make_edf_with_gaps):
    path = make_edf_with_gaps(FIRST_20_LAST_40, "C3-M2", annotations=[edfio.EdfAnnotation(3.5, 2, "Apnea")])
    assert (3.5, 2.0, "Apnea") in open_recording(path).annotations


def test_a_discontinuous_file_without_a_gap_is_as_any_other(make_edf_with_gaps):
    night = open_recording(make_edf_with_gaps(list(range(60)), "C3-M2"))
    assert (night.duration_s, night.gaps) == (60, ())
    assert np.array_equal(night.signal("C3"), open_recording(night.path.with_name("whole_gaps.edf")).signal("C3"))
    assert not any("gap" in w for w in night.warnings)


def test_a_recording_that_begins_within_a_second_or_later_has_its_true_clock(make_edf_with_gaps):
    night = open_recording(make_edf_with_gaps([7.25, 8.25, 10.25], "C3-M2"))
    assert (night.start_clock, night.duration_s, night.gaps) == ("22:30:07", 4, ((2, 3),))


def test_clocks_that_jitter_make_no_gaps_and_clocks_that_drift_do_not_add_up(make_edf_with_gaps):
    jitter = [i + (0.003 if i % 2 else 0) for i in range(60)]
    assert open_recording(make_edf_with_gaps(jitter, "C3-M2")).gaps == ()
    drift = [i * 1.004 for i in range(60)]
    night = open_recording(make_edf_with_gaps(drift, "C3-M2"))
    assert night.duration_s == pytest.approx(59 * 1.004 + 1, abs=0.02)


@pytest.mark.parametrize(
    ("starts_s", "sentence"),
    [
        ([0, 1, 2, 1, 4], r"data record 4 goes back in time \(it begins at 1 s, the one before ends at 3 s\)"),
        ([0, 1, 1.5, 4], "data record 3 overlaps the one before"),
        ([0, 1, 200000], "spans 56 h with its gaps"),
    ],
)
def test_records_out_of_order_are_refused_by_name(make_edf_with_gaps, starts_s, sentence):
    with pytest.raises(DamagedFileError, match=sentence) as error:
        open_recording(make_edf_with_gaps(starts_s, "C3-M2"))
    assert "gaps.edf" in str(error.value)


def test_a_record_that_does_not_say_when_it_begins_is_refused(make_edf, rewrite):
    with pytest.raises(DamagedFileError, match="data record 1 does not say when it begins"):
        open_recording(rewrite(make_edf("C3-M2"), {192: b"EDF+D"}))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([0, 0, 0, 1, 2, 30]), min_size=3, max_size=59))
def test_wherever_the_gaps_are_every_sample_lies_where_its_record_says(make_edf_with_gaps, pauses):
    starts_s = list(np.cumsum(np.add(pauses, 1)))
    path = make_edf_with_gaps(starts_s, ("C3-M2", 100, "uV", np.repeat(np.arange(60), 100)))
    night = open_recording(path)
    values = night.signal("C3").reshape(-1, 100)
    expected = np.full(len(values), np.nan)
    expected[np.array(starts_s) - starts_s[0]] = np.arange(len(starts_s))
    assert np.allclose(values, expected[:, None], atol=0.01, equal_nan=True)
    assert sum(b - a for a, b in night.gaps) == np.isnan(expected).sum()

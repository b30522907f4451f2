"""Numbers of an automatic staging say how sure they are; an unsure early REM run is no onset."""

import numpy as np
import pytest
from fakes import FakeRecording
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sleeplm.facts.doubt import measures
from sleeplm.facts.night_facts import night_facts
from sleeplm.kinds.stages import STAGES, Stage
from sleeplm.night import Fact, Interval, Scoring
from sleeplm.scoring.sampled_stages import sample_hypnograms

R, N2, W = (STAGES.index(s) for s in (Stage.R, Stage.N2, Stage.W))


def probabilities(codes, sure):
    """Probabilities of a staging that calls these stages, each as sure as is said."""
    sure = np.broadcast_to(sure, len(codes))
    out = np.repeat(((1 - sure) / 4)[:, None], 5, axis=1)
    out[np.arange(len(codes)), codes] = sure
    return out.astype(np.float32)


def facts_of(codes, sure, source="yasa"):
    given = probabilities(np.asarray(codes), sure) if source == "yasa" else None
    scoring = Scoring(tuple(STAGES[c] for c in codes), source, probabilities=given)
    return {f.id: f for f in night_facts(FakeRecording(duration_s=30 * len(codes)), scoring)}


def night(*parts):
    return np.concatenate([np.full(n, code) for code, n in parts])


@pytest.mark.parametrize(("chance", "run", "latency"), [(0.6, 8, 152.5), (0.95, 2, 152.5), (0.9, 8, 11.5)])
def test_an_early_rem_run_that_the_staging_is_not_sure_of_is_no_onset(chance, run, latency):
    codes = night((W, 20), (N2, 23), (R, run), (N2, 282 - run), (R, 40), (N2, 20))
    sure = np.where(np.arange(len(codes)) < 43 + run, chance, 0.95)
    sure[:43] = 0.95
    assert facts_of(codes, sure)["rem_latency_min"].value == latency
    assert facts_of(codes, sure, "expert")["rem_latency_min"].value == 11.5


def test_a_night_whose_every_rem_run_is_unsure_has_no_rem_latency():
    codes = night((N2, 100), (R, 20), (N2, 50))
    fact = facts_of(codes, np.where(codes == R, 0.5, 0.9))["rem_latency_min"]
    assert fact.value is None and fact.text.startswith("The automatic staging is not sure of any REM period")
    none = facts_of(night((N2, 100)), 0.9)["rem_latency_min"]
    assert none.text.startswith("No REM sleep was scored")


def test_what_people_staged_has_no_interval():
    facts = facts_of(night((W, 20), (N2, 100), (R, 20)), 1.0, "expert")
    assert all(f.interval is None for f in facts.values())


def test_numbers_of_an_automatic_staging_have_an_interval_that_holds_them():
    rng = np.random.default_rng(0)
    codes = night((W, 30), (N2, 200), (R, 40), (N2, 100), (W, 10))
    facts = facts_of(codes, rng.uniform(0.4, 0.95, len(codes)))
    wanted = {"tst_min", "se_pct", "sol_min", "waso_min", "n1_min", "n2_min", "n3_min", "r_min", "awakenings_n"}
    assert wanted <= {i for i, f in facts.items() if f.interval}
    for fact in facts.values():
        if fact.interval:
            assert fact.interval.low <= fact.value <= fact.interval.high and fact.interval.level == 0.9
            assert "90% interval" in fact.text
    assert facts["ahi_per_h"].interval is None


def test_the_less_sure_a_staging_the_wider_its_intervals():
    codes = night((W, 30), (N2, 200), (R, 40), (N2, 100))
    widths = [(i := facts_of(codes, sure)["tst_min"].interval).high - i.low for sure in (0.99, 0.8, 0.6, 0.4)]
    assert widths == sorted(widths)


def test_samples_keep_to_what_is_certain_and_leave_out_what_was_not_staged():
    given = probabilities(night((W, 20), (N2, 50)), 1.0)
    given[5:8] = np.nan
    samples = sample_hypnograms(given, 50)
    assert (samples[:, 5:8] == -1).all() and samples.shape == (50, 70)
    staged = np.r_[0:5, 8:18, 22:70]
    assert np.mean(samples[:, staged] == np.argmax(given[staged], 1)) > 0.97
    assert np.array_equal(samples, sample_hypnograms(given, 50))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(range(-1, 5)), min_size=1, max_size=60))
@example([0] * 5 + [2] * 10 + [0] + [2] * 25 + [3] * 4 + [4] * 3)
def test_measures_of_many_hypnograms_are_the_facts_of_each(codes):
    hypnogram = tuple(Stage.UNSCORED if c < 0 else STAGES[c] for c in codes)
    facts = night_facts(FakeRecording(duration_s=30 * len(codes)), Scoring(hypnogram, "expert"))
    by_id = {f.id: f.value for f in facts}
    if any(c >= 0 for c in codes):
        for id_, (value,) in measures(np.array([codes]), len(codes) / 2).items():
            expected = by_id[id_]
            assert (expected is None and not np.isfinite(value)) or value == pytest.approx(expected, abs=0.051), id_


def test_an_interval_is_kept_with_its_fact():
    fact = Fact("tst_min", "TST", 300.0, "min", "t", "d", interval=Interval(280, 320.5, 0.9))
    assert Fact.from_dict(fact.as_dict()) == fact
    assert fact.details == ("90% interval 280 to 320.5 min",)

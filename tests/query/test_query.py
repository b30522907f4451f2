import numpy as np
import pytest
from fakes import FakeRecording
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.errors import UsageError
from sleeplm.facts import night_facts
from sleeplm.facts.night_facts import timeline_of
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring
from sleeplm.query import parse, run
from sleeplm.query.tables import Tables

STAGES = ["W"] * 20 + ["N2"] * 60 + ["R"] * 40 + ["N2"] * 40 + ["R"] * 40 + ["W"] * 40
EVENTS = tuple(
    Event(t, float(s), float(d))
    for t, s, d in [
        ("hypopnea", 300, 15), ("apnea_obstructive", 1000, 22), ("hypopnea", 2500, 31), ("apnea_central", 2650, 12),
        ("arousal", 1025, 5), ("arousal", 4000, 6), ("hypopnea", 5000, 18), ("hypopnea", 6900, 11),
    ]
)  # fmt: skip
TYPES = ("apnea_obstructive", "apnea_central", "hypopnea", "arousal")
SPO2 = np.where(np.arange(7200) % 600 < 60, 86.0, 96.0)
SPO2[:300] = np.nan
SUPINE = np.where(np.arange(7200) < 3000, 2.0, 1.0)


@pytest.fixture
def night():
    recording = FakeRecording({"POS": (SUPINE, 1)})
    scoring = Scoring(tuple(map(Stage, STAGES)), "expert", EVENTS, dict.fromkeys(TYPES, "expert"))
    return (
        recording,
        scoring,
        Tables(timeline_of(recording, scoring), scoring, ("POS", "SPO2"), lambda: SUPINE, lambda: SPO2),
    )


@pytest.mark.parametrize(
    ("query", "id_"),
    [
        ("per_hour(apnea, hypopnea)", "ahi_per_h"),
        ("per_hour(apnea, hypopnea) in stage R", "ahi_rem_per_h"),
        ("per_hour(apnea, hypopnea) in stage NREM", "ahi_nrem_per_h"),
        ("per_hour(apnea, hypopnea) in sleep and position supine", "ahi_supine_per_h"),
        ("minutes(stage R)", "r_min"),
        ("minutes(stage NREM)", "nrem_min"),
        ("minutes(stage N3)", "n3_min"),
    ],
)
def test_a_query_gives_what_the_fact_of_the_same_words_gives(night, query, id_):
    recording, scoring, tables = night
    fact = next(f for f in night_facts(recording, scoring) if f.id == id_)
    assert run(query, tables).value == fact.value


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("count(apnea)", 2),
        ("count(hypopnea) in stage R and position supine", 1),
        ("longest(hypopnea)", 31.0),
        ("first(arousal)", "23:17:05"),
        ("count(arousal) in within 15 s after apnea", 1),
        ("count(hypopnea) in before 00:00", 2),
        ("count(hypopnea) in not sleep", 2),
        ("median(apnea)", 17.0),
        ("count(stage R)", 2),
        ("share(stage W) in bed", 25.0),
        ("count(hypopnea) in (stage R or stage N2) and third 3", 1),
    ],
)
def test_a_query_gives_what_counting_by_hand_gives(night, query, value):
    assert run(query, night[2]).value == value


def test_what_a_night_lacks_is_said(night):
    tables = night[2]
    assert "not scored" in run("count(plm)", tables).text or "not recorded" in run("count(plm)", tables).text
    assert run("longest(apnea) in before 23:01", tables).text.startswith("There were no apneas")
    assert run("minutes(stage R) in cycle 9", tables).value is None


NO_QUERIES = (
    "", "count", "count(apnea", "count(cpap)", "count(apnea) in hour 0", "per_hour(stage R)", "count(apnea) in <b>",
    "count(apnea) in sleep sleep", "count(apnea) in " + "(" * 900, "count(apnea) in " + "not " * 400,
)  # fmt: skip


@pytest.mark.parametrize("text", NO_QUERIES)
def test_what_is_no_query_is_refused_in_a_sentence(text):
    with pytest.raises(UsageError):
        parse(text)


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from("count ( apnea ) in not stage R and or , 3 hour 02:30".split())).map(" ".join)
)
def test_any_text_is_a_query_or_refused(text):
    try:
        parse(text)
    except UsageError:
        pass


@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 400)), max_size=20), st.lists(st.integers(0, 9000)))
def test_events_after_others_are_told_to_the_tenth_of_a_second(apneas, arousals):
    events = (
        *(Event("apnea", s / 10, d / 10) for s, d in apneas),
        *(Event("arousal", s / 10, 3.0) for s in arousals),
    )
    recording = FakeRecording(duration_s=1200)
    sources = dict.fromkeys(("apnea", "arousal"), "expert")
    scoring = Scoring((Stage.N2,) * 40, "expert", events, sources)
    tables = Tables(timeline_of(recording, scoring), scoring, (), lambda: np.zeros(0), lambda: np.zeros(0))
    counted = sum(any(0 <= a - s - d < 150 for s, d in apneas) for a in arousals)
    # Without an apnea there is no time after one, so that nothing could be counted in it.
    assert run("count(arousal) in within 15 s after apnea", tables).value == (counted if apneas else None)


def test_a_rate_of_arousals_counts_what_the_arousal_index_counts():
    events = tuple(Event("arousal", float(s), 5.0) for s in (40, 100, 1000, 2000))
    scoring = Scoring((Stage.W,) * 4 + (Stage.N2,) * 116, "expert", events, {"arousal": "expert"})
    recording = FakeRecording(duration_s=3600)
    index = {f.id: f.value for f in night_facts(recording, scoring)}["arousal_index_per_h"]
    tables = Tables(
        timeline_of(recording, scoring), scoring, (), lambda: np.zeros(3600), lambda: np.full(3600, 97.0)
    )
    assert run("per_hour(arousal)", tables).value == index == pytest.approx(4 / (116 / 120), abs=0.05)
    assert run("count(arousal) in sleep", tables).value == 2


@pytest.mark.parametrize("threshold", [70, 86, 87, 92, 96, 97, 100])
def test_any_threshold_of_saturation_is_asked_for_in_any_part_of_the_night(night, threshold):
    *_, tables = night
    valid, below = np.isfinite(SPO2), np.nan_to_num(SPO2, nan=101) < threshold
    assert run(f"minutes(spo2 below {threshold})", tables).value == pytest.approx(below.sum() / 60, abs=0.05)
    share = run(f"share(spo2 below {threshold})", tables)
    assert share.value == pytest.approx(100 * below.sum() / valid.sum(), abs=0.05) and share.signals == ("SPO2",)
    above = run(f"share(spo2 above {threshold})", tables).value
    assert above == pytest.approx(100 - share.value, abs=0.11)
    rem = np.repeat(np.array(STAGES) == "R", 30)
    in_rem = run(f"minutes(spo2 below {threshold}) in stage R", tables).value
    assert in_rem == pytest.approx((below & rem).sum() / 60, abs=0.05)


def test_events_are_asked_for_where_the_saturation_was_low(night):
    *_, tables = night
    low = [e for e in EVENTS if e.type == "hypopnea" and np.nan_to_num(SPO2, nan=101)[int(e.start_s)] < 90]
    assert run("count(hypopnea) in spo2 below 90", tables).value == len(low)
    with pytest.raises(UsageError, match="number from 1 to 100"):
        parse("minutes(spo2 below 900)")
    with pytest.raises(UsageError, match="events alone"):
        parse("mean(spo2 below 90)")

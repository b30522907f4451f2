"""The index by part of the night, by position and stage, its ratios, split nights, durations, causes and types."""

import numpy as np
import pytest
from fakes import FakeRecording
from hypothesis import given, settings
from hypothesis import strategies as st

from sleeplm.facts import night_facts
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring
from sleeplm.scoring import score

HOUR = 120  # epochs


def facts_of(stages, events, types, recording=None, **scoring):
    recording = recording or FakeRecording(duration_s=30 * len(stages))
    night = Scoring(
        tuple(Stage(s) for s in stages),
        "expert",
        tuple(sorted(events, key=lambda e: e.start_s)),
        dict.fromkeys(types, "expert"),
        **scoring,
    )
    return {f.id: f for f in night_facts(recording, night)}


def hypopneas(*starts_s, duration_s=20.0, label=None):
    return [Event("hypopnea", float(s), duration_s, label=label) for s in starts_s]


def test_parts_of_the_sleep_period_add_up_to_the_night():
    stages = ["W"] * 20 + ["N2"] * 3 * HOUR + ["W"] * 10
    starts = (630, 700, 4000, 5970, 8000, 11000, 11370)  # 5970 begins in the first half and ends in the second
    facts = facts_of(stages, hypopneas(*starts), ["hypopnea"])
    onset = 600
    for n, parts in ((2, ("first_half", "second_half")), (3, ("first_third", "second_third", "last_third"))):
        length = 3 * 3600 / n
        for i, part in enumerate(parts):
            fact = facts[f"ahi_{part}_per_h"]
            count = sum(onset + i * length <= s < onset + (i + 1) * length for s in starts)
            assert fact.basis.events == count and fact.value == round(count * 3600 / length, 1), part
        assert sum(facts[f"ahi_{part}_per_h"].basis.events for part in parts) == len(starts)


def test_the_worst_hour_is_counted_from_lights_off_and_short_ones_are_not_judged():
    stages = ["N2"] * (2 * HOUR + 10)
    starts = [60 * i for i in range(30)] + [3700, 7300, 7350]
    facts = facts_of(stages, hypopneas(*starts, duration_s=12.0), ["hypopnea"], lights_off_s=0.0)
    worst = facts["ahi_worst_hour_per_h"]
    assert worst.value == 30.0 and "from 23:00:00 to 00:00:00" in worst.text
    assert worst.note == "by hour from lights off: 30, 1, too little sleep"
    few = facts_of(["N2"] * 20, [], ["hypopnea"])["ahi_worst_hour_per_h"]
    assert few.value is None and "No hour holds 15 min" in few.text


def test_position_and_stage_are_told_together():
    position = np.where(np.arange(2 * 3600) < 3600, 2.0, 0.0)  # an hour on the back, one on the right side
    stages = (["N2"] * 60 + ["R"] * 60) * 2
    events = hypopneas(100, 200, 1900, 2000, 2100, 2200, 3700, 5500, duration_s=12.0)
    facts = facts_of(stages, events, ["hypopnea"], FakeRecording({"POS": (position, 1)}))
    values = {
        k: facts[f"ahi_{k}_per_h"].value for k in ("supine_nrem", "supine_rem", "nonsupine_nrem", "nonsupine_rem")
    }
    assert values == {"supine_nrem": 4.0, "supine_rem": 8.0, "nonsupine_nrem": 2.0, "nonsupine_rem": 2.0}
    assert facts["ahi_position_ratio"].value == 3.0
    assert "under 5" in facts["ahi_position_ratio"].note and facts["ahi_per_h"].value == 4.0
    awake = facts_of(["N2"] * 120 + ["W"] * 120, events, ["hypopnea"], FakeRecording({"POS": (position, 1)}))
    assert "No REM sleep was scored" in awake["ahi_supine_rem_per_h"].text
    assert "No NREM sleep lies off the back" in awake["ahi_nonsupine_nrem_per_h"].text


def test_ratios_say_what_they_mean_and_need_enough_of_both():
    rem_heavy = hypopneas(*range(60, 3600, 400), *range(3660, 7200, 100), duration_s=12.0)
    facts = facts_of(["N2"] * HOUR + ["R"] * HOUR, rem_heavy, ["hypopnea"])
    assert facts["ahi_rem_ratio"].value == 4.0 and facts["ahi_rem_ratio"].note == "REM-predominant apnea"
    short = facts_of(["N2"] * HOUR + ["R"] * 10, rem_heavy, ["hypopnea"])["ahi_rem_ratio"]
    assert short.value is None and "Only 5 min of REM sleep" in short.text
    none = facts_of(["N2"] * HOUR + ["R"] * HOUR, hypopneas(4000), ["hypopnea"])["ahi_rem_ratio"]
    assert none.value is None and "Not one apnea or hypopnea lies in NREM sleep" in none.text


def test_both_sides_of_a_split_night_are_told_and_only_where_there_are_two():
    events = hypopneas(*range(60, 7200, 60), 9000, duration_s=12.0)
    stages = ["N2"] * 4 * HOUR
    facts = facts_of(stages, events, ["hypopnea"], split_s=7200.0)
    assert facts["split_clock"].value == "01:00:00"
    assert (facts["ahi_before_split_per_h"].value, facts["ahi_after_split_per_h"].value) == (59.5, 0.5)
    none = facts_of(stages, events, ["hypopnea"])
    assert all(none[i].value is None for i in ("split_clock", "ahi_before_split_per_h", "ahi_after_split_per_h"))


@pytest.mark.parametrize(
    ("notes", "split_s"),
    [
        ([(7200.0, 0.0, "CPAP started")], 7200.0),
        ([(7300.0, 0.0, "Split night"), (7400.0, 0.0, "CPAP 5 cmH2O")], 7300.0),
        ([(7200.0, 0.0, "Start BiPAP titration")], 7200.0),
        ([(7200.0, 0.0, "CPAP off"), (7260.0, 0.0, "patient on back")], None),
        ([(10.0, 0.0, "CPAP on")], None),  # the whole night is on treatment
        ([(14000.0, 0.0, "CPAP = 4")], None),  # tried in the morning
        ([], None),
    ],
)
def test_the_begin_of_treatment_is_read_from_the_notes_where_sleep_lies_on_both_sides(notes, split_s):
    recording = FakeRecording(duration_s=4 * 3600)
    recording.annotations = notes
    staged = Scoring((Stage.N2,) * (4 * HOUR), "expert")
    assert score(recording, [staged]).split_s == split_s
    assert score(recording, [staged], split_s=5000.0).split_s == 5000.0


def test_durations_are_of_events_that_touch_sleep():
    apneas = [Event("apnea_central", 700.0, 14.0), Event("apnea", 900.0, 31.0), Event("apnea_mixed", 1000.0, 12.0)]
    awake = Event("apnea", 100.0, 90.0)
    facts = facts_of(
        ["W"] * 20 + ["N2"] * 40, [awake, *apneas], ["apnea", "apnea_central", "apnea_mixed", "hypopnea"]
    )
    assert facts["apnea_longest_s"].value == 31.0 and facts["apnea_longest_s"].epochs == ((31, 32),)
    assert "at 23:15:00" in facts["apnea_longest_s"].text
    assert facts["apnea_mean_s"].value == 19.0 and facts["apnea_median_s"].value == 14.0
    assert (
        facts["hypopnea_longest_s"].value is None
        and "No hypopnea was found in sleep" in facts["hypopnea_mean_s"].text
    )


def test_time_that_two_stretches_share_counts_once():
    stretches = [Event("cheyne_stokes", 300.0, 600.0), Event("cheyne_stokes", 600.0, 600.0)]
    facts = facts_of(["N2"] * HOUR, stretches, ["cheyne_stokes"])
    assert facts["cheyne_stokes_min"].value == 15.0 and facts["cheyne_stokes_pct"].value == 25.0


AROUSAL_CASES = [
    ("respiratory", 24.9, None),  # 4.9 s after the end of a hypopnea from 0 to 20 s
    ("spontaneous", 25.1, None),
    ("leg", 100.6, None),  # a movement ends at 100.2
    ("spontaneous", 101.0, None),
    ("leg", 15.0, "Arousal (ARO Limb)"),  # the scorer's word goes first
    ("respiratory", 500.0, "Respiratory arousal"),
    ("spontaneous", 10.0, "Spontaneous arousal"),
]


@pytest.mark.parametrize(("cause", "at_s", "label"), AROUSAL_CASES)
def test_an_arousal_has_one_cause_by_the_scorers_word_or_by_its_windows(cause, at_s, label):
    events = [*hypopneas(0.0), Event("plm", 99.7, 0.5), Event("arousal", at_s, 5.0, label=label)]
    facts = facts_of(["N2"] * HOUR, events, ["hypopnea", "plm", "arousal"])
    found = {c: facts[f"arousal_{c}_per_h"].value for c in ("respiratory", "leg", "spontaneous")}
    assert found == {c: float(c == cause) for c in found}
    assert sum(found.values()) == facts["arousal_index_per_h"].value


def test_an_arousal_is_not_spontaneous_where_nobody_looked_for_leg_movements():
    facts = facts_of(["N2"] * HOUR, [Event("arousal", 500.0, 5.0)], ["hypopnea", "arousal"])
    assert facts["arousal_respiratory_per_h"].value == 0.0
    for cause in ("leg", "spontaneous"):
        assert facts[f"arousal_{cause}_per_h"].value is None
        assert facts[f"arousal_{cause}_per_h"].text.startswith("Leg movement was not recorded")
    legs = facts_of(["N2"] * HOUR, [Event("arousal", 500.0, 5.0), Event("plm", 499.0, 1.0)], ["plm", "arousal"])
    assert legs["arousal_leg_per_h"].value is None and legs["plm_arousal_per_h"].value == 1.0


def test_types_of_hypopneas_are_the_scorers_words():
    events = [
        *hypopneas(60, 200, 400, label="Obstructive hypopnea"),
        *hypopneas(600, label="HYP-C"),
        *hypopneas(800, label="Hypopnea"),
        Event("apnea_mixed", 1000.0, 12.0),
        Event("apnea_central", 1100.0, 12.0),
    ]
    types = ["hypopnea", "apnea_obstructive", "apnea_central", "apnea_mixed", "apnea"]
    facts = facts_of(["N2"] * HOUR, events, types)
    values = {i: facts[i].value for i in facts if "_obstructive_per_h" in i or "_central_per_h" in i}
    assert values == {
        "hypopnea_obstructive_per_h": 3.0,
        "hypopnea_central_per_h": 1.0,
        "ahi_obstructive_per_h": 4.0,
        "ahi_central_per_h": 2.0,
    }
    assert facts["hypopnea_central_per_h"].note == "1 of 5 hypopneas are of no known type"
    untold = facts_of(["N2"] * HOUR, hypopneas(60, 200), types)["ahi_obstructive_per_h"]
    assert untold.value is None and "The expert did not tell the type of 2 of 2 hypopneas" in untold.text


def test_an_experts_index_is_of_one_rule_and_not_computable_by_another():
    spo2 = FakeRecording({"SPO2": (np.full(3600, 96.0), 1)})
    facts = facts_of(["N2"] * HOUR, hypopneas(60, 200), ["hypopnea", "apnea"], spo2)
    for id_ in ("ahi_3pct_per_h", "ahi_4pct_per_h", "ahi_between_rules_per_h"):
        assert facts[id_].value is None and "not computable of an expert's events" in facts[id_].text


@pytest.mark.parametrize(("lights_off_s", "said"), [(0.0, False), (600.0, True), (None, False)])
def test_lights_off_after_sleep_onset_are_said(lights_off_s, said):
    recording = FakeRecording(duration_s=3600)
    night = score(recording, [Scoring(tuple([Stage.W] * 10 + [Stage.N2] * 110), "expert")], lights_off_s)
    assert any("after sleep onset" in w for w in night.warnings) is said
    sol = next(f for f in night_facts(recording, night) if f.id == "sol_min")
    assert ("after sleep onset" in sol.text) is said and sol.value == (0.0 if said else 5.0)


def test_a_doze_before_lights_off_is_said_where_it_is_long():
    stages = [Stage.N2] * 12 + [Stage.W] * 20 + [Stage.N2] * 88
    warnings = score(FakeRecording(duration_s=3600), [Scoring(tuple(stages), "expert")], 600.0).warnings
    assert any(w.startswith("6 min of sleep were scored before lights off") for w in warnings)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from("W2R?"), min_size=60, max_size=90),
    st.lists(st.tuples(st.integers(0, 2600), st.integers(10, 90)), max_size=12),
    st.integers(0, 20),
)
def test_parts_add_up_to_the_whole_whatever_the_night(stages, spans, first):
    names = {"W": "W", "2": "N2", "R": "R", "?": "?"}
    events = [Event("hypopnea", float(s), float(d)) for s, d in spans]
    facts = facts_of([names[s] for s in stages], events, ["hypopnea"], lights_off_s=30.0 * first, split_s=1000.0)
    whole = facts["ahi_per_h"].basis
    groups = [
        [f"ahi_{part}_per_h" for part in ("first_half", "second_half")],
        [f"ahi_{part}_per_h" for part in ("first_third", "second_third", "last_third")],
        ["ahi_before_split_per_h", "ahi_after_split_per_h"],
    ]
    for ids in groups:
        bases = [facts[i].basis for i in ids if facts[i].basis]
        assert sum(b.events for b in bases) == (whole.events if whole else 0)
        assert sum(b.of_min for b in bases) == (whole.of_min if whole else 0)

import numpy as np
import pytest
from fakes import FakeRecording
from hypothesis import given, settings
from hypothesis import strategies as st

from sleeplm.facts import FACT_IDS, FACT_KINDS, night_facts
from sleeplm.kinds.sources import source_label, source_phrase
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring
from sleeplm.recording import Question, open_recording
from sleeplm.recording.annotations import read_scoring
from sleeplm.scoring import HeartRate, score
from sleeplm.scoring.arousals import NREM_ALONE
from sleeplm.scoring.heart import rate_of
from sleeplm.units import format_value

RULE = "hypopneas by the AASM 3% rule"
YASA_NAMES = {"W": "WAKE", "R": "REM", "?": "UNS"}
CONTRACT = """tib_min tst_min sol_min waso_min rem_latency_min n1_min n2_min n3_min r_min w_min se_pct n1_pct n2_pct
    n3_pct r_pct awakenings_n longest_sleep_min longest_wake_min ahi_per_h odi3_per_h odi4_per_h t90_pct
    spo2_mean_pct spo2_min_pct hr_mean_bpm""".split()
SUFFIX = {"min": "_min", "%": "_pct", "per hour": "_per_h", "bpm": "_bpm", "clock": "_clock", "": "_n",
          "s": "_s", "per min": "_per_min", "ms": "_ms", "ratio": "_ratio",
          "% min/h": "_pct_min_per_h"}  # fmt: skip


def facts_of(stages, events=(), sources=(), recording=None, **lights):
    recording = recording or FakeRecording(duration_s=30 * len(stages))
    scoring = Scoring(
        tuple(Stage(s) for s in stages), "expert", tuple(events), dict.fromkeys(sources, "expert"), **lights
    )
    return {f.id: f for f in night_facts(recording, scoring)}


@pytest.fixture(scope="module")
def expert_night(data):
    folder = data / "recordings"
    recording = open_recording(folder / "ucddb018.edf")
    parts = [read_scoring(folder / f"ucddb018_{part}.csv", recording) for part in ("stage", "events")]
    scoring = score(recording, parts)
    return scoring, {f.id: f for f in night_facts(recording, scoring)}


def test_the_contract_has_its_ids_and_each_its_unit():
    assert set(CONTRACT) <= set(FACT_IDS)
    assert all(k.id.endswith(SUFFIX[k.unit]) for k in FACT_KINDS.values())


def test_numbers_of_a_real_night_are_the_experts(expert_night):
    _, facts = expert_night
    expected = {
        "tib_min": 411.0, "tst_min": 247.0, "sol_min": 97.0, "waso_min": 67.0, "w_min": 164.0, "se_pct": 60.1,
        "n1_min": 29.0, "n2_min": 140.0, "n3_min": 68.5, "nrem_min": 237.5, "r_min": 9.5, "rem_latency_min": 262.0,
        "longest_wake_min": 97.0, "longest_wake_in_sleep_min": 7.5, "hypopnea_n": 9, "ahi_per_h": 2.2,
    }  # fmt: skip
    assert {id_: facts[id_].value for id_ in expected} == expected
    assert all(facts[id_].source == "expert" for id_ in expected if id_ != "tib_min")


def test_the_longest_wake_says_when_it_was(expert_night):
    _, facts = expert_night
    longest = facts["longest_wake_min"]
    assert longest.text == (
        "The longest period awake lasted 97 min (1 h 37 min), from 23:49:02 to 01:26:02, before sleep onset."
    )
    assert longest.epochs == ((1, 194),)


@pytest.mark.parametrize(
    ("hypopnea", "rera", "rdi"),
    [((500, 20), (518, 30), 2), ((500, 20), (505, 14), 1), ((500, 20), (511, 20), 2), ((500, 40), (530, 18), 1),
     ((500, 40), (530, 20), 2)],
)  # fmt: skip
def test_a_rera_is_another_event_unless_more_than_half_of_it_lies_in_a_hypopnea(hypopnea, rera, rdi):
    events = [Event("hypopnea", *hypopnea), Event("rera", *rera)]
    facts = facts_of(["N2"] * 120, events, ["hypopnea", "rera"])
    assert facts["rdi_per_h"].value == rdi


def test_what_rests_on_a_family_that_was_understood_in_part_says_so():
    scoring = Scoring(
        (Stage.N2,) * 120, "expert", (Event("hypopnea", 500, 20), Event("plm", 600, 1)),
        {"hypopnea": "expert", "apnea": "expert", "plm": "expert"},
        not_understood={"hypopnea": 2, "apnea": 2},
    )  # fmt: skip
    facts = {f.id: f for f in night_facts(FakeRecording(duration_s=3600), scoring)}
    for id_ in ("ahi_per_h", "hypopnea_n"):
        assert facts[id_].source == "expert, 2 words not understood"
    assert facts["hypopnea_n"].text == "Hypopneas: 1 (2 words of the scoring not understood)."
    assert facts["plm_n"].source == facts["tst_min"].source == "expert"
    assert source_label(facts["ahi_per_h"].source) == "expert, 2 words not understood"
    assert source_phrase(facts["ahi_per_h"].source) == "expert scoring, 2 words not understood"


def test_what_was_not_recorded_is_not_known(expert_night):
    _, facts = expert_night
    assert facts["spo2_min_pct"].value is None
    assert facts["spo2_min_pct"].text == (
        "Oxygen saturation was not recorded, so the lowest oxygen saturation is not known."
    )
    assert facts["odi3_per_h"].value is None and facts["hr_mean_bpm"].value is None


def test_sleep_numbers_are_those_of_yasa(expert_night):
    import yasa

    scoring, facts = expert_night
    stages = [YASA_NAMES.get(s, str(s)) for s in scoring.hypnogram]
    theirs = yasa.Hypnogram(stages, freq="30s").sleep_statistics()
    same = {"TIB": "tib_min", "TST": "tst_min", "SOL": "sol_min", "SE": "se_pct", "WAKE": "w_min", "REM": "r_min",
            "%REM": "r_pct", "WASO": "wake_in_sleep_period_min", "SPT": "spt_min", "SME": "sme_pct"}  # fmt: skip
    same |= {s: f"{s.lower()}_min" for s in ("N1", "N2", "N3")} | {
        f"%{s}": f"{s.lower()}_pct" for s in ("N1", "N2", "N3")
    }
    for name, id_ in same.items():
        assert facts[id_].value == pytest.approx(theirs[name], abs=0.05), name
    assert facts["rem_latency_min"].value == pytest.approx(theirs["Lat_REM"] - theirs["SOL"])


def test_a_night_without_sleep_divides_nothing_by_nothing():
    facts = facts_of("W" * 40, sources=["hypopnea", "apnea"])
    assert facts["tst_min"].value == 0 and facts["se_pct"].value == 0
    for id_ in (
        "n3_pct",
        "sol_min",
        "waso_min",
        "rem_latency_min",
        "ahi_per_h",
        "longest_sleep_min",
        "awakenings_n",
        "spt_min",
        "sme_pct",
        "lps_min",
        "cycles_n",
        "n3_first_third_min",
        "apnea_index_per_h",
    ):
        assert facts[id_].value is None
        assert "No epoch was scored as sleep" in facts[id_].text
    assert facts["hypopnea_n"].value == 0
    assert facts["longest_wake_min"].value == 20.0


@pytest.mark.parametrize("stages", ["?" * 20, ""])
def test_an_unscored_night_has_no_sleep_numbers(stages):
    facts = facts_of(stages, recording=FakeRecording(duration_s=600))
    assert facts["tst_min"].value is None
    assert facts["tst_min"].text == "No sleep stages were scored, so the total sleep time is not known."
    assert facts["tib_min"].value == facts["unscored_min"].value == 10.0


def test_lights_bound_the_time_in_bed():
    facts = facts_of(["N2", "N2", *["W"] * 4, *["N2"] * 10, *["W"] * 4], lights_off_s=60.0, lights_on_s=570.0)
    assert facts["tib_min"].value == 8.5
    assert facts["tst_min"].value == 5.0
    assert facts["sol_min"].value == 2.0
    assert facts["waso_min"].value == 1.5
    assert facts["se_pct"].value == pytest.approx(58.8)
    assert facts["lights_off_clock"].value == "23:01:00"


def test_waso_ends_with_time_in_bed_and_awakenings_with_sleep():
    facts = facts_of(["W", "N1", "W", "W", "N2", "W", "R", "W", "W"])
    assert facts["waso_min"].value == 2.5
    assert facts["wake_in_sleep_period_min"].value == 1.5
    assert facts["awakenings_n"].value == 2
    assert facts["rem_latency_min"].value == 2.5
    assert facts["stage_shifts_n"].value == 4
    assert facts["longest_wake_min"].epochs == ((3, 4),)


def test_without_a_start_clock_places_are_epochs():
    facts = facts_of("W" * 4, recording=FakeRecording(duration_s=120, start_clock=None))
    assert facts["longest_wake_min"].text == "The longest period awake lasted 2 min, from epoch 1 to epoch 4."
    assert facts["recording_start_clock"].value is None


def test_the_index_counts_events_that_touch_sleep():
    stages = ["W"] * 20 + ["N2"] * 80 + ["R"] * 20
    in_wake, across, in_rem = (Event("hypopnea", s, 20.0) for s in (100.0, 590.0, 3100.0))
    apnea = Event("apnea_central", 1000.0, 15.0)
    facts = facts_of(stages, [in_wake, across, apnea, in_rem], ["hypopnea", "apnea_central"])
    assert facts["hypopnea_n"].value == 3
    assert facts["ahi_per_h"].value == pytest.approx(3 / (100 / 120), abs=0.05)
    assert facts["ahi_nrem_per_h"].value == pytest.approx(2 / (80 / 120), abs=0.05)
    assert facts["ahi_rem_per_h"].value == pytest.approx(1 / (20 / 120), abs=0.05)
    assert facts["ahi_rem_per_h"].epochs == ((104, 104),)
    assert facts["apnea_mixed_n"].value is None


def test_an_automatic_index_names_its_rule_and_needs_hypopneas():
    stages, events = (Stage.N2,) * 120, (Event("apnea", 1000.0, 15.0),)
    values = {}
    for types in (("apnea",), ("apnea", "hypopnea")):
        rules = {"hypopnea": RULE} if "hypopnea" in types else {}
        scoring = Scoring(stages, "expert", events, dict.fromkeys(types, "automatic"), rules=rules)
        facts = {f.id: f for f in night_facts(FakeRecording(duration_s=3600), scoring)}
        values[types] = facts["ahi_per_h"]
        assert facts["apnea_n"].value == 1
    assert values["apnea",].value is None and "Hypopneas were not scored" in values["apnea",].text
    assert values["apnea", "hypopnea"].value == 1.0
    assert facts["ahi_per_h"].rule == RULE
    assert (
        facts["ahi_per_h"].text
        == f"The apnea-hypopnea index was 1 per hour of sleep (1 event in 60 min of sleep; {RULE})."
    )
    assert facts["apnea_index_per_h"].rule == "" and facts["rdi_per_h"].value is None


def test_an_experts_index_says_that_the_rule_is_the_experts(expert_night):
    assert "rule" in expert_night[1]["ahi_per_h"].text and "expert's" in expert_night[1]["ahi_per_h"].rule


def test_breathing_by_position_counts_sleep_and_events_of_that_position():
    codes = np.repeat([2.0, 0.0], 1800)  # half an hour on the back, half on the right side
    events = [Event("hypopnea", s, 20.0) for s in (60.0, 600.0, 1000.0, 2400.0)]
    recording = FakeRecording({"POS": (codes, 1)})
    stages = ["W"] * 4 + ["N2"] * 116
    scoring = Scoring(tuple(map(Stage, stages)), "expert", tuple(events), {"hypopnea": "expert"})
    facts = {f.id: f for f in night_facts(recording, scoring)}
    assert facts["ahi_supine_per_h"].value == pytest.approx(2 / (56 / 120), abs=0.05)
    assert facts["ahi_nonsupine_per_h"].value == 2.0
    awake = facts_of(["W"] * 60 + ["N2"] * 60, sources=["hypopnea"], recording=recording)
    assert awake["ahi_supine_per_h"].value is None and "no sleep in that position" in awake["ahi_supine_per_h"].text


def test_persistent_sleep_is_ten_minutes_of_any_stage():
    facts = facts_of(["W"] * 4 + ["N1"] * 19 + ["W"] + ["N1"] * 5 + ["N2"] * 15 + ["W"])
    assert facts["sol_min"].value == 2.0 and facts["lps_min"].value == 12.0
    assert facts_of(["W", *["N2"] * 19, "W"])["lps_min"].value is None
    assert facts["sme_pct"].value == pytest.approx(100 * 39 / 40) and facts["spt_min"].value == 20.0


def test_cycles_are_those_of_feinberg_and_floyd():
    first = ["N2"] * 30 + ["R"] * 2  # the first REM period may be short
    short = ["N2"] * 40 + ["R"] * 9  # later ones must last five minutes
    gap = ["N2"] * 40 + ["R"] * 6 + ["N2"] * 29 + ["R"] * 6  # less than 15 min apart: one period
    facts = facts_of(first + gap + short)
    assert facts["cycles_n"].value == 2
    assert facts["cycles_n"].epochs == ((1, 32), (33, 113))
    assert facts["cycle_mean_min"].value == pytest.approx((32 + 81) / 4, abs=0.06)
    sudden = facts_of(["R"] * 20 + ["N2"] * 40)
    assert sudden["cycles_n"].value == 0 and sudden["cycle_mean_min"].value is None


def test_thirds_of_the_sleep_period_hold_its_stages():
    facts = facts_of(["W"] * 5 + ["N3"] * 30 + ["N2"] * 20 + ["W"] * 10 + ["R"] * 30 + ["W"] * 5)
    thirds = ("first", "second", "last")
    assert [facts[f"n3_{t}_third_min"].value for t in thirds] == [15.0, 0.0, 0.0]
    assert [facts[f"w_{t}_third_min"].value for t in thirds] == [0.0, 5.0, 0.0]
    assert [facts[f"r_{t}_third_min"].value for t in thirds] == [0.0, 0.0, 15.0]


def test_densities_and_shares_of_events_in_a_stage():
    stages = ["W"] * 10 + ["N2"] * 20 + ["R"] * 10
    spindles = [Event("spindle", s, 1.0) for s in (50.0, 310.0, 400.0, 500.0, 905.0)]
    snores = [Event("snore", 290.0, 40.0), Event("snore", 320.0, 30.0)]  # overlapping, partly awake
    facts = facts_of(stages, spindles + snores, ["spindle", "snore", "slow_wave"])
    assert facts["spindle_n"].value == 5 and facts["spindle_n2_per_min"].value == pytest.approx(0.3)
    assert facts["snore_pct"].value == pytest.approx(100 * 50 / 900, abs=0.05)
    assert facts["slow_wave_n3_per_min"].value is None and "No deep sleep" in facts["slow_wave_n3_per_min"].text
    assert facts["rapid_eye_movement_r_per_min"].value is None  # nobody looked
    assert facts["rera_n"].text.endswith("so the number of RERAs is not known.")
    assert facts["rmssd_n2_ms"].text.endswith("so the RMSSD in N2 is not known.")


def test_leg_movements_with_an_arousal_are_those_within_half_a_second():
    legs = [Event("plm", s, 2.0) for s in (600.0, 630.0, 660.0)]
    arousals = [Event("arousal", 602.4, 5.0), Event("arousal", 632.6, 5.0), Event("arousal", 656.0, 3.6)]
    facts = facts_of(["N2"] * 120, legs + arousals, ["plm", "arousal"])
    assert facts["plm_arousal_per_h"].value == 2.0 and facts["plmi_per_h"].value == 3.0
    assert facts["leg_movement_per_h"].value == 3.0
    assert facts["arousal_rem_per_h"].value is None and "No REM sleep" in facts["arousal_rem_per_h"].text


def test_no_arousal_in_rem_is_not_none_where_it_could_not_be_scored():
    stages, arousal = (Stage.N2,) * 60 + (Stage.R,) * 60, (Event("arousal", 600.0, 5.0),)
    for source, rules, value in (
        ("automatic", {"arousal": NREM_ALONE}, None), ("automatic", {}, 0.0), ("expert", {}, 0.0)
    ):  # fmt: skip
        scoring = Scoring(stages, "expert", arousal, {"arousal": source}, rules=rules)
        facts = {f.id: f for f in night_facts(FakeRecording({"C3": (np.zeros(360_000), 100)}), scoring)}
        assert facts["arousal_rem_per_h"].value == value and facts["arousal_nrem_per_h"].value == 2.0


def test_heart_rate_belongs_to_the_stage_that_it_beats_in():
    beats_s = np.concatenate([np.arange(0, 600, 1.0), np.arange(600, 1200, 0.75)])
    heart = HeartRate(beats_s, beats_s[1:], 60 / np.diff(beats_s))
    stages = tuple([Stage.N3] * 20 + [Stage.R] * 20)
    scoring = Scoring(stages, "expert")
    facts = {f.id: f for f in night_facts(FakeRecording(duration_s=1200), scoring, heart=heart)}
    assert facts["hr_n3_bpm"].value == pytest.approx(60, abs=0.2)
    assert facts["hr_r_bpm"].value == pytest.approx(80, abs=0.2)
    assert facts["hr_n1_bpm"].value is None and facts["hr_n3_bpm"].epochs == ((1, 20),)


def test_variability_is_that_of_five_minutes_of_a_stage():
    rr_s = np.where(np.arange(900) % 2, 0.98, 1.02)  # every difference is 40 ms
    heart = rate_of(np.cumsum(rr_s))
    stages = [Stage.N2] * 12 + [Stage.W] * 3 + [Stage.R] * 5
    recording = FakeRecording(duration_s=600)
    facts = {f.id: f for f in night_facts(recording, Scoring(tuple(stages), "expert"), heart=heart)}
    assert facts["rmssd_n2_ms"].value == pytest.approx(40, abs=0.1)
    assert facts["sdnn_n2_ms"].value == pytest.approx(20, abs=0.1)
    assert facts["rmssd_n2_ms"].epochs == ((1, 10),)
    assert facts["rmssd_r_ms"].value is None and "five minutes of REM sleep" in facts["rmssd_r_ms"].text
    assert facts["premature_beat_n"].value == 0


def chin_night(uv):
    draw = np.random.default_rng(3)
    chin = draw.normal(0, 0.4, 600 * 128) + uv * draw.normal(0, 1, 600 * 128) * (
        np.arange(600 * 128) // 128 % 4 == 0
    )
    return FakeRecording({"EMG_CHIN": (chin, 128)})


def test_atonia_is_measured_in_rem_sleep_alone_and_needs_a_unit():
    assert facts_of(["R"] * 20, recording=chin_night(0.0))["rem_atonia_ratio"].value == 1.0
    assert facts_of(["R"] * 20, recording=chin_night(20.0))["rem_atonia_ratio"].value == pytest.approx(
        0.75, abs=0.05
    )
    assert facts_of(["N2"] * 20, recording=chin_night(20.0))["rem_atonia_ratio"].value is None
    unknown = chin_night(0.0)
    unknown.questions = [Question("EMG_CHIN", "In which unit?", ("uV", "mV"))]
    assert "unit of the chin EMG is not known" in facts_of(["R"] * 20, recording=unknown)["rem_atonia_ratio"].text


def test_changes_of_position_are_those_held():
    codes = np.repeat([2.0, 0.0, 2.0, 1.0], [200, 5, 200, 195])
    facts = facts_of(["N2"] * 20, recording=FakeRecording({"POS": (codes, 1)}))
    assert facts["position_changes_n"].value == 1


def test_the_share_of_unsure_epochs_is_of_the_staged():
    probabilities = np.tile(np.float32([0, 0, 1, 0, 0]), (8, 1))
    probabilities[:2] = [0.1, 0.2, 0.5, 0.2, 0]
    probabilities[6:] = np.nan
    stages = (Stage.N2,) * 6 + (Stage.UNSCORED,) * 2
    scoring = Scoring(stages, "yasa", probabilities=probabilities)
    facts = {f.id: f for f in night_facts(FakeRecording(duration_s=240), scoring)}
    assert facts["unsure_pct"].value == pytest.approx(33.3) and facts["unsure_pct"].epochs == ((1, 2),)
    assert facts_of(["N2"] * 8)["unsure_pct"].value is None


def test_falls_of_saturation_have_a_depth_and_a_duration():
    spo2 = np.full(1200, 96.0)
    for start, depth in ((300, 4), (700, 8)):
        ramp = np.concatenate([np.linspace(0, depth, 20), np.linspace(depth, 0, 20)])
        spo2[start : start + 40] = 96 - ramp
    facts = facts_of(["N2"] * 40, recording=FakeRecording({"SPO2": (spo2, 1)}))
    assert facts["desaturation_depth_pct"].value == pytest.approx(6, abs=0.1)
    assert 20 <= facts["desaturation_duration_s"].value <= 45
    assert facts["t90_min"].value == pytest.approx(np.sum(spo2 < 90) / 60, abs=0.05)
    assert facts["t88_pct"].value == 0 < facts["t90_pct"].value
    flat = facts_of(["N2"] * 40, recording=FakeRecording({"SPO2": (np.full(1200, 96.0), 1)}))
    assert flat["desaturation_depth_pct"].value is None and flat["odi3_per_h"].value == 0


def test_oxygen_numbers_point_at_the_nadir():
    spo2 = np.full(1200, 95.0)
    spo2[600:640] = 95 - np.concatenate([np.linspace(0, 8, 20), np.linspace(8, 0, 20)])
    facts = facts_of(["N2"] * 40, recording=FakeRecording({"SPO2": (spo2, 1)}))
    assert facts["spo2_min_pct"].value == 87.0
    assert facts["spo2_min_pct"].epochs == ((21, 21),)
    assert facts["spo2_min_pct"].text == "The lowest oxygen saturation was 87%, at 23:10:19."
    assert facts["odi3_per_h"].value == facts["odi4_per_h"].value == 3.0
    assert facts["odi3_per_h"].source == "automatic and expert"
    assert facts["t90_pct"].value == pytest.approx(100 * np.mean(spo2 < 90), abs=0.05)


def test_an_oximeter_without_values_is_no_oxygen():
    facts = facts_of(["N2"] * 20, recording=FakeRecording({"SPO2": (np.full(300, -1.0), 0.5)}))
    assert facts["spo2_mean_pct"].value is None
    assert "holds no valid value" in facts["spo2_mean_pct"].text


def test_minutes_in_a_position_are_those_whose_position_is_known():
    codes = np.repeat([2.0, 0.0, -1.0], 200)
    facts = facts_of(["N2"] * 20, recording=FakeRecording({"POS": (codes, 1)}))
    assert facts["supine_min"].value == pytest.approx(3.3)
    assert facts["supine_pct"].value == 50.0
    assert facts["prone_min"].value == 0.0


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(list(Stage)), min_size=1, max_size=80))
def test_every_night_has_every_fact_and_they_agree(stages):
    facts = facts_of([str(s) for s in stages])
    assert tuple(facts) == FACT_IDS
    value = {id_: f.value for id_, f in facts.items()}
    for fact in facts.values():
        assert all(1 <= a <= b <= len(stages) for a, b in fact.epochs)
        shown = format_value(fact.value, fact.unit)
        assert (shown in fact.text) if fact.value is not None else fact.text.endswith("is not known.")
    if value["tst_min"] is not None:
        parts = [value[f"{s}_min"] for s in ("n1", "n2", "n3", "r")]
        assert (None in parts) == (Stage.NREM in stages)
        assert None in parts or value["tst_min"] == sum(parts)
        assert value["tib_min"] == value["tst_min"] + value["w_min"] + value["unscored_min"]
    if value["waso_min"] is not None:
        assert value["wake_in_sleep_period_min"] <= value["waso_min"] <= value["w_min"]


def test_a_leg_movement_that_is_marked_as_periodic_as_well_is_counted_once():
    legs = [Event("plm", s, 2.0) for s in (600.0, 630.0)] + [Event("leg_movement", s, 1.0) for s in (600.5, 900.0)]
    facts = facts_of(["N2"] * 120, legs, ["plm", "leg_movement"])
    assert facts["leg_movement_per_h"].value == 3.0 and facts["plmi_per_h"].value == 2.0
    assert facts["leg_movement_n"].text == "Leg movements not marked as periodic: 2."


def test_an_index_says_what_the_expert_did_not_score():
    night, apnea, rera = ["N2"] * 120, [Event("apnea_central", 60.0, 20.0)], [Event("rera", 90.0, 20.0)]
    assert facts_of(night, apnea, ["apnea_central"])["ahi_per_h"].text.endswith("scored no hypopneas).")
    assert facts_of(night, [], ["hypopnea"])["ahi_per_h"].text.endswith("no apneas were scored).")
    assert facts_of(night, rera, ["rera"])["rdi_per_h"].value is None


def test_sleep_efficiency_stays_within_the_lights():
    scoring = Scoring((Stage.N2,) * 120, "expert", lights_off_s=10, lights_on_s=3590)
    facts = {f.id: f for f in night_facts(FakeRecording(duration_s=3600), scoring)}
    assert facts["se_pct"].value == 100.0


def test_reasons_name_what_is_lacking():
    nothing = {f.id: f for f in night_facts(FakeRecording(duration_s=600), Scoring())}
    assert nothing["unsure_pct"].text.startswith("No sleep stages were scored")
    assert "the N3 (deep) sleep in the first third is" in nothing["n3_first_third_min"].text
    recording = FakeRecording({"EMG_CHIN": (np.random.default_rng(0).normal(size=36000), 50)})
    slow = {f.id: f for f in night_facts(recording, Scoring((Stage.R,) * 24, "expert"))}
    assert "too slowly" in slow["rem_atonia_ratio"].text
    assert facts_of("W", recording=FakeRecording(duration_s=30, start_clock=None))[
        "longest_wake_min"
    ].text.endswith(", in epoch 1.")


def test_nrem_sleep_of_unknown_depth_counts_as_sleep_and_has_no_n1_n2_n3():
    stages = ["W"] * 10 + ["NREM"] * 60 + ["R"] * 20 + ["W"] * 4 + ["NREM"] * 26
    events = [Event("arousal", 30.0 * e, 5.0) for e in (20, 40, 75, 100)]
    facts = facts_of(stages, events, ["arousal"])
    depthless = facts_of([s.replace("NREM", "N2") for s in stages], events, ["arousal"])
    of_depth = {"stage_shifts_n", *(id_ for id_ in facts if any(f"n{i}_" in id_ for i in (1, 2, 3)))}
    assert {"n2_min", "n3_pct", "n3_latency_min", "n3_last_third_min", "longest_n3_min", "hr_n1_bpm"} <= of_depth
    for id_, fact in facts.items():
        if id_ in of_depth:
            assert fact.text.startswith("The staging does not tell N1, N2 and N3 apart, so "), id_
        else:
            assert (fact.value, fact.text) == (depthless[id_].value, depthless[id_].text), id_
    assert facts["tst_min"].value == 53 and facts["nrem_min"].value == 43 and facts["rem_latency_min"].value == 30
    assert facts["arousal_nrem_per_h"].value == round(3 / (86 / 120), 1)

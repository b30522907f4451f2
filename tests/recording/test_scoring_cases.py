"""Scorings as people reported them, from the file to the facts: each stands for a kind."""

import pytest

from sleeplm.facts import night_facts
from sleeplm.kinds.stages import Stage
from sleeplm.night import Fact, Scoring
from sleeplm.scoring import score
from sleeplm.study.pipeline import read_night

TEN = tuple(Stage(s) for s in ("W", "W", "N1", "N2", "N2", "N3", "N3", "N2", "R", "R"))


def scored(recording, *scorings) -> tuple[Scoring, dict[str, Fact], list[str]]:
    """The scoring in force of a recording, its facts, and all that is warned of."""
    read, experts = read_night(recording, scorings)
    scoring = score(read, experts)
    warnings = [*(w for e in experts for w in e.warnings), *scoring.warnings]
    return scoring, {f.id: f for f in night_facts(read, scoring)}, warnings


def events_of(scoring: Scoring, *types: str) -> list[tuple[str, float, float]]:
    return [(e.type, e.start_s, e.duration_s) for e in scoring.events_of(*types) if e.source == "expert"]


@pytest.mark.parametrize("name", ["01_hmc_lights_at_channel.edf", "03b_N2_sleep.edf"])
def test_stages_and_lights_of_annotations_in_a_systems_own_words(cases, name):
    scoring, facts, warnings = scored(cases / "recordings" / name)
    assert scoring.hypnogram == TEN and not any("unknown" in w for w in warnings)
    if name.startswith("01"):
        assert (scoring.lights_off_s, scoring.lights_on_s) == (45, 260)
    else:
        assert facts["tst_min"].value == 4


def test_nrem_of_unknown_depth_is_nrem(cases):
    scoring, *_ = scored(cases / "recordings/03c_Sleep_stage_N.edf")
    assert scoring.hypnogram == (*[Stage.W] * 2, *[Stage.NREM] * 6, *[Stage.R] * 2)


def test_ontology_names_are_stages_and_events(cases):
    scoring, *_ = scored(cases / "recordings/00_base.edf", cases / "recordings/02_nsrr_sdo.xml")
    assert scoring.hypnogram == TEN and scoring.hypnogram_source == "expert"
    assert events_of(scoring, "apnea_obstructive", "hypopnea", "apnea_central", "desaturation") == [
        ("apnea_obstructive", 95, 20), ("hypopnea", 150, 15), ("desaturation", 160, 30), ("apnea_central", 170, 12),
    ]  # fmt: skip


def test_short_words_of_a_table_are_stages(cases):
    scoring, *_ = scored(cases / "recordings/00_base.edf", cases / "recordings/05_wk.csv")
    assert scoring.hypnogram == TEN


def test_events_with_details_all_count(cases):
    scoring, facts, _ = scored(cases / "recordings/00_base.edf", cases / "recordings/21b_hsp_six_events.csv")
    assert facts["ahi_per_h"].value == 90 and facts["ahi_per_h"].source == "expert"
    assert facts["arousal_index_per_h"].value == 60
    assert len(events_of(scoring, "leg_movement", "plm")) == 2


def test_words_of_embla_are_events(cases):
    scoring, *_ = scored(cases / "recordings/00_base.edf", cases / "recordings/51_embla_words.csv")
    counts = {t: len(events_of(scoring, t)) for t in ("arousal", "rera", "leg_movement", "apnea_obstructive")}
    assert counts == {"arousal": 4, "rera": 1, "leg_movement": 2, "apnea_obstructive": 1}


def test_unsure_of_the_nsrr_counts_as_a_hypopnea_and_it_is_said(cases):
    folder = cases / "numbers/nsrr_unsure_is_hypopnea"
    _, facts, warnings = scored(folder / "night.edf", folder / "night.xml")
    assert (facts["hypopnea_n"].value, facts["ahi_per_h"].value) == (28, 8)
    assert any("20 marks are called 'Unsure' and read as hypopnea" in w for w in warnings)


@pytest.mark.parametrize(("table", "ahi", "said"), [("twice", 15, "30 of 60"), ("nested", 0.5, "One event lies")])
def test_events_there_twice_or_within_each_other_count_once(cases, table, ahi, said):
    folder = cases / "numbers/events_twice"
    _, facts, warnings = scored(folder / "night.edf", folder / "stages.csv", folder / f"{table}.csv")
    assert facts["ahi_per_h"].value == ahi and any(said in w for w in warnings)


def test_two_scorers_in_one_file_count_as_one(cases, tmp_path):
    folder = cases / "numbers/events_twice"
    table = tmp_path / "two.csv"
    rows = "".join(f"Hypopnea,{t + shift},20\n" for t in range(100, 6000, 196) for shift in (0, 5))
    table.write_text("type,start_s,duration_s\n" + rows)
    _, facts, warnings = scored(folder / "night.edf", folder / "stages.csv", table)
    assert rows.count("\n") == 62 and facts["hypopnea_n"].value == 31
    assert any("31 events lie half or more within another" in w for w in warnings)


def test_a_rera_beside_a_hypopnea_is_another_event(cases):
    folder = cases / "numbers/rera_beside_hypopnea"
    _, facts, _ = scored(folder / "night.edf", folder / "stages.csv", folder / "events.csv")
    assert facts["rdi_per_h"].value == 3

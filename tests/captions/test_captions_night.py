import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sleeplm import RESEARCH_USE
from sleeplm.captions import describe_night
from sleeplm.captions.text.norms import against_norms, published
from sleeplm.facts import FACT_IDS
from sleeplm.night import Basis, Fact, Scoring

NIGHT = {"tib_min": 480.0, "tst_min": 300.0, "se_pct": 62.5, "ahi_per_h": 31.0, "plmi_per_h": 4.0}
RULES = {"hypopnea": "AASM hypopnea rule 1A: 3% desaturation or arousal"}


def fact(id_, value, text=None):
    return Fact(id_, id_, value, "min", text or f"{id_} was {value}.", "")


def test_a_night_is_told_from_the_facts_that_exist():
    facts = [
        fact("spo2_min_pct", None, "SpO2 was not recorded."),
        fact("waso_min", 30.0, "Wake after sleep onset was 30 min."),
        fact("tst_min", 402.5, "Total sleep time was 402.5 min."),
    ]
    described = describe_night(facts, Scoring(hypnogram_source="expert"))
    assert described.text == (
        "Sleep stages were scored by an expert. Total sleep time was 402.5 min. Wake after sleep onset was 30 min."
    )
    assert described.attributes == {"tst_min": 402.5, "waso_min": 30.0}
    assert describe_night([], Scoring()).text == "Sleep stages were not scored."


def test_what_did_not_happen_is_not_counted():
    facts = [fact("ahi_per_h", 2.0), fact("apnea_central_n", 0), fact("hypopnea_n", 14), fact("pause_n", 0)]
    described = describe_night(facts, Scoring())
    assert set(described.attributes) == {"ahi_per_h", "hypopnea_n"}


@pytest.mark.parametrize(
    "supine, other, minutes, where",
    [
        (30.0, 10.0, 60, "on the back as off the back"),
        (4.0, 12.0, 60, "off the back as on the back"),
        (30.0, 10.0, 12, None),
        (30.0, 20.0, 60, None),
        (4.0, 1.0, 60, None),
    ],
)
def test_breathing_that_depends_on_position_is_told_where_both_indices_mean_something(
    supine, other, minutes, where
):
    facts = [
        replace(fact("ahi_supine_per_h", supine), basis=Basis(20, minutes, minutes, "sleep on the back")),
        replace(fact("ahi_nonsupine_per_h", other), basis=Basis(20, 60, 60, "sleep off the back")),
    ]
    text = describe_night(facts, Scoring()).text
    assert (f"more than twice as frequent {where}." in text) if where else ("twice" not in text)


def test_a_night_is_compared_only_where_the_age_is_known_and_says_with_whom():
    facts = [fact(i, v) for i, v in NIGHT.items()]
    scoring = replace(Scoring(hypnogram_source="expert"), rules=RULES)
    assert "published" not in describe_night(facts, scoring).text
    text = describe_night(facts, scoring, 25).text
    assert (
        "Sleep efficiency was below the published range of healthy sleepers aged 19 to 30 (71.9 to 94.1%, median "
        "87; 100 healthy sleepers aged 19 to 77, Mitterling et al. 2015)." in text
    )
    assert "The apnea-hypopnea index was above the published range" in text
    assert "The periodic leg movement index was within published values of healthy sleepers of this age." in text
    assert text.endswith(RESEARCH_USE)


def test_what_cannot_be_compared_is_not():
    assert against_norms(NIGHT, 12, RULES) == []
    assert not any("apnea" in s for s in against_norms(NIGHT, 25, {}))  # by another rule for hypopneas
    nap = NIGHT | {"tib_min": 120.0}
    assert not any("efficiency" in s or "sleep time" in s for s in against_norms(nap, 25, RULES))


def test_norms_are_whole_and_name_their_source():
    text = json.dumps(published())
    assert "NaN" not in text
    for norm in published()["norms"]:
        source = published()["sources"][norm["source"]]
        assert (
            norm["fact"] in FACT_IDS and source["doi"].startswith("10.") and source["cited_as"] and source["people"]
        )
        assert norm["ages"][0] < norm["ages"][1]
        assert "percentile_90" in norm or norm["low"] < norm["median"] < norm["high"]


@given(st.integers(0, 90), st.floats(0, 100))
def test_every_value_is_told_once_as_outside_or_within(age, value):
    described = against_norms({"tib_min": 480.0, "se_pct": value}, age, RULES)
    assert len(described) == (1 if 19 <= age <= 30 or 61 <= age <= 77 else 0)

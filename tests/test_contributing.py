"""The recipes of CONTRIBUTING are true: what they name exists, and what is left out fails by name."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sleeplm.facts.night_facts import findings, timeline_of
from sleeplm.kinds.events import EVENT_KINDS
from sleeplm.kinds.facts import FACT_KINDS, FactKind, Needs
from sleeplm.kinds.facts.counts import count
from sleeplm.night import Scoring
from sleeplm.scoring.score import detectors

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
RECIPES = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", TEXT, flags=re.M | re.S))


class Silence:
    """A recording in which nothing was recorded."""

    duration_s, n_epochs, start_clock, channels = 3600.0, 120, "23:00:00", {}


def test_there_are_five_recipes_and_each_says_what_is_trained_again():
    assert len(RECIPES) == 5
    assert all(re.search(r"train|learn", text) for text in RECIPES.values())


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:[\w.-]+/)[\w./-]*)`", TEXT)) - {"docs/"}))
def test_every_path_of_the_guide_exists(path):
    assert (ROOT / path).exists() or path == ".ci/run"


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_names_its_tests_and_at_most_two_places_of_code(recipe):
    steps = re.findall(r"^\d\. (.*?)(?=^\d\. |^$)", RECIPES[recipe], flags=re.M | re.S)
    assert 1 <= len(steps) <= 2 and "`tests/" in RECIPES[recipe]


def test_a_fact_without_its_function_is_in_no_finding_and_its_reason_names_its_signal(monkeypatch):
    from sleeplm.facts import night_facts

    new = FactKind("pulse_drop_n", "Drops of the pulse", "", "{value}.", "Drops.", needs=Needs("oxygen"))
    monkeypatch.setitem(FACT_KINDS, new.id, new)
    scoring = Scoring(("N2",) * 120, "expert")
    assert new.id not in findings(Silence, scoring, timeline_of(Silence, scoring))
    (fact,) = [f for f in night_facts(Silence, scoring) if f.id == new.id]
    assert fact.text == "Oxygen saturation was not recorded, so the number of drops of the pulse is not known."


def test_an_event_is_counted_by_its_row_and_missed_where_it_has_no_detector(monkeypatch):
    new = replace(
        EVENT_KINDS["snore"], id="bruxism", noun="bruxism", count="Episodes of bruxism", label="", short=""
    )
    monkeypatch.setitem(EVENT_KINDS, new.id, new)
    assert count("bruxism").sentence == "Episodes of bruxism: {value}."
    assert not any("bruxism" in detector.types for detector in detectors())  # which test_detectors_complete names

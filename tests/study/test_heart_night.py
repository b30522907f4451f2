"""A night with an ECG and belts alone, from its file to answers and charts: staged without N1, N2 and N3."""

import json
from dataclasses import replace

import pytest
from fakes_model import FakeEncoder

from assistant.tools import Call
from assistant.tools.context import Context
from assistant.ui.plots.overview import overview
from assistant.ui.plots.signals import window
from index.rows import rows_of
from sleeplm.kinds.stages import SLEEP_STAGES, Stage
from sleeplm.simulate import simulate_night, write_night
from sleeplm.study.analysis import analyze
from sleeplm.study.study import open_study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("heart")
    night = simulate_night(3, 0.5, "healthy-young")
    kept = {name: night.signals[name] for name in ("ECG", "THX", "ABD")}
    write_night(replace(night, signals=kept), folder / "night.edf")
    made = analyze(folder / "night.edf", studies_dir=folder / "studies", encoder=FakeEncoder())
    return open_study(made.id, folder / "studies")


def test_it_is_staged_by_the_heart_and_says_how_weak_that_is(study):
    assert study.scoring.hypnogram_source == "sleepecg" and Stage.NREM in study.scoring.hypnogram
    assert any("heart alone" in w and "kappa .15" in w for w in study.warnings)
    assert "NREM" in json.loads(json.dumps(study.as_json()))["scoring"]["hypnogram"]


def test_its_sleep_is_counted_and_its_depth_is_not(study):
    facts = {f.id: f for f in study.facts}
    asleep = sum(s in SLEEP_STAGES for s in study.scoring.hypnogram)
    assert facts["tst_min"].value == asleep / 2 and facts["tst_min"].signals == ("ECG",)
    assert facts["n2_min"].value is None
    assert facts["n2_min"].text == (
        "The staging does not tell N1, N2 and N3 apart, so the time in N2 sleep is not known."
    )


def test_captions_rows_and_charts_tell_nrem(study):
    number = study.scoring.hypnogram.index(Stage.NREM) + 1
    assert study.captions[number - 1]["stage_event"].attributes["stage"] == "NREM"
    assert rows_of(study)[number - 1]["stage"] == "NREM"
    shown = overview(study)
    assert shown["stages"][number - 1] == "NREM" and shown["likelihood"] is None
    assert shown["source_words"] == "Stages: automatic (SleepECG)"
    assert "NREM" in window(study, (number - 1) * 30.0, 30)["title"]


def test_answers_name_nrem_and_do_not_deny_deep_sleep(study):
    def evidence(*call):
        return Call(call[0], call[1:]).run(Context(study))

    number = study.scoring.hypnogram.index(Stage.NREM) + 1
    assert any("NREM sleep" in str(f.value) for f in evidence("epoch", str(number)).facts)
    for call in (("stages", "N3"), ("longest", "N2"), ("events", "hypopnea", "N2"), ("facts", "n3_min")):
        (reason, *_) = evidence(*call).facts
        assert reason.value is None, call
    assert "does not tell N1, N2 and N3 apart" in evidence("stages", "N3").facts[0].text
    assert evidence("stages", "NREM").facts[0].value and evidence("longest", "sleep").facts[0].value
    assert evidence("overview").facts

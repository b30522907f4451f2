import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fakes_model import FakeEncoder, write_short_night

from assistant import library as nights
from assistant.library import add_night, delete_night, demo_night, open_index, seconds_at
from index import Index
from sleeplm.errors import StudyError, UsageError
from sleeplm.study.analysis import analyze
from sleeplm.study.choices import Choices
from sleeplm.study.person import Person
from sleeplm.study.pipeline import STEPS
from sleeplm.study.study import list_studies, open_study


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SLEEPLM_STUDIES", str(tmp_path / "studies"))
    monkeypatch.setenv("SLEEPLM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "studies"


@pytest.fixture
def file(tmp_path):
    return write_short_night(tmp_path / "night.edf")


def test_a_night_is_analysed_and_found_in_the_index(home, file):
    steps = []
    study = add_night(file, encoder=FakeEncoder(), progress=lambda *step: steps.append(step))
    assert open_study(study.id).folder.parent == home
    assert list(dict.fromkeys(step for step, _ in steps)) == [*STEPS, "indexing"]
    fractions = [fraction for _, fraction in steps]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert set(study.as_json()["seconds"]) == {*STEPS, "indexing"}
    hits = open_index(study).search(study.embeddings[2], 8)
    assert len(hits) == 8 and hits[0].study == study.id and hits[0].epoch == 3 and hits[0].caption


def test_the_same_night_is_neither_analysed_nor_indexed_twice(home, file, monkeypatch):
    first = add_night(file, encoder=FakeEncoder())
    monkeypatch.setattr(Index, "add", lambda *_: pytest.fail("indexed again"))
    encoder = FakeEncoder()
    assert add_night(file, encoder=encoder).id == first.id and encoder.encoded == 0


def test_a_new_label_reaches_the_index(home, file):
    add_night(file, encoder=FakeEncoder(), label="old")
    study = add_night(file, encoder=FakeEncoder(), label="new")
    assert [s["label"] for s in open_index(study).info()["studies"]] == ["new"]


def test_a_corrected_person_reaches_the_index(home, file):
    study = add_night(file, encoder=FakeEncoder())
    search = {"vector": study.embeddings[0], "k": 1}
    assert open_index(study).search(**search, where=f"person = '{study.id}' AND age_years IS NULL")
    study = add_night(file, encoder=FakeEncoder(), person=Person("p1", 54, "F"))
    stated = f"person = '{study.person_id}' AND age_years = 54 AND sex = 'F'"
    assert open_index(study).search(**search, where=stated)
    assert study.person_id != study.id


def test_choices_for_a_montage_are_remembered_until_they_are_dropped(home, file, tmp_path):
    first = add_night(file, encoder=FakeEncoder(), choices=Choices({"C3": "C4-M1"}, {"SPO2": "%"}))
    assert first.recording["channels"]["C3"]["label"] == "C4-M1" and not any("before" in w for w in first.warnings)
    other = write_short_night(tmp_path / "other.edf", seed=1)
    again = add_night(other, encoder=FakeEncoder())
    assert again.recording["channels"]["C3"]["label"] == "C4-M1" and any("before" in w for w in again.warnings)
    dropped = add_night(other, encoder=FakeEncoder(), forget_montage=True)
    assert dropped.recording["channels"]["C3"]["label"] == "C3-M2" and dropped.id != again.id


def test_a_night_whose_indexing_was_interrupted_is_indexed_at_the_next_call(home, file, monkeypatch):
    def dies(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Index, "add", dies)
        add_night(file, encoder=FakeEncoder())
    (study,) = list_studies()
    assert open_index(study).info()["epochs"] == 0
    add_night(file, encoder=FakeEncoder())
    assert open_index(study).info()["epochs"] == 8


def test_deleting_removes_folder_and_rows_and_says_so(home, file, tmp_path):
    kept = add_night(write_short_night(tmp_path / "other.edf", seed=1), encoder=FakeEncoder())
    study = add_night(file, encoder=FakeEncoder(), label="doomed")
    removed = delete_night("doomed")
    assert len(removed) == 2 and "8 rows" in removed[0] and str(study.folder) in removed[1]
    assert not study.folder.exists() and [s.id for s in list_studies()] == [kept.id]
    assert {h.study for h in open_index(kept).search(np.ones(16), 100)} == {kept.id}
    assert {p.name for p in home.iterdir()} == {kept.id, "index", ".key", ".lock"}
    with pytest.raises(StudyError, match="no study"):
        delete_night("doomed")


def test_nothing_outside_the_home_is_taken_for_a_study(home, file, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("dear")
    with pytest.raises(StudyError, match="not a study"):
        delete_night(tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").exists()


def test_each_network_has_an_index_of_its_own_and_a_night_lies_in_one(home, file, tmp_path):
    first = add_night(file, encoder=FakeEncoder())
    other = add_night(write_short_night(tmp_path / "other.edf", seed=1), encoder=FakeEncoder(name="fake / two"))
    assert [s["study"] for s in open_index(first).info()["studies"]] == [first.id]
    assert [s["study"] for s in open_index(other).info()["studies"]] == [other.id]
    assert [f.name[:-13] for f in sorted((home / "index").iterdir())] == ["fake", "fake-two"]
    again = add_night(file, encoder=FakeEncoder(name="fake / two"))
    assert again.id == first.id and open_index(first).info()["epochs"] == 0
    assert open_index(again).info()["epochs"] == 16
    delete_night(other.id)
    assert [s["study"] for s in open_index(again).info()["studies"]] == [first.id]


def test_a_night_leaves_the_index_that_all_networks_once_shared(home, file):
    study = add_night(file, encoder=FakeEncoder())
    (own,) = (home / "index").iterdir()
    for part in own.iterdir():
        shutil.copyfile(part, home / "index" / part.name)
    delete_night(study.id)
    assert Index.open(home / "index").info()["epochs"] == Index.open(own).info()["epochs"] == 0


def test_nights_added_at_the_same_time_all_arrive(home, tmp_path):
    files = [write_short_night(tmp_path / f"{i}.edf", minutes=1, seed=i // 2) for i in range(6)]
    with ThreadPoolExecutor(6) as pool:
        studies = list(pool.map(lambda f: add_night(f, encoder=FakeEncoder()), files))
    assert len({s.id for s in studies}) == 3 == len(list_studies())
    index = open_index(studies[0])
    assert index.info()["epochs"] == 6 and len(index.search(np.ones(16), 10)) == 6


def test_a_study_without_an_index_beside_it_has_none(home, file):
    study = analyze(file, encoder=FakeEncoder())
    assert open_index(study) is None


def test_the_demo_night_is_made_once_and_says_that_it_is_simulated(home, monkeypatch):
    simulate = pytest.importorskip("sleeplm.simulate")
    monkeypatch.setattr(nights, "DEMO_SEED", 1)
    monkeypatch.setattr(nights, "DEMO_HOURS", 0.5)
    study = demo_night(FakeEncoder())
    assert study.simulated and study.label == "demo" and study.scoring.hypnogram_source == "expert"
    assert study.warnings[0] == nights.DEMO_NOTICE and study.n_epochs == 60
    monkeypatch.setattr(simulate, "simulate_night", lambda **_: pytest.fail("simulated again"))
    encoder = FakeEncoder()
    assert demo_night(encoder).id == study.id and encoder.encoded == 0
    removed = delete_night("demo")
    assert len(removed) == 3 and not any(p.is_dir() for p in (home.parent / "cache").iterdir())


@pytest.mark.parametrize(
    ("clock", "seconds"), [("23:49:02", 0), ("23:50", 58), ("00:00:02", 660), ("06:40:02", 24660)]
)
def test_a_clock_time_is_placed_in_the_night(clock, seconds):
    assert seconds_at(clock, "23:49:02", 24660) == seconds


@pytest.mark.parametrize(
    "clock", ["", "7", "25:00", "12:60", "12:00:61", "ab:cd", "-1:00", "12:00", "1:2:3:4", "²3:00"]
)
def test_what_is_no_clock_time_of_the_night_is_refused(clock):
    with pytest.raises(UsageError):
        seconds_at(clock, "23:49:02", 24660)


def test_a_clock_time_needs_a_start_time():
    with pytest.raises(UsageError, match="no start time"):
        seconds_at("23:00", None, 3600)


def test_lights_out_of_the_command_line_reach_the_scoring(home, file):
    study = add_night(file, lights=("23:00:30", "23:03"), encoder=FakeEncoder())
    assert (study.scoring.lights_off_s, study.scoring.lights_on_s) == (30, 180)


def test_the_begin_of_treatment_out_of_the_command_line_reaches_the_scoring_and_the_id(home, file):
    plain, split = (add_night(file, split=clock, encoder=FakeEncoder()) for clock in (None, "23:02"))
    assert (plain.scoring.split_s, split.scoring.split_s) == (None, 120) and plain.id != split.id
    assert next(f.value for f in split.facts if f.id == "split_clock") == "23:02:00"

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from fakes_model import FakeEncoder
from hypothesis import given, settings
from hypothesis import strategies as st

from index import COLUMNS, Index, rows
from index import store as index_store
from index.search import search_epoch, search_text
from sleeplm.captions import Caption
from sleeplm.errors import SearchError, UsageError
from sleeplm.kinds.stages import STAGES
from sleeplm.network.encoder import model_of
from sleeplm.night import Event, Scoring

MODEL = {"name": "fake", "sha256": "0" * 64, "dim": 8}


def made_study(identity="a" * 16, n=20, seed=0, **changes):
    """What the index reads of a study, without a folder."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(n, 8)).astype(np.float32)
    captions = [
        {
            "stage_event": Caption(f"Epoch {i + 1}."),
            "cardiac": Caption(f"Pulse {60 + i}.", {"hr_mean_bpm": 60 + i, "spo2_min_pct": 95 - i % 5}),
            "somatic": Caption("On the back.", {"position": "supine"}),
        }
        for i in range(n)
    ]
    scoring = Scoring(
        hypnogram=tuple(STAGES[i % 5] for i in range(n)),
        hypnogram_source="expert",
        events=(Event("hypopnea", 55.0, 20.0), Event("arousal", 70.0, 5.0), Event("snore", 1e6, 5.0)),
    )
    values = {
        "id": identity,
        "label": f"night-{identity[:3]}",
        "person_id": identity,
        "person": {"id": None, "age_years": 54, "sex": "F"},
        "n_epochs": n,
        "simulated": False,
        "model": dict(MODEL),
        "created": "2026-01-01T00:00:00",
        "start_clock": "23:59:30",
        "embeddings": vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
        "captions": captions,
        "scoring": scoring,
    }
    return SimpleNamespace(**values | changes)


@pytest.fixture
def index(tmp_path):
    return Index.create(tmp_path / "index", 8, MODEL)


@pytest.fixture
def filled(index):
    index.add(made_study())
    index.add(made_study("b" * 16, seed=1))
    return index


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(1, 70), st.integers(0, 2**32 - 1), st.integers(0, 90))
def test_search_equals_brute_force(tmp_path_factory, n, k, seed, slowest):
    study = made_study(n=n, seed=seed)
    index = Index.create(tmp_path_factory.mktemp("i") / "index", 8, MODEL)
    index.add(study)
    query = np.random.default_rng(seed + 1).normal(size=8)
    found = index.search(query, k, where=f"hr_mean_bpm >= {slowest}")
    scores = study.embeddings @ (query / np.linalg.norm(query))
    wanted = [i for i in np.argsort(-scores) if 60 + i >= slowest][:k]
    np.testing.assert_allclose([h.score for h in found], scores[wanted], atol=1e-5)
    assert {h.epoch for h in found} == {i + 1 for i in wanted}


def test_rows_hold_what_filters_and_shows_an_epoch():
    row = rows.rows_of(made_study())[2]
    assert set(row) == set(COLUMNS)
    assert row["epoch"] == 3 and row["start_s"] == 60 and row["clock"] == "00:00:30" and row["stage"] == "N2"
    assert row["events"] == "arousal hypopnea" and row["position"] == "supine" and row["hr_mean_bpm"] == 62
    assert row["rate_per_min"] is None and row["caption"] == "Epoch 3. Pulse 62. On the back."


def test_a_night_without_staging_is_unscored_in_the_index(index):
    index.add(made_study(scoring=Scoring()))
    assert {h.stage for h in index.search(np.ones(8), 20)} == {"?"}
    assert len(index.search(np.ones(8), 20, where="stage_source IS NULL AND events = ''")) == 20


def test_an_epoch_finds_itself_first_and_is_left_out_when_excluded(filled):
    study = made_study()
    hits = filled.search(study.embeddings[6], 3)
    assert (hits[0].study, hits[0].epoch) == (study.id, 7) and hits[0].score == pytest.approx(1, abs=1e-5)
    without = search_epoch(filled, study.id, 7, k=39)
    assert len(without) == 39 and (study.id, 7) not in {(h.study, h.epoch) for h in without}
    assert [h.score for h in without] == sorted((h.score for h in without), reverse=True)
    several = filled.search(study.embeddings[6], 40, exclude=[(study.id, 7), (study.id, 8)])
    assert len(several) == 38


def test_text_is_searched_with_the_index_own_network_only(tmp_path):
    encoder = FakeEncoder(dim=8)
    index = Index.create(tmp_path / "i", 8, model_of(encoder))
    index.add(made_study(model=index.model))
    assert len(search_text(index, encoder, "deep sleep", k=4, where="stage = 'N3'")) == 4
    with pytest.raises(SearchError, match="not of other"):
        search_text(index, FakeEncoder(dim=8, name="other"), "deep sleep")
    with pytest.raises(UsageError, match="empty"):
        search_text(index, encoder, "  ")


def test_adding_again_replaces_and_removing_leaves_nothing(filled):
    study = made_study(n=12, seed=7, created="2026-02-02T00:00:00")
    assert not filled.holds(study)
    filled.add(study)
    assert filled.holds(study) and filled.info()["epochs"] == 32
    assert filled.remove(study.id) == 12 and filled.remove(study.id) == 0
    assert {h.study for h in filled.search(np.ones(8), 100)} == {"b" * 16}
    assert filled.remove("night-bbb") == 20 and filled.search(np.ones(8)) == []
    assert sqlite3.connect(filled.folder / "rows.sqlite").execute("SELECT count(*) FROM rows").fetchone() == (0,)


def test_what_was_removed_cannot_be_read_from_the_file(index):
    index.add(made_study(label="a name that nobody should find"))
    index.remove("a" * 16)
    assert not any(b"nobody should find" in p.read_bytes() for p in index.folder.iterdir())


def test_info_says_what_is_inside(filled):
    info = filled.info()
    assert info["model"] == "fake" and info["dim"] == 8 and info["epochs"] == 40
    assert [s["study"] for s in info["studies"]] == ["a" * 16, "b" * 16]


def test_an_index_open_elsewhere_sees_the_change(filled):
    elsewhere = Index.open(filled.folder)
    assert len(elsewhere.search(np.ones(8), 100)) == 40
    filled.remove("a" * 16)
    assert len(elsewhere.search(np.ones(8), 100)) == 20
    assert len(list(filled.folder.glob("vectors-*"))) == 1


@pytest.mark.parametrize(
    "where",
    [
        "1=1); DROP TABLE rows; --",
        "1=1) UNION SELECT sql FROM sqlite_master --",
        "1=1); ATTACH DATABASE '/tmp/evil.sqlite' AS evil; --",
        "load_extension('evil')",
        "id IN (SELECT rootpage FROM sqlite_master)",
        "(SELECT generation FROM state) >= 0",
        "study = hex(randomblob(100))",
        "writefile('/tmp/evil', 'x')",
        "caption LIKE printf('%1000000000d', 1)",
        "epoch IN (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c)",
        "PRAGMA user_version",
        "no_such_column = 1",
        "stage = 'N3",
        "stage == = 1",
        "epoch = 1\x00",
        "epoch = '\ud800'",
        "(" * 200 + "1" + ")" * 200,
        "epoch = 1 OR " * 2000 + "1",
    ],
)
def test_a_condition_can_only_compare_columns(filled, where):
    with pytest.raises(SearchError, match="spo2_min_pct"):
        filled.search(np.ones(8), where=where)
    assert filled.info()["epochs"] == 40 and len(filled.search(np.ones(8), 100)) == 40


def test_a_condition_that_takes_too_long_is_stopped(filled, monkeypatch):
    monkeypatch.setattr(rows, "CONDITION_LIMIT_S", 0.2)
    began = time.monotonic()
    with pytest.raises(SearchError, match="took longer"):
        filled.search(np.ones(8), where="(SELECT min(a.epoch + b.epoch + c.epoch + d.epoch + e.epoch) "
                      "FROM rows a, rows b, rows c, rows d, rows e) > 0")  # fmt: skip
    assert time.monotonic() - began < 3


@settings(max_examples=200, deadline=None)
@given(where=st.text(max_size=60))
def test_no_condition_breaks_the_search_or_the_rows(shared_index, where):
    try:
        hits = shared_index.search(np.ones(8), 100, where=where)
    except SearchError:
        hits = []
    assert len(hits) <= 20 and shared_index.info()["epochs"] == 20


@pytest.fixture(scope="module")
def shared_index(tmp_path_factory):
    index = Index.create(tmp_path_factory.mktemp("shared") / "index", 8, MODEL)
    index.add(made_study())
    return index


def test_vectors_of_another_network_or_size_are_refused(filled):
    with pytest.raises(SearchError, match="embedded by other"):
        filled.add(made_study("c" * 16, model=MODEL | {"name": "other"}))
    with pytest.raises(SearchError, match="4 dimensions"):
        filled.add(made_study("c" * 16, embeddings=np.ones((20, 4))))
    with pytest.raises(SearchError, match="19 embeddings"):
        filled.add(made_study("c" * 16, embeddings=np.ones((19, 8))))
    with pytest.raises(SearchError, match="dimensions"):
        filled.search(np.ones(9))
    with pytest.raises(SearchError, match="not finite"):
        filled.search(np.full(8, np.nan))
    for k in (0, -1, 10**9):
        with pytest.raises(UsageError, match="k must be"):
            filled.search(np.ones(8), k)
    assert filled.info()["epochs"] == 40


@pytest.mark.parametrize("dies_in", ["_write_vectors", "_forget_others"])
def test_a_change_that_dies_half_way_happened_whole_or_not_at_all(filled, monkeypatch, dies_in):
    def dies(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(Index, dies_in, dies)
    with pytest.raises(KeyboardInterrupt):
        filled.add(made_study("c" * 16, seed=3))
    monkeypatch.undo()
    wanted = 40 if dies_in == "_write_vectors" else 60
    for index in (filled, Index.open(filled.folder)):
        assert index.info()["epochs"] == wanted and len(index.search(np.ones(8), 100)) == wanted
    filled.add(made_study("d" * 16, seed=4))
    assert filled.info()["epochs"] == wanted + 20 and len(list(filled.folder.glob("vectors-*"))) == 1


def test_vectors_that_do_not_match_the_rows_are_said(filled):
    with sqlite3.connect(filled.folder / "rows.sqlite") as db:
        db.execute("DELETE FROM rows WHERE epoch = 3")
    with pytest.raises(SearchError, match="38 rows and 40 vectors"):
        Index.open(filled.folder).search(np.ones(8))


def test_a_folder_that_is_no_whole_index_is_one_sentence(tmp_path, filled):
    with pytest.raises(SearchError, match="there is no index"):
        Index.open(tmp_path / "nothing")
    next(filled.folder.glob("vectors-*")).write_bytes(b"damaged")
    with pytest.raises(SearchError, match="does not hold together"):
        Index.open(filled.folder).search(np.ones(8))
    (filled.folder / "rows.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(SearchError, match="cannot be used"):
        Index.open(filled.folder).info()
    (filled.folder / "rows.sqlite").unlink()
    with pytest.raises(SearchError, match="lost its rows"):
        Index.open(filled.folder)
    (filled.folder / "manifest.json").write_text("[]")
    with pytest.raises(SearchError, match="not an index"):
        Index.open(filled.folder)


def test_an_index_is_not_made_over_other_files(tmp_path, index):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    (tmp_path / "full" / "vectors-mine").write_text("mine")
    with pytest.raises(SearchError, match="something else"):
        Index.create(tmp_path / "full", 8, MODEL)
    assert (tmp_path / "full" / "vectors-mine").exists()
    with pytest.raises(SearchError, match="already"):
        Index.create(index.folder, 8, MODEL)
    with pytest.raises(SearchError, match="cannot be written"):
        Index.create(tmp_path / "full" / "letter.txt", 8, MODEL)


def test_an_interrupted_making_is_made_again(tmp_path):
    (tmp_path / "i").mkdir()
    (tmp_path / "i" / "rows.sqlite").write_bytes(b"")
    (tmp_path / "i" / "vectors-0.faiss").write_bytes(b"")
    assert Index.open_or_create(tmp_path / "i", made_study()).add(made_study()) == 20


def test_another_process_writing_does_not_mix_its_rows_with_ours(filled):
    other = Index.open(filled.folder)
    other.search(np.ones(8))
    filled.add(made_study("c" * 16, seed=3))
    other.add(made_study("d" * 16, seed=4))
    assert other.info()["epochs"] == 80 and len(filled.search(np.ones(8), 100)) == 80
    for identity, seed in (("c" * 16, 3), ("d" * 16, 4)):
        np.testing.assert_allclose(filled.vector(identity, 5), made_study(seed=seed).embeddings[4], atol=1e-6)
    with pytest.raises(SearchError, match="not in this index"):
        filled.vector("c" * 16, 99)


def test_many_make_and_fill_one_index_at_the_same_time(tmp_path):
    studies = [made_study(f"{i:016x}", seed=i) for i in range(6)]
    for turn in range(10):
        folder, together = tmp_path / str(turn), threading.Barrier(len(studies))

        def fill(study, folder=folder, together=together):
            together.wait()
            index = Index.open_or_create(folder, study)
            index.add(study)
            return len(index.search(np.ones(8), 20))

        with ThreadPoolExecutor(len(studies)) as pool:
            assert set(pool.map(fill, studies)) == {20}
        index = Index.open(folder)
        assert index.info()["epochs"] == 120 == len(index.search(np.ones(8), 200))
        assert len(list(folder.glob("vectors-*"))) == 1


def test_what_another_is_writing_is_not_cleared_away(filled, monkeypatch):
    """One writer has committed and not yet cleared away when the next has committed too."""
    forget = Index._forget_others

    def late(self, db):
        monkeypatch.setattr(Index, "_forget_others", forget)
        Index.open(self.folder).add(made_study("d" * 16, seed=4))
        forget(self, db)

    monkeypatch.setattr(Index, "_forget_others", late)
    filled.add(made_study("c" * 16, seed=3))
    assert len(filled.search(np.ones(8), 100)) == 80 == len(Index.open(filled.folder).search(np.ones(8), 100))


def test_the_limit_of_k_is_that_of_the_search(filled):
    assert len(filled.search(np.ones(8), index_store.MAX_K)) == 40

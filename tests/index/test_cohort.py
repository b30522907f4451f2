import hashlib
import json
from dataclasses import replace

import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from distributed import LocalCluster
from fakes_model import write_short_night

from index.cohort.folder import Settings, load_settings, manifests
from index.cohort.inputs import SPLITS, find_nights
from index.cohort.run import run_cohort, split_of
from sleeplm import __version__
from sleeplm.errors import UsageError
from sleeplm.kinds.channels import CHANNEL_NAMES, FACETS
from sleeplm.study.choices import USUAL, Choices

SECRET = b"k" * 32
SETTINGS = Settings(__version__, None, None, True, 0, USUAL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four nights of three people, and a file that is none."""
    folder = tmp_path_factory.mktemp("nights")
    for i in range(4):
        write_short_night(folder / f"Jane_Doe_{i}.edf", minutes=3, seed=i)
    (folder / "Jane_Doe_4.edf").write_bytes(b"no recording")
    (folder / "Jane_Doe_0.stages.csv").write_text("epoch,stage\n" + "".join(f"{i},N2\n" for i in range(1, 7)))
    rows = [
        "file,scoring,person,age,sex",
        "Jane_Doe_0.edf,Jane_Doe_0.stages.csv,jane,61,F",
        "Jane_Doe_1.edf,,jane,61,F",
    ]
    rows += [f"Jane_Doe_{i}.edf,,p{i},," for i in (2, 3, 4)]
    (folder / "table.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="module")
def nights(folder):
    return find_nights([], folder / "table.csv")


@pytest.fixture(scope="module")
def address():
    """A scheduler with two workers, as one that somebody else keeps."""
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def cohort(nights, address, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "cohort"
    return out, run_cohort(nights, out, SETTINGS, SECRET, scheduler=address)


def sums(out):
    """SHA-256 of everything that a cohort's folder holds but its lock."""
    files = [p for p in sorted(out.rglob("*")) if p.is_file() and p.name != ".lock"]
    return {p.relative_to(out).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_every_epoch_of_every_night_that_can_be_read_is_a_row(cohort):
    out, outcome = cohort
    assert (outcome.made, outcome.there, outcome.nights) == (4, 0, 5)
    table = ds.dataset(out / "epochs", format="parquet").to_table()
    rows = table.to_pylist()
    assert len(rows) == 24 and {r["epoch"] for r in rows} == set(range(1, 7))
    for row in rows:
        attributes = json.loads(row["attributes"])
        rendered = {f for f in FACETS if row[f"caption_{f}"]}
        assert {"brain", "respiratory"} <= rendered <= set(attributes)
        assert row["channels"] == ["AF", "C3", "C4", "SPO2"] and not row["simulated"]
    experts = [r for r in rows if r["stage"] == "N2"]
    assert len(experts) == 6 and {r["stage_source"] for r in experts} == {"expert"}


def test_one_bad_night_is_told_by_its_number_and_stops_nothing(cohort):
    out, outcome = cohort
    ((number, reason),) = outcome.failed
    assert number == 5 and "no EDF" in reason
    card = json.loads((out / "card.json").read_text())
    assert (
        card["failed"] == [{"night": 5, "reason": reason}]
        and f"night 5: {reason}" in (out / "README.md").read_text()
    )


def test_no_file_name_is_in_what_a_cohort_keeps(cohort):
    out, _ = cohort
    for path in out.rglob("*"):
        stated = path.name.encode() + (path.read_bytes() if path.is_file() else b"")
        assert not any(word in stated for word in (b"Jane", b"Doe", b"jane")), path
    studies = ds.dataset(out / "studies", format="parquet").to_table().to_pylist()
    assert not any("Jane" in str(row) for row in studies)


def test_a_person_is_on_one_side_and_keeps_age_and_sex(cohort):
    out, _ = cohort
    studies = ds.dataset(out / "studies", format="parquet").to_table().to_pylist()
    of_jane = [s for s in studies if s["sex"] == "F"]
    assert (
        len(of_jane) == 2 and len({s["person"] for s in of_jane}) == 1 and len({s["split"] for s in of_jane}) == 1
    )
    assert {s["age_years"] for s in of_jane} == {61} and len({s["person"] for s in studies}) == 3
    assert all(s["split"] == split_of(s["person"]) for s in studies)


def test_signals_are_those_of_the_recording(cohort, folder):
    from sleeplm.recording import open_recording
    from sleeplm.recording.epochs import cut_epochs

    out, _ = cohort
    whole = {s["study"]: s for s in ds.dataset(out / "studies").to_table().to_pylist()}
    (study,) = (s for s in whole if whole[s]["hypnogram"] == ["N2"] * 6)
    path = next(out.glob(f"signals/*/{study}.parquet"))
    kept = np.array(pq.read_table(path, partitioning=None)["signals"].to_pylist()).reshape(
        -1, len(CHANNEL_NAMES), 1920
    )
    recorded = cut_epochs(open_recording(folder / "Jane_Doe_0.edf")).signals
    np.testing.assert_allclose(kept, recorded, rtol=1e-3, atol=1e-6)


def test_one_worker_process_writes_the_bytes_of_two(cohort, nights, tmp_path):
    run_cohort(nights, tmp_path / "one", SETTINGS, SECRET, workers=1)
    assert sums(tmp_path / "one") == sums(cohort[0])


def test_a_run_cut_short_goes_on_to_the_same_bytes(cohort, nights, address, tmp_path):
    out = tmp_path / "cut"

    def cut(step, done, of):
        if step == "make" and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_cohort(nights, out, SETTINGS, SECRET, scheduler=address, report=cut)
    begun = manifests(out)
    assert 2 <= len(begun) <= 4 and not (out / "card.json").exists()
    torn = out / next(iter(begun[0]["files"]))
    torn.write_bytes(torn.read_bytes()[:100])  # as a disk that filled up leaves it
    (out / "epochs" / "train").mkdir(exist_ok=True)
    (out / "epochs" / "train" / ".half.parquet.new").write_bytes(b"PAR1")
    outcome = run_cohort(nights, out, SETTINGS, SECRET, scheduler=address)
    assert outcome.made + outcome.there == 4 and outcome.made >= 1
    assert sums(out) == sums(cohort[0])
    assert run_cohort(nights, out, SETTINGS, SECRET, scheduler=address).made == 0


def test_a_corrected_person_moves_the_night_and_leaves_nothing_behind(nights, address, tmp_path):
    out, one = tmp_path / "out", nights[2]
    for split in SPLITS:
        outcome = run_cohort([replace(one, split=split)], out, SETTINGS, SECRET, scheduler=address)
        assert outcome.made == 1
        assert [p.parent.name for p in out.rglob("*.parquet")] == [split] * 3


def test_a_folder_is_made_in_one_way_alone(cohort, nights, address, tmp_path):
    with pytest.raises(UsageError, match="another seed"):
        run_cohort(nights, cohort[0], replace(SETTINGS, seed=1), SECRET, scheduler=address)
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(UsageError, match="something else"):
        run_cohort(nights, tmp_path, SETTINGS, SECRET, scheduler=address)
    assert load_settings(cohort[0])["seed"] == 0


def test_workers_that_would_write_other_bytes_are_refused(nights, tmp_path):
    with (
        LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0") as cluster,
        pytest.raises(UsageError, match="--nthreads 1"),
    ):
        run_cohort(nights, tmp_path / "out", SETTINGS, SECRET, scheduler=cluster.scheduler_address)
    with pytest.raises(UsageError, match="no Dask scheduler"):
        run_cohort(nights, tmp_path / "out", SETTINGS, SECRET, scheduler="nonsense")


def test_the_same_recording_twice_is_one_night(nights, address, tmp_path):
    twice = [nights[2], replace(nights[2], number=9)]
    outcome = run_cohort(twice, tmp_path / "out", SETTINGS, SECRET, scheduler=address)
    assert outcome.made == 1 and outcome.failed == [(9, "it is the same recording as night 3")]


def test_a_night_scored_anew_takes_the_place_of_the_old_one(nights, address, tmp_path):
    unscored = replace(nights[0], scorings=())
    run_cohort([unscored, nights[2]], tmp_path / "out", SETTINGS, SECRET, scheduler=address)
    assert run_cohort(nights[:1], tmp_path / "out", SETTINGS, SECRET, scheduler=address).made == 1
    kept = manifests(tmp_path / "out")
    assert sorted(m["counts"]["stage_source"] or "" for m in kept) == ["", "expert"]
    assert len(list((tmp_path / "out").rglob("*.parquet"))) == 6


def test_a_person_cannot_come_to_another_side_with_later_nights(nights, address, tmp_path):
    run_cohort([replace(nights[0], split="train")], tmp_path / "out", SETTINGS, SECRET, scheduler=address)
    later = replace(nights[1], split="test")
    with pytest.raises(UsageError, match=r"person of night 2 has other nights .* split train"):
        run_cohort([later], tmp_path / "out", SETTINGS, SECRET, scheduler=address)
    both = [replace(night, split="test") for night in nights[:2]]
    assert run_cohort(both, tmp_path / "out", SETTINGS, SECRET, scheduler=address).made == 2


def test_splits_hold_their_shares_of_people():
    found = [split_of(f"person {i}") for i in range(5000)]
    assert all(abs(found.count(name) / 5000 - share) < 0.02 for name, share in SPLITS.items())


def test_folders_patterns_and_scorings_are_found(folder):
    assert [n.number for n in find_nights([folder])] == [1, 2, 3, 4, 5]
    found = find_nights([folder / "*_[01].edf"], scorings=["{stem}.stages.csv"])
    assert [n.path.name for n in found] == ["Jane_Doe_0.edf", "Jane_Doe_1.edf"]
    assert [s.name for s in found[0].scorings] == ["Jane_Doe_0.stages.csv"]
    of_table = find_nights([folder / "Jane_Doe_1.edf"], folder / "table.csv")
    assert of_table[0].person.key == "jane"


@pytest.mark.parametrize(
    ("rows", "stated"),
    [
        (["file,split", "a.edf,training"], "row 1 .* split must be one of"),
        (["file,person,split", "a.edf,p,train", "b.edf,p,test"], "more than one split"),
        (["file,person,split", "a.edf,p,train", "b.edf,p,"], "more than one split"),
        (["file,age", "a.edf,old"], "row 1 .* age must be"),
        (["file,age", "a.edf,1", "./a.edf,2"], "row 2 .* names a file that an earlier row"),
        (["person", "x"], "needs a first row"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path, rows, stated):
    (tmp_path / "t.csv").write_text("\n".join(rows) + "\n")
    with pytest.raises(UsageError, match=stated):
        find_nights([], tmp_path / "t.csv")


def test_nothing_named_is_refused(tmp_path):
    for named in ([], [tmp_path], [tmp_path / "*.edf"]):
        with pytest.raises(UsageError, match=r"no recording|no file"):
            find_nights(named)


def test_what_a_scheduler_may_log_names_nobody(nights):
    from index.cohort.work import Task

    task = Task(nights[0], {}, "", {}, Choices({"C3": "Jane Doe"}), ("C3 is 'Jane Doe'.",))
    assert not any(word in repr(thing) for thing in (nights[0], task) for word in ("Jane", "jane", "Doe"))

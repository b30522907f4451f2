import json

import pytest
from distributed import LocalCluster
from fakes_model import write_short_night
from fakes_published import write_published, write_tokenizer

from assistant.cli import main
from index import Index


@pytest.fixture(scope="module")
def address():
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nights")
    for i in range(2):
        write_short_night(folder / f"Smith_{i}.edf", minutes=2, seed=i)
    (folder / "Smith_2.edf").write_bytes(b"x")
    return folder


def test_a_cohort_is_made_indexed_and_made_once(folder, address, tmp_path, capsys):
    where = ["--out", str(tmp_path / "out"), "--index", str(tmp_path / "index"), "--scheduler", address]
    command = ["cohort", str(folder), *where, "--studies", str(tmp_path / "studies")]
    main([*command, "--json"])
    out, err = capsys.readouterr()
    made = json.loads(out)
    assert (made["nights"], made["made"], made["indexed"]) == (3, 2, 2)
    assert [f["night"] for f in made["failed"]] == [3]
    assert {"scoring", "captions", "saving"} <= set(made["cost"]["seconds"]) and made["cost"]["core_s"] > 0
    assert "Smith" not in out + err and "3 of 3 nights" in err
    assert Index.open(tmp_path / "index").info()["epochs"] == 8
    main(command)
    out, _ = capsys.readouterr()
    assert "0 made, 2 there before, 1 failed" in out and "0 nights added" in out and "Smith" not in out
    main(["search", str(tmp_path / "index"), "--text", "airflow", "--json"])
    assert len(json.loads(capsys.readouterr().out)["hits"]) == 8


def test_a_cohort_is_embedded_by_the_network_that_is_named(folder, address, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SLEEPLM_CACHE", str(tmp_path / "cache"))
    write_published(tmp_path / "SleepLM-Base")
    write_tokenizer(tmp_path / "SleepLM-Base")
    network = ["--encoder", str(tmp_path / "SleepLM-Base"), "--bf16"]
    where = ["--out", str(tmp_path / "out"), "--index", str(tmp_path / "index"), "--scheduler", address]
    main(["cohort", str(folder / "Smith_0.edf"), *where, *network, "--studies", str(tmp_path / "studies")])
    assert Index.open(tmp_path / "index").model["name"] == "SleepLM-Base (bf16)"
    capsys.readouterr()
    main(["search", str(tmp_path / "index"), "--text", "airflow", "--json", *network])
    assert len(json.loads(capsys.readouterr().out)["hits"]) == 4


def test_the_file_of_a_number_is_told_on_demand(folder, capsys):
    main(["cohort", str(folder), "--list"])
    assert capsys.readouterr().out.splitlines()[2].endswith("Smith_2.edf")


@pytest.mark.parametrize(
    ("options", "stated"),
    [
        ([], "--out is missing"),
        (["--out", "o", "--index", "i", "--no-embeddings"], "--index needs embeddings"),
    ],
)
def test_options_that_make_no_sense_are_refused(folder, capsys, options, stated):
    with pytest.raises(SystemExit) as left:
        main(["cohort", str(folder), *options])
    out, err = capsys.readouterr()
    assert left.value.code == 2 and out == "" and stated in err


def test_a_cohort_without_a_usable_night_says_why(folder, address, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["cohort", str(folder / "Smith_2.edf"), "--out", str(tmp_path / "o"), "--scheduler", address,
              "--studies", str(tmp_path / "s"), "--no-embeddings"])  # fmt: skip
    assert "none of the 1 nights can be used (night 1: The recording is no EDF" in capsys.readouterr().err

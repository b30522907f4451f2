"""The command line with another network than ours: the published one, by a folder of its files."""

import json

import pytest
from fakes_model import write_short_night
from fakes_released import write_published, write_tokenizer

from assistant.cli import main
from assistant.nights import INDEX_FOLDER


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run a command; what it prints, or the sentence that it fails with."""
    monkeypatch.setenv("SLEEPLM_CACHE", str(tmp_path / "cache"))

    def run(*arguments):
        try:
            main([str(a) for a in arguments] + ["--studies", str(tmp_path / "studies"), "--json"])
        except SystemExit:
            return [line for line in capsys.readouterr().err.splitlines() if line.startswith("sleeplm: ")]
        return json.loads(capsys.readouterr().out)

    return run


def test_a_night_is_read_by_the_published_network_and_what_it_cannot_do_is_said(run, tmp_path):
    network = tmp_path / "SleepLM-Base"
    write_published(network)
    write_tokenizer(network)
    night = write_short_night(tmp_path / "night.edf")
    study = run("analyze", night, "--encoder", network)["study"]
    index = tmp_path / "studies" / INDEX_FOLDER

    assert len(run("search", index, "--text", "heart rate", "--k", 3, "--encoder", network)["hits"]) == 3
    (sentence,) = run("search", index, "--text", "heart rate")
    assert "holds vectors of SleepLM-Base" in sentence
    (sentence,) = run("localize", study, "apnea", "--encoder", network)
    assert "SleepLM-Base has no embeddings dense in time" in sentence
    (sentence,) = run("localize", study, "apnea")
    assert "embedded by another network (SleepLM-Base)" in sentence
    (sentence,) = run("analyze", night, "--encoder", tmp_path / "nothing")
    assert "nano.safetensors" in sentence

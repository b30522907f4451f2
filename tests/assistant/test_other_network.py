"""The command line and the page with another network than ours: the published one, by a folder of its files."""

import json

import pytest
from fakes_model import write_short_night
from fakes_published import write_published, write_tokenizer

from assistant.cli import main
from assistant.library import INDEX_FOLDER
from assistant.network import limits_of, load_network
from assistant.tools import Call
from assistant.tools.context import Context
from assistant.ui.handlers import Handlers
from assistant.ui.stored_nights import StoredNights
from sleeplm.errors import ModelError, UsageError
from sleeplm.network.loading import SleepLM

LIMITS = (
    "SleepLM-Base embeds the nights: numbers, captions, likeness of epochs and search by text work; phrases within "
    "a night and readings of an epoch's signal need sleeplm-nano, which comes with this package, and are refused."
)


@pytest.fixture
def network(tmp_path, monkeypatch):
    """A folder with the files of the published repository, and a tokenizer."""
    monkeypatch.setenv("SLEEPLM_CACHE", str(tmp_path / "cache"))
    write_published(tmp_path / "SleepLM-Base")
    write_tokenizer(tmp_path / "SleepLM-Base")
    return tmp_path / "SleepLM-Base"


@pytest.fixture
def stated(capsys, tmp_path):
    """Run a command; its JSON, or the sentence that it fails with, and what else it says."""

    def stated(*arguments):
        try:
            main([str(a) for a in arguments] + ["--studies", str(tmp_path / "studies"), "--json"])
        except SystemExit:
            lines = capsys.readouterr().err.splitlines()
            (sentence,) = [line for line in lines if line.startswith("sleeplm: ")]
            return sentence, lines
        out, err = capsys.readouterr()
        return json.loads(out), err.splitlines()

    return stated


@pytest.fixture
def run(stated):
    """The JSON of a command, or the sentence that it fails with."""
    return lambda *arguments: stated(*arguments)[0]


def test_a_night_is_read_by_the_published_network_and_what_it_cannot_do_is_said(stated, run, network, tmp_path):
    night = write_short_night(tmp_path / "night.edf")
    made, lines = stated("analyze", night, "--encoder", network)
    study, index = made["study"], tmp_path / "studies" / INDEX_FOLDER
    assert LIMITS in lines and made["model"]["name"] == "SleepLM-Base"

    found, lines = stated("search", index, "--text", "heart rate", "--k", 3, "--encoder", network)
    assert len(found["hits"]) == 3 and LIMITS in lines
    assert len(run("search", index, "--study", study, "--epoch", 3, "--k", 3)["hits"]) == 3
    assert "holds vectors of SleepLM-Base, not of sleeplm-nano" in run("search", index, "--text", "heart rate")
    assert "SleepLM-Base has no embeddings dense in time" in run("localize", study, "apnea", "--encoder", network)
    assert "embedded by another network (SleepLM-Base)" in run("localize", study, "apnea")
    assert "nano.safetensors" in run("analyze", night, "--encoder", tmp_path / "nothing")


def test_nights_of_two_networks_are_never_compared(run, network, tmp_path):
    ours = run("analyze", write_short_night(tmp_path / "ours.edf"))["study"]
    theirs = run("analyze", write_short_night(tmp_path / "theirs.edf", seed=1), "--encoder", network)["study"]
    index = tmp_path / "studies" / INDEX_FOLDER
    for study, options in ((ours, ()), (theirs, ("--encoder", network))):
        by_text = run("search", index, "--text", "heart rate", *options)["hits"]
        by_epoch = run("search", index, "--study", study, "--epoch", 1)["hits"]
        assert {hit["study"] for hit in by_text + by_epoch} == {study}
    assert "an index for each of 2 networks; name one of SleepLM-Base-" in run("index", "info", index)
    (folder,) = index.glob("SleepLM-Base-*")
    assert [s["study"] for s in run("index", "info", folder)["studies"]] == [theirs]
    assert "holds vectors of SleepLM-Base" in run("search", folder, "--study", ours, "--epoch", 1)
    assert "embedded by another network (sleeplm-nano)" in run("ask", ours, "hello?", "--encoder", network)


def test_bfloat16_is_another_network_by_name(run, network, tmp_path):
    made = run("analyze", write_short_night(tmp_path / "night.edf"), "--encoder", network, "--bf16")
    index = tmp_path / "studies" / INDEX_FOLDER
    assert made["model"]["name"] == "SleepLM-Base (bf16)"
    assert len(run("search", index, "--text", "heart rate", "--encoder", network, "--bf16")["hits"]) == 8
    assert "vectors of SleepLM-Base (bf16)" in run("search", index, "--text", "heart rate", "--encoder", network)
    assert "sleeplm-nano computes in float32" in run("search", index, "--text", "heart rate", "--bf16")
    with pytest.raises(UsageError, match="bfloat16 is for the released network"):
        load_network(bf16=True)


def test_the_page_says_what_its_network_does_and_a_question_beyond_it_is_declined(network, tmp_path):
    nights = StoredNights(load_network(str(network)), tmp_path / "studies")
    ours = Handlers(StoredNights(load_network(), nights.folder), None)
    study = nights.add(write_short_night(tmp_path / "night.edf"))
    shown = Handlers(nights, None).open(study.id)
    assert "network SleepLM-Base</span>" in shown[1] and "phrases within a night and readings" in shown[2]
    header, about = ours.open(study.id)[1:3]
    assert "network sleeplm-nano</span>" in header
    assert "This night was embedded by SleepLM-Base, and this page runs sleeplm-nano" in about
    assert nights.index(study).info()["epochs"] == 8

    context = Context(study, load_encoder=lambda: nights.network.encoder)
    declined = Call("find", ("slow waves",)).run(context).declined
    assert "SleepLM-Base, which embedded this night, has no embeddings dense in time" in declined
    (unread,) = Call("look", ("2",)).run(context).absent
    assert "no projector for SleepLM-Base" in unread.text
    assert Call("similar", ("2",)).run(context).declined.startswith("The recording is too short")


def test_nothing_is_limited_with_our_own_network():
    assert load_network().limits == ""


def test_a_network_of_our_form_is_only_not_read():
    stated = limits_of({"name": "tuned", "sha256": "0" * 64}, dense=True)
    assert "phrases within a night work; readings of an epoch's signal need sleeplm-nano" in stated


@pytest.mark.parametrize("name", ["", "line\nline", "\x1b[31m", "x" * 81])
def test_a_name_that_cannot_be_shown_is_refused(monkeypatch, name):
    encoder = SleepLM.from_pretrained()
    encoder.name = name
    monkeypatch.setattr(SleepLM, "from_pretrained", lambda path: encoder)
    with pytest.raises(ModelError, match="not one line"):
        load_network("somewhere")

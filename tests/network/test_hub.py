"""Weights by name: fetched once, pinned to the commit that was found, converted, and used without a network."""

import json
import shutil

import pytest
from fakes_hub import Hub, serving
from fakes_published import tiny_network, write_published, write_tokenizer
from huggingface_hub import constants

from sleeplm.errors import ModelError
from sleeplm.network.hub import pin_file, snapshot
from sleeplm.network.loading import SleepLM
from sleeplm.network.published import PublishedSleepLM

NAME, CLIP = "yang-ai-lab/SleepLM-Base", "openai/clip-vit-base-patch32"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    monkeypatch.setenv("SLEEPLM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
    write_published(tmp_path / "base")
    write_tokenizer(tmp_path / "clip")
    (tmp_path / "base" / "README.md").write_text("a large file that nobody needs")
    with serving(Hub({NAME: tmp_path / "base", CLIP: tmp_path / "clip"})) as hub:
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, hub.address)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "ENDPOINT", hub.address)
        yield hub


def test_released_weights_are_fetched_by_name_converted_and_kept(hub, tmp_path):
    model = SleepLM.from_pretrained(NAME)
    assert isinstance(model, PublishedSleepLM) and model.name == NAME and model.dim == 8
    assert not any("README" in path for path in hub.asked)
    assert json.loads(pin_file(NAME).read_text())["revision"] == hub.commit(NAME)
    assert [file.parent.parent.name for file in tmp_path.glob("cache/*/released.safetensors")] == ["cache"]
    hub.asked.clear()
    again = SleepLM.from_pretrained(NAME)
    assert hub.asked == []  # no network the second time
    wanted = tiny_network().state_dict()
    assert all((value == wanted[key]).all() for key, value in again.network.state_dict().items())


def test_the_commit_that_was_found_first_stays(hub, tmp_path):
    first = snapshot(CLIP, ("vocab.json",))
    (tmp_path / "clip" / "merges.txt").write_text("#version: 0.2\n")
    assert snapshot(CLIP, ("vocab.json",)) == first
    with pytest.raises(ModelError, match="cannot be fetched"):  # the old commit is gone, and no other is taken
        snapshot(CLIP, ("merges.txt",))
    pin_file(CLIP).unlink()
    assert snapshot(CLIP, ("merges.txt",)) != first


def test_an_unknown_repository_is_one_sentence(hub):
    with pytest.raises(ModelError, match="nobody/nothing cannot be fetched"):
        SleepLM.from_pretrained("nobody/nothing")


def test_a_repository_without_weights_is_one_sentence(hub):
    with pytest.raises(ModelError, match="holds none of"):
        snapshot(CLIP, ("model_checkpoint.pt",))


def test_without_a_network_one_sentence_says_what_to_do(hub, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match=r"connect to the network once, or give a folder") as raised:
        SleepLM.from_pretrained(NAME)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("note", ["", "[]", '{"revision": "main", "files": []}', '{"revision": 3, "files": []}'])
def test_a_damaged_pin_is_refused(hub, note):
    pin_file(NAME).parent.mkdir(parents=True)
    pin_file(NAME).write_text(note)
    with pytest.raises(ModelError, match="delete it"):
        SleepLM.from_pretrained(NAME)


def test_our_own_weights_are_fetched_by_name_as_well(hub, tmp_path):
    hub.folders["me/nano"] = tmp_path / "nano"
    SleepLM.from_pretrained().save_pretrained(tmp_path / "nano")
    shutil.rmtree(tmp_path / "hub", ignore_errors=True)
    model = SleepLM.from_pretrained("me/nano")
    assert not isinstance(model, PublishedSleepLM) and model.dim == SleepLM.from_pretrained().dim

import shutil

import numpy as np
import pytest
import torch
from huggingface_hub import HfApi
from huggingface_hub.errors import LocalTokenNotFoundError

from sleeplm.errors import ModelError
from sleeplm.network.loading import SleepLM
from sleeplm.network.nano import NanoSleepLM
from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.network import SleepLMNetwork
from sleeplm.network.nano.tokenizer import train_tokenizer
from sleeplm.recording.epochs import Epochs

TINY = NetworkConfig(
    name="test", dim=8, width=16, layers=1, heads=2, channel_width=4, tokens=2, decoder_layers=1, decoder_heads=2,
    vocabulary=300, caption_length=8,
)  # fmt: skip


@pytest.fixture
def model():
    torch.manual_seed(0)
    network = SleepLMNetwork(TINY)
    network.about = {"trained_on": "nothing", "steps": 0}
    return NanoSleepLM(network, train_tokenizer(["heart rate 62 bpm"], 300))


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """The hub as a folder: a repository is a folder of it."""
    made = {}

    def create_repo(self, repo_id, *, private=False, exist_ok=False):
        made[repo_id] = {"private": private, "token": self.token}

    def upload_folder(self, *, repo_id, folder_path, commit_message):
        assert repo_id in made
        shutil.copytree(folder_path, tmp_path / "hub" / repo_id)
        return f"https://hub/{repo_id}"

    monkeypatch.setattr(HfApi, "create_repo", create_repo)
    monkeypatch.setattr(HfApi, "upload_folder", upload_folder)
    return tmp_path / "hub", made


def test_what_was_saved_loads_as_the_same_model(model, tmp_path):
    model.save_pretrained(tmp_path / "a")
    first = SleepLM.from_pretrained(tmp_path / "a")
    first.save_pretrained(tmp_path / "b")
    again = SleepLM.from_pretrained(tmp_path / "b")
    signals = np.random.default_rng(0).normal(0, 30, (3, 14, 1920)).astype(np.float32)
    epochs = Epochs(signals, np.ones((3, 14), bool))
    assert np.array_equal(first.embed_signals(epochs), again.embed_signals(epochs))
    assert np.array_equal(first.embed_text(["apnea"]), again.embed_text(["apnea"]))
    assert first.caption(epochs, "brain") == again.caption(epochs, "brain")
    assert again.network.about == {"trained_on": "nothing", "steps": 0}
    assert (tmp_path / "a" / "nano.json").read_bytes() == (tmp_path / "b" / "nano.json").read_bytes()


def test_a_model_card_says_what_the_weights_are_and_is_not_written_over(model, tmp_path):
    model.save_pretrained(tmp_path)
    card = (tmp_path / "README.md").read_text()
    assert "Research use only" in card and "trained on: nothing" in card
    (tmp_path / "README.md").write_text("mine")
    model.save_pretrained(tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"


def test_what_was_pushed_loads_from_there(model, hub):
    folder, made = hub
    assert model.push_to_hub("me/nano", private=True, token="hf_x") == "https://hub/me/nano"
    assert made == {"me/nano": {"private": True, "token": "hf_x"}}
    assert sorted(f.name for f in (folder / "me/nano").iterdir()) == [
        "README.md", "nano.json", "nano.safetensors", "tokenizer.json",
    ]  # fmt: skip
    assert SleepLM.from_pretrained(folder / "me/nano").dim == 8


def test_a_hub_that_refuses_is_one_clear_sentence(model, hub, monkeypatch):
    def refuse(*_, **__):
        raise LocalTokenNotFoundError("no token")

    monkeypatch.setattr(HfApi, "create_repo", refuse)
    with pytest.raises(ModelError, match="hf auth login"):
        model.push_to_hub("me/nano")


def test_a_name_that_the_hub_cannot_have_is_refused(model):
    with pytest.raises(ModelError, match="owner/name"):
        model.push_to_hub("me/my/nano")

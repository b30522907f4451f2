import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from sleeplm.errors import ModelError
from sleeplm.kinds.stages import STAGES
from sleeplm.network.loading import SleepLM
from sleeplm.network.nano import NanoSleepLM
from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.context import ContextNetwork
from sleeplm.network.nano.network import SleepLMNetwork
from sleeplm.network.nano.tokenizer import train_tokenizer
from sleeplm.recording.epochs import Epochs

TINY = NetworkConfig(
    name="test", dim=8, width=16, layers=1, heads=2, channel_width=4, tokens=2, decoder_layers=1, decoder_heads=2,
    vocabulary=300, caption_length=8,
)  # fmt: skip


def model(context=True):
    torch.manual_seed(0)
    network = SleepLMNetwork(TINY)
    around = ContextNetwork(8, 6).eval().requires_grad_(False) if context else None
    return NanoSleepLM(network, train_tokenizer(["heart rate 62 bpm"], 300), around)


@pytest.fixture
def folder(tmp_path):
    model().save_pretrained(tmp_path)
    return tmp_path


def night(n=9):
    rng = np.random.default_rng(0)
    return Epochs(rng.normal(0, 30, (n, 14, 1920)).astype(np.float32), np.ones((n, 14), bool))


def test_stages_depend_on_the_epochs_around_and_embeddings_do_not(folder):
    whole, bare = SleepLM.from_pretrained(folder), model(context=False)
    bare.network.half().float()  # as the file keeps them
    embeddings = whole.embed_signals(night())
    assert np.array_equal(embeddings, bare.embed_signals(night()))
    found = whole.stages_in_context(embeddings)
    assert found.shape == (9, len(STAGES)) and found.dtype == np.float32
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-5)
    other = embeddings.copy()
    other[8] = other[0]
    assert not np.allclose(whole.stages_in_context(other)[4], found[4])
    assert whole.stages_in_context(embeddings[:0]).shape == (0, len(STAGES))


def test_weights_without_a_context_network_say_so():
    with pytest.raises(ModelError, match=r"train.nano.context"):
        model(context=False).stages_in_context(np.zeros((3, 8), np.float32))


def test_it_comes_back_as_it_was_written(folder, tmp_path):
    first = SleepLM.from_pretrained(folder)
    first.save_pretrained(tmp_path / "again")
    again = SleepLM.from_pretrained(tmp_path / "again")
    embeddings = first.embed_signals(night())
    assert np.array_equal(first.stages_in_context(embeddings), again.stages_in_context(embeddings))


def test_one_of_other_weights_is_refused(folder, tmp_path):
    torch.manual_seed(1)
    NanoSleepLM(SleepLMNetwork(TINY), model().tokenizer).save_pretrained(tmp_path / "b")
    for name in ("context.json", "context.safetensors"):
        (tmp_path / "b" / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(ModelError, match="belongs to other weights"):
        SleepLM.from_pretrained(tmp_path / "b")


def test_altered_bytes_and_a_missing_file_are_refused(folder):
    state = load_file(folder / "context.safetensors")
    state["stage.bias"] += 1
    save_file(state, folder / "context.safetensors")
    with pytest.raises(ModelError, match="sum differs"):
        SleepLM.from_pretrained(folder)
    (folder / "context.safetensors").unlink()
    with pytest.raises(ModelError, match="sum differs"):
        SleepLM.from_pretrained(folder)


@pytest.mark.parametrize("change", [{"width": 7}, {"width": 0}, {"width": "6"}, {"sha256": None}, {"dim": 10**9}])
def test_a_strange_description_is_refused(folder, change):
    card = json.loads((folder / "context.json").read_text()) | change
    (folder / "context.json").write_text(json.dumps(card))
    with pytest.raises(ModelError):
        SleepLM.from_pretrained(folder)

import numpy as np
import pytest
import torch

from sleeplm.errors import ModelError, UsageError
from sleeplm.kinds.channels import CHANNEL_NAMES, FACET_KINDS, FACETS
from sleeplm.network.encoder import model_of
from sleeplm.network.loading import SleepLM
from sleeplm.network.nano import NanoSleepLM, NetworkConfig, SleepLMNetwork
from sleeplm.network.nano.files import WEIGHTS
from sleeplm.network.nano.tokenizer import train_tokenizer
from sleeplm.recording.epochs import Epochs

TINY = NetworkConfig(
    name="test", dim=16, width=24, layers=1, heads=2, channel_width=8, tokens=4, decoder_layers=1, decoder_heads=2,
    vocabulary=300, caption_length=8,
)  # fmt: skip


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return NanoSleepLM(SleepLMNetwork(TINY), train_tokenizer(["heart rate 62 bpm"], 300))


@pytest.fixture
def epochs():
    rng = np.random.default_rng(0)
    return Epochs(rng.normal(0, 30, (70, 14, 1920)).astype(np.float32), np.ones((70, 14), dtype=bool))


def test_one_pass_gives_what_three_give(model, epochs):
    found = model.encode(epochs)
    assert np.array_equal(found.embeddings, model.embed_signals(epochs))
    assert np.array_equal(found.patches, model.patch_embeddings(epochs))
    assert np.array_equal(found.tokens, model.signal_tokens(epochs))
    assert found.embeddings.dtype == np.float32 and found.embeddings.shape == (70, model.dim)
    np.testing.assert_allclose(np.linalg.norm(found.embeddings, axis=1), 1, rtol=1e-5)


def test_a_night_without_epochs_gives_empty_arrays(model):
    nothing = Epochs(np.zeros((0, 14, 1920), np.float32), np.zeros((0, 14), bool))
    assert model.embed_signals(nothing).shape == (0, 16)
    assert model.caption(nothing, "brain") == []
    assert model.localize("apnea", model.patch_embeddings(nothing))[1] == []
    assert model.embed_text([]).shape == (0, 16)


def test_text_is_embedded_in_the_order_asked(model):
    a = model.embed_text(["deep sleep", "apnea", "deep sleep"])
    assert np.array_equal(a[0], a[2]) and not np.array_equal(a[0], a[1])
    np.testing.assert_allclose(a[1:2], model.embed_text(["apnea"]))


@pytest.mark.parametrize("facet", FACETS)
def test_nothing_is_said_of_a_facet_whose_channels_are_absent(model, epochs, facet, monkeypatch):
    a_word = model.tokenizer.token_to_id("6")
    monkeypatch.setattr(model.network.decoder, "generate", lambda tokens, _: torch.full((len(tokens), 1), a_word))
    epochs.present[3, [CHANNEL_NAMES.index(c) for c in FACET_KINDS[facet].channels]] = False
    captions = model.caption(epochs, facet)
    assert captions == ["6"] * 3 + [""] + ["6"] * 66


def test_an_unknown_facet_is_refused(model, epochs):
    with pytest.raises(UsageError, match="brain"):
        model.caption(epochs, "kidneys")


def test_the_curve_of_a_phrase_covers_the_night_as_probabilities(model, epochs):
    curve, spans = model.localize("obstructive apnea", model.patch_embeddings(epochs).astype(np.float16))
    assert curve.shape == (70 * 30,) and 0 <= curve.min() and curve.max() <= 1
    assert all(0 <= a < b <= 70 * 30 for a, b, _ in spans)


def test_zero_shot_names_the_nearest_label(model):
    prompts = {"deep": ["deep sleep"], "breath": ["apnea", "breathing stops"]}
    near = model.embed_text(["apnea", "deep sleep"])
    assert model.zero_shot(near, prompts) == ["breath", "deep"]


def test_few_shot_names_the_label_of_the_like(model, epochs):
    embeddings = model.embed_signals(epochs)
    examples = {"a": embeddings[:3], "b": embeddings[40:41], "c": embeddings[3:4]}
    assert model.few_shot(embeddings[[40, 3]], examples) == ["b", "c"]


def test_who_reads_texts_otherwise_has_the_same_vectors(model):
    known = model_of(model)
    state = {key: value.clone() for key, value in model.network.state_dict().items()}
    for key, same in (("text.straight.weight", True), ("embedding.weight", False), ("decoder.words.weight", False)):
        model.network.load_state_dict({**state, key: state[key] + 1})
        assert (model_of(model) == known) is same, key
    model.network.load_state_dict(state)


def test_a_folder_without_weights_is_one_clear_sentence(tmp_path):
    with pytest.raises(ModelError, match=r"nano\.safetensors"):
        SleepLM.from_pretrained(tmp_path)


def test_the_shipped_weights_know_deep_sleep_from_wake(shipped):
    rng = np.random.default_rng(0)
    t = np.arange(1920) / 64
    signals = np.zeros((2, 14, 1920), np.float32)
    present = np.zeros((2, 14), bool)
    present[:, CHANNEL_NAMES.index("C3")] = True
    drift = sum(
        np.sin(2 * np.pi * f * t + p) for f, p in zip(rng.uniform(0.6, 1.8, 8), rng.uniform(0, 6, 8), strict=True)
    )
    signals[0, CHANNEL_NAMES.index("C3")] = 25 * drift + rng.normal(0, 4, 1920)
    signals[1, CHANNEL_NAMES.index("C3")] = 12 * np.sin(2 * np.pi * 10 * t) + rng.normal(0, 6, 1920)
    found = shipped.zero_shot(
        shipped.embed_signals(Epochs(signals, present)), {"deep": ["deep sleep"], "wake": ["awake", "alpha rhythm"]}
    )
    assert found == ["deep", "wake"]


def test_the_shipped_file_is_small(shipped):
    assert shipped.parameters < 12e6
    assert (WEIGHTS / "nano.safetensors").stat().st_size < 15e6


@pytest.fixture(scope="module")
def shipped():
    return SleepLM.from_pretrained()

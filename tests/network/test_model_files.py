import hashlib
import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes

from sleeplm.errors import ModelError
from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.files import load_network, save_network
from sleeplm.network.nano.network import SleepLMNetwork
from sleeplm.network.nano.sentences import parts_of, template_embeddings, templated
from sleeplm.network.nano.tokenizer import framed, load_tokenizer, train_tokenizer, unframed

TINY = NetworkConfig(
    name="test", dim=8, width=16, layers=1, heads=2, channel_width=4, tokens=2, decoder_layers=1, decoder_heads=2,
    vocabulary=300, caption_length=8,
)  # fmt: skip
TEXTS = ["Heart rate 62 bpm, stable.", "SpO2 93%, lowest 88%; no leg movements.", "REM sleep (stage R) – 12.5 µV"]
WORDS = train_tokenizer(TEXTS, 300)


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    save_network(SleepLMNetwork(TINY), tmp_path)
    return tmp_path


def altered(folder, change):
    """Write the weights again after a change, with the sum that belongs to them."""
    state = load_file(folder / "nano.safetensors")
    change(state)
    content = to_bytes(state)
    (folder / "nano.safetensors").write_bytes(content)
    card = json.loads((folder / "nano.json").read_text())
    card["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "nano.json").write_text(json.dumps(card))


def test_weights_come_back_as_they_were_written(folder):
    torch.manual_seed(0)
    wrote = {k: v.half().float() for k, v in SleepLMNetwork(TINY).state_dict().items()}
    read = load_network(folder).state_dict()
    assert wrote.keys() == read.keys() and all(torch.equal(wrote[k], read[k].float()) for k in wrote)


def test_a_count_stays_whole_where_half_precision_ends(tmp_path):
    network = SleepLMNetwork(TINY)
    norm = network.signals.filters.layers[1]
    norm.num_batches_tracked.fill_(1_234_567)
    save_network(network, tmp_path)
    assert int(load_network(tmp_path).signals.filters.layers[1].num_batches_tracked) == 1_234_567


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: s.pop("text.straight.weight"), "lack 'text.straight.weight'"),
        (lambda s: s.update(more=torch.zeros(1)), "unknown tensor 'more'"),
        (lambda s: s.update(log_scale=torch.zeros(2)), "'log_scale' has shape"),
        (lambda s: s["signals.time"].fill_(torch.nan), "'signals.time' holds values that are not finite"),
    ],
)
def test_a_wrong_tensor_is_named(folder, change, says):
    altered(folder, change)
    with pytest.raises(ModelError, match=says):
        load_network(folder)


def test_altered_bytes_are_refused(folder):
    weights = folder / "nano.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelError, match="sum differs"):
        load_network(folder)


@pytest.mark.parametrize("missing", ["nano.safetensors", "nano.json"])
def test_a_missing_file_is_named(folder, missing):
    (folder / missing).unlink()
    with pytest.raises(ModelError, match=missing):
        load_network(folder)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"config": 3, "sha256": ""}', '{"config": {"dim": 1}, "sha256": ""}']
)
def test_a_strange_description_is_refused(folder, content):
    (folder / "nano.json").write_text(content)
    with pytest.raises(ModelError):
        load_network(folder)


@pytest.mark.parametrize("value", [-1, 0, "256", 2.5, True])
def test_a_strange_size_is_refused(value):
    with pytest.raises(ModelError, match="width"):
        NetworkConfig.from_dict({**TINY.as_dict(), "width": value})


def test_words_are_lossless_and_digits_stand_alone():
    words = train_tokenizer(TEXTS, 400)
    for text in TEXTS:
        assert unframed(words, [framed(words, text, 99)]) == [text]
    assert [t for t in words.encode("62 and 12.5").tokens if t.isdigit()] == ["6", "2", "1", "2", "5"]


@given(st.text(max_size=40))
def test_any_text_survives_the_tokenizer(text):
    assert unframed(WORDS, [framed(WORDS, text, 1000)]) == [text]


def test_a_tokenizer_of_other_weights_is_refused(tmp_path):
    train_tokenizer(TEXTS, 400).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ModelError, match="does not belong"):
        load_tokenizer(tmp_path / "tokenizer.json", 270)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="is not a tokenizer"):
        load_tokenizer(tmp_path / "tokenizer.json", 400)


def test_sentences_with_one_meaning_lie_near_each_other():
    (a, b, c), starts = template_embeddings(["deep sleep", "slow-wave sleep", "fast heart rate"])
    assert starts.tolist() == [0, 1, 2]
    np.testing.assert_allclose(np.linalg.norm([a, b, c], axis=1), 1, rtol=1e-5)
    assert a @ b > a @ c


def test_a_sentence_means_the_same_in_any_company():
    alone, _ = template_embeddings(["# apneas of # s"])
    together, starts = template_embeddings(["a much longer text about the breath of a sleeper", "# apneas of # s"])
    assert len(alone) == 3 and starts.tolist() == [0, 1]
    np.testing.assert_allclose(alone, together[1:], atol=1e-6)


@pytest.mark.parametrize(
    ("sentence", "template", "values"),
    [
        ("Heart rate 62.5 bpm, 58 to 71.", "Heart rate # bpm, # to #.", [62.5, 58, 71]),
        ("N2 at C3-A2, 3% sigma", "N2 at C3-A2, #% sigma", [3]),
        ("Three spindles from 3-4 s", "# spindles from #-# s", [3, 3, 4]),
        ("#7 of 10", " # of #", [7, 10]),
        ("ip 1.2.3, 5x, .5", "ip 1.2.3, 5x, .5", []),
        ("no one slept", "no # slept", [1]),
    ],
)
def test_numbers_of_a_sentence_are_told_apart_from_names(sentence, template, values):
    assert templated(sentence) == (template, values)


@given(st.text(max_size=60))
def test_any_sentence_has_as_many_marks_as_numbers(sentence):
    template, values = templated(sentence)
    assert template.count("#") == len(values) and np.isfinite(values).all()
    assert templated(template.replace("#", " "))[1] == [] or "#" not in template


def test_a_text_is_its_sentences_and_their_numbers():
    parts = parts_of(["Pulse 62. Awake.", "Pulse 70."])
    assert parts.of.tolist() == [0, 0, 0, 1, 1]
    np.testing.assert_array_equal(parts.values, np.float32([np.nan, 62, np.nan, np.nan, 70]))
    np.testing.assert_array_equal(parts.vectors[:2], parts.vectors[3:])  # the same but for the number
    assert len(parts_of([]).of) == 0


def test_a_number_beyond_what_the_encoder_reads_is_its_sentence():
    vectors, _ = template_embeddings(["word " * 200 + "#"])
    np.testing.assert_array_equal(vectors[0], vectors[1])

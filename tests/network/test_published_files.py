"""Published weights on disk: what is refused, and by what name."""

import json
import pickle
import zipfile
from collections import OrderedDict

import pytest
import torch
from fakes_published import tiny_config, tiny_network, write_published
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from sleeplm.errors import ModelError
from sleeplm.files import sha256_of
from sleeplm.network.published import convert
from sleeplm.network.published.checkpoint import read_checkpoint
from sleeplm.network.published.files import build, load_released

PUBLISHED = ("model_checkpoint.pt", "config.json")
W1 = "module.biosignals.transformer_blocks.1.channel_mlp.gate_proj.w1.weight"


@pytest.fixture
def converted(tmp_path):
    checkpoint = write_published(tmp_path)
    weights, description = tmp_path / "w.safetensors", tmp_path / "w.json"
    convert(checkpoint, tiny_config(), weights, description, {"repository": "here"})
    return weights, description


def load(checkpoint):
    return load_released(checkpoint, checkpoint.parent / "config.json")


def same(a, b):
    a, b = a.state_dict(), b.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_weights_come_back_as_they_were_published(tmp_path):
    assert same(load(write_published(tmp_path)), tiny_network())


def test_the_converted_file_is_the_same_network(converted, tmp_path):
    weights, description = converted
    assert same(load_released(weights, description), tiny_network())
    card = json.loads(description.read_text())
    assert card["sha256"] == sha256_of(weights) and card["source"] == {"repository": "here"}
    assert {file.name for file in tmp_path.iterdir()} == {weights.name, description.name, *PUBLISHED}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: s.pop("module.text.cls_emb"), r"lack 'text\.cls_emb'"),
        (lambda s: s.pop("module.text.token_embedding.weight"), r"lack 'text\.token_embedding\.weight'"),
        (lambda s: s.pop("module.biosignals.transformer_blocks.1.channel_norm.weight"), "lack 'bio.*1.channel_"),
        (lambda s: s.update({"module.more": torch.zeros(1)}), "unknown tensor 'more'"),
        (
            lambda s: s.update({"module.text.transformer.resblocks.2.ln_1.weight": torch.zeros(24)}),
            r"unknown tensor 'text\.transformer\.resblocks\.2\.ln_1\.weight'",
        ),
        (lambda s: s.update({"module.text.cls_emb": torch.zeros(25)}), r"'text\.cls_emb' has shape \[25\], not"),
        (
            lambda s: s.update({"module.text.token_embedding.weight": torch.zeros(301, 24)}),
            r"vocab_size is 300, and the tensor 'text\.token_embedding\.weight' has 301",
        ),
        (
            lambda s: s.update({W1.replace("blocks.1", "blocks.0"): torch.zeros(73, 24)}),
            "'bio.*0.channel_mlp.gate_proj.w1.weight' has 73 rows",
        ),
        (
            lambda s: s.update({"module.text.transformer.resblocks.0.mlp.c_fc.weight": torch.zeros(97, 24)}),
            "'text.transformer.resblocks.0.mlp.c_fc.weight' has 97 rows",
        ),
        (lambda s: s.update({"module.channel_embeddings": torch.zeros(5)}), "'channel_embeddings' has shape"),
        (lambda s: s.update({W1: s[W1].index_fill(0, torch.tensor(3), torch.nan)}), "w1.*not finite"),
        (lambda s: s.update({W1: s[W1].index_fill(0, torch.tensor(3), -torch.inf)}), "w1.*not finite"),
        (lambda s: s.update({"module.logit_scale": torch.tensor(3)}), "'module.logit_scale' holds torch.int64"),
        (lambda s: s.update({"text.cls_emb": torch.zeros(24)}), "'text.cls_emb' twice"),
        (
            lambda s: s.update(
                {"module.biosignals.transformer_blocks.0.channel_attention.rotary_emb.freqs": torch.ones(6)}
            ),
            "0.channel_attention.rotary_emb.freqs' differs",
        ),
    ],
)  # fmt: skip
def test_a_wrong_tensor_is_named(tmp_path, change, says):
    with pytest.raises(ModelError, match=says):
        load(write_published(tmp_path, change))


@pytest.mark.parametrize("key", sorted(tiny_network().state_dict()))
def test_any_tensor_absent_or_of_another_shape_is_named(key):
    state, config = dict(tiny_network().state_dict()), tiny_config()
    longer = torch.zeros([n + 1 for n in state[key].shape] or [1])
    for changed in ({**state, key: longer}, {k: v for k, v in state.items() if k != key}):
        with pytest.raises(ModelError) as raised:
            build(changed, config)
        assert f"'{key}'" in str(raised.value)


def test_lower_precision_is_read_as_float32(tmp_path):
    def halve(state):
        state.update({key: value.half() for key, value in state.items()})

    read = load(write_published(tmp_path, halve)).state_dict()
    wrote = tiny_network().state_dict()
    assert all(torch.equal(read[k], wrote[k].half().float()) for k in wrote)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("embed_dim", 9, "embed_dim is 9"),
        ("prefix_len", None, "prefix_len"),
        ("prefix_len", 10**9, "prefix_len"),
        ("num_caption_channels", 12, "num_caption_channels is 12, and the tensor 'channel_embeddings' has 5"),
        ("text_cfg.heads", None, r"text_cfg\.heads"),
        ("text_cfg.heads", 5, "does not divide"),
        ("text_cfg.heads", True, r"text_cfg\.heads"),
        ("text_cfg.layers", 10**9, r"text_cfg\.layers"),
        ("text_cfg.layers", 3, "lack 'text.transformer.resblocks.2."),
        ("multimodal_cfg.heads", "4", r"multimodal_cfg\.heads"),
        ("multimodal_cfg.mlp_ratio", 3, "mlp_ratio is 3"),
        ("multimodal_cfg.width", 25, "width is 25"),
        ("multimodal_cfg", 3, r"multimodal_cfg\.heads"),
        ("biosignals_cfg.signal_length", None, "signal_length"),
        ("biosignals_cfg.signal_length", 1921, "signal_length"),
        ("biosignals_cfg.patch_size", 8, "patch_size is 8"),
        ("biosignals_cfg.transformer_heads", 3, "transformer_heads is 3"),
        ("biosignals_cfg.activation", "gelu", "activation is 'gelu'"),
        ("biosignals_cfg.norm_type", ["x" * 10_000], "norm_type"),
    ],
)
def test_weights_and_configuration_must_agree(tmp_path, key, value, says):
    checkpoint = write_published(tmp_path)
    config = tiny_config()
    *outer, last = key.split(".")
    where = config[outer[0]] if outer else config
    where.pop(last) if value is None else where.update({last: value})
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=says) as raised:
        load(checkpoint)
    assert len(str(raised.value)) < 300


def test_a_head_that_is_spoken_of_must_be_there(tmp_path):
    def behead(state):
        for key in [key for key in state if "signal_decoder" in key]:
            del state[key]

    checkpoint = write_published(tmp_path, behead)
    assert load(checkpoint).signal_decoder is None
    (tmp_path / "config.json").write_text(json.dumps(tiny_config() | {"use_signal_decoder": True}))
    with pytest.raises(ModelError, match="signal_decoder"):
        load(checkpoint)


@pytest.mark.parametrize("content", ["", "[]", "3", "{", "[" * 100_000, "\xff"])
def test_a_strange_configuration_is_refused(tmp_path, content):
    checkpoint = write_published(tmp_path)
    (tmp_path / "config.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(ModelError, match="not the configuration"):
        load(checkpoint)


def test_altered_bytes_of_a_converted_file_are_refused(converted):
    weights, description = converted
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelError, match="sum differs"):
        load_released(weights, description)


def test_a_converted_file_needs_its_description(converted, tmp_path):
    weights, description = converted
    with pytest.raises(ModelError, match="lacks their configuration or sum"):
        load_released(weights, tmp_path / "config.json")
    weights.unlink()
    with pytest.raises(ModelError, match=r"no file w\.safetensors"):
        load_released(weights, description)


def test_a_converted_file_is_looked_through_like_a_published_one(converted):
    weights, description = converted
    state = load_file(weights)
    state["logit_scale"] = torch.tensor(torch.nan)
    save_file(state, weights)
    card = json.loads(description.read_text()) | {"sha256": sha256_of(weights)}
    description.write_text(json.dumps(card))
    with pytest.raises(ModelError, match="'logit_scale' holds values that are not finite"):
        load_released(weights, description)


class Evil:
    def __reduce__(self):
        return (open, ("/tmp/never", "w"))


def save(tmp_path, content):
    torch.save(content, tmp_path / "x.pt")
    return tmp_path / "x.pt"


HOSTILE = {
    "runs code": ({"state_dict": {"a": Evil()}}, "other classes"),
    "another class": ({"state_dict": OrderedDict(a=torch.nn.Linear(1, 1))}, "other classes"),
    "no dictionary": ([torch.zeros(1)], "no state_dict"),
    "no state_dict": ({"epoch": 1}, "no state_dict"),
    "no names": ({"state_dict": {1: torch.zeros(1)}}, "no state_dict"),
    "empty": ({"state_dict": {}}, "no state_dict"),
    "not a tensor": ({"state_dict": {"a": 1}}, "'a' is not a plain tensor"),
    "huge from little": ({"state_dict": {"a": torch.zeros(1).expand(1 << 40)}}, "'a' does not lie in one piece"),
    "too many": ({"state_dict": {str(i): torch.zeros(0) for i in range(4097)}}, "too long|4097 tensors"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_checkpoint_is_refused_in_one_sentence(tmp_path, name):
    content, says = HOSTILE[name]
    with pytest.raises(ModelError, match=says):
        read_checkpoint(save(tmp_path, content))


def test_tensors_that_share_their_numbers_may_not_claim_more_than_the_file_has(tmp_path):
    large = torch.zeros(1 << 18)
    file = save(tmp_path, {"state_dict": {str(i): large for i in range(100)}})
    with pytest.raises(ModelError, match="share their numbers"):
        read_checkpoint(file)


def test_what_is_no_zip_of_tensors_is_refused(tmp_path):
    file = tmp_path / "x.pt"
    file.write_bytes(pickle.dumps({"state_dict": {}}))
    with pytest.raises(ModelError, match="not a zip"):
        read_checkpoint(file)
    torch.save({"state_dict": {"a": torch.zeros(3)}}, file, _use_new_zipfile_serialization=False)
    with pytest.raises(ModelError, match="not a zip"):
        read_checkpoint(file)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/data.pkl", bytes(1 << 20))
    with pytest.raises(ModelError, match="packed"):
        read_checkpoint(file)
    with pytest.raises(ModelError, match="cannot be opened"):
        read_checkpoint(tmp_path)
    with pytest.raises(ModelError, match="cannot be opened"):
        read_checkpoint(tmp_path / "missing.pt")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return save(tmp_path_factory.mktemp("small"), {"state_dict": {"a": torch.arange(3.0)}}).read_bytes()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_are_read_whole_or_refused(small, tmp_path_factory, data):
    content = bytearray(small)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    file = tmp_path_factory.getbasetemp() / "damaged.pt"
    file.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        read_checkpoint(file)
    except ModelError as error:
        assert len(str(error)) < 300

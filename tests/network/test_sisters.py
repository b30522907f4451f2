"""The two networks: what both can do, what one cannot, and that neither knows the other."""

import ast
import inspect
from pathlib import Path

import pytest
import torch
from fakes_published import tiny_network

import sleeplm.network
from sleeplm.errors import ModelError, UsageError
from sleeplm.network.encoder import (
    Bfloat16Encoder,
    ContextEncoder,
    DenseEncoder,
    Encoder,
    require_bfloat16,
    require_context,
    require_dense,
)
from sleeplm.network.loading import SleepLM
from sleeplm.network.nano import NanoSleepLM, NetworkConfig, SleepLMNetwork
from sleeplm.network.nano.tokenizer import train_tokenizer
from sleeplm.network.published import PublishedSleepLM

ROOT = Path(sleeplm.network.__file__).parent
SISTERS = {"nano": NanoSleepLM, "published": PublishedSleepLM}
COMMON = [name for name in vars(Encoder) if not name.startswith("_")]
SMALL = NetworkConfig(
    dim=8, width=16, layers=1, heads=2, channel_width=4, tokens=2, decoder_layers=1, decoder_heads=2
)


@pytest.fixture(scope="module", params=SISTERS)
def sister(request):
    torch.manual_seed(0)
    if request.param == "nano":
        return NanoSleepLM(SleepLMNetwork(SMALL), train_tokenizer(["heart rate 62 bpm"], 300))
    return PublishedSleepLM(tiny_network(), lambda: None, "tiny")


def asked_for(capability):
    return {name for name, value in vars(capability).items() if inspect.isfunction(value) and name[0] != "_"}


@pytest.mark.parametrize("name", COMMON)
@pytest.mark.parametrize("kind", SISTERS.values(), ids=SISTERS)
def test_a_sister_does_what_every_encoder_does_and_takes_the_same(kind, name):
    own, common = inspect.getattr_static(kind, name), inspect.getattr_static(Encoder, name)
    assert not kind.__abstractmethods__ and type(own) is type(common)
    if inspect.isfunction(own):
        ours, theirs = inspect.signature(own).parameters.values(), inspect.signature(common).parameters.values()
        assert [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in theirs]


@pytest.mark.parametrize("name", Encoder.__annotations__)
def test_a_sister_says_what_it_can(sister, name):
    assert hasattr(sister, name)


def test_a_capability_is_there_with_its_methods_or_refused(sister):
    for can, require, capability in (
        (sister.dense, require_dense, DenseEncoder),
        (sister.computes_bfloat16, require_bfloat16, Bfloat16Encoder),
    ):
        methods = asked_for(capability)
        assert methods and all(hasattr(sister, method) is can for method in methods)
        if can:
            assert require(sister) is sister
        else:
            with pytest.raises(UsageError, match=sister.name):
                require(sister)
    assert not sister.has_context and asked_for(ContextEncoder) <= set(dir(NanoSleepLM))
    with pytest.raises(ModelError, match="no context network"):
        require_context(sister)


def test_random_weights_follow_from_the_generator_and_keep_the_form(sister):
    def drawn():
        torch.manual_seed(3)
        return sister.with_random_weights()

    a, b = drawn(), drawn()
    assert type(a) is type(sister) and a.dim == sister.dim
    shapes = {key: value.shape for key, value in sister.network.state_dict().items()}
    assert {key: value.shape for key, value in a.network.state_dict().items()} == shapes
    assert all(torch.equal(x, y) for x, y in zip(a.network.parameters(), b.network.parameters(), strict=True))


def _imported(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("kind", SISTERS)
def test_neither_sister_imports_the_other_nor_what_loads_both(kind):
    (other,) = SISTERS.keys() - {kind}
    for file in (ROOT / kind).rglob("*.py"):
        for name in _imported(file):
            assert not f"{name}.".startswith(tuple(f"sleeplm.network.{of}." for of in (other, "loading"))), file


def test_the_base_imports_neither():
    for name in _imported(ROOT / "encoder.py"):
        assert not name.startswith(tuple(f"sleeplm.network.{of}" for of in (*SISTERS, "loading")))


def test_a_sleeplm_is_loaded_and_not_made():
    with pytest.raises(TypeError, match="from_pretrained"):
        SleepLM()

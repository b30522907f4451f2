"""The released network computes what the published one does."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from fakes_published import TINY, tiny_network
from safetensors.torch import load_file

from sleeplm.errors import UsageError
from sleeplm.network.published import PublishedNetwork
from sleeplm.network.published.files import load_released
from sleeplm.network.published.preparation import NAMES, prepared
from sleeplm.network.published.sizes import CONFIG, SIZES, read_sizes
from sleeplm.recording.epochs import Epochs

AF, POS = NAMES.index("AF"), NAMES.index("POS")
START, END = TINY.vocabulary - 2, TINY.vocabulary - 1


@pytest.fixture(scope="module")
def golden(reference):
    return load_file(reference / "tiny.golden.safetensors")


@pytest.fixture(scope="module")
def released(reference):
    return load_released(reference / "tiny.weights.pt", reference / "tiny.config.json")


@pytest.fixture(scope="module")
def tiny():
    return tiny_network()


def epochs(n=3, seed=0):
    return torch.randn(n, 10, 1920, generator=torch.Generator().manual_seed(seed))


def prefixes(*modalities):
    return torch.tensor([[m, -1] for m in modalities])


@pytest.mark.parametrize(
    ("computed", "wanted", "within"),
    [
        (lambda net, g: net.embed_signals(g["signals"]), "signal_embedding", 5e-6),
        (lambda net, g: net.signal_tokens(g["signals"]), "decoder_tokens", 5e-6),
        (lambda net, g: net.embed_text(g["text"]), "text_embedding", 5e-6),
        (lambda net, g: net.reconstruct(g["signals"]), "reconstruction", 5e-6),
        (lambda net, g: net.logit_scale.exp()[None], "logit_scale", 5e-6),
        (lambda net, g: net.caption_logits(g["signals"], g["text"], g["modality_prefix"]), "logits", 5e-5),
    ],
)
def test_outputs_are_those_of_the_published_network(released, golden, computed, wanted, within):
    found = computed(released, golden)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, golden[wanted], atol=within, rtol=0)


def test_what_is_missing_is_given_as_in_the_golden_inputs(released, golden):
    whole = golden["signals"].numpy()
    here = Epochs(np.full((3, 14, 1920), 2, np.float32), np.ones((3, 14), bool))
    here.signals[:, :10] = whole
    here.present[1, AF] = here.present[2, POS] = False
    found = prepared(here)
    assert np.array_equal(found[1, AF], whole[1, AF]) and np.array_equal(found[:, POS], whole[:, POS])

    signals = golden["signals"].clone()
    signals[1, AF], signals[2, POS] = torch.from_numpy(found[1, AF]), torch.from_numpy(found[2, POS])
    torch.testing.assert_close(released.embed_signals(signals), golden["signal_embedding"], atol=5e-6, rtol=0)
    signals[2, POS] = 0  # the right side is another embedding than an unknown position
    assert (released.embed_signals(signals) - golden["signal_embedding"])[2].abs().max() > 0.01


def test_captions_are_those_of_the_published_network(released, golden):
    found = released.generate(golden["signals"], golden["modality_prefix"], max_length=32, min_length=6)
    assert torch.equal(found, golden["generated_ids"])


def test_a_loaded_network_is_ready_and_frozen(released):
    assert not released.training
    assert all(p.dtype == torch.float32 and not p.requires_grad for p in released.parameters())


def test_an_epoch_means_the_same_alone_as_among_others(tiny):
    signals = epochs()
    torch.testing.assert_close(tiny.embed_signals(signals[1:2]), tiny.embed_signals(signals)[1:2])


@pytest.mark.parametrize("length", [1, 5, 23, 24])
def test_padding_to_the_context_changes_no_embedding(tiny, length):
    ids = torch.randint(1, 298, (2, length), generator=torch.Generator().manual_seed(length))
    padded = torch.nn.functional.pad(ids, (0, TINY.context - length))
    torch.testing.assert_close(tiny.embed_text(ids), tiny.embed_text(padded))
    company = torch.cat((padded, torch.randint(1, 298, (1, TINY.context))))
    torch.testing.assert_close(tiny.embed_text(company)[:2], tiny.embed_text(ids))


def test_teacher_forcing_and_generation_agree(tiny):
    signals, prefix = epochs(), prefixes(0, 3, 4)
    ids = tiny.generate(signals, prefix, min_length=TINY.context)
    logits = tiny.caption_logits(signals, ids, prefix)
    logits[..., END] = -torch.inf
    assert torch.equal(logits.argmax(-1), ids[:, 1:])
    assert len(ids.unique()) > 10  # not one word for ever


def test_a_token_taken_for_padding_within_a_text_is_seen_alike_by_both_ways(tiny):
    signals, prefix = epochs(1), prefixes(2)
    ids = torch.tensor([[START, 5, 0, 7, 0, 0, 9, 11]])
    from sleeplm.network.published.layers import Cache

    caches = [Cache(8) for _ in range(TINY.text_layers)]
    stepwise = [tiny.text.next_states(ids[:, : i + 1], caches) for i in range(8)]
    torch.testing.assert_close(torch.cat(stepwise, dim=1), tiny.text.states(ids))
    assert tiny.caption_logits(signals, ids, prefix).shape == (1, 7, 300)


def test_captions_end_after_their_end_and_not_before_their_least(tiny, monkeypatch):
    signals, prefix = epochs(6), prefixes(0, 1, 2, 3, 4, 0)
    free = tiny.generate(signals, prefix, max_length=12, min_length=12)
    # A caption that would say its fifth word ends there instead, so the six end at different places.
    ending = free[0, 5].item()
    monkeypatch.setattr(type(tiny), "end", property(lambda self: ending))
    found = tiny.generate(signals, prefix, max_length=12, min_length=1)
    for row, whole in zip(found.tolist(), tiny_rows(tiny, signals, prefix), strict=True):
        assert row == whole
    late = tiny.generate(signals, prefix, max_length=12, min_length=8)
    assert not (late[:, 1:8] == ending).any()


def tiny_rows(network, signals, prefix):
    """Each caption by itself."""
    return [network.generate(signals[i : i + 1], prefix[i : i + 1], 12, 1)[0].tolist() for i in range(len(signals))]


def test_several_captions_of_an_epoch_are_those_of_each(tiny):
    signals = epochs(2)
    tokens = tiny.signal_tokens(signals)
    which, prefix = torch.tensor([0, 1, 0, 1]), prefixes(0, 0, 4, 4)
    together = tiny.generate_from(tokens, prefix, 10, epochs=which)
    assert torch.equal(together, tiny.generate(signals[which], prefix, 10))


def test_bfloat16_stays_close_and_writes_the_same_shapes(reference, golden):
    network = load_released(reference / "tiny.weights.pt", reference / "tiny.config.json").to_bfloat16()
    assert network.biosignals.shared_channel_rope.freqs.dtype == torch.float32
    for found, wanted in (
        (network.embed_signals(golden["signals"]), golden["signal_embedding"]),
        (network.embed_text(golden["text"]), golden["text_embedding"]),
        (network.signal_tokens(golden["signals"]), golden["decoder_tokens"]),
        (network.reconstruct(golden["signals"]), golden["reconstruction"]),
        (network.caption_logits(golden["signals"], golden["text"], golden["modality_prefix"]), golden["logits"]),
    ):
        assert found.dtype == torch.float32 and found.shape == wanted.shape
        assert torch.nn.functional.cosine_similarity(found, wanted, dim=-1).min() > 0.999
    ids = network.generate(golden["signals"], golden["modality_prefix"], max_length=12)
    assert torch.equal(ids[:, 0], golden["text"][:, 0])


def test_gradients_reach_every_weight():
    network = PublishedNetwork(TINY)
    signals, ids = epochs(2), torch.tensor([[START, 4, 5, END], [START, 6, END, 0]])
    out = (
        network.caption_logits(signals, ids, prefixes(0, 1)).square().mean()
        + (network.embed_signals(signals) - network.embed_text(ids)).square().sum() * network.logit_scale.exp()
        + network.reconstruct(signals).square().mean()
    )
    out.backward()
    without = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    assert without == []


def test_the_base_configuration_speaks_of_the_published_sizes():
    with torch.device("meta"):
        network = PublishedNetwork(SIZES)
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(385.4, abs=0.05)
    assert read_sizes({k: tuple(v.shape) for k, v in network.state_dict().items()}, CONFIG) == SIZES
    with torch.device("meta"):
        whole = PublishedNetwork(replace(SIZES, head_layers=2, head_hidden=1536))
    assert sum(p.numel() for p in whole.signal_decoder.parameters()) / 1e6 == pytest.approx(17.1, abs=0.05)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda net: net.embed_signals(torch.zeros(1, 9, 1920)), r"\[epochs, 10, 1920\]"),
        (lambda net: net.embed_signals(torch.full((1, 10, 1920), torch.nan)), "not finite"),
        (lambda net: net.embed_text(torch.zeros(1, 25, dtype=int)), "1 to 24"),
        (lambda net: net.embed_text(torch.full((1, 3), 300)), "0 to 299"),
        (lambda net: net.embed_text(torch.full((1, 3), -1)), "0 to 299"),
        (lambda net: net.generate(epochs(1), prefixes(5)), "0 to 4"),
        (lambda net: net.generate(epochs(1), torch.zeros(1, 3, dtype=int)), r"\[captions, 2\]"),
        (lambda net: net.generate(epochs(1), prefixes(0, 1)), "one prefix"),
        (lambda net: net.generate(epochs(1), prefixes(0), max_length=25), "1 to 24"),
    ],
)
def test_what_cannot_be_computed_is_refused(tiny, call, says):
    with pytest.raises(UsageError, match=says):
        call(tiny)


def test_without_its_head_nothing_is_reconstructed():
    with pytest.raises(UsageError, match="no reconstruction head"):
        PublishedNetwork(replace(TINY, head_layers=0)).reconstruct(epochs(1))

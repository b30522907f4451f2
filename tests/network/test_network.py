from dataclasses import replace

import numpy as np
import pytest
import torch

from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.decoder import END, PAD, START
from sleeplm.network.nano.network import SleepLMNetwork
from sleeplm.network.nano.preparation import PATCHES, POSITION_CODES, WAVES, prepare

SMALL = NetworkConfig(
    name="test", dim=16, width=24, layers=1, heads=2, channel_width=8, tokens=4, decoder_layers=2, decoder_heads=2,
    vocabulary=300, caption_length=12,
)  # fmt: skip


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return SleepLMNetwork(SMALL).eval().requires_grad_(False)


def noise(n=3, seed=0):
    signals = torch.from_numpy(np.random.default_rng(seed).normal(0, 30, (n, 14, 1920)).astype(np.float32))
    return signals, torch.ones(n, 14, dtype=torch.bool)


def test_embeddings_and_patches_have_unit_length(network):
    found = network.encode(*noise())
    assert found.embeddings.shape == (3, 16) and found.patches.shape == (3, PATCHES, 16)
    assert found.tokens.shape == (3, 4, 24)
    for vectors in (found.embeddings, found.patches):
        torch.testing.assert_close(vectors.norm(dim=-1), torch.ones(vectors.shape[:-1]))


def test_an_epoch_means_the_same_alone_as_in_a_night(network):
    signals, present = noise(5)
    together, alone = network.encode(signals, present), network.encode(signals[2:3], present[2:3])
    torch.testing.assert_close(together.embeddings[2:3], alone.embeddings, atol=1e-5, rtol=1e-4)


def test_what_stands_in_an_absent_channel_changes_nothing(network):
    signals, present = noise()
    present[:, CHANNEL_NAMES.index("SPO2")] = False
    present[:, CHANNEL_NAMES.index("POS")] = False
    other = signals.clone()
    other[:, CHANNEL_NAMES.index("SPO2")] = 55
    other[:, CHANNEL_NAMES.index("POS")] = 2
    a, b = network.encode(signals, present), network.encode(other, present)
    assert torch.equal(a.embeddings, b.embeddings) and torch.equal(a.patches, b.patches)


def test_amplitude_changes_the_embedding(network):
    signals, present = noise()
    louder = signals.clone()
    louder[:, CHANNEL_NAMES.index("C3")] *= 3
    assert not torch.allclose(
        network.encode(signals, present).embeddings, network.encode(louder, present).embeddings
    )


def test_no_channel_at_all_still_gives_finite_numbers(network):
    signals, present = noise()
    found = network.encode(torch.full_like(signals, torch.nan), torch.zeros_like(present))
    assert torch.isfinite(found.embeddings).all()


def test_hidden_seconds_are_not_seen(network):
    signals, present = noise(1)
    hidden = torch.ones(1, PATCHES, dtype=torch.bool)
    channels_only = prepare(signals, torch.zeros_like(present))
    a = network.encode_prepared(channels_only, hidden).embeddings
    assert torch.isfinite(a).all()
    assert not torch.equal(a, network.encode_prepared(channels_only).embeddings)


def test_generation_with_kept_keys_is_greedy_decoding(network):
    tokens = torch.randn(4, 4, 24, generator=torch.Generator().manual_seed(1))
    facets = torch.tensor([0, 1, 2, 4])
    fast = network.decoder.generate(tokens, facets)
    ids = torch.full((4, 1), START)
    for _ in range(fast.shape[1]):
        ids = torch.cat((ids, network.decoder(tokens, facets, ids)[:, -1].argmax(-1, keepdim=True)), dim=1)
    for row, slow in zip(fast.tolist(), ids[:, 1:].tolist(), strict=True):
        end = slow.index(END) + 1 if END in slow else len(slow)
        assert row[:end] == slow[:end] and set(row[end:]) <= {PAD}


def test_statistics_are_of_the_channels_that_are_there():
    torch.manual_seed(0)
    network = SleepLMNetwork(SMALL).train()
    signals, present = noise(6)
    present[1:, :] = False
    norm = network.signals.filters.layers[1]
    network.encode(signals, present)
    after_one = norm.running_mean.clone()
    network.signals.filters.layers[1].reset_running_stats()
    network.encode(signals[:1], present[:1])
    torch.testing.assert_close(after_one, norm.running_mean)
    network.encode(signals, torch.zeros_like(present))  # nothing to take statistics of
    torch.testing.assert_close(after_one, norm.running_mean)


def test_a_text_is_the_sum_of_its_sentences_and_numbers(network):
    vectors = torch.randn(4, SMALL.text_width, generator=torch.Generator().manual_seed(2))
    values = torch.tensor([torch.nan, 62.0, torch.nan, torch.nan])
    both, last = network.text(vectors, values, torch.tensor([0, 0, 0, 1]), 2)
    words = network.text.straight(vectors) + 0.5 * network.text.bend(vectors)
    other, _ = network.text(vectors, values + 6, torch.tensor([0, 0, 0, 1]), 2)
    only = network.text(vectors[[0, 2]], values[[0, 2]], torch.zeros(2, dtype=torch.long), 1)
    torch.testing.assert_close(only[0], torch.nn.functional.normalize(words[0] + words[2], dim=0))
    torch.testing.assert_close(last, torch.nn.functional.normalize(words[3], dim=0))
    assert not torch.allclose(both, only[0]) and not torch.allclose(both, other)


def test_numbers_are_seen_and_their_absence_too(network):
    signals, present = noise(1)
    signals[0, CHANNEL_NAMES.index("SPO2")] = 96
    prepared = prepare(signals, present)
    other, unknown = prepared.numbers.clone(), torch.full_like(prepared.numbers, torch.nan)
    other[0, 4] -= 1
    found = [
        network.encode_prepared(replace(prepared, numbers=n)).embeddings for n in (prepared.numbers, other, unknown)
    ]
    assert torch.isfinite(found[2]).all()
    assert not torch.allclose(found[0], found[1]) and not torch.allclose(found[0], found[2])


def test_scaling_of_arbitrary_units_leaves_their_shape():
    signals, present = noise()
    flow = CHANNEL_NAMES.index("AF")
    louder = signals.clone()
    louder[:, flow] *= 100
    place = WAVES.index(flow)
    a, b = prepare(signals, present), prepare(louder, present)
    torch.testing.assert_close(a.wave[:, place], b.wave[:, place], atol=1e-4, rtol=1e-4)
    assert not torch.allclose(a.summary[:, place], b.summary[:, place])


def test_band_powers_show_where_a_rhythm_is():
    signals, present = torch.zeros(1, 14, 1920), torch.ones(1, 14, dtype=torch.bool)
    c3, t = CHANNEL_NAMES.index("C3"), torch.arange(640, 960) / 64
    signals[0, c3, 640:960] = 40 * torch.sin(2 * torch.pi * 13 * t)  # seconds 10 to 15
    bands = prepare(signals, present).bands[0, WAVES.index(c3)]
    assert bands[12].argmax() == 9  # 12.25 to 14.25 Hz
    assert bands[12, 9] > bands[5, 9] + 1


def test_breathing_shows_a_stop_of_flow_belts_that_oppose_and_oxygen_that_falls():
    t = torch.arange(1920) / 64
    breath, stopped = torch.sin(2 * torch.pi * 0.25 * t), (t >= 10) & (t < 22)
    signals = torch.zeros(1, 14, 1920)
    signals[0, CHANNEL_NAMES.index("THX")] = breath
    signals[0, CHANNEL_NAMES.index("ABD")] = torch.where(stopped, -0.6 * breath, breath)
    signals[0, CHANNEL_NAMES.index("AF")] = 300 * torch.where(stopped, 0.02 * breath, breath)
    signals[0, CHANNEL_NAMES.index("SPO2")] = 96 - 5 * ((t - 15) / 10).clamp(0, 1)
    found = prepare(signals, torch.ones(1, 14, dtype=torch.bool)).breathing[0]  # [30, 10]
    belly, chest, flow = found[:, 3:6].T
    assert found.shape == (30, 10)
    assert flow[13:19].max() < -2 < -0.5 < flow[:7].min() and chest.min() > -0.5
    assert belly[13:19].max() < -0.3
    together = found[:, 6]
    assert together[:7].min() > 0.9 and together[13:19].max() < -0.9
    fall, rise, slope = 5 * found[:, 7:].T  # in percent
    assert fall[:14].abs().max() < 0.01 and -5.1 < fall[-1] < -4.9 and rise.abs().max() < 0.01
    assert abs(slope[20] + 3) < 0.1


def test_positions_are_shares_of_each_second():
    signals, present = torch.zeros(1, 14, 1920), torch.ones(1, 14, dtype=torch.bool)
    signals[0, CHANNEL_NAMES.index("POS"), 32:] = 2
    signals[0, CHANNEL_NAMES.index("POS"), -64:] = 77
    shares = prepare(signals, present).position[0]
    assert shares.shape == (PATCHES, len(POSITION_CODES))
    assert shares[0, POSITION_CODES.index(0)] == 0.5 and shares[0, POSITION_CODES.index(2)] == 0.5
    assert shares[-1, POSITION_CODES.index(-1)] == 1
    torch.testing.assert_close(shares.sum(-1), torch.ones(PATCHES))


def test_the_network_computes_where_its_weights_are():
    network = SleepLMNetwork(SMALL).eval().to("meta")  # mixing devices fails, whichever they are
    signals, present = noise(2)
    found = network.encode(signals.to("meta"), present.to("meta"))
    assert {x.device.type for x in (found.embeddings, found.patches, found.tokens)} == {"meta"}
    ids = torch.zeros(2, 5, dtype=torch.long, device="meta")
    assert network.decoder(found.tokens, ids[:, 0], ids).device.type == "meta"

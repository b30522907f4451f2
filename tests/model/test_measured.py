import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sleeplm.captions import attributes_of_night
from sleeplm.epochs import cut_epochs
from sleeplm.model import NetworkConfig, SleepLMNetwork, load_network, prepare, save_network
from sleeplm.model.measured import ABSENT, CHANNELS, NUMBERS, PLACES, measured, measured_digits
from sleeplm.model.preparation import FINE, PATCHES, WAVES
from sleeplm.recording import open_recording
from sleeplm.simulate import simulate_night, write_night
from sleeplm.vocabulary import CHANNEL_NAMES
from train.evaluation.people import simulated

NAMES = [name for name, *_ in NUMBERS]
T = torch.arange(1920) / 64


def alone(channel, signal):
    signals = torch.zeros(1, 14, 1920)
    signals[0, CHANNEL_NAMES.index(channel)] = signal
    return signals


def found(channel, signal, name):
    return float(measured(alone(channel, signal))[0, NAMES.index(name)])


@settings(deadline=None, max_examples=30)
@given(st.floats(35, 160), st.sampled_from([1, -1]), st.floats(0.2, 4))
def test_heart_beats_are_counted_whatever_the_lead(bpm, polarity, gain):
    beats = torch.exp(-(((T + 0.3) % (60 / bpm) - 0.1) ** 2) / 2 / 0.012**2)
    assert found("ECG", polarity * gain * beats, "mean_bpm") == pytest.approx(bpm, rel=0.03)


@settings(deadline=None, max_examples=30)
@given(st.floats(8, 30))
def test_breaths_are_counted(per_minute):
    belt = torch.sin(2 * torch.pi * per_minute / 60 * T) + 0.2 * torch.sin(2 * torch.pi * per_minute / 30 * T)
    assert found("THX", 7 * belt, "THX_per_min") == pytest.approx(per_minute, rel=0.05)


def test_what_has_no_rhythm_has_no_rate():
    noise = torch.from_numpy(np.random.default_rng(0).normal(size=1920)).float()
    assert np.isnan(found("ECG", 0 * T, "mean_bpm")) and np.isnan(found("ABD", noise, "ABD_per_min"))


def test_numbers_are_those_of_the_captions(tmp_path):
    night = simulate_night(seed=5, hours=0.25, profile="healthy-young")
    write_night(night, tmp_path / "night.edf")
    recording = open_recording(tmp_path / "night.edf")
    epochs, (person,) = cut_epochs(recording), simulated(1, 0.25, 5, scored=False)
    rows = attributes_of_night(recording, epochs, person.truth)
    of = measured(torch.from_numpy(epochs.signals).float()).numpy()
    wanted = {
        "mean_bpm": ("cardiac", "hr_mean_bpm"), "lowest_bpm": ("cardiac", "hr_min_bpm"),
        "mean_pct": ("cardiac", "spo2_mean_pct"), "THX_per_min": ("respiratory", "rates_per_min", "THX"),
        "C3_rms_uv": ("brain", "C3", "rms_uv"), "C4_delta": ("brain", "C4", "delta_pct"),
    }  # fmt: skip
    for name, path in wanted.items():
        errors = []
        for e, row in enumerate(rows):
            value = row
            for key in path:
                value = value.get(key, {})
            if isinstance(value, int | float):
                errors.append(abs(value - of[e, NAMES.index(name)]))
        assert len(errors) > 10 and np.median(errors) < 1, name


@settings(deadline=None, max_examples=30)
@given(st.floats(0, 999.4), st.booleans())
def test_digits_spell_the_number_as_it_is_printed(value, here):
    signals = torch.full((1, 14, 1920), float(value))
    present = torch.full((1, 14), here)
    digits = measured_digits(signals, present)
    assert digits.shape == (1, len(NUMBERS), PLACES)
    spelled = digits[0, NAMES.index("mean_pct")].tolist()
    if here:
        shown = int(np.floor(np.float32(value) + np.float32(0.5)))
        assert abs(int("".join(map(str, spelled[:3]))) - shown) <= 1 and spelled[3] == ABSENT
    else:
        assert spelled == [ABSENT] * PLACES


def test_a_rate_is_spelled_with_its_tenth():
    belt = alone("AF", torch.sin(2 * torch.pi * 0.25 * T))
    digits = measured_digits(belt, torch.ones(1, 14, dtype=torch.bool))[0, NAMES.index("AF_per_min")].tolist()
    assert digits[:2] == [0, 1] and digits[2] in (4, 5) and digits[3] < 10


SECOND = NetworkConfig(
    name="test", dim=16, width=24, layers=1, heads=2, channel_width=8, tokens=4, decoder_layers=1, decoder_heads=2,
    vocabulary=300, caption_length=12, own_scale=True, fine=True, numbers=True,
)  # fmt: skip


def noise(n=2):
    signals = torch.from_numpy(np.random.default_rng(0).normal(0, 30, (n, 14, 1920)).astype(np.float32))
    return signals, torch.ones(n, 14, dtype=torch.bool)


def test_the_second_form_comes_back_from_its_files_and_reads_the_digits(tmp_path):
    torch.manual_seed(0)
    save_network(SleepLMNetwork(SECOND), tmp_path)
    network = load_network(tmp_path)
    signals, present = noise()
    tokens = network.encode(signals, present).tokens
    assert tokens.shape == (2, SECOND.memory_tokens, 24) and SECOND.memory_tokens == 4 + len(NUMBERS)
    louder = signals.clone()
    louder[:, CHANNEL_NAMES.index("SPO2")] = 93
    other = network.encode(louder, present).tokens
    of_spo2 = [4 + i for i, c in enumerate(CHANNELS) if CHANNEL_NAMES[c] == "SPO2"]
    assert not torch.equal(tokens[:, of_spo2], other[:, of_spo2])
    rest = [4 + i for i in range(len(NUMBERS)) if 4 + i not in of_spo2]
    assert torch.equal(tokens[:, rest], other[:, rest])


def test_on_its_own_scale_only_the_size_tells_an_amplifier_from_another():
    signals, present = noise()
    louder = signals.clone()
    c3 = CHANNEL_NAMES.index("C3")
    louder[:, c3] *= 3
    a, b = (prepare(x, present, own_scale=True) for x in (signals, louder))
    torch.testing.assert_close(a.wave, b.wave, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(a.bands, b.bands, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(a.summary[:, WAVES.index(c3)], b.summary[:, WAVES.index(c3)])


def test_fine_powers_show_in_which_quarter_a_spindle_is():
    c3, signals = CHANNEL_NAMES.index("C3"), torch.zeros(1, 14, 1920)
    at = (T >= 10.5) & (T < 11.25)
    signals[0, c3] = torch.from_numpy(np.random.default_rng(0).normal(0, 2, 1920)).float()
    signals[0, c3, at] += 30 * torch.sin(2 * torch.pi * 13 * T[at])
    fine = prepare(signals, torch.ones(1, 14, dtype=torch.bool), fine=True).fine[0, WAVES.index(c3)]
    assert fine.shape == (PATCHES, FINE)
    sigma = fine.unflatten(-1, (3, 4))[:, 1].flatten()  # by quarters of a second
    assert set(sigma.topk(3).indices.tolist()) == {42, 43, 44}

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sleeplm.captions import attributes_of_night, render_captions
from sleeplm.captions.reading.claims import read_back
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.network.nano.measured import (
    CHANNELS,
    NUMBERS,
    PLACEHOLDERS,
    fill_placeholders,
    measured,
    measured_where_present,
    numbers_of,
    with_placeholders,
)
from sleeplm.network.nano.preparation import FINE, PATCHES, WAVES, prepare
from sleeplm.recording import open_recording
from sleeplm.recording.epochs import cut_epochs
from sleeplm.simulate import simulate_night, write_night
from train.evaluation.people import simulated

NAMES = [".".join(path[1:]) for path, *_ in NUMBERS]
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
    assert found("ECG", polarity * gain * beats, "hr_mean_bpm") == pytest.approx(bpm, rel=0.03)


@settings(deadline=None, max_examples=30)
@given(st.floats(8, 30))
def test_breaths_are_counted(per_minute):
    belt = torch.sin(2 * torch.pi * per_minute / 60 * T) + 0.2 * torch.sin(2 * torch.pi * per_minute / 30 * T)
    assert found("THX", 7 * belt, "THX.rate_per_min") == pytest.approx(per_minute, rel=0.05)


def test_what_has_no_rhythm_has_no_rate():
    noise = torch.from_numpy(np.random.default_rng(0).normal(size=1920)).float()
    assert np.isnan(found("ECG", 0 * T, "hr_mean_bpm")) and np.isnan(found("ABD", noise, "ABD.rate_per_min"))


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    folder = tmp_path_factory.mktemp("night")
    write_night(simulate_night(seed=5, hours=0.25, profile="healthy-young"), folder / "night.edf")
    recording = open_recording(folder / "night.edf")
    epochs, (person,) = cut_epochs(recording), simulated(1, 0.25, 5, scored=False)
    return epochs, attributes_of_night(recording, epochs, person.truth)


def test_numbers_are_those_of_the_captions(night):
    epochs, rows = night
    of = measured(torch.from_numpy(epochs.signals).float()).numpy()
    true = np.array([numbers_of(row) for row in rows])
    errors = np.abs(true - of)
    for i, name in enumerate(NAMES):
        known = errors[np.isfinite(errors[:, i]), i]
        allowed = 3 if name == "rmssd_ms" else 1
        assert len(known) > 10 and np.median(known) < allowed, name


def test_a_number_of_an_absent_channel_is_unknown():
    signals = torch.full((1, 14, 1920), 95.0)
    present = torch.ones(1, 14, dtype=torch.bool)
    spo2 = CHANNEL_NAMES.index("SPO2")
    assert float(measured_where_present(signals, present)[0, NAMES.index("spo2_mean_pct")]) == 95
    present[0, spo2] = False
    of_spo2 = [i for i, c in enumerate(CHANNELS) if c == spo2]
    assert torch.isnan(measured_where_present(signals, present))[0, of_spo2].all()


@pytest.mark.parametrize("seed", range(4))
def test_marks_hold_the_place_of_the_numbers_and_of_nothing_else(night, seed):
    _, rows = night
    with_marks = render_captions([with_placeholders(row) for row in rows], seed)
    for row, marks in zip(rows, with_marks, strict=True):
        for facet, caption in marks.items():
            text = fill_placeholders(caption.text, numbers_of(row))
            assert not set(text) & set(PLACEHOLDERS)
            stated = dict(read_back(text, facet))
            for (path, _, _), value in zip(NUMBERS, numbers_of(row), strict=True):
                if path[0] == facet == "cardiac" and path[1] in stated and not isinstance(stated[path[1]], tuple):
                    assert stated[path[1]] == value, (text, path)


def test_marks_leave_the_attributes_as_they_were(night):
    _, rows = night
    before = json.dumps(rows[3], sort_keys=True)
    with_placeholders(rows[3])
    assert json.dumps(rows[3], sort_keys=True) == before


PULSE, RMSSD = PLACEHOLDERS[NAMES.index("hr_mean_bpm")], PLACEHOLDERS[NAMES.index("rmssd_ms")]
VALUES = [61.6 if name == "hr_mean_bpm" else 14.25 if name == "AF.rate_per_min" else np.nan for name in NAMES]


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        (f"Pulse {PULSE} bpm.", "Pulse 62 bpm."),
        (f"RMSSD {RMSSD} ms; the pulse is {PULSE} bpm.", "The pulse is 62 bpm."),
        (f"Pulse {PULSE} bpm; RMSSD {RMSSD} ms.", "Pulse 62 bpm."),
        (f"RMSSD {RMSSD} ms.", ""),
        (f"{PLACEHOLDERS[NAMES.index('AF.rate_per_min')]} breaths per minute.", "14.2 breaths per minute."),
        ("No leg movements.", "No leg movements."),
    ],
)
def test_a_sentence_without_its_number_goes(text, rendered):
    assert fill_placeholders(text, VALUES) == rendered


def noise(n=2):
    signals = torch.from_numpy(np.random.default_rng(0).normal(0, 30, (n, 14, 1920)).astype(np.float32))
    return signals, torch.ones(n, 14, dtype=torch.bool)


def test_of_an_amplifier_only_the_size_tells():
    signals, present = noise()
    louder = signals.clone()
    c3 = CHANNEL_NAMES.index("C3")
    louder[:, c3] *= 3
    a, b = (prepare(x, present) for x in (signals, louder))
    torch.testing.assert_close(a.wave, b.wave, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(a.bands, b.bands, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(a.summary[:, WAVES.index(c3)], b.summary[:, WAVES.index(c3)])
    at = NAMES.index("C3.rms_uv")
    torch.testing.assert_close(3 * a.numbers[:, at], b.numbers[:, at])


def test_fine_powers_show_in_which_quarter_a_spindle_is():
    c3, signals = CHANNEL_NAMES.index("C3"), torch.zeros(1, 14, 1920)
    at = (T >= 10.5) & (T < 11.25)
    signals[0, c3] = torch.from_numpy(np.random.default_rng(0).normal(0, 2, 1920)).float()
    signals[0, c3, at] += 30 * torch.sin(2 * torch.pi * 13 * T[at])
    fine = prepare(signals, torch.ones(1, 14, dtype=torch.bool)).fine[0, WAVES.index(c3)]
    assert fine.shape == (PATCHES, FINE)
    sigma = fine.unflatten(-1, (3, 4))[:, 1].flatten()  # by quarters of a second
    assert set(sigma.topk(3).indices.tolist()) == {42, 43, 44}

"""Epochs in physical units -> what the network reads. A pure function without learned parts.

Muscle, heart and oxygen (uV, mV, %) are divided by a fixed constant of their kind. Belts, flow and snore come in
arbitrary units that differ from lab to lab, and skulls, electrodes and amplifiers make EEG and eyes larger or
smaller: their shape is divided by the epoch's own scale, and their absolute size, which tells deep sleep from
light, is given once, as a logarithm, and in microvolts among the numbers; training blurs it by a random gain.
Nothing is taken from neighbouring epochs: an epoch means the same alone as in its night.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from sleeplm.kinds.channels import CANONICAL, POSITIONS
from sleeplm.network.nano.measured import measured_where_present
from sleeplm.units import EPOCH_S, MODEL_SFREQ_HZ, SAMPLES_PER_EPOCH

PATCHES = EPOCH_S  # one a second
PATCH_SAMPLES = SAMPLES_PER_EPOCH // PATCHES
POSITION_CHANNEL = next(i for i, c in enumerate(CANONICAL) if c.kind == "position")
WAVES = tuple(i for i in range(len(CANONICAL)) if i != POSITION_CHANNEL)  # channels with a waveform
KINDS = tuple(CANONICAL[i].kind for i in WAVES)
POSITION_CODES = tuple(sorted(POSITIONS))  # -1 (unknown) first
BRAIN = tuple(i for i, kind in enumerate(KINDS) if kind in ("eeg", "eog"))  # among WAVES
ARBITRARY = tuple(kind in ("effort", "flow", "snore") for kind in KINDS)
_DIVISOR = {"eeg": 50.0, "eog": 100.0, "emg": 20.0, "ecg": 0.5, "spo2": 5.0}
_FIXED = ("emg", "ecg", "spo2")  # kinds whose scale is a constant
_CENTRE_SPO2 = 95.0
_CLIP = 10.0
_BAND_EDGES_HZ = (0.25, 0.75, 1.25, 2.25, 3.25, 4.25, 6.25, 8.25, 10.25, 12.25, 14.25, 16.25, 20.25, 25.25, 32.25)
BANDS = len(_BAND_EDGES_HZ) - 1
_FLOOR = 1e-5  # of power, so that silence has a logarithm
_SLOW_HZ = 8  # rate of the slow copies that the epoch's spectra are taken from
_SLOW_BINS = slice(2, 46)  # 0.07 to 1.5 Hz in steps of 1/30 Hz: breathing
_ENVELOPE_BINS = slice(15, 106)  # 0.5 to 3.5 Hz: heart beats
_FOURIER = (0.25, 0.5, 1.0)  # cycles a unit, so that digits of a level can be read off
_QUARTERS = 4  # of a patch
_FINE_HZ = ((0.5, 4.0), (11.0, 16.0), (20.0, 32.0))  # slow waves, spindles (AASM: from 11 Hz), muscle
FINE = _QUARTERS * len(_FINE_HZ)
SUMMARY = 6 + 3 * 2 * len(_FOURIER) + 44 + 91
_BELTS = tuple(i for i, kind in enumerate(KINDS) if kind == "effort")  # chest and belly
_BREATHS = (*_BELTS, KINDS.index("flow"))
_SPO2 = KINDS.index("spo2")
_AROUND_S = 5  # more than a breath: how deep breathing is around a second
_SLOPE_S = 3  # over which oxygen falls or rises
BREATHING = 2 * len(_BREATHS) + 1 + 3


@dataclass(frozen=True)
class Prepared:
    """What the network reads of a batch.

    Attributes
    ----------
    wave : Tensor
        ``[batch, 13, 30, 64]``, scaled waveforms in patches of one second.
    bands : Tensor
        ``[batch, 13, 30, bands]``, logarithms of band powers around each patch.
    summary : Tensor
        ``[batch, 13, features]``, each channel over its epoch: levels, absolute size, slow and envelope spectra.
    position : Tensor
        ``[batch, 30, codes]``, share of each patch spent in each body position.
    present : Tensor
        bool ``[batch, 14]``.
    numbers : Tensor
        float32 ``[batch, numbers]``, what was measured (see `measured.NUMBERS`); NaN where it was not.
    fine : Tensor
        ``[batch, 13, 30, 12]``, logarithms of powers in quarters of a second against the epoch's mean: spindles and
        twitches are short.
    breathing : Tensor
        ``[batch, 30, 10]``, how deep breathing is around each second, whether chest and belly move together, and
        how far oxygen has fallen and risen.
    """

    wave: Tensor
    bands: Tensor
    summary: Tensor
    position: Tensor
    present: Tensor
    numbers: Tensor
    fine: Tensor
    breathing: Tensor


def prepare(signals: Tensor, present: Tensor) -> Prepared:
    """Prepare a batch of epochs.

    Parameters
    ----------
    signals : Tensor
        float32 ``[batch, 14, 1920]``, physical units at 64 Hz; what is absent or not finite counts as zero.
    present : Tensor
        bool ``[batch, 14]``.
    """
    signals = torch.nan_to_num(signals, nan=0.0, posinf=0.0, neginf=0.0)
    wave, log_size = _scaled(signals[:, WAVES, :])
    here = present[:, WAVES, None].to(wave.dtype)
    wave = wave * here
    return Prepared(
        wave=wave.unflatten(-1, (PATCHES, PATCH_SAMPLES)),
        bands=_band_powers(wave) * here[..., None],
        summary=_summary(wave, log_size) * here,
        position=_positions(signals[:, POSITION_CHANNEL]) * present[:, POSITION_CHANNEL, None, None],
        present=present,
        numbers=measured_where_present(signals, present),
        fine=_fine_powers(wave) * here[..., None],
        breathing=_breathing(wave) * breathing_here(present),
    )


def _scaled(signals: Tensor) -> tuple[Tensor, Tensor]:
    """Scaled waveforms, and the logarithm of each channel's absolute size in the epoch ``[batch, 13]``."""
    device = signals.device
    is_spo2 = torch.tensor([kind == "spo2" for kind in KINDS], device=device)[:, None]
    sized = torch.tensor([kind not in _FIXED for kind in KINDS], device=device)
    divisor = torch.tensor([_DIVISOR.get(kind, 1.0) for kind in KINDS], device=device)[:, None]
    centre = torch.where(is_spo2, _CENTRE_SPO2, signals.mean(-1, keepdim=True))
    wave = (signals - centre) / divisor
    size = wave[..., ::4].abs().kthvalue(int(0.9 * SAMPLES_PER_EPOCH / 4), dim=-1, keepdim=True).values
    log_size = torch.log(size + 1e-4)[..., 0]
    wave = torch.where(sized[:, None], wave / (size + 1e-6), wave)
    return wave.clamp(-_CLIP, _CLIP), log_size


@lru_cache
def _band_matrix(device: torch.device) -> Tensor:
    """Which bins of a two-second spectrum belong to which band ``[65, bands]``; rows sum to a mean power."""
    hz = torch.fft.rfftfreq(2 * PATCH_SAMPLES, 1 / MODEL_SFREQ_HZ)
    edges = torch.tensor(_BAND_EDGES_HZ)
    inside = ((hz[:, None] >= edges[:-1]) & (hz[:, None] < edges[1:])).float()
    return (inside / inside.sum(0)).to(device)


def _band_powers(wave: Tensor) -> Tensor:
    """Logarithms of the power in each band, over a Hann window of two seconds around each patch."""
    half = PATCH_SAMPLES // 2
    padded = torch.nn.functional.pad(wave, (half, half), mode="reflect")
    window = torch.hann_window(2 * PATCH_SAMPLES, device=wave.device)
    frames = padded.unfold(-1, 2 * PATCH_SAMPLES, PATCH_SAMPLES)  # [batch, 13, 30, 128]
    spectrum = torch.fft.rfft(frames * window)
    power = (spectrum.real.square() + spectrum.imag.square()) / window.square().sum()
    return torch.log10(power @ _band_matrix(wave.device) + _FLOOR) / 2 + 1


def _fine_powers(wave: Tensor) -> Tensor:
    """Logarithms of the power of a few bands in quarters of a second, against their mean over the epoch."""
    spectrum = torch.fft.rfft(wave)
    hz = torch.fft.rfftfreq(wave.shape[-1], 1 / MODEL_SFREQ_HZ, device=wave.device)
    bands = torch.stack([(hz >= low) & (hz < high) for low, high in _FINE_HZ]).to(wave.dtype)
    parts = torch.fft.irfft(spectrum[:, :, None] * bands, n=wave.shape[-1])  # [batch, 13, bands, 1920]
    power = parts.square().unflatten(-1, (PATCHES, _QUARTERS, -1)).mean(-1)  # [batch, 13, bands, 30, 4]
    level = torch.log10(power + _FLOOR)
    level = level - level.mean((-1, -2), keepdim=True)
    return level.permute(0, 1, 3, 2, 4).flatten(-2)


def _breathing(wave: Tensor) -> Tensor:
    """What tells breathing events apart, second by second ``[batch, 30, 10]``.

    Of belly, chest and flow the logarithm of their size over five seconds, and the same against the epoch's
    largest; the correlation of the belts over that time, negative where the airway is closed; of oxygen its fall
    from the highest before, its rise from the lowest before, and its slope.
    """
    slow = wave[:, _BREATHS].unflatten(-1, (-1, MODEL_SFREQ_HZ // _SLOW_HZ)).mean(-1)  # [batch, 3, 240]
    around, half = _AROUND_S * _SLOW_HZ, (_AROUND_S - 1) * _SLOW_HZ // 2
    frames = torch.nn.functional.pad(slow, (half, half), mode="reflect").unfold(-1, around, _SLOW_HZ)
    frames = frames - frames.mean(-1, keepdim=True)  # [batch, 3, 30, 40]
    size = frames.square().mean(-1).sqrt()
    depth = torch.log(size + 0.01)
    together = (frames[:, 0] * frames[:, 1]).mean(-1) / (size[:, 0] * size[:, 1] + 1e-3)
    spo2 = wave[:, _SPO2].unflatten(-1, (PATCHES, -1)).mean(-1)
    ends = torch.nn.functional.pad(spo2[:, None], (_SLOPE_S, _SLOPE_S), mode="replicate")[:, 0]
    oxygen = (
        spo2 - spo2.cummax(-1).values,
        spo2 - spo2.cummin(-1).values,
        ends[:, 2 * _SLOPE_S :] - ends[:, : -2 * _SLOPE_S],
    )
    deep = torch.cat((depth, depth - depth.amax(-1, keepdim=True)), dim=1)
    return torch.cat((deep, torch.stack((together, *oxygen), dim=1)), dim=1).transpose(1, 2)


def breathing_here(present: Tensor) -> Tensor:
    """1 for what of `Prepared.breathing` these channels (bool ``[batch, 14]``) show, else 0: ``[batch, 1, 10]``."""
    here = present[:, WAVES].float()
    depth, both, oxygen = here[:, _BREATHS], here[:, _BELTS].prod(-1, keepdim=True), here[:, _SPO2, None]
    return torch.cat((depth, depth, both, oxygen.expand(-1, 3)), dim=-1)[:, None]


def _summary(wave: Tensor, log_size: Tensor) -> Tensor:
    """Each channel over its epoch: levels, their Fourier features, absolute size, slow and envelope spectra."""
    step = MODEL_SFREQ_HZ // _SLOW_HZ
    slow = wave.unflatten(-1, (-1, step)).mean(-1)  # [batch, 13, 240]
    # A QRS complex is steep: the squared slope has one hump a beat whatever the derivation's polarity.
    slope = torch.nn.functional.pad(wave.diff(dim=-1), (1, 0)).square()
    envelope = torch.sqrt(slope.unflatten(-1, (-1, step)).mean(-1) + 1e-8)
    levels = torch.stack((slow.mean(-1), slow.amin(-1), slow.amax(-1)), dim=-1)
    turns = 2 * torch.pi * levels[..., None] * levels.new_tensor(_FOURIER)
    spread = torch.log(slow.std(-1) + 1e-3)
    drift = slow[..., -40:].mean(-1) - slow[..., :40].mean(-1)
    return torch.cat(
        (
            levels,
            torch.stack((spread, drift, log_size), dim=-1),
            turns.sin().flatten(-2),
            turns.cos().flatten(-2),
            _relative_spectrum(slow)[..., _SLOW_BINS],
            _relative_spectrum(envelope)[..., _ENVELOPE_BINS],
        ),
        dim=-1,
    )


def _relative_spectrum(slow: Tensor) -> Tensor:
    """Logarithm of the power in each bin of 1/30 Hz, relative to the epoch's strongest."""
    centred = slow - slow.mean(-1, keepdim=True)
    power = torch.fft.rfft(centred * torch.hann_window(slow.shape[-1], device=slow.device)).abs().square() + 1e-8
    return torch.log10(power / power.amax(-1, keepdim=True)).clamp(min=-4) / 2 + 1


def _positions(codes: Tensor) -> Tensor:
    """Share of each patch spent in each position; a code that is not one of ours counts as unknown."""
    patches = codes.round().unflatten(-1, (PATCHES, PATCH_SAMPLES))
    known = [(patches == code).float().mean(-1) for code in POSITION_CODES[1:]]
    unknown = 1 - torch.stack(known).sum(0)
    return torch.stack((unknown, *known), dim=-1)

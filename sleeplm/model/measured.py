"""What an epoch's captions give as numbers: measured from its signals, in digits that the decoder can copy.

A pure function without learned parts, like `preparation`; the definitions are those of `sleeplm.captions` as far as
64 Hz and one epoch alone allow.
"""

import torch
from torch import Tensor

from sleeplm.vocabulary import CHANNEL_NAMES, MODEL_SFREQ_HZ

_EEG_BANDS_HZ = ((0.5, 4), (4, 8), (8, 12), (12, 16), (16, 30))
# Each number, the channel that it is of, and its decimals as they are printed.
NUMBERS = (
    *((f"{key}_bpm", "ECG", 0) for key in ("mean", "lowest", "highest")),
    *((f"{key}_pct", "SPO2", 0) for key in ("mean", "lowest", "highest")),
    *((f"{channel}_per_min", channel, 1) for channel in ("AF", "THX", "ABD")),
    *(
        (f"{channel}_{key}", channel, 0)
        for channel in ("C3", "C4")
        for key in ("rms_uv", "delta", "theta", "alpha", "sigma", "beta")
    ),
)
PLACES = 4  # hundreds, tens, ones, tenths
ABSENT = 10  # where a digit would stand: not measured, or the number is printed without tenths
CHANNELS = tuple(CHANNEL_NAMES.index(channel) for _, channel, _ in NUMBERS)
_REFRACTORY = int(0.3 * MODEL_SFREQ_HZ)  # samples between beats, at least
_BEAT = 0.45  # of the usual height of a beat
_MOST_BEATS, _LEAST_INTERVALS = 101, 8
_BREATHS = (6.0, 40.0)  # per minute
_OCTAVE = 0.85  # the shortest period that explains the signal nearly as well as the best
_LEAST = 0.25  # of the autocorrelation: below there is no rhythm


def no_digits(present: Tensor) -> Tensor:
    """As `measured_digits` of epochs in which nothing was measured."""
    return torch.full((len(present), len(NUMBERS), PLACES), ABSENT, device=present.device)


def measured_digits(signals: Tensor, present: Tensor) -> Tensor:
    """The numbers of `NUMBERS` as digits, int64 ``[batch, numbers, 4]``; `ABSENT` where there is none.

    Parameters
    ----------
    signals : Tensor
        float32 ``[batch, 14, 1920]``, physical units at 64 Hz, finite.
    present : Tensor
        bool ``[batch, 14]``.
    """
    values = measured(signals)
    known = torch.isfinite(values) & present[:, CHANNELS] & (values >= 0) & (values < 1000)
    tenths = torch.tensor([decimals for *_, decimals in NUMBERS], device=signals.device).bool()
    values = torch.nan_to_num(values).clamp(0, 999.9)
    scaled = torch.where(tenths, (values * 10).round(), (values + 0.5).floor() * 10).long()
    digits = torch.stack([scaled // 10**place % 10 for place in (3, 2, 1, 0)], dim=-1)
    written = known[..., None].repeat(1, 1, PLACES)
    written[..., -1] &= tenths
    return torch.where(written, digits, ABSENT)


def measured(signals: Tensor) -> Tensor:
    """The numbers of `NUMBERS`, float32 ``[batch, numbers]``; NaN where a signal has no rhythm to count."""
    of = {name: signals[:, CHANNEL_NAMES.index(name)] for name in ("ECG", "SPO2", "AF", "THX", "ABD", "C3", "C4")}
    spo2 = of["SPO2"].unflatten(-1, (30, -1)).mean(-1)  # a value a second, as oximeters give it
    return torch.stack(
        (
            *_heart(of["ECG"]),
            of["SPO2"].mean(-1),
            spo2.amin(-1),
            spo2.amax(-1),
            *(_breaths(of[name]) for name in ("AF", "THX", "ABD")),
            *_eeg(of["C3"]),
            *_eeg(of["C4"]),
        ),
        dim=-1,
    )


def _heart(ecg: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Heart rate in beats per minute: mean (60 over the mean interval), lowest and highest median of three."""
    # A QRS complex is steep: the squared slope has one hump a beat whatever the lead's polarity.
    steep = torch.nn.functional.pad(ecg.diff(dim=-1), (1, 0)).square()
    height = torch.nn.functional.avg_pool1d(steep[:, None], 5, 1, 2)[:, 0].sqrt()
    usual = height.unflatten(-1, (10, -1)).amax(-1).median(-1, keepdim=True).values
    summit = torch.nn.functional.max_pool1d(height[:, None], 2 * _REFRACTORY + 1, 1, _REFRACTORY)[:, 0]
    is_beat = (height == summit) & (height > _BEAT * usual) & (usual > 0)
    places = torch.arange(ecg.shape[-1], device=ecg.device)
    beats = torch.where(is_beat, places, ecg.shape[-1]).sort(-1).values[:, :_MOST_BEATS].float() / MODEL_SFREQ_HZ
    intervals = beats.diff(dim=-1)
    there = beats[:, 1:] < ecg.shape[-1] / MODEL_SFREQ_HZ
    valid = there & (intervals > _REFRACTORY / MODEL_SFREQ_HZ)  # two samples of one height are one beat
    count, whole = valid.sum(-1), (intervals * there).sum(-1)
    mean = torch.where(count >= _LEAST_INTERVALS, 60 * count / whole.clamp(min=1e-3), torch.nan)
    medians = 60 / intervals.unfold(-1, 3, 1).median(-1).values.clamp(min=1e-3)
    valid = valid.unfold(-1, 3, 1).all(-1) & torch.isfinite(mean)[:, None]
    low = torch.where(valid, medians, torch.inf).amin(-1)
    high = torch.where(valid, medians, -torch.inf).amax(-1)
    return mean, low, high


def _breaths(belt: Tensor) -> Tensor:
    """Breaths per minute."""
    slow = belt.unflatten(-1, (-1, 8)).mean(-1)
    return _rate(slow, MODEL_SFREQ_HZ // 8, *_BREATHS)


def _rate(signal: Tensor, sfreq_hz: int, lowest: float, highest: float) -> Tensor:
    """Repetitions per minute from the autocorrelation, ``[..., samples]`` to ``[...]``; NaN without a rhythm."""
    n = signal.shape[-1]
    centred = signal - signal.mean(-1, keepdim=True)
    power = torch.fft.rfft(centred, n=2 * n).abs().square()
    correlation = torch.fft.irfft(power)[..., :n]
    overlap = torch.arange(n, 0, -1, device=signal.device) / n
    correlation = correlation / (correlation[..., :1] + 1e-12) / overlap
    first, last = int(60 / highest * sfreq_hz), min(int(60 / lowest * sfreq_hz), int(0.6 * n))
    middle = correlation[..., first : last + 1]
    before, after = correlation[..., first - 1 : last], correlation[..., first + 1 : last + 2]
    peaks = torch.where((middle >= before) & (middle >= after), middle, -1.0)
    best = peaks.amax(-1, keepdim=True)
    lag = (peaks >= _OCTAVE * best).float().argmax(-1, keepdim=True)
    a, b, c = (part.gather(-1, lag)[..., 0] for part in (before, middle, after))
    curve = (a - 2 * b + c).clamp(max=-1e-9)
    samples = first + lag[..., 0] + (0.5 * (a - c) / curve).clamp(-0.5, 0.5)
    return torch.where(best[..., 0] >= _LEAST, 60 * sfreq_hz / samples, torch.nan)


def _eeg(eeg: Tensor) -> tuple[Tensor, ...]:
    """Root mean square in uV, and the share of each band in % of .5 to 30 Hz."""
    window = torch.hann_window(4 * MODEL_SFREQ_HZ, device=eeg.device)
    centred = eeg - eeg.mean(-1, keepdim=True)
    power = torch.fft.rfft(centred.unfold(-1, len(window), len(window) // 2) * window).abs().square().mean(-2)
    hz = torch.fft.rfftfreq(len(window), 1 / MODEL_SFREQ_HZ, device=eeg.device)
    whole = (power * ((hz >= _EEG_BANDS_HZ[0][0]) & (hz <= _EEG_BANDS_HZ[-1][1]))).sum(-1) + 1e-12
    shares = [100 * (power * ((hz >= low) & (hz < high))).sum(-1) / whole for low, high in _EEG_BANDS_HZ]
    return (centred.square().mean(-1).sqrt(), *shares)

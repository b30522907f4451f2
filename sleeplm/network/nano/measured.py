"""What an epoch's captions give as numbers: measured from its signals, so that none is made up.

Pure functions without learned parts, like `preparation`; the definitions are those of `sleeplm.captions` as far
as 64 Hz and one epoch alone allow. The network reads the values, and its decoder writes a placeholder where one
belongs, which is replaced by the value afterwards (delexicalised generation, Wen et al. 2015, EMNLP 1711): it
learns which number to state, never its digits.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from sleeplm.captions.features.rounding import Placeholder, printed, rounded
from sleeplm.kinds.bands import EEG_BANDS, EEG_BANDS_HZ, EEG_HZ, EYE_BANDS_HZ
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.units import MODEL_SFREQ_HZ

# Each number: where it stands among a caption's attributes, the channel that it is of, its decimals as printed.
NUMBERS = (
    *((("cardiac", f"hr_{key}_bpm"), "ECG", 0) for key in ("mean", "min", "max")),
    (("cardiac", "rmssd_ms"), "ECG", 0),
    *((("cardiac", f"spo2_{key}_pct"), "SPO2", 0) for key in ("mean", "min", "max")),
    *((("respiratory", channel, "rate_per_min"), channel, 1) for channel in ("AF", "THX", "ABD")),
    *(
        (("brain", channel, key), channel, 0)
        for channel in ("C3", "C4")
        for key in ("rms_uv", *(f"{band}_pct" for band in EEG_BANDS))
    ),
    *(
        (("brain", channel, key), channel, 0)
        for channel in ("EOG_L", "EOG_R")
        for key in ("slow_uv", "saccadic_uv")
    ),
)
CHANNELS = tuple(CHANNEL_NAMES.index(channel) for _, channel, _ in NUMBERS)
PLACEHOLDERS = tuple(chr(0xE000 + i) for i in range(len(NUMBERS)))  # of Unicode's private use: in no caption
_DECIMALS = tuple(decimals for *_, decimals in NUMBERS)
_ANY_PLACEHOLDER = re.compile(f"[{PLACEHOLDERS[0]}-{PLACEHOLDERS[-1]}]")
_SENTENCE = re.compile(r"(?<=[.;])\s+")
_REFRACTORY = int(0.3 * MODEL_SFREQ_HZ)  # samples between beats, at least
_HUMP = 5  # samples on each side of a beat
_BEAT = 0.45  # of the usual height of a beat
_MOST_BEATS, _LEAST_INTERVALS = 101, 8
_BREATHS = (6.0, 40.0)  # per minute
_OCTAVE = 0.85  # the shortest period that explains the signal nearly as well as the best
_LEAST = 0.25  # of the autocorrelation: below there is no rhythm


def measured_where_present(signals: Tensor, present: Tensor) -> Tensor:
    """As `measured`, NaN where the channel is absent: float32 ``[batch, numbers]``."""
    return torch.where(present[:, CHANNELS], measured(signals), torch.nan)


def with_placeholders(attributes: Mapping[str, Mapping]) -> dict[str, dict]:
    """The attributes of an epoch, its `NUMBERS` printed as placeholders; the rate of breathing as one signal's."""
    out = {facet: dict(values) for facet, values in attributes.items()}
    for placeholder, (path, _, _) in zip(PLACEHOLDERS, NUMBERS, strict=True):
        values = out.get(path[0], {})
        if len(path) == 3 and path[1] in values:
            values[path[1]] = values = dict(values[path[1]])
        if path[-1] in values:
            values[path[-1]] = Placeholder(values[path[-1]], placeholder)
    breathing = out.get("respiratory", {})
    if "rates_per_min" in breathing:
        rates = {name: breathing[name]["rate_per_min"] for name in breathing["rates_per_min"]}
        breathing["rates_per_min"] = rates
        breathing["rate_per_min"] = rates[breathing["rate_signal"]]
    return out


def numbers_of(attributes: Mapping[str, Mapping]) -> np.ndarray:
    """The values of `NUMBERS` among an epoch's attributes, float ``[numbers]``, NaN where there is none."""
    out = np.full(len(NUMBERS), np.nan)
    for i, (path, _, _) in enumerate(NUMBERS):
        values = attributes
        for key in path:
            values = values.get(key, {})
        if isinstance(values, int | float):
            out[i] = values
    return out


def fill_placeholders(text: str, values: Sequence[float]) -> str:
    """A text whose placeholders are replaced by their numbers; a sentence with one that has no number goes."""
    sentences = _SENTENCE.split(text)
    stated = [one for one in sentences if all(_is_known(m, values) for m in _ANY_PLACEHOLDER.findall(one))]
    written = _ANY_PLACEHOLDER.sub(lambda m: _number(m[0], values), " ".join(stated))
    if written.endswith(";"):
        written = f"{written[:-1]}."
    return written[:1].upper() + written[1:]


def _is_known(placeholder: str, values: Sequence[float]) -> bool:
    return bool(np.isfinite(values[PLACEHOLDERS.index(placeholder)]))


def _number(placeholder: str, values: Sequence[float]) -> str:
    at = PLACEHOLDERS.index(placeholder)
    value = rounded(float(values[at]), _DECIMALS[at])
    assert value is not None  # a sentence with a number that is not known has gone
    return printed(value)


def measured(signals: Tensor) -> Tensor:
    """The numbers of `NUMBERS`, float32 ``[batch, numbers]``; NaN where a signal has no rhythm to count."""
    of = {name: signals[:, CHANNEL_NAMES.index(name)] for name in CHANNEL_NAMES}
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
            *_eyes(of["EOG_L"]),
            *_eyes(of["EOG_R"]),
        ),
        dim=-1,
    )


def _heart(ecg: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Beats per minute: mean (60 over the mean interval), lowest and highest median of three; RMSSD in ms."""
    # A QRS complex is steep: the squared slope has one hump a beat whatever the derivation's polarity.
    steep = torch.nn.functional.pad(ecg.diff(dim=-1), (1, 0)).square()
    height = torch.nn.functional.avg_pool1d(steep[:, None], 5, 1, 2)[:, 0].sqrt()
    usual = height.unflatten(-1, (10, -1)).amax(-1).median(-1, keepdim=True).values
    summit = torch.nn.functional.max_pool1d(height[:, None], 2 * _REFRACTORY + 1, 1, _REFRACTORY)[:, 0]
    is_beat = (height == summit) & (height > _BEAT * usual) & (usual > 0)
    places = torch.arange(ecg.shape[-1], device=ecg.device)
    places = places + _centre(height)  # a sample of 16 ms is coarse beside the variability from beat to beat
    beats = torch.where(is_beat, places, ecg.shape[-1]).sort(-1).values[:, :_MOST_BEATS] / MODEL_SFREQ_HZ
    intervals = beats.diff(dim=-1)
    there = beats[:, 1:] < ecg.shape[-1] / MODEL_SFREQ_HZ
    valid = there & (intervals > _REFRACTORY / MODEL_SFREQ_HZ)  # two samples of one height are one beat
    count, whole = valid.sum(-1), (intervals * there).sum(-1)
    mean = torch.where(count >= _LEAST_INTERVALS, 60 * count / whole.clamp(min=1e-3), torch.nan)
    both = valid[:, 1:] & valid[:, :-1]
    successive = both.sum(-1)
    squares = (intervals.diff(dim=-1).square() * both).sum(-1) / successive.clamp(min=1)
    rmssd_ms = torch.where(successive >= _LEAST_INTERVALS, 1000 * squares.sqrt(), torch.nan)
    medians = 60 / intervals.unfold(-1, 3, 1).median(-1).values.clamp(min=1e-3)
    valid = valid.unfold(-1, 3, 1).all(-1) & torch.isfinite(mean)[:, None]
    low = torch.where(valid, medians, torch.inf).amin(-1)
    high = torch.where(valid, medians, -torch.inf).amax(-1)
    return mean, low, high, rmssd_ms


def _centre(height: Tensor) -> Tensor:
    """Where the hump around each sample has its centre, in samples from it: the mean weighted by the square."""
    around = torch.nn.functional.pad(height, (_HUMP, _HUMP)).unfold(-1, 2 * _HUMP + 1, 1).square()
    offsets = torch.arange(-_HUMP, _HUMP + 1, device=height.device)
    return (around * offsets).sum(-1) / around.sum(-1).clamp(min=1e-12)


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
    whole = (power * ((hz >= EEG_HZ[0]) & (hz <= EEG_HZ[1]))).sum(-1) + 1e-12
    shares = [100 * (power * ((hz >= low) & (hz < high))).sum(-1) / whole for low, high in EEG_BANDS_HZ.values()]
    return (centred.square().mean(-1).sqrt(), *shares)


def _eyes(eog: Tensor) -> list[Tensor]:
    """Root mean square of slow and of saccadic movements, in the signal's unit (Welch, 10-s Hann windows)."""
    window = torch.hann_window(10 * MODEL_SFREQ_HZ, device=eog.device)
    frames = eog.unfold(-1, len(window), len(window) // 2)
    frames = frames - frames.mean(-1, keepdim=True)
    density = torch.fft.rfft(frames * window).abs().square().mean(-2)
    density = 2 * density / (MODEL_SFREQ_HZ * window.square().sum())
    hz = torch.fft.rfftfreq(len(window), 1 / MODEL_SFREQ_HZ, device=eog.device)
    step = MODEL_SFREQ_HZ / len(window)
    return [(density * ((hz >= low) & (hz < high))).sum(-1).mul(step).sqrt() for low, high in EYE_BANDS_HZ.values()]

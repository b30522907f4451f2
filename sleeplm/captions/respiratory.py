"""How the person breathes in each epoch: rate, regularity, size against the minutes before, belts in phase."""

import numpy as np
from scipy.signal import butter, hilbert, sosfiltfilt

from sleeplm.captions.rounding import rounded
from sleeplm.epochs import Epochs
from sleeplm.vocabulary import CHANNEL_NAMES, EPOCH_S, MODEL_SFREQ_HZ, SAMPLES_PER_EPOCH

BREATHING = ("AF", "THX", "ABD")
_RATE_HZ = (0.1, 0.6)  # 6 to 36 breaths a minute
_MIN_SFREQ_HZ = 4  # a slower signal folds breaths into rates that were not there
_FACTOR = 8  # breathing is read at 8 Hz
_SFREQ_HZ = MODEL_SFREQ_HZ / _FACTOR
_FREQS_HZ = np.arange(0.08, 0.8, 0.005)
_MIN_PEAK_SHARE = 0.35  # of the power .08 to .8 Hz must lie within .05 Hz of the peak, or there is no rate
_AGREE_HZ = 0.05  # peak and cycles further apart: one of them follows something else
_MIN_RHYTHM = 0.15  # white noise with such a peak goes beyond this in less than 2% of epochs
_WINDOW_S = 10  # an apnoea's least duration
_BEFORE_EPOCHS = 8  # the four minutes before
_MIN_BEFORE = 4
_NO_BREATHING_PCT = 10  # under this share of the minutes before, a rate would be one of noise
_LOUD = 2.0  # times the night's median


def respiratory_features(recording, epochs: Epochs) -> list[dict]:
    """Attributes of the respiratory facet, one dict an epoch.

    Keys, each only where it could be measured: ``rate_per_min`` (breaths a minute, see `cycle_rates`;
    only where a spectral peak agrees) with ``rate_signal`` (AF, THX or ABD, the one with the clearest rhythm),
    ``rates_per_min`` (of each signal), ``regularity`` (regular, fairly regular, irregular: autocorrelation at one
    breath's lag; no rhythm: no rate stands out), ``flow_pct`` and ``effort_pct`` (amplitude in % of the median of
    the preceding four minutes), ``flow_lowest_pct`` with ``flow_lowest_s`` (the smallest 10 s of the epoch and
    where they start), ``phase_deg`` with ``phase`` (between the belts at the breathing rate), ``snore_ratio``
    (amplitude of the snore signal over its median of the night).
    """
    rows: list[dict] = [{} for _ in range(len(epochs))]
    if not rows:
        return rows
    names = [n for n in BREATHING if n in recording.channels and recording.channels[n].sfreq_hz >= _MIN_SFREQ_HZ]
    breathing = {n: _slow(epochs, n) for n in names if epochs.present[:, CHANNEL_NAMES.index(n)].any()}
    present = {n: epochs.present[:, CHANNEL_NAMES.index(n)] for n in breathing}
    sizes = {n: _relative_size(x, present[n]) for n, x in breathing.items()}
    _add_rates(rows, breathing, present, sizes)
    _add_sizes(rows, sizes)
    if {"THX", "ABD"} <= set(breathing):
        _add_phase(rows, breathing, present["THX"] & present["ABD"])
    _add_snoring(rows, epochs)
    return rows


def breathing_rates(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Breathing rate and clearness of its rhythm.

    Parameters
    ----------
    x : ndarray ``[epochs, 240]`` at 8 Hz

    Returns
    -------
    rate_hz : ndarray ``[epochs]``
        NaN where no peak stands out.
    rhythm : ndarray ``[epochs]``
        Autocorrelation at the lag of one breath, -1 to 1.
    """
    n = x.shape[1]
    times = np.arange(n) / _SFREQ_HZ
    centred = x - x.mean(axis=1, keepdims=True)
    slope = centred @ (times - times.mean()) / np.sum((times - times.mean()) ** 2)
    centred = centred - slope[:, None] * (times - times.mean())
    spectrum = (centred * np.hanning(n)) @ np.exp(-2j * np.pi * np.outer(times, _FREQS_HZ))
    power = np.abs(spectrum) ** 2
    inside = (_FREQS_HZ >= _RATE_HZ[0]) & (_FREQS_HZ <= _RATE_HZ[1])
    peak = np.argmax(np.where(inside, power, -1), axis=1)
    each = np.arange(len(x))
    left, top, right = (power[each, np.clip(peak + d, 0, len(_FREQS_HZ) - 1)] for d in (-1, 0, 1))
    near = np.abs(_FREQS_HZ[None] - _FREQS_HZ[peak][:, None]) <= 0.05
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (power * near).sum(axis=1) / power.sum(axis=1)
        shift = 0.5 * (left - right) / (left - 2 * top + right)
    clear = (top >= left) & (top >= right) & (share >= _MIN_PEAK_SHARE)
    rate_hz = np.where(clear, _FREQS_HZ[peak] + shift * 0.005, np.nan)
    rhythm = _autocorrelation(centred, rate_hz)
    return np.where(rhythm >= _MIN_RHYTHM, rate_hz, np.nan), rhythm


def cycle_rates(x: np.ndarray) -> np.ndarray:
    """Mean breathing rate of each epoch by the cycles that pass in it.

    The phase of the analytic signal (Hilbert transform of .1 to .6 Hz) is counted from the epoch's beginning to its
    end. Where breaths follow each other unevenly this is their mean, which the highest spectral peak is not.

    Parameters
    ----------
    x : ndarray ``[epochs, 240]`` at 8 Hz, epochs in a row

    Returns
    -------
    ndarray ``[epochs]``
        In Hz.
    """
    flat = x.ravel()
    sos = butter(2, _RATE_HZ, "bandpass", fs=_SFREQ_HZ, output="sos")
    phase = np.unwrap(np.angle(hilbert(sosfiltfilt(sos, flat - flat.mean()))))
    ends = phase[np.minimum(np.arange(len(x) + 1) * x.shape[1], len(flat) - 1)]
    seconds = np.full(len(x), float(EPOCH_S))
    seconds[-1] -= 1 / _SFREQ_HZ
    return np.diff(ends) / (2 * np.pi * seconds)


def _autocorrelation(x: np.ndarray, rate_hz: np.ndarray) -> np.ndarray:
    """Autocorrelation of each row at the lag of one breath, NaN where there is no rate."""
    n = x.shape[1]
    power = np.abs(np.fft.rfft(x, 2 * n, axis=1)) ** 2
    correlation = np.fft.irfft(power, axis=1)[:, :n]
    overlap = (n - np.arange(n)) / n
    known = np.isfinite(rate_hz)
    lag = np.where(known, np.round(_SFREQ_HZ / np.where(known, rate_hz, 1)), 0).astype(int)
    with np.errstate(divide="ignore", invalid="ignore"):
        at_lag = correlation[np.arange(len(x)), lag] / (correlation[:, 0] * overlap[lag])
    return np.where(known, at_lag, np.nan)


def _slow(epochs: Epochs, name: str) -> np.ndarray:
    """One channel at 8 Hz ``[epochs, 240]``, by means of eight samples."""
    signal = epochs.signals[:, CHANNEL_NAMES.index(name)]
    return signal.reshape(len(signal), -1, _FACTOR).mean(axis=2, dtype=float)


def _relative_size(x: np.ndarray, present: np.ndarray) -> dict[str, np.ndarray]:
    """Amplitude of an epoch, and of its smallest 10 s, over the median of the preceding four minutes."""
    width, step = int(_WINDOW_S * _SFREQ_HZ), int(_WINDOW_S * _SFREQ_HZ / 2)
    # The belt's or the sensor's slow drift is not breathing: subtract a running mean of ten seconds.
    flat = x.ravel()
    drift = np.convolve(flat, np.ones(width) / width, mode="same") / np.convolve(
        np.ones_like(flat), np.ones(width) / width, mode="same"
    )
    steady = (flat - drift).reshape(x.shape)
    windows = np.lib.stride_tricks.sliding_window_view(steady, width, axis=1)[:, ::step].std(axis=2)
    whole = np.where(present, steady.std(axis=1), np.nan)
    before = np.full(len(x), np.nan)
    for e in range(_MIN_BEFORE, len(x)):
        past = whole[max(0, e - _BEFORE_EPOCHS) : e]
        past = past[np.isfinite(past)]
        if len(past) >= _MIN_BEFORE:
            before[e] = np.median(past)
    before = np.where(before > 0, before, np.nan)
    lowest = windows.argmin(axis=1)
    return {
        "pct": 100 * whole / before,
        "lowest_pct": np.where(present, 100 * windows.min(axis=1) / before, np.nan),
        "lowest_s": lowest * _WINDOW_S / 2,
    }


def _add_rates(rows: list[dict], breathing: dict, present: dict, sizes: dict) -> None:
    """Each signal's rate, and the one with the clearest rhythm as the epoch's."""
    rates, rhythms = {}, {}
    for name, x in breathing.items():
        peak, rhythm = breathing_rates(x)
        cycles = cycle_rates(x)
        rate = np.where(np.abs(cycles - peak) <= _AGREE_HZ, cycles, np.nan)
        breathes = present[name] & ~(sizes[name]["pct"] < _NO_BREATHING_PCT)
        rates[name] = np.where(breathes, 60 * rate, np.nan)
        rhythms[name] = np.where(breathes, rhythm, np.nan)
    for e, row in enumerate(rows):
        known = {n: rounded(rates[n][e], 1) for n in breathing if np.isfinite(rates[n][e])}
        if known:
            best = max(known, key=lambda n: rhythms[n][e])
            rhythm = rhythms[best][e]
            row |= {"rate_per_min": known[best], "rate_signal": best, "rates_per_min": known}
            row["regularity"] = "regular" if rhythm >= 0.7 else "fairly regular" if rhythm >= 0.4 else "irregular"
        elif any(present[n][e] for n in breathing):
            row["regularity"] = "no rhythm"


def _add_sizes(rows: list[dict], sizes: dict) -> None:
    """Amplitude of flow, and of effort (mean of the belts), against the minutes before."""
    if "AF" in sizes:
        for row, pct, low, at in zip(
            rows, *(sizes["AF"][k] for k in ("pct", "lowest_pct", "lowest_s")), strict=True
        ):
            if np.isfinite(pct):
                row |= {"flow_pct": rounded(pct), "flow_lowest_pct": rounded(low), "flow_lowest_s": rounded(at)}
    belts = [sizes[n]["pct"] for n in ("THX", "ABD") if n in sizes]
    if belts:
        for e, row in enumerate(rows):
            values = [b[e] for b in belts if np.isfinite(b[e])]
            if values:
                row["effort_pct"] = rounded(float(np.mean(values)))


def _add_phase(rows: list[dict], breathing: dict, both: np.ndarray) -> None:
    """Phase between the belts at the chest's breathing rate.

    A belt may be plugged in reversed: where the night's usual phase is beyond 120 degrees, one is turned over.
    """
    rate, _ = breathing_rates(breathing["THX"])
    known = both & np.isfinite(rate)
    if not known.any():
        return
    times = np.arange(breathing["THX"].shape[1]) / _SFREQ_HZ
    wave = np.exp(-2j * np.pi * np.where(known, rate, 0)[:, None] * times) * np.hanning(len(times))
    chest, belly = (
        np.sum((x - x.mean(axis=1, keepdims=True)) * wave, axis=1) for x in (breathing["THX"], breathing["ABD"])
    )
    cross = chest * np.conj(belly)
    usual = np.angle(np.sum(cross[known] / np.maximum(np.abs(cross[known]), 1e-12)))
    reversed_belt = abs(usual) > 2 * np.pi / 3
    phase = np.abs(np.degrees(np.angle(cross * (-1 if reversed_belt else 1))))
    for e in np.flatnonzero(known & (np.abs(cross) > 0)):
        word = "in phase" if phase[e] < 45 else "opposite" if phase[e] > 120 else "out of step"
        rows[e] |= {"phase_deg": rounded(phase[e]), "phase": word}


def _add_snoring(rows: list[dict], epochs: Epochs) -> None:
    """Amplitude of the snore signal over its median of the night, where it is loud."""
    channel = CHANNEL_NAMES.index("SNORE")
    here = np.flatnonzero(epochs.present[:, channel])
    if len(here) < _BEFORE_EPOCHS:
        return
    size = epochs.signals[here, channel].reshape(len(here), SAMPLES_PER_EPOCH).std(axis=1)
    usual = np.median(size)
    if usual > 0:
        for e, ratio in zip(here, size / usual, strict=True):
            if ratio >= _LOUD:
                rows[e]["snore_ratio"] = rounded(ratio, 1)

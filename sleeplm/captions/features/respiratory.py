"""How the person breathes in each epoch: rate, regularity, size against the minutes before, belts in phase."""

from collections.abc import Mapping

import numpy as np
from scipy.ndimage import uniform_filter1d

from sleeplm.captions.features.rounding import rounded
from sleeplm.captions.features.thresholds import LOUD_SNORING
from sleeplm.kinds.channels import CHANNEL, CHANNEL_NAMES, MODALITIES
from sleeplm.recording.epochs import Epochs
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.breaths import (
    SFREQ_HZ,
    agreed_rates,
    onset_of,
    phase_of,
    spectral_rates,
    variability,
)
from sleeplm.scoring.flattening import flattened_pct
from sleeplm.units import MODEL_SFREQ_HZ, SAMPLES_PER_EPOCH

BREATHING = MODALITIES["breathing"].channels
BELTS = tuple(name for name in BREATHING if CHANNEL[name].kind == "effort")  # the chest's first
_MIN_SFREQ_HZ = 4  # a slower signal folds breaths into rates that were not there
_FACTOR = MODEL_SFREQ_HZ // SFREQ_HZ
_SAME_PER_MIN = 0.5  # two signals whose rates are this near follow the same breaths
_REGULAR, _FAIRLY = 0.7, 0.4  # autocorrelation at one breath's lag
_IN_PHASE_DEG, _OPPOSITE_DEG = 45, 120  # between the belts: an eighth and a third of a breath
_WINDOW_S = 10  # an apnea's least duration (AASM 2.6)
_BEFORE_EPOCHS = 8  # the four minutes before
_MIN_BEFORE = 4  # of these, at least half
_NO_BREATHING_PCT = 10  # of the minutes before, as an apnea (AASM 2.6): under it a rate would be one of noise


def respiratory_features(recording: NightSignals, epochs: Epochs) -> list[dict]:
    """Attributes of the respiratory facet, one dict an epoch.

    Keys, each only where it could be measured: ``AF``, ``THX`` and ``ABD``, each with what is measured of that
    signal alone (see `signal_features`); what is taken from them together (see `combined`); ``phase_deg`` with
    ``phase`` (between the belts at the breathing rate: in phase under 45 degrees, out of step, opposite over 120:
    paradox); ``snore_ratio`` (amplitude of the snore signal over its median of the night, from 2 on).
    """
    rows: list[dict] = [{} for _ in range(len(epochs))]
    if not rows:
        return rows
    names = [n for n in BREATHING if n in recording.channels and recording.channels[n].sfreq_hz >= _MIN_SFREQ_HZ]
    breathing = {n: _slow(epochs, n) for n in names if epochs.present[:, CHANNEL_NAMES.index(n)].any()}
    for name, x in breathing.items():
        present = epochs.present[:, CHANNEL_NAMES.index(name)]
        thrown = recording.quality.has(name, "movement")
        flat = flattened_pct(epochs.signals[:, CHANNEL_NAMES.index(name)]) if name == "AF" else None
        for row, values in zip(rows, signal_features(x, present, thrown, flat), strict=True):
            if values is not None:
                row[name] = values
    for row in rows:
        row |= combined(row)
    if set(BELTS) <= set(breathing):
        _add_phase(rows, breathing)
    _add_snoring(rows, epochs)
    return rows


def signal_features(
    x: np.ndarray, present: np.ndarray, thrown: np.ndarray, flat: np.ndarray | None = None
) -> list[dict | None]:
    """What is measured of one signal of breathing by itself.

    Parameters
    ----------
    x : ndarray ``[epochs, 240]`` at 8 Hz
        Any unit, 0 where lost.
    present, thrown : ndarray of bool ``[epochs]``
        Where the signal can be used, and where a movement of the body spoils its size.
    flat : ndarray ``[epochs]``, optional
        Share of flattened inspirations: given of flow, not of a belt.

    Returns
    -------
    list of dict or None
        None where the signal cannot be used. ``regularity`` (regular, fairly regular, irregular by the
        autocorrelation at one breath's lag, which is ``rhythm``; no rhythm: no rate stands out); ``rate_per_min``
        (breaths a minute, see `breaths.cycle_rates`; only where the spectral peak and a count of breaths agree);
        ``variability_pct`` (from breath to breath, see `breaths.variability`); ``amplitude_pct`` (standard
        deviation in % of the median of the four minutes before); ``lowest_pct`` with ``lowest_s`` (the same of the
        smallest 10 s of the epoch, and where they start); ``flattened_pct`` (see `flattening.flattened_pct`).
    """
    peak, rhythm = spectral_rates(x)
    phase = phase_of(x)
    size = _relative_size(x, present & ~thrown)
    still = size["pct"] < _NO_BREATHING_PCT
    rate = np.where(still, np.nan, 60 * agreed_rates(x, peak, phase))
    onset = onset_of(phase, np.isfinite(rate) & present, is_flow=flat is not None)
    measured = {"variability_pct": variability(phase, onset)}
    measured |= {} if flat is None else {"flattened_pct": flat}
    rows: list[dict | None] = [None] * len(x)
    for e in np.flatnonzero(present):
        values: dict = {"regularity": "no rhythm"}
        if np.isfinite(rate[e]):
            word = "regular" if rhythm[e] >= _REGULAR else "fairly regular" if rhythm[e] >= _FAIRLY else "irregular"
            values = {"rate_per_min": rounded(rate[e], 1), "rhythm": rounded(rhythm[e], 2), "regularity": word}
            values |= {k: rounded(v[e]) for k, v in measured.items() if np.isfinite(v[e])}
        if np.isfinite(size["pct"][e]):
            values |= {"amplitude_pct": rounded(size["pct"][e]), "lowest_pct": rounded(size["lowest_pct"][e])}
            values["lowest_s"] = rounded(size["lowest_s"][e])
        rows[e] = values
    return rows


def combined(row: Mapping) -> dict:
    """What is known of breathing from the signals of an epoch together, by the attributes of each.

    ``rate_per_min`` with ``rate_signal`` and ``regularity`` (of the signal that most others agree with to .5 a
    minute, and of these the one with the clearest rhythm),
    ``rates_per_min`` (of each signal that has one), ``flow_pct``, ``flow_lowest_pct``, ``flow_lowest_s`` (the size
    of AF), ``effort_pct`` (mean size of the belts).
    """
    signals = {n: row[n] for n in BREATHING if n in row}
    out: dict = {}
    rates = {n: values["rate_per_min"] for n, values in signals.items() if "rate_per_min" in values}
    if rates:
        best = max(rates, key=lambda n: (_agreeing(rates, n), signals[n]["rhythm"]))
        out = {"rate_per_min": rates[best], "rate_signal": best, "rates_per_min": rates}
        out["regularity"] = signals[best]["regularity"]
    elif signals:
        out["regularity"] = "no rhythm"
    if "amplitude_pct" in signals.get("AF", {}):
        flow = signals["AF"]
        out |= {"flow_pct": flow["amplitude_pct"]} | {f"flow_{k}": flow[k] for k in ("lowest_pct", "lowest_s")}
    belts = [signals[n]["amplitude_pct"] for n in BELTS if "amplitude_pct" in signals.get(n, {})]
    if belts:
        out["effort_pct"] = rounded(sum(belts) / len(belts))
    return out


def _agreeing(rates: Mapping[str, float], name: str) -> int:
    return sum(abs(rate - rates[name]) <= _SAME_PER_MIN for rate in rates.values())


def _slow(epochs: Epochs, name: str) -> np.ndarray:
    """One channel at 8 Hz ``[epochs, 240]``, by means of eight samples."""
    signal = epochs.signals[:, CHANNEL_NAMES.index(name)]
    return signal.reshape(len(signal), -1, _FACTOR).mean(axis=2, dtype=float)


def _relative_size(x: np.ndarray, present: np.ndarray) -> dict[str, np.ndarray]:
    """Amplitude of an epoch, and of its smallest 10 s, over the median of the preceding four minutes."""
    width, step = _WINDOW_S * SFREQ_HZ, _WINDOW_S * SFREQ_HZ // 2
    # The belt's or the sensor's slow drift is not breathing: subtract a running mean of ten seconds.
    flat = x.ravel()
    steady = (flat - uniform_filter1d(flat, width, mode="nearest")).reshape(x.shape)
    windows = np.lib.stride_tricks.sliding_window_view(steady, width, axis=1)[:, ::step].std(axis=2)
    whole = np.where(present, steady.std(axis=1), np.nan)
    padded = np.concatenate([np.full(_BEFORE_EPOCHS, np.nan), whole[:-1]])
    past = np.lib.stride_tricks.sliding_window_view(padded, _BEFORE_EPOCHS)
    known = np.isfinite(past).sum(axis=1) >= _MIN_BEFORE
    before = np.full(len(x), np.nan)
    before[known] = np.nanmedian(past[known], axis=1)
    before = np.where(before > 0, before, np.nan)
    lowest = windows.argmin(axis=1)
    return {
        "pct": 100 * whole / before,
        "lowest_pct": np.where(present, 100 * windows.min(axis=1) / before, np.nan),
        "lowest_s": lowest * _WINDOW_S / 2,
    }


def _add_phase(rows: list[dict], breathing: Mapping[str, np.ndarray]) -> None:
    """Phase between the belts at the chest's breathing rate.

    A belt may be plugged in reversed: where the night's usual phase is beyond 120 degrees, one is turned over.
    """
    chest, belly = (breathing[n] for n in BELTS)
    rate, _ = spectral_rates(chest)
    both = np.array([all(n in row for n in BELTS) for row in rows])
    known = both & np.isfinite(rate)
    if not known.any():
        return
    times = np.arange(chest.shape[1]) / SFREQ_HZ
    wave = np.exp(-2j * np.pi * np.where(known, rate, 0)[:, None] * times) * np.hanning(len(times))
    one, other = (np.sum((x - x.mean(axis=1, keepdims=True)) * wave, axis=1) for x in (chest, belly))
    cross = one * np.conj(other)
    usual = np.angle(np.sum(cross[known] / np.maximum(np.abs(cross[known]), 1e-12)))
    reversed_belt = abs(usual) > 2 * np.pi / 3
    phase = np.abs(np.degrees(np.angle(cross * (-1 if reversed_belt else 1))))
    for e in np.flatnonzero(known & (np.abs(cross) > 0)):
        word = "in phase" if phase[e] < _IN_PHASE_DEG else "opposite" if phase[e] > _OPPOSITE_DEG else "out of step"
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
            if ratio >= LOUD_SNORING:
                rows[e]["snore_ratio"] = rounded(ratio, 1)

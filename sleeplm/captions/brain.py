"""What the EEG and the eyes do in each epoch: band powers, amplitude, spindles, slow waves, eye movements."""

import numpy as np
from scipy.signal import welch

from sleeplm.captions.rounding import rounded
from sleeplm.epochs import Epochs
from sleeplm.night import Scoring
from sleeplm.vocabulary import CHANNEL_NAMES, EPOCH_S, MODEL_SFREQ_HZ, NREM_STAGES, Stage

# Band edges in Hz are YASA's (Vallat & Walker 2021, eLife 10:e70092). Power above 30 Hz is left out: it is near
# the Nyquist frequency of the epochs.
BANDS_HZ = {"delta": (0.5, 4), "theta": (4, 8), "alpha": (8, 12), "sigma": (12, 16), "beta": (16, 30)}
_WINDOW_S = 4
_TOO_LARGE_UV = 500  # a peak beyond this is movement or a loose electrode, not brain


def brain_features(recording, epochs: Epochs, scoring: Scoring) -> list[dict]:
    """Attributes of the brain facet, one dict an epoch.

    Keys, each only where its signal was recorded: ``C3`` and ``C4``, each with `<band>_pct` (relative power, %
    of .5 to 30 Hz, see `relative_powers`), ``rms_uv`` (root mean square about the mean) or only
    ``artifact: True`` where the signal is too large to be brain; ``spindles`` and ``slow_waves`` (lists of
    ``start_s, end_s`` within the epoch; only in scored NREM sleep); ``rapid_eye_movements`` (times in s; only in
    REM sleep); and the count of each, ``<kind>_n``.
    """
    rows: list[dict] = [{} for _ in range(len(epochs))]
    leads = [
        n for n in ("C3", "C4") if n in recording.channels and recording.channels[n].sfreq_hz >= MODEL_SFREQ_HZ
    ]
    for name in leads:
        _add_derivation(rows, epochs, name)
    if leads:
        _add_graphoelements(rows, epochs, scoring, leads)
    if {"EOG_L", "EOG_R"} <= set(recording.channels):
        _add_eye_movements(rows, epochs, scoring)
    return rows


def relative_powers(signals: np.ndarray) -> dict[str, np.ndarray]:
    """Relative band powers, by Welch's method (4-s Hann windows, half overlapping, mean of windows).

    Parameters
    ----------
    signals : ndarray ``[epochs, 1920]`` at 64 Hz

    Returns
    -------
    dict of ndarray ``[epochs]``
        Each band's share of the power between .5 and 30 Hz, 0 to 1. A bin on an edge belongs to the higher band.
    """
    freqs, psd = welch(signals, MODEL_SFREQ_HZ, nperseg=_WINDOW_S * MODEL_SFREQ_HZ, axis=-1)
    low, high = BANDS_HZ["delta"][0], BANDS_HZ["beta"][1]
    total = psd[:, (freqs >= low) & (freqs < high)].sum(axis=1)
    total = np.where(total > 0, total, np.nan)
    return {b: psd[:, (freqs >= lo) & (freqs < hi)].sum(axis=1) / total for b, (lo, hi) in BANDS_HZ.items()}


def _add_derivation(rows: list[dict], epochs: Epochs, name: str) -> None:
    channel = CHANNEL_NAMES.index(name)
    here = np.flatnonzero(epochs.present[:, channel])
    if not len(here):
        return
    signal = epochs.signals[here, channel]
    powers = relative_powers(signal)
    centred = signal - signal.mean(axis=1, keepdims=True)
    rms, peak = centred.std(axis=1), np.abs(centred).max(axis=1)
    for i, e in enumerate(here):
        if peak[i] > _TOO_LARGE_UV:
            rows[e][name] = {"artifact": True}
        elif np.isfinite(powers["delta"][i]):
            values = {f"{band}_pct": rounded(100 * p[i]) for band, p in powers.items()}
            rows[e][name] = {**values, "rms_uv": rounded(rms[i])}


def _add_graphoelements(rows: list[dict], epochs: Epochs, scoring: Scoring, leads: list[str]) -> None:
    """Spindles and slow waves that were scored, in NREM sleep, where a derivation is free of artefacts."""
    present = epochs.present[:, [CHANNEL_NAMES.index(lead) for lead in leads]].any(axis=1)
    clean = [e for e in range(len(rows)) if not any("artifact" in rows[e].get(lead, {}) for lead in leads)]
    nrem = [e for e in clean if present[e] and _stage(scoring, e) in NREM_STAGES]
    for kind, event_type in (("spindles", "spindle"), ("slow_waves", "slow_wave")):
        if not scoring.was_scored(event_type):
            continue
        found = np.array([(e.start_s, e.end_s) for e in scoring.events_of(event_type)]).reshape(-1, 2)
        for e in nrem:
            rows[e][kind] = _starting_in(found, e)
            rows[e][f"{kind}_n"] = len(rows[e][kind])


def _add_eye_movements(rows: list[dict], epochs: Epochs, scoring: Scoring) -> None:
    """Rapid eye movements that were scored, in REM sleep."""
    if not scoring.was_scored("rapid_eye_movement"):
        return
    both = epochs.present[:, [CHANNEL_NAMES.index(eye) for eye in ("EOG_L", "EOG_R")]].all(axis=1)
    middles = np.sort([(e.start_s + e.end_s) / 2 for e in scoring.events_of("rapid_eye_movement")])
    for e in np.flatnonzero(both):
        if _stage(scoring, e) != Stage.R:
            continue
        first, last = np.searchsorted(middles, (e * EPOCH_S, (e + 1) * EPOCH_S))
        rows[e]["rapid_eye_movements"] = [rounded(m - e * EPOCH_S, 1) for m in middles[first:last]]
        rows[e]["rapid_eye_movements_n"] = int(last - first)


def _stage(scoring: Scoring, e: int) -> Stage:
    return scoring.hypnogram[e] if e < len(scoring.hypnogram) else Stage.UNSCORED


def _starting_in(found: np.ndarray, e: int) -> list[dict]:
    """Those of ``[n, 2]`` that start in the epoch of index `e`, as seconds within it (an end may lie beyond)."""
    first, last = np.searchsorted(found[:, 0], (e * EPOCH_S, (e + 1) * EPOCH_S))
    return [
        {"start_s": rounded(a - e * EPOCH_S, 1), "end_s": rounded(min(b - e * EPOCH_S, EPOCH_S), 1)}
        for a, b in found[first:last]
    ]

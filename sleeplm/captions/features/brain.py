"""What the EEG and the eyes do in each epoch: band powers, amplitude, spindles, slow waves, eye movements."""

from collections.abc import Mapping

import numpy as np

from sleeplm.captions.features.rounding import rounded
from sleeplm.captions.features.spectra import densities, power
from sleeplm.kinds.bands import EEG_BANDS_HZ, EEG_HZ, EYE_BANDS_HZ
from sleeplm.kinds.channels import CHANNEL_NAMES, MODALITIES
from sleeplm.kinds.events import MICRO_EVENTS, events_of_modality, plural_of
from sleeplm.kinds.stages import NREM_STAGES, Stage
from sleeplm.night import Scoring
from sleeplm.recording.epochs import Epochs
from sleeplm.recording.montage.questions import unit_is_known
from sleeplm.recording.protocol import NightSignals
from sleeplm.units import EPOCH_S, MODEL_SFREQ_HZ

EEG, EOG = MODALITIES["brain"].channels, MODALITIES["eyes"].channels
# Events of the EEG that are too many to be described one by one, by the key of their list.
GRAPHOELEMENTS = {plural_of(kind): kind for kind in events_of_modality("brain") if kind in MICRO_EVENTS}
_EEG_WINDOW_S, _EOG_WINDOW_S = 4, 10  # two cycles of the slowest frequency: .5 Hz and .2 Hz
# A peak beyond is movement or a loose electrode.
_TOO_LARGE_UV = dict.fromkeys(EEG, 500) | dict.fromkeys(EOG, 1000)
_MOST_SWAY_UV = 250  # between the means of two seconds of an epoch; more is an electrode that moved, not brain


def brain_features(recording: NightSignals, epochs: Epochs, scoring: Scoring) -> list[dict]:
    """Attributes of the brain facet, one dict an epoch.

    Keys, each only where its signal was recorded: ``C3`` and ``C4``, each with ``<band>_pct`` (relative power, % of
    .5 to 30 Hz, see `relative_powers`) and ``rms_uv`` (root mean square about the mean); ``EOG_L`` and ``EOG_R``,
    each with ``slow_uv`` and ``saccadic_uv`` (root mean square of .2 to 1 and of 1 to 5 Hz, see `eye_amplitudes`);
    any of the four has only ``artifact: True`` where the body moved or the signal is too large, or sways too far,
    to be what it is named for; no microvolts where its unit is not known. ``spindles`` and ``slow_waves`` (lists
    of ``start_s, end_s`` of those that begin in the epoch; only in scored NREM sleep, an EEG being no artifact);
    ``rapid_eye_movements`` (times in s; only in REM sleep with both eyes recorded); and the count of each,
    ``<kind>_n``.
    """
    rows: list[dict] = [{} for _ in range(len(epochs))]
    for name in (*EEG, *EOG):
        if name in recording.channels and recording.channels[name].sfreq_hz >= MODEL_SFREQ_HZ:
            _add_signal(rows, recording, epochs, name)
    _add_graphoelements(rows, scoring)
    _add_eye_movements(rows, scoring)
    return rows


def relative_powers(signals: np.ndarray) -> dict[str, np.ndarray]:
    """Relative band powers, by Welch's method (4-s Hann windows, half overlapping, mean of windows).

    Parameters
    ----------
    signals : ndarray ``[epochs, 1920]`` at 64 Hz

    Returns
    -------
    dict of ndarray ``[epochs]``
        Each band's share of the power between .5 and 30 Hz, 0 to 1; NaN where there is none. A bin on an edge
        belongs to the higher band.
    """
    freqs_hz, density = densities(signals, MODEL_SFREQ_HZ, _EEG_WINDOW_S)
    total = power(freqs_hz, density, *EEG_HZ)
    total = np.where(total > 0, total, np.nan)
    return {band: power(freqs_hz, density, *edges) / total for band, edges in EEG_BANDS_HZ.items()}


def eye_amplitudes(signals_uv: np.ndarray) -> dict[str, np.ndarray]:
    """Size of slow and of saccadic eye movements in an EOG, by Welch's method (10-s Hann windows).

    Parameters
    ----------
    signals_uv : ndarray ``[epochs, 1920]`` at 64 Hz

    Returns
    -------
    dict of ndarray ``[epochs]``
        ``slow_uv`` and ``saccadic_uv``: root mean square of what lies at .2 to 1 Hz and at 1 to 5 Hz. EEG that
        reaches the eyes' electrodes is in it too: slow waves of deep sleep above all.
    """
    freqs_hz, density = densities(signals_uv, MODEL_SFREQ_HZ, _EOG_WINDOW_S)
    return {f"{name}_uv": np.sqrt(power(freqs_hz, density, *edges)) for name, edges in EYE_BANDS_HZ.items()}


def clean_derivations(row: Mapping) -> list[str]:
    """The EEG derivations of an epoch's brain attributes that are no artifact."""
    return [name for name in EEG if _is_clean(row, name)]


def _is_clean(row: Mapping, name: str) -> bool:
    return name in row and "artifact" not in row[name]


def _add_signal(rows: list[dict], recording: NightSignals, epochs: Epochs, name: str) -> None:
    channel = CHANNEL_NAMES.index(name)
    here = np.flatnonzero(epochs.present[:, channel])
    if not len(here):
        return
    signal = epochs.signals[here, channel]
    centred = signal - signal.mean(axis=1, keepdims=True)
    scaled = unit_is_known(recording, name)
    spoiled = recording.quality.has(name, "movement")[here]
    if scaled:
        spoiled |= np.abs(centred).max(axis=1) > _TOO_LARGE_UV[name]
        if name in EEG:
            spoiled |= np.ptp(centred.reshape(len(here), EPOCH_S, -1).mean(axis=2), axis=1) > _MOST_SWAY_UV
    measured = {}
    if name in EEG:
        measured = {f"{band}_pct": 100 * share for band, share in relative_powers(signal).items()}
    if scaled:
        measured |= {"rms_uv": centred.std(axis=1)} if name in EEG else eye_amplitudes(signal)
    known = np.all([np.isfinite(v) for v in measured.values()], axis=0) & np.ones(len(here), bool)
    for i, e in enumerate(here):
        if spoiled[i]:
            rows[e][name] = {"artifact": True}
        elif known[i]:
            rows[e][name] = {key: rounded(values[i]) for key, values in measured.items()}


def _add_graphoelements(rows: list[dict], scoring: Scoring) -> None:
    """Spindles, slow waves and the like that were scored, in NREM sleep, where a derivation is no artifact."""
    nrem = [e for e, row in enumerate(rows) if clean_derivations(row) and _stage(scoring, e) in NREM_STAGES]
    for name, event_type in GRAPHOELEMENTS.items():
        if not scoring.was_scored(event_type):
            continue
        times = np.array([(e.start_s, e.end_s) for e in scoring.events_of(event_type)]).reshape(-1, 2)
        for e in nrem:
            rows[e][name] = starting_in(times, e)
            rows[e][f"{name}_n"] = len(rows[e][name])


def _add_eye_movements(rows: list[dict], scoring: Scoring) -> None:
    """Rapid eye movements that were scored, in REM sleep, where neither eye is an artifact."""
    if not scoring.was_scored("rapid_eye_movement"):
        return
    middles = np.sort([(e.start_s + e.end_s) / 2 for e in scoring.events_of("rapid_eye_movement")])
    for e, row in enumerate(rows):
        if _stage(scoring, e) != Stage.R or not all(_is_clean(row, eye) for eye in EOG):
            continue
        first, last = np.searchsorted(middles, (e * EPOCH_S, (e + 1) * EPOCH_S))
        row["rapid_eye_movements"] = [rounded(m - e * EPOCH_S, 1) for m in middles[first:last]]
        row["rapid_eye_movements_n"] = int(last - first)


def _stage(scoring: Scoring, e: int) -> Stage:
    return scoring.hypnogram[e] if e < len(scoring.hypnogram) else Stage.UNSCORED


def starting_in(times: np.ndarray, e: int) -> list[dict]:
    """Those of ``[n, 2]``, in order of start, that start in the epoch of index `e`, as seconds within it.

    The end of one that lasts beyond the epoch is the epoch's.
    """
    first, last = np.searchsorted(times[:, 0], (e * EPOCH_S, (e + 1) * EPOCH_S))
    return [
        {"start_s": rounded(a - e * EPOCH_S, 1), "end_s": rounded(min(b - e * EPOCH_S, EPOCH_S), 1)}
        for a, b in times[first:last]
    ]

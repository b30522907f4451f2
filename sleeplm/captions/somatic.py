"""What the muscles and the body do in each epoch: chin tone, legs, position."""

import numpy as np
from scipy.signal import butter, sosfilt

from sleeplm.captions.rounding import rounded
from sleeplm.epochs import Epochs
from sleeplm.night import Scoring
from sleeplm.runs import runs
from sleeplm.vocabulary import CHANNEL_NAMES, EPOCH_S, POSITIONS, SAMPLES_PER_EPOCH

_EMG_HZ = (10.0, 100.0)  # AASM's filter for EMG
_MIN_EMG_SFREQ_HZ = 50  # a slower EMG is an envelope of unknown making: nothing is said of its amplitude
_CONNECTED_UV = 0.1  # muscle at rest, or the amplifier alone, give more; less is a loose electrode
_ENVELOPE_HZ = 10
_MIN_EPOCHS_FOR_USUAL = 20  # ten minutes
_LOW, _HIGH = 0.6, 1.8  # chin tone against the night's median
# AASM V3, movement rules: a rise of 8 uV over rest, for .5 to 10 s; rises less than .5 s apart are one.
_LEG_RISE_UV, _LEG_S, _LEG_GAP_S = 8.0, (0.5, 10.0), 0.5
_LEG_TYPES = ("leg_movement", "plm")


def somatic_features(recording, epochs: Epochs, scoring: Scoring) -> list[dict]:
    """Attributes of the somatic facet, one dict an epoch.

    Keys, each only where its signal was recorded: ``chin_uv`` (root mean square, 10 to 100 Hz or as far as the
    sampling goes) with ``chin_tone`` (low, usual, high: against the night's median, from ten minutes on) and
    ``chin_bursts_n`` (stretches of .1 to 5 s over four times the epoch's median); ``leg_movements`` (list of
    ``start_s, end_s, type``) and ``leg_movements_n`` (the scoring's, or where nobody scored legs, rises of 8 uV for
    .5 to 10 s);
    ``position`` (most of the epoch) and ``position_change`` (``from, to, at_s``).
    """
    rows: list[dict] = [{} for _ in range(len(epochs))]
    _add_chin(rows, recording, epochs)
    _add_legs(rows, recording, epochs, scoring)
    _add_position(rows, epochs)
    return rows


def emg_envelope(recording, name: str, n_epochs: int) -> np.ndarray | None:
    """RMS of an EMG over tenths of a second, ``[epochs, 300]`` in uV; None where it is sampled too slowly."""
    sfreq_hz = recording.channels[name].sfreq_hz
    if sfreq_hz < _MIN_EMG_SFREQ_HZ:
        return None
    signal = np.nan_to_num(recording.signal(name).astype(np.float32, copy=False))
    high = min(_EMG_HZ[1], 0.45 * sfreq_hz)
    sos = butter(2, (_EMG_HZ[0], high), "bandpass", fs=sfreq_hz, output="sos").astype(np.float32)
    power = sosfilt(sos, signal - signal[:1]) ** 2
    edges = np.round(np.arange(n_epochs * EPOCH_S * _ENVELOPE_HZ + 1) * sfreq_hz / _ENVELOPE_HZ).astype(int)
    edges = np.minimum(edges, len(power))
    power = np.append(power, np.float32(0))  # reduceat wants every start inside
    mean = np.add.reduceat(power.astype(float), edges[:-1]) / np.maximum(np.diff(edges), 1)
    return np.sqrt(np.where(np.diff(edges) > 0, mean, 0)).reshape(n_epochs, -1)


def _connected(envelope: np.ndarray) -> np.ndarray:
    """In which epochs an electrode reads a muscle: its quietest tenths of a second are not silent."""
    return np.quantile(envelope, 0.1, axis=1) >= _CONNECTED_UV


def _add_chin(rows: list[dict], recording, epochs: Epochs) -> None:
    present = epochs.present[:, CHANNEL_NAMES.index("EMG_CHIN")]
    envelope = emg_envelope(recording, "EMG_CHIN", len(epochs)) if present.any() else None
    if envelope is None:
        return
    rms = np.sqrt((envelope**2).mean(axis=1))
    present = present & _connected(envelope)
    if not present.any():
        return
    usual = np.median(rms[present])
    for e in np.flatnonzero(present):
        rows[e]["chin_uv"] = rounded(rms[e], 1)
        if present.sum() >= _MIN_EPOCHS_FOR_USUAL:
            rows[e]["chin_tone"] = "low" if rms[e] < _LOW * usual else "high" if rms[e] > _HIGH * usual else "usual"
        found = runs(envelope[e] > 4 * np.median(envelope[e]), gap=3)
        rows[e]["chin_bursts_n"] = int(np.sum(found[:, 1] - found[:, 0] <= 5 * _ENVELOPE_HZ)) if len(found) else 0


def _add_legs(rows: list[dict], recording, epochs: Epochs, scoring: Scoring) -> None:
    present = {n: epochs.present[:, CHANNEL_NAMES.index(n)] for n in ("LEG_L", "LEG_R")}
    present = {n: here for n, here in present.items() if here.any()}
    if any(scoring.was_scored(t) for t in _LEG_TYPES):
        found = [(e.start_s, e.end_s, e.type) for e in scoring.events_of(*_LEG_TYPES)]
    else:
        envelopes = {n: emg_envelope(recording, n, len(epochs)) for n in present}
        envelopes = {n: x for n, x in envelopes.items() if x is not None}
        present = {n: present[n] & _connected(x) for n, x in envelopes.items()}
        found = leg_movements([np.where(present[n][:, None], x, 0) for n, x in envelopes.items()])
    readable = np.any(list(present.values()), axis=0) if present else np.zeros(len(epochs), bool)
    for e in np.flatnonzero(readable):
        rows[e]["leg_movements"] = []
    for start_s, end_s, kind in found:
        e = int(start_s // EPOCH_S)
        if 0 <= e < len(rows) and "leg_movements" in rows[e]:
            times = {
                "start_s": rounded(start_s - e * EPOCH_S, 1),
                "end_s": rounded(min(end_s - e * EPOCH_S, EPOCH_S), 1),
            }
            rows[e]["leg_movements"].append({**times, "type": kind})
    for e in np.flatnonzero(readable):
        rows[e]["leg_movements_n"] = len(rows[e]["leg_movements"])


def leg_movements(envelopes: list[np.ndarray]) -> list[tuple[float, float, str]]:
    """Leg movements as ``(start_s, end_s, type)``, from the envelopes ``[epochs, 300]`` of one or both legs."""
    active = None
    for envelope in envelopes:
        rest = np.median(envelope, axis=1, keepdims=True)
        above = (envelope > rest + _LEG_RISE_UV).ravel()
        active = above if active is None else active | above
    if active is None:
        return []
    found = runs(active, gap=int(_LEG_GAP_S * _ENVELOPE_HZ)) / _ENVELOPE_HZ
    return [(a, b, "leg_movement") for a, b in found if _LEG_S[0] <= b - a <= _LEG_S[1]]


def _add_position(rows: list[dict], epochs: Epochs) -> None:
    channel = CHANNEL_NAMES.index("POS")
    for e in np.flatnonzero(epochs.present[:, channel]):
        codes = np.rint(epochs.signals[e, channel]).astype(int)
        known = codes[np.isin(codes, [c for c in POSITIONS if c >= 0])]
        if not len(known):
            continue
        most = np.bincount(known).argmax()
        rows[e]["position"] = POSITIONS[int(most)]
        if codes[0] != codes[-1] and {int(codes[0]), int(codes[-1])} <= set(POSITIONS) - {-1}:
            at_s = np.flatnonzero(np.diff(codes))[-1] * EPOCH_S / SAMPLES_PER_EPOCH
            change = {"from": POSITIONS[int(codes[0])], "to": POSITIONS[int(codes[-1])], "at_s": rounded(at_s)}
            rows[e]["position_change"] = change

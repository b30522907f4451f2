"""What the chin's muscle does in each epoch: its tone, its median frequency, its bursts."""

import numpy as np
from scipy.signal import butter, sosfilt

from sleeplm.captions.features.rounding import rounded
from sleeplm.captions.features.spectra import densities
from sleeplm.intervals import true_intervals
from sleeplm.kinds.bands import EMG_HZ
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.recording.epochs import Epochs
from sleeplm.recording.montage.questions import unit_is_known
from sleeplm.recording.protocol import NightSignals
from sleeplm.recording.quality.windows import in_epochs
from sleeplm.units import EPOCH_S

_MIN_SFREQ_HZ = 50  # a slower EMG is an envelope of unknown making: its amplitude means nothing
_CONNECTED_UV = 0.1  # muscle at rest, or the amplifier alone, give more; less is a loose electrode
_ENVELOPE_HZ = 10  # the shortest burst (.1 s) is one sample
_PER_EPOCH = EPOCH_S * _ENVELOPE_HZ
_MIN_EPOCHS_FOR_USUAL = 20  # ten minutes, without which nothing is usual
_LOW, _HIGH = 0.6, 1.8  # tone against the night's median
# Bursts as those of phasic EMG activity (AASM 2.6, VIII.3: .1 to 5 s, four times the background), at any stage.
_BURST, _BURST_S, _BURST_GAP = 4.0, 5.0, 3
_SPECTRUM_S = 1  # a resolution of 1 Hz, as the median frequency is printed


def chin_features(recording: NightSignals, epochs: Epochs) -> list[dict]:
    """Attributes of the chin EMG, one dict an epoch.

    Empty where it was not recorded, or at under 50 Hz, where its electrode is off, and where mains hum is most of
    it. Else ``chin_uv`` (root mean square, 10 to 100 Hz or as far as the sampling goes; not where the unit of the
    signal is not known), ``chin_tone`` (low, usual,
    high: under .6, over 1.8 times the night's median; from ten minutes on), ``chin_median_hz`` (the frequency that
    halves the power of the same band; Welch, 1-s Hann windows), ``chin_bursts`` (list of ``start_s, end_s`` of
    those that begin in the epoch: up to 5 s of over four times the epoch's median) and ``chin_bursts_n``.
    """
    rows: list[dict] = [{} for _ in range(len(epochs))]
    present = epochs.present[:, CHANNEL_NAMES.index("EMG_CHIN")]
    if not present.any() or recording.channels["EMG_CHIN"].sfreq_hz < _MIN_SFREQ_HZ:
        return rows
    sfreq_hz = recording.channels["EMG_CHIN"].sfreq_hz
    signal_uv = np.nan_to_num(recording.signal("EMG_CHIN").astype(np.float32, copy=False))
    envelope = envelope_of(signal_uv, sfreq_hz, len(epochs))
    scaled = unit_is_known(recording, "EMG_CHIN")
    connected = np.quantile(envelope, 0.1, axis=1) >= (_CONNECTED_UV if scaled else 0)
    usable = np.flatnonzero(present & connected & ~recording.quality.has("EMG_CHIN", "mains"))
    if not len(usable):
        return rows
    rms_uv = np.sqrt((envelope**2).mean(axis=1))
    usual_uv = np.median(rms_uv[usable])
    windows = np.nan_to_num(in_epochs(signal_uv, sfreq_hz, len(epochs))[usable], copy=False)  # NaN after the end
    median_hz = median_frequency(windows, sfreq_hz)
    bursts = _bursts(envelope)
    for i, e in enumerate(usable):
        rows[e] = {"chin_uv": rounded(rms_uv[e], 1)} if scaled else {}
        rows[e]["chin_median_hz"] = rounded(median_hz[i])
        if len(usable) >= _MIN_EPOCHS_FOR_USUAL:
            low, high = rms_uv[e] < _LOW * usual_uv, rms_uv[e] > _HIGH * usual_uv
            rows[e]["chin_tone"] = "low" if low else "high" if high else "usual"
        rows[e] |= {"chin_bursts": bursts[e], "chin_bursts_n": len(bursts[e])}
    return rows


def envelope_of(signal_uv: np.ndarray, sfreq_hz: float, n_epochs: int) -> np.ndarray:
    """RMS of an EMG over tenths of a second, ``[epochs, 300]`` in uV; 0 after the signal's end."""
    high = min(EMG_HZ[1], 0.45 * sfreq_hz)
    sos = butter(2, (EMG_HZ[0], high), "bandpass", fs=sfreq_hz, output="sos").astype(np.float32)
    squares = sosfilt(sos, signal_uv - signal_uv[:1]) ** 2
    edges = np.round(np.arange(n_epochs * _PER_EPOCH + 1) * sfreq_hz / _ENVELOPE_HZ).astype(int)
    edges = np.minimum(edges, len(squares))
    squares = np.append(squares, np.float32(0))  # reduceat wants every start inside
    mean = np.add.reduceat(squares, edges[:-1]) / np.maximum(np.diff(edges), 1)
    return np.sqrt(np.where(np.diff(edges) > 0, mean, 0)).reshape(n_epochs, -1)


def median_frequency(signals: np.ndarray, sfreq_hz: float) -> np.ndarray:
    """Frequency in Hz that halves the power of 10 to 100 Hz (or to .45 of the rate), of each row ``[epochs]``."""
    freqs_hz, density = densities(signals, sfreq_hz, _SPECTRUM_S)
    inside = (freqs_hz >= EMG_HZ[0]) & (freqs_hz <= min(EMG_HZ[1], 0.45 * sfreq_hz))
    below = np.cumsum(density[:, inside], axis=1)
    half = np.argmax(below >= below[:, -1:] / 2, axis=1)
    return freqs_hz[inside][half]


def _bursts(envelope: np.ndarray) -> list[list[dict]]:
    """Bursts by the epoch that they begin in, as seconds within it; an end beyond it is the epoch's."""
    found: list[list[dict]] = [[] for _ in envelope]
    active = envelope > _BURST * np.median(envelope, axis=1, keepdims=True)
    for first, last in true_intervals(active.ravel(), gap=_BURST_GAP):
        e, begin = divmod(int(first), _PER_EPOCH)
        if last - first <= _BURST_S * _ENVELOPE_HZ:
            end = min(begin + int(last - first), _PER_EPOCH)
            found[e].append({"start_s": begin / _ENVELOPE_HZ, "end_s": end / _ENVELOPE_HZ})
    return found

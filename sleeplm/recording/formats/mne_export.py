"""A recording as a raw of MNE, and the description by which it is known again."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import CHANNEL
from sleeplm.recording.formats.source import printable
from sleeplm.recording.resample import MAX_RATE_HZ

SKIP = "BAD_ACQ_SKIP"  # MNE's own word for a stretch that was not acquired; its filters leave it out
_TYPES = {
    "eeg": "eeg", "eog": "eog", "emg": "emg", "ecg": "ecg", "effort": "resp", "flow": "resp", "position": "misc",
    "spo2": "misc", "snore": "misc",
}  # fmt: skip
_VOLTS = {"uV": 1e-6, "mV": 1e-3}
_OURS = "sleeplm canonical channels"
_NOTE_CHARACTERS = 300


@dataclass(frozen=True)
class Description:
    """What `to_mne` writes into ``info["description"]``: no word of it is about the person."""

    simulated: bool
    notes: dict[str, str]


def to_mne(recording, sfreq_hz: float | None = None):
    """The canonical channels of a recording as a `mne.io.RawArray`.

    Voltages are in volts as MNE wants them, the rest in the canonical unit. Gaps are zeros under ``BAD_ACQ_SKIP``
    annotations. The measurement date is set only where both date and clock are known; MNE can hold no clock alone.
    Nothing of the person, the file or its path is carried over: of annotations those in known words.

    Parameters
    ----------
    recording : Recording
    sfreq_hz : float, optional
        The one rate of all channels; that of the fastest by default, which blows the others up.

    Raises
    ------
    UsageError
        The rate is out of range.
    """
    import mne

    from sleeplm.recording.annotations.words import known_text
    from sleeplm.recording.privacy.redaction import Redaction

    names = list(recording.channels)
    rate = max(c.sfreq_hz for c in recording.channels.values()) if sfreq_hz is None else sfreq_hz
    if not 0 < rate < MAX_RATE_HZ:
        raise UsageError(f"A rate of {rate} Hz is out of range.")
    data = np.empty((len(names), round(recording.duration_s * rate)))
    for row, name in zip(data, names, strict=True):
        signal = recording.signal(name, rate)
        if len(signal) != len(row):  # its own rate, whose last sample another rate may round away
            signal = np.pad(signal[: len(row)], (0, max(0, len(row) - len(signal))), mode="edge")
        np.multiply(np.nan_to_num(signal), _VOLTS.get(CHANNEL[name].unit, 1.0), out=row)
    info = mne.create_info(names, rate, [_TYPES[CHANNEL[name].kind] for name in names])
    nameless = Redaction(recording)
    notes = {name: nameless.text(channel.note) for name, channel in recording.channels.items() if channel.note}
    info["description"] = json.dumps({"about": _OURS, "simulated": recording.simulated, "notes": notes})
    raw = mne.io.RawArray(data, info, verbose="error")
    if recording.start_date and recording.start_clock:
        start = datetime.fromisoformat(f"{recording.start_date}T{recording.start_clock}")
        raw.set_meas_date(start.replace(tzinfo=UTC))
    marks = [(start_s, length_s, known_text(text)) for start_s, length_s, text in recording.annotations]
    marks += [(start_s, stop_s - start_s, SKIP) for start_s, stop_s in recording.gaps]
    end_s = data.shape[1] / rate  # annotations beyond it are none of MNE's
    inside = [
        (start_s, min(length_s, end_s - start_s), text)
        for start_s, length_s, text in marks
        if text and 0 <= start_s < end_s
    ]
    if inside:
        onsets_s, durations_s, texts = zip(*inside, strict=True)
        raw.set_annotations(mne.Annotations(onsets_s, durations_s, texts, orig_time=raw.info["meas_date"]))
    return raw


def mne_unit(name: str) -> str:
    """The unit in which `to_mne` gives a canonical channel."""
    unit = CHANNEL[name].unit
    return "V" if unit in _VOLTS else unit


def read_description(text: str | None) -> Description | None:
    """What `to_mne` wrote; None where another wrote it."""
    try:
        said = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or said.get("about") != _OURS or not isinstance(said.get("notes"), dict):
        return None
    notes = {str(name): printable(str(note))[:_NOTE_CHARACTERS] for name, note in said["notes"].items()}
    return Description(said.get("simulated") is True, notes)

"""Exchange with MNE: a raw of MNE as a `Recording`, and a recording's canonical channels as a raw of MNE."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import CHANNEL
from sleeplm.recording.annotations.words import known_text
from sleeplm.recording.formats.mne_description import SKIP, VOLTS, write_description
from sleeplm.recording.formats.mne_formats import source_of
from sleeplm.recording.opening import build_recording
from sleeplm.recording.privacy.redaction import Redaction
from sleeplm.recording.recording import Recording
from sleeplm.recording.resample import MAX_RATE_HZ

if TYPE_CHECKING:
    from mne.io import BaseRaw, RawArray

_TYPES = {
    "eeg": "eeg", "eog": "eog", "emg": "emg", "ecg": "ecg", "effort": "resp", "flow": "resp", "position": "misc",
    "spo2": "misc", "snore": "misc", "pulse": "misc",
}  # fmt: skip


def from_mne(
    raw: "BaseRaw",
    overrides: Mapping[str, str] = MappingProxyType({}),
    units: Mapping[str, str] = MappingProxyType({}),
) -> Recording:
    """A recording from a `mne.io.Raw`: its channels are found, judged and asked about as those of a file.

    Stretches annotated ``BAD_ACQ_SKIP`` are gaps. Of ``subject_info`` nothing is taken but age and sex.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        It is read from when signals are asked for, and not altered.
    overrides, units : mapping of str to str
        As for `open_recording`.

    Raises
    ------
    NoUsableChannelError
        None of its channels stands for a canonical one.
    UsageError
        An override or unit names what does not exist.
    """
    files = [name for name in raw.filenames if name is not None]
    path = Path(files[0]) if files else Path("raw")
    return build_recording(path, source_of(raw, path.name), overrides, units)


def to_mne(recording: Recording, sfreq_hz: float | None = None) -> "RawArray":
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

    names = list(recording.channels)
    rate = max(c.sfreq_hz for c in recording.channels.values()) if sfreq_hz is None else sfreq_hz
    if not 0 < rate < MAX_RATE_HZ:
        raise UsageError(f"A rate of {rate} Hz is out of range.")
    data = np.empty((len(names), round(recording.duration_s * rate)))
    for row, name in zip(data, names, strict=True):
        signal = recording.signal(name, rate)
        if len(signal) != len(row):  # its own rate, whose last sample another rate may round away
            signal = np.pad(signal[: len(row)], (0, max(0, len(row) - len(signal))), mode="edge")
        np.multiply(np.nan_to_num(signal), VOLTS.get(CHANNEL[name].unit, 1.0), out=row)
    info = mne.create_info(names, rate, [_TYPES[CHANNEL[name].kind] for name in names])
    redaction = Redaction(recording)
    notes = {name: redaction.text(channel.note) for name, channel in recording.channels.items() if channel.note}
    info["description"] = write_description(recording.simulated, notes)
    raw = mne.io.RawArray(data, info, verbose="error")
    if recording.start_date and recording.start_clock:
        start = datetime.fromisoformat(f"{recording.start_date}T{recording.start_clock}")
        raw.set_meas_date(start.replace(tzinfo=UTC))
    texts = [(start_s, length_s, known_text(text)) for start_s, length_s, text in recording.annotations]
    texts += [(start_s, stop_s - start_s, SKIP) for start_s, stop_s in recording.gaps]
    end_s = data.shape[1] / rate  # annotations beyond it are none of MNE's
    inside = [
        (start_s, min(length_s, end_s - start_s), text)
        for start_s, length_s, text in texts
        if text and 0 <= start_s < end_s
    ]
    if inside:
        onsets_s, durations_s, descriptions = zip(*inside, strict=True)
        raw.set_annotations(mne.Annotations(onsets_s, durations_s, descriptions, orig_time=raw.info["meas_date"]))
    return raw

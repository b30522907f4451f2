"""How good the signals of a night are, epoch by epoch: what detectors leave out, and what people read of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sleeplm.intervals import true_intervals
from sleeplm.kinds.channels import RECORDABLE, RECORDABLE_NAMES, CanonicalChannel
from sleeplm.night import clock_at
from sleeplm.recording.protocol import NightSignals
from sleeplm.recording.quality.faults import FAULTS, faults_of_electrode, find_faults
from sleeplm.units import EPOCH_S

UNUSABLE = ("missing", "flat", "clipped", "disconnected")  # the other faults leave something to be read
_BIT = {name: np.uint8(1 << i) for i, name in enumerate(FAULTS)}
_LOST = np.uint8(sum(_BIT[name] for name in UNUSABLE))
_FAULT_WORDS = {
    "missing": "without a value",
    "flat": "flat",
    "clipped": "clipped",
    "disconnected": "disconnected",
    "mains": "full of mains hum",
    "movement": "disturbed by movement",
}


@dataclass(frozen=True)
class Quality:
    """What is wrong with which channel in which epoch.

    Attributes
    ----------
    faults : ndarray of uint8
        ``[epochs, 16]``, channels in the order of `kinds.channels.RECORDABLE`; bit i is set where `FAULTS` ``[i]``
        holds. A channel that the recording lacks is missing throughout.
    recorded : tuple of str
        The channels that the recording has.
    start_clock : str or None
        ``HH:MM:SS`` of the first sample, where known.
    """

    faults: np.ndarray
    recorded: tuple[str, ...] = RECORDABLE_NAMES
    start_clock: str | None = None

    def has(self, name: str, fault: str) -> np.ndarray:
        """Epochs ``bool [epochs]`` of the channel that have this fault."""
        return (self.faults[:, RECORDABLE_NAMES.index(name)] & _BIT[fault]) != 0

    def usable(self, name: str) -> np.ndarray:
        """Epochs ``bool [epochs]`` of the channel that hold a signal: none of `UNUSABLE`."""
        return (self.faults[:, RECORDABLE_NAMES.index(name)] & _LOST) == 0

    def usable_samples(self, name: str, sfreq_hz: float, n_samples: int) -> np.ndarray:
        """Samples ``bool [n_samples]`` of the channel, read at `sfreq_hz`, that hold a signal.

        What follows the last whole epoch is as good as that epoch; a recording under one epoch is usable.
        """
        usable = self.usable(name)
        if not usable.size:
            return np.full(n_samples, name in self.recorded)
        epoch = (np.arange(n_samples) * (1 / (EPOCH_S * sfreq_hz))).astype(np.int64)
        return usable[np.minimum(epoch, len(usable) - 1)]

    def summary(self) -> list[str]:
        """One sentence for each channel and fault, for people: ``C3: 12 of 960 epochs flat, from 03:10.``"""
        return [_sentence(row, self.start_clock) for row in self.rows()]

    def rows(self) -> list[dict]:
        """The same as plain values.

        Returns
        -------
        list of dict
            ``channel``, ``fault``, ``epochs`` (how many), ``of``, ``usable`` (whether these epochs still are) and
            ``runs``: first and last epoch of each stretch, counted from 1.
        """
        rows = []
        for name in self.recorded:
            for fault in FAULTS:
                at = self.has(name, fault)
                if at.any():
                    rows.append({
                        "channel": name, "fault": fault, "epochs": int(at.sum()), "of": len(at),
                        "usable": fault not in UNUSABLE,
                        "runs": [[int(a) + 1, int(b)] for a, b in true_intervals(at)],
                    })  # fmt: skip
        return rows


def assess(recording: NightSignals) -> Quality:
    """Judge every channel of a recording, one at a time and at its own rate.

    Parameters
    ----------
    recording : NightSignals
        Such as a `Recording`.

    Returns
    -------
    Quality
        For ``recording.n_epochs`` epochs.
    """
    faults = np.full((recording.n_epochs, len(RECORDABLE)), _BIT["missing"], dtype=np.uint8)
    for i, channel in enumerate(RECORDABLE):
        if channel.name in recording.channels and recording.n_epochs:
            found = _judge(recording, channel)
            faults[:, i] = np.packbits(found, axis=1, bitorder="little")[:, 0]
    return Quality(faults, tuple(recording.channels), recording.start_clock)


def _judge(recording: NightSignals, channel: CanonicalChannel) -> np.ndarray:
    """Faults ``[epochs, 6]`` of a channel; a derivation is also flat or clipped where one of its electrodes is."""
    sfreq_hz, n_epochs = recording.channels[channel.name].sfreq_hz, recording.n_epochs
    parts = recording.electrodes(channel.name, 0.0, recording.duration_s)  # not to be remembered: used once
    found = find_faults(parts[0] if len(parts) == 1 else parts[0] - parts[1], sfreq_hz, channel, n_epochs)
    for part in parts if len(parts) > 1 else ():
        found |= faults_of_electrode(part, sfreq_hz, channel, n_epochs)
    return found


def _sentence(row: Mapping, start_clock: str | None) -> str:
    what, where = _FAULT_WORDS[row["fault"]], row["channel"]
    if where == "POS":
        what = "without a known position"
    if row["epochs"] == row["of"]:
        return f"{where}: {what} throughout."
    first = row["runs"][0][0]
    since = clock_at(start_clock, (first - 1) * EPOCH_S)
    from_ = since[:5] if since else f"epoch {first}"
    return f"{where}: {row['epochs']} of {row['of']} epochs {what}, from {from_}."

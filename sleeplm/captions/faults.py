"""What is wrong with the signals of each epoch, facet by facet."""

from collections.abc import Mapping

import numpy as np

from sleeplm.recording.faults import FAULTS
from sleeplm.vocabulary import CHANNEL_NAMES

FACET_CHANNELS = {
    "brain": ("C3", "C4", "EOG_L", "EOG_R"),
    "cardiac": ("ECG", "SPO2"),
    "respiratory": ("AF", "THX", "ABD", "SNORE"),
    "somatic": ("EMG_CHIN", "LEG_L", "LEG_R", "POS"),
}


def add_faults(by_facet: Mapping[str, list[dict]], recording) -> None:
    """Add ``faults`` to the rows of the facets of signals: the recorded channels that are not clean in an epoch.

    ``faults`` is ``{channel: [fault, ...]}`` with the words of `recording.faults.FAULTS`. A channel that is
    missing, flat, clipped or disconnected (`recording.quality.UNUSABLE`) has no number in that epoch, its fault
    is all that is said; mains and movement leave those numbers that they do not spoil.
    """
    quality = recording.quality
    for facet, channels in FACET_CHANNELS.items():
        for name in channels:
            if name not in recording.channels:
                continue
            bits = quality.faults[:, CHANNEL_NAMES.index(name)]
            for e in np.flatnonzero(bits):
                names = [fault for i, fault in enumerate(FAULTS) if bits[e] >> i & 1]
                by_facet[facet][e].setdefault("faults", {})[name] = names

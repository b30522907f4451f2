"""What is wrong with the signals of each epoch, facet by facet."""

from collections.abc import Mapping

import numpy as np

from sleeplm.kinds.channels import CHANNEL_NAMES, FACET_KINDS
from sleeplm.recording.quality.faults import FAULTS


def add_faults(by_facet: Mapping[str, list[dict]], recording) -> None:
    """Add ``faults`` to the rows of the facets of signals: the recorded channels that are not clean in an epoch.

    ``faults`` is ``{channel: [fault, ...]}`` with the words of `recording.faults.FAULTS`. A channel that is
    missing, flat, clipped or disconnected (`recording.quality.UNUSABLE`) has no number in that epoch, its fault
    is all that is said; mains and movement leave those numbers that they do not spoil.
    """
    quality = recording.quality
    measured = [(facet.name, name) for facet in FACET_KINDS.values() if facet.measured for name in facet.channels]
    for facet, name in measured:
        if name not in recording.channels:
            continue
        bits = quality.faults[:, CHANNEL_NAMES.index(name)]
        for e in np.flatnonzero(bits):
            names = [fault for i, fault in enumerate(FAULTS) if bits[e] >> i & 1]
            by_facet[facet][e].setdefault("faults", {})[name] = names

"""What is measured in every epoch of a night, by facet."""

from collections.abc import Mapping

import numpy as np

from sleeplm.captions.features.brain import brain_features
from sleeplm.captions.features.cardiac import cardiac_features
from sleeplm.captions.features.events import event_features
from sleeplm.captions.features.respiratory import respiratory_features
from sleeplm.captions.features.somatic import somatic_features
from sleeplm.captions.features.stage_evidence import stage_evidence
from sleeplm.kinds.channels import CHANNEL_NAMES, FACET_KINDS
from sleeplm.night import Scoring
from sleeplm.recording.epochs import Epochs
from sleeplm.recording.protocol import NightSignals
from sleeplm.recording.quality.faults import FAULTS


def attributes_of_night(recording: NightSignals, epochs: Epochs, scoring: Scoring) -> list[dict[str, dict]]:
    """What is measured in every epoch, by facet: the part of `caption_night` that no seed changes.

    Parameters
    ----------
    recording : NightSignals
    epochs : Epochs
        As `cut_epochs` gives them.
    scoring : Scoring

    Returns
    -------
    list of dict of str to dict
        By epoch, then facet; JSON-ready, each number rounded as it is printed. The keys are those of each facet's
        own function, and besides ``faults`` (see `_add_faults`) and, of the stage, ``supports`` (see
        `stage_evidence`). A facet of which nothing was recorded is absent.
    """
    by_facet = {
        "stage_event": event_features(recording, epochs, scoring),
        "brain": brain_features(recording, epochs, scoring),
        "cardiac": cardiac_features(recording, epochs, scoring),
        "respiratory": respiratory_features(recording, epochs),
        "somatic": somatic_features(recording, epochs, scoring),
    }
    _add_faults(by_facet, recording)
    night = [{facet: rows[e] for facet, rows in by_facet.items() if rows[e]} for e in range(len(epochs))]
    for row in night:
        if evidence := stage_evidence(row):
            row["stage_event"]["supports"] = evidence
    return night


def _add_faults(by_facet: Mapping[str, list[dict]], recording: NightSignals) -> None:
    """Add ``faults`` to the rows of the facets of signals: the recorded channels that are not clean in an epoch.

    ``faults`` is ``{channel: [fault, ...]}`` with the words of `recording.quality.faults.FAULTS`. A channel that is
    missing, flat, clipped or disconnected (`recording.quality.UNUSABLE`) has no number in that epoch, only its
    fault; mains and movement leave those numbers that they do not spoil.
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

"""What the muscles and the body do in each epoch: chin, legs, position."""

from itertools import pairwise

import numpy as np

from sleeplm.captions.features.chin import chin_features
from sleeplm.captions.features.rounding import rounded
from sleeplm.kinds.channels import CHANNEL_NAMES, MODALITIES, POSITIONS
from sleeplm.kinds.events import events_of_modality
from sleeplm.night import Scoring
from sleeplm.recording.epochs import Epochs
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.position import LEAST_S, UNKNOWN, position_spells
from sleeplm.units import EPOCH_S, MODEL_SFREQ_HZ

LEGS = MODALITIES["legs"].channels
LEG_EVENTS = events_of_modality("legs")
_POSITION_STEP = 8  # samples: changes of position are timed to an eighth of a second, and printed in whole ones


def somatic_features(recording: NightSignals, epochs: Epochs, scoring: Scoring) -> list[dict]:
    """Attributes of the somatic facet, one dict an epoch.

    Keys, each only where its signal was recorded: those of `chin.chin_features`; where legs were scored,
    ``leg_movements`` (list of ``start_s, end_s, type`` of those that begin in the epoch), ``leg_movements_n`` and
    ``legs`` (on which legs they could be seen); ``position`` (that of most of the epoch) and ``position_change``
    (``from, to, at_s``: the last in the epoch from one held for 15 s or more to another, see
    `scoring.position.position_spells`).
    """
    rows = chin_features(recording, epochs)
    _add_legs(rows, epochs, scoring)
    _add_position(rows, epochs)
    return rows


def _add_legs(rows: list[dict], epochs: Epochs, scoring: Scoring) -> None:
    """Leg movements as they were scored, in epochs in which a leg can be seen."""
    if not any(scoring.was_scored(t) for t in LEG_EVENTS):
        return
    present = epochs.present[:, [CHANNEL_NAMES.index(leg) for leg in LEGS]]
    for e in np.flatnonzero(present.any(axis=1)):
        legs = [leg for leg, here in zip(LEGS, present[e], strict=True) if here]
        rows[e] |= {"legs": legs, "leg_movements": [], "leg_movements_n": 0}
    for event in scoring.events_of(*LEG_EVENTS):
        at = int(event.start_s // EPOCH_S)
        if 0 <= at < len(rows) and "leg_movements" in rows[at]:
            begin, end = event.start_s - at * EPOCH_S, min(event.end_s - at * EPOCH_S, EPOCH_S)
            movement = {"start_s": rounded(begin, 1), "end_s": rounded(end, 1), "type": event.type}
            rows[at]["leg_movements"].append(movement)
            rows[at]["leg_movements_n"] += 1


def _add_position(rows: list[dict], epochs: Epochs) -> None:
    channel = CHANNEL_NAMES.index("POS")
    present = epochs.present[:, channel]
    if not present.any():
        return
    codes = np.rint(epochs.signals[:, channel, ::_POSITION_STEP])
    codes = np.where(present[:, None] & np.isin(codes, list(POSITIONS)), codes, UNKNOWN).astype(int)
    for e in np.flatnonzero(present):
        known = codes[e][codes[e] != UNKNOWN]
        if len(known):
            rows[e]["position"] = POSITIONS[int(np.bincount(known).argmax())]
    for before, after in pairwise(position_spells(codes.ravel(), MODEL_SFREQ_HZ / _POSITION_STEP)):
        at, at_s = divmod(after[0], EPOCH_S)
        if before[2] != after[2] and after[0] - before[1] < LEAST_S and "position" in rows[int(at)]:
            turn = {"from": POSITIONS[before[2]], "to": POSITIONS[after[2]], "at_s": rounded(at_s)}
            rows[int(at)]["position_change"] = turn

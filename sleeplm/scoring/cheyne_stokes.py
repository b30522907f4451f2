"""Cheyne-Stokes breathing: central apneas in a row between which breathing waxes and wanes."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from sleeplm.kinds.events import APNEAS_HYPOPNEAS
from sleeplm.kinds.stages import SLEEP_STAGES
from sleeplm.night import Event, Scoring
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.breathing import amplitude_of
from sleeplm.scoring.detections import Detections
from sleeplm.scoring.flow import flow_of
from sleeplm.scoring.usable import searched_epochs
from sleeplm.units import EPOCH_S

SOURCE = "sleeplm respiration"
LEAST_EVENTS, LEAST_CYCLE_S = 3, 40.0
LEAST_PER_H, LEAST_H = 5.0, 2.0
_LONGEST_CYCLE_S = 150.0  # of events that belong to one stretch
_SWELL = 1.25  # of the breaths after an event and before the next, the breaths midway between them
RULE = (
    "AASM Cheyne-Stokes rule: three or more central apneas or hypopneas in a row with cycles of 40 s or more, "
    "breathing waxing and waning between them; five or more such events an hour over two hours or more"
)


def cheyne_stokes_events(recording: NightSignals, scoring: Scoring) -> Detections:
    """Cheyne-Stokes breathing of a recording, from its central apneas and hypopneas and its flow.

    Parameters
    ----------
    recording : Recording
        AF is needed, or both belts, and two hours.
    scoring : Scoring
        Its respiratory events; without central apneas scored nothing is looked for.
    """
    flow = flow_of(recording)
    if flow.signal is None or not scoring.was_scored("apnea_central") or recording.duration_s < LEAST_H * 3600:
        return Detections()
    amplitude = amplitude_of(flow.signal, flow.sfreq_hz).peak_to_peak
    chains = stretches_of(scoring.events, amplitude, flow.sfreq_hz)
    asleep = sum(s in SLEEP_STAGES for s in scoring.hypnogram) * EPOCH_S
    hours = (asleep or recording.duration_s) / 3600
    if sum(len(chain) for chain in chains) < LEAST_PER_H * hours:
        chains = []
    searched = searched_epochs(recording, *flow.channels)
    return Detections([_event(chain, flow.channels) for chain in chains], ("cheyne_stokes",), searched=searched)


def stretches_of(events: Sequence[Event], amplitude: np.ndarray, sfreq_hz: float) -> list[list[Event]]:
    """Runs of events that follow each other as in Cheyne-Stokes breathing.

    A run holds three central apneas or more; a hypopnea, whose type is not known, may stand in it; any other apnea
    ends it. From one begin to the next lie 40 to 150 s, and the breaths in the middle third between two events are
    a quarter deeper than those of the first and of the last.

    Parameters
    ----------
    events : sequence of Event
        Of all types, in order of start.
    amplitude : ndarray
        Depth of breathing, ``[samples]``.
    sfreq_hz : float
        Its rate.
    """
    breathing = [e for e in events if e.type in APNEAS_HYPOPNEAS]
    chains: list[list[Event]] = [breathing[:1]]
    for one, other in pairwise(breathing):
        if _follows(one, other, amplitude, sfreq_hz):
            chains[-1].append(other)
        else:
            chains.append([other])
    return [chain for chain in chains if sum(e.type == "apnea_central" for e in chain) >= LEAST_EVENTS]


def _follows(one: Event, other: Event, amplitude: np.ndarray, sfreq_hz: float) -> bool:
    if not {one.type, other.type} <= {"apnea_central", "hypopnea"}:
        return False
    if not LEAST_CYCLE_S <= other.start_s - one.start_s <= _LONGEST_CYCLE_S:
        return False
    between = amplitude[int(one.end_s * sfreq_hz) : int(other.start_s * sfreq_hz)]
    if len(between) < 3 * sfreq_hz:
        return False
    rising, high, falling = (part.mean() for part in np.array_split(between, 3))
    return high >= _SWELL * max(rising, falling)


def _event(chain: Sequence[Event], channels: tuple[str, ...]) -> Event:
    start_s = chain[0].start_s
    return Event("cheyne_stokes", start_s, chain[-1].end_s - start_s, channels, SOURCE, rule=RULE)

"""Notes of ResMed devices (``EVE.edf``, ``CSL.edf``): whether a note stands where its event ends, and pairs of CSR.

A device writes an event when it is over: one public report says so of AirSense files, and the flow of the night
that the tests read agrees. The flow of the recording at hand decides; without it a note stands at the end.
"""

from collections.abc import Sequence

import numpy as np

from sleeplm.recording.annotations.words import fold
from sleeplm.recording.protocol import NightSignals, NightTime

Mark = tuple[float, float, str]

_FIRST = "recording starts"  # with which each of these files begins
_CSR = {"csr start": True, "csr end": False}
_LEAST_S = 5.0  # of an event whose flow is looked at
_HZ = 4.0
_CLEAR = 1.25  # times the amplitude on one side of a note that the other must have


def is_resmed(annotations: Sequence[Mark]) -> bool:
    """Whether annotations are those of a ResMed device."""
    return any(fold(text) == _FIRST for _, _, text in annotations[:3])


def settled(annotations: Sequence[Mark], offset_s: float, night: NightTime | None) -> tuple[list[Mark], str]:
    """Notes with their events' true starts, and a notice that says how they were settled.

    Parameters
    ----------
    annotations : sequence of (float, float, str)
        Onset, duration and text.
    offset_s : float
        Seconds from the first sample of the recording to second 0 of the annotations.
    night : NightTime or None
        The recording; its airflow decides where it has one.
    """
    events = [(at, length) for at, length, _ in annotations if length >= _LEAST_S]
    ends = _stand_at_ends([(at + offset_s, length) for at, length in events], night) if events else None
    shift = 0.0 if ends is False else 1.0
    marks = [(at - shift * length, length, text) for at, length, text in annotations]
    where = "begins" if ends is False else "ends"
    by = "the airflow shows" if ends is not None else "the device is known for (no airflow settles it)"
    return _paired(marks), f"its notes stand where an event {where}, as {by}" if events else ""


def _stand_at_ends(events: Sequence[tuple[float, float]], night: NightTime | None) -> bool | None:
    """Whether breathing is reduced before most notes and not after them; None where that cannot be told."""
    if not isinstance(night, NightSignals) or "AF" not in night.channels:
        return None
    flow = np.abs(np.diff(np.asarray(night.signal("AF", _HZ), dtype=float)))
    votes = []
    for at, length in events:
        before, after = (_size(flow, at - length, at), _size(flow, at, at + length))
        if before > _CLEAR * after or after > _CLEAR * before:
            votes.append(after > before)
    return bool(np.mean(votes) > 0.5) if votes and np.mean(votes) != 0.5 else None


def _size(flow: np.ndarray, start_s: float, end_s: float) -> float:
    """Mean change of flow in a stretch: how much is breathed in it."""
    part = flow[max(round(start_s * _HZ), 0) : max(round(end_s * _HZ), 0)]
    part = part[np.isfinite(part)]
    return float(part.mean()) if part.size else 0.0


def _paired(marks: list[Mark]) -> list[Mark]:
    """``CSR Start`` and ``CSR End`` as one stretch of Cheyne-Stokes breathing."""
    paired, begun = [], None
    for at, length, text in sorted(marks):
        starts = _CSR.get(fold(text))
        if starts is None:
            paired.append((at, length, text))
        elif starts:
            begun = at
        elif begun is not None:
            paired.append((begun, at - begun, "Cheyne-Stokes"))
            begun = None
    return paired

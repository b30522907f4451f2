"""Types of hypopneas: obstructive or central, by snoring, flattened inspirations and paradox of the belts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import butter, sosfiltfilt

from sleeplm.night import Event, Scoring
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.detections import Detections
from sleeplm.scoring.flattening import Inspirations
from sleeplm.scoring.flow import BELTS, belts_of
from sleeplm.scoring.limitation import limitation_of
from sleeplm.scoring.respiration import respiration
from sleeplm.units import EPOCH_S

SFREQ_HZ = 8.0
BEFORE_S = 60.0  # before a hypopnea, to which it is compared
_BREATH_HZ = (0.1, 0.6)
# Cosines of the angle between the belts: over 120 degrees they move against each other, up to 90 they do not.
_AGAINST, _TOGETHER = -0.5, 0.0
_FLAT_SHARE = 0.5  # of the inspirations of a hypopnea, and twice the share of those before it
_LEAST_BREATHS = 2
OBSTRUCTIVE, CENTRAL = "obstructive", "central"
# What scorers write, by the beginnings of words of several languages; and what we write behind the rule.
_WRITTEN = {
    OBSTRUCTIVE: re.compile(r"(?:obstr|ostr|\bhyp-?o\b)", re.IGNORECASE),
    CENTRAL: re.compile(r"(?:centr|zentr|\bhyp-?c\b)", re.IGNORECASE),
}


def type_of(hypopnea: Event) -> str:
    """The type of a hypopnea by its scorer's word or its detector's rule; empty where none is told."""
    said = hypopnea.rule if hypopnea.label is None else hypopnea.label
    return next((kind for kind, words in _WRITTEN.items() if words.search(said or "")), "")


@dataclass(frozen=True)
class Signs:
    """What tells a hypopnea's type (notes of the AASM Manual 2.6); None where it cannot be seen in this night.

    Attributes
    ----------
    snores : list of Event or None
        Snoring.
    breaths : Inspirations or None
        Of the flow, with their flattening.
    belts : tuple of ndarray or None
        Chest and abdomen at 8 Hz, band of breathing, ``[samples]``; NaN where lost.
    """

    snores: Sequence[Event] | None = None
    breaths: Inspirations | None = None
    belts: tuple[np.ndarray, np.ndarray] | None = None


def typed_respiration(recording: NightSignals, scoring: Scoring, hypopnea_rule: str = "3%") -> Detections:
    """Apneas and hypopneas as `respiration` finds them, with the type of a hypopnea behind its rule."""
    found = respiration(recording, scoring, hypopnea_rule)
    if "hypopnea" not in found.scored:
        return found
    return replace(found, events=with_types(found.events, signs_of(recording, scoring)))


def signs_of(recording: NightSignals, scoring: Scoring) -> Signs:
    """What tells types of hypopneas in a recording; snoring is that of its scoring."""
    belts = belts_of(recording, SFREQ_HZ)
    both = tuple(_in_band(belts[name]) for name in BELTS) if set(BELTS) <= set(belts) else None
    snores = scoring.events_of("snore") if scoring.was_scored("snore") else None
    return Signs(snores, limitation_of(recording), _upright(both) if both else None)


def with_types(events: Sequence[Event], signs: Signs) -> list[Event]:
    """Events with the type of each hypopnea behind its rule, where it is told."""
    return [
        replace(e, rule=f"{e.rule}{words_for_type(e.start_s, e.end_s, signs)}") if e.type == "hypopnea" else e
        for e in events
    ]


def words_for_type(start_s: float, end_s: float, signs: Signs) -> str:
    """How a hypopnea's rule goes on: ``", obstructive by snoring"``; empty where its type is not known.

    Obstructive is what snoring goes with, whose inspirations are flattened (half of them, and twice the share of
    the minute before), or in which chest and abdomen move against each other though they did not before. Central is
    what shows none of these, where each of them could be seen throughout.
    """
    marks = {
        "snoring": _snored(start_s, end_s, signs.snores),
        "flattened inspirations": _flattened(start_s, end_s, signs.breaths),
        "paradox of the belts": _paradox(start_s, end_s, signs.belts),
    }
    if seen := [name for name, mark in marks.items() if mark]:
        return f", {OBSTRUCTIVE} by {' and '.join(seen)}"
    told = all(mark is not None for mark in marks.values())
    return f", {CENTRAL}: no snoring, flattening or paradox" if told else ""


def _snored(start_s: float, end_s: float, snores: Sequence[Event] | None) -> bool | None:
    if snores is None:
        return None
    return any(e.start_s < end_s and e.end_s > start_s for e in snores)


def _flattened(start_s: float, end_s: float, breaths: Inspirations | None) -> bool | None:
    if breaths is None:
        return None
    shares = []
    for first_s, last_s in ((start_s - BEFORE_S, start_s), (start_s, end_s)):
        inside = (breaths.middle_s >= first_s) & (breaths.middle_s < last_s)
        if inside.sum() < _LEAST_BREATHS:
            return None
        shares.append(float(breaths.flattened[inside].mean()))
    before, during = shares
    return during >= _FLAT_SHARE and during >= 2 * before


def _paradox(start_s: float, end_s: float, belts: tuple[np.ndarray, np.ndarray] | None) -> bool | None:
    if belts is None:
        return None
    before, during = (_together(belts, *span) for span in ((start_s - BEFORE_S, start_s), (start_s, end_s)))
    if before is None or during is None:
        return None
    return during <= _AGAINST and before >= _TOGETHER


def _together(belts: tuple[np.ndarray, np.ndarray], start_s: float, end_s: float) -> float | None:
    """Correlation of both belts: the cosine of the angle between them; None where one is lost or still."""
    span = slice(max(0, round(start_s * SFREQ_HZ)), round(end_s * SFREQ_HZ))
    one, other = (belt[span] for belt in belts)
    size = float(np.sqrt(np.sum(one**2) * np.sum(other**2)))
    return float(np.sum(one * other)) / size if np.isfinite(size) and size > 0 else None


def _in_band(belt: np.ndarray) -> np.ndarray:
    """A belt in the band of breathing, NaN where it was lost."""
    lost = ~np.isfinite(belt)
    sos = butter(2, _BREATH_HZ, "bandpass", fs=SFREQ_HZ, output="sos")
    return np.where(lost, np.nan, sosfiltfilt(sos, np.where(lost, 0, belt)))


def _upright(belts: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Both belts, one turned over where they move against each other in most epochs: it was plugged in so."""
    one, other = belts
    seconds = np.arange(0, len(one) / SFREQ_HZ - EPOCH_S + 1, EPOCH_S)
    angles = [a for s in seconds if (a := _together((one, other), s, s + EPOCH_S)) is not None]
    return (one, -other if angles and np.median(angles) < 0 else other)

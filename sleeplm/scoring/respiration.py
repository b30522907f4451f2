"""Apneas and hypopneas by the rules of the AASM manual, from flow, belts, oxygen saturation and arousals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sleeplm.errors import UsageError
from sleeplm.kinds.events import APNEAS
from sleeplm.night import Event, Scoring
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.breathing import SMOOTH_S, WINDOW_S, Amplitude, amplitude_of, core, reductions
from sleeplm.scoring.detections import Detections, margin
from sleeplm.scoring.flow import THERMAL, belts_of, flow_of
from sleeplm.scoring.oximetry import desaturations
from sleeplm.scoring.spo2 import clean_spo2
from sleeplm.scoring.usable import loss_warnings, read_usable, searched_epochs

SOURCE = "sleeplm respiration"
APNEA_DROP, HYPOPNEA_DROP = 0.9, 0.3
# An apnea shows once the window holds none of the breath before. A hypopnea shows earlier, a part of a breath being
# shallow too; by how much was measured on simulated nights.
_APNEA_WIDER_S, _HYPOPNEA_WIDER_S = (WINDOW_S + SMOOTH_S) / 2, 1.5
HYPOPNEA_RULES = {"3%": 3.0, "4%": 4.0}  # AASM 1A (or an arousal) and 1B (no arousal): least desaturation
REACH_S = 30.0  # circulation and the oximeter's average: how long after an event its desaturation may begin
AROUSAL_REACH_S = 5.0  # from the end of an event, before it or after: the arousal is what ends it
_EFFORT_ABSENT = 0.25  # of the baseline of a belt
_APNEA_RULE = "AASM apnea rule: flow down by 90% or more for 10 s"
_HYPOPNEA_RULE = "AASM hypopnea {} rule: flow down by 30% or more for 10 s, with {}"
_BY_EFFORT = {
    "apnea_obstructive": ", effort continuing",
    "apnea_central": ", effort absent throughout",
    "apnea_mixed": ", effort absent at first, then resumed",
    "apnea": ", effort not known",
}


@dataclass(frozen=True)
class Consequences:
    """What makes a reduction of flow a hypopnea; None where it was not looked for.

    Attributes
    ----------
    rule : str
        A key of `HYPOPNEA_RULES`.
    falls, arousals : list of Event or None
        Desaturations as deep as the rule asks for, and arousals where it counts them.
    """

    rule: str = "3%"
    falls: Sequence[Event] | None = None
    arousals: Sequence[Event] | None = None

    @property
    def known(self) -> bool:
        """Whether hypopneas can be scored at all."""
        return self.falls is not None or self.arousals is not None

    @property
    def name(self) -> str:
        """The rule as it is named beside every index that rests on it."""
        if self.falls is None:
            return "hypopneas by arousals alone, without oxygen saturation"
        lacking = ", without arousals" if self.rule == "3%" and self.arousals is None else ""
        return f"hypopneas by the AASM {self.rule} rule{lacking}"


def respiration(recording: NightSignals, scoring: Scoring | None = None, hypopnea_rule: str = "3%") -> Detections:
    """Score the breathing of a recording.

    Parameters
    ----------
    recording : Recording
        AF is needed, or both belts, whose sum then stands for it. THX and ABD tell the type of an apnea.
    scoring : Scoring, optional
        Its arousals and, for the 3% rule, its desaturations are used; without them, those of SPO2 are.
    hypopnea_rule : str
        ``"3%"`` (AASM rule 1A) or ``"4%"`` (1B).

    Returns
    -------
    Detections
        Nothing scored, and why, where no flow can be had: missing, too slow (under 4 Hz) or dead.

    Raises
    ------
    UsageError
        There is no such rule.
    """
    check_rule(hypopnea_rule)
    flow = flow_of(recording)
    warnings = flow.warnings
    if flow.signal is None:
        return Detections(warnings=warnings)
    belts = belts_of(recording, flow.sfreq_hz)
    consequences = _consequences(recording, scoring or Scoring(), hypopnea_rule)
    if not consequences.known:
        warnings += ("Without a valid oxygen saturation hypopneas are not scored, only apneas.",)
    elif consequences.falls is None:
        warnings += ("Without a valid oxygen saturation only hypopneas that end in an arousal are scored.",)
    if not belts:
        warnings += ("Without a breathing belt apneas are not told apart as obstructive, central or mixed.",)
    scored = (*(APNEAS if belts else ("apnea",)), *(("hypopnea",) if consequences.known else ()))
    rules = {"hypopnea": consequences.name} if consequences.known else {}
    events = respiratory_events(
        flow.signal, flow.sfreq_hz, belts, consequences, flow.channels, thermal=flow.thermal
    )
    sensors = flow.channels if flow.thermal is None else (*flow.channels, THERMAL)
    searched = searched_epochs(recording, *sensors, together=flow.thermal is None)
    return Detections(events, scored, warnings + loss_warnings(recording, *sensors), rules, searched)


def check_rule(hypopnea_rule: str) -> None:
    """Refuse a hypopnea rule that does not exist, with a `UsageError`."""
    if hypopnea_rule not in HYPOPNEA_RULES:
        raise UsageError(f"There is no hypopnea rule '{hypopnea_rule}'; it is one of {', '.join(HYPOPNEA_RULES)}.")


def respiratory_events(
    flow: np.ndarray,
    sfreq_hz: float,
    belts: Mapping[str, np.ndarray] | None = None,
    consequences: Consequences | None = None,
    channels: tuple[str, ...] = ("AF",),
    thermal: np.ndarray | None = None,
) -> list[Event]:
    """Find apneas and hypopneas.

    The amplitude of flow is its peak-to-peak value within 4 s, its baseline the 75th percentile of this over the
    120 s before. An apnea is a fall of it by 90% or more for 10 s or more; a hypopnea one by 30% or more that
    is no apnea and within whose reach the saturation begins to fall (until 30 s after its end) by as much as the
    rule asks for, or, by the 3% rule, an arousal begins (within 5 s of its end): AASM Manual 2.6, hypopnea rules
    1A and 1B. What lasts over 120 s, what flow does not come back from within 15 s (to half its baseline, above 70%
    of it after a hypopnea), and flow whose baseline is under 5% of the night's median amplitude are taken for a
    sensor that is off or has slipped.

    An apnea is central where neither belt moves (under 25% of its baseline) in 80% of it, mixed where they are
    still at first and for 20% or more of it, else obstructive; without a usable belt its type stays open.

    Parameters
    ----------
    flow : ndarray
        Any unit, ``[samples]``, at `sfreq_hz`; NaN where unusable.
    sfreq_hz : float
        Rate of flow and belts, 4 Hz or more.
    belts : mapping of str to ndarray, optional
        THX and ABD, any unit, ``[samples]``; NaN where unusable.
    consequences : Consequences, optional
        What makes a hypopnea; None: hypopneas are not looked for.
    channels : tuple of str
        What the flow was read from.
    thermal : ndarray, optional
        An oronasal thermal sensor beside the flow, ``[samples]`` of the same rate and length: apneas are looked for
        in it and hypopneas in the flow, each in the other where its own sensor is unusable.

    Returns
    -------
    list of Event
        In order of start. `Event.confidence` tells how far the mean drop of flow goes beyond the rule's: .5 for
        one that just meets it, 1 for a complete stop. It is no probability.
    """
    pressure = (amplitude_of(flow, sfreq_hz), channels)
    sensors = [pressure] if thermal is None else [(amplitude_of(thermal, sfreq_hz), (THERMAL,)), pressure]
    efforts = {name: amplitude_of(x, sfreq_hz) for name, x in (belts or {}).items()}
    found = _where_usable(sensors, APNEA_DROP, sfreq_hz, _APNEA_WIDER_S)
    apneas = [span for span, *_ in found]
    events = [_apnea(span, amplitude, efforts, sfreq_hz, on) for span, amplitude, on in found]
    if consequences is not None and consequences.known:
        for span, amplitude, on in _where_usable(sensors[::-1], HYPOPNEA_DROP, sfreq_hz, _HYPOPNEA_WIDER_S):
            if not any(a < span[1] and span[0] < b for a, b in apneas):
                events += _hypopnea(span, amplitude, sfreq_hz, consequences, on)
    return sorted(events, key=lambda e: e.start_s)


def _where_usable(
    sensors: Sequence[tuple[Amplitude, tuple[str, ...]]], drop: float, sfreq_hz: float, widen_s: float
) -> list[tuple[tuple[int, int], Amplitude, tuple[str, ...]]]:
    """Reductions of the first sensor, and those of the next that lie where the ones before are not usable."""
    found: list[tuple[tuple[int, int], Amplitude, tuple[str, ...]]] = []
    for i, (amplitude, on) in enumerate(sensors):
        of_others = [span for span, *_ in found]
        for span in reductions(amplitude, drop, sfreq_hz, widen_s):
            taken = any(a < span[1] and span[0] < b for a, b in of_others)
            judged = any(before.usable[slice(*span)].all() for before, _ in sensors[:i])
            if not taken and not judged:
                found.append((span, amplitude, on))
    return found


def _consequences(recording: NightSignals, scoring: Scoring, rule: str) -> Consequences:
    arousals = scoring.events_of("arousal") if rule == "3%" and scoring.was_scored("arousal") else None
    if rule == "3%" and scoring.was_scored("desaturation"):
        return Consequences(rule, scoring.events_of("desaturation"), arousals)
    return Consequences(rule, _falls(recording, HYPOPNEA_RULES[rule]), arousals)


def _falls(recording: NightSignals, drop_pct: float) -> list[Event] | None:
    """Desaturations of the recording; None where it has no valid saturation."""
    if "SPO2" not in recording.channels:
        return None
    sfreq_hz = recording.channels["SPO2"].sfreq_hz
    spo2 = read_usable(recording, "SPO2")
    if not np.isfinite(clean_spo2(spo2, sfreq_hz)).any():
        return None
    return desaturations(spo2, sfreq_hz, drop_pct)


def _apnea(span, amplitude: Amplitude, efforts: Mapping[str, Amplitude], sfreq_hz: float, channels) -> Event:
    within = core(span, sfreq_hz)
    moving = {name: e for name, e in efforts.items() if e.usable[within].all()}
    kind = _by_effort([e.share(within) for e in moving.values()])
    return Event(
        kind,
        span[0] / sfreq_hz,
        (span[1] - span[0]) / sfreq_hz,
        channels=tuple(dict.fromkeys((*channels, *moving))),
        source=SOURCE,
        confidence=_confidence(amplitude, within, APNEA_DROP),
        rule=_APNEA_RULE + _BY_EFFORT[kind],
    )


def _by_effort(ratios: Sequence[np.ndarray]) -> str:
    if not ratios:
        return "apnea"
    still = np.max(ratios, axis=0) < _EFFORT_ABSENT
    if still.mean() >= 0.8:
        return "apnea_central"
    at_first = still[: max(1, len(still) // 3)].mean() >= 0.5
    return "apnea_mixed" if at_first and still.mean() >= 0.2 else "apnea_obstructive"


def _hypopnea(span, amplitude: Amplitude, sfreq_hz: float, consequences: Consequences, channels) -> list[Event]:
    """The event, where a desaturation or an arousal makes it one."""
    start_s, end_s = span[0] / sfreq_hz, span[1] / sfreq_hz
    fell = [f for f in consequences.falls or () if start_s <= f.start_s <= end_s + REACH_S]
    woke = [a for a in consequences.arousals or () if abs(a.start_s - end_s) <= AROUSAL_REACH_S]
    with_ = " and ".join([f"a {consequences.rule} desaturation"] * bool(fell) + ["an arousal"] * bool(woke))
    if not with_:
        return []
    seen_on = (*channels, *(("SPO2",) if fell else ()), *(woke[0].channels if woke else ()))
    return [
        Event(
            "hypopnea",
            start_s,
            end_s - start_s,
            channels=tuple(dict.fromkeys(seen_on)),
            source=SOURCE,
            confidence=_confidence(amplitude, core(span, sfreq_hz), HYPOPNEA_DROP),
            rule=_HYPOPNEA_RULE.format(consequences.rule, with_),
        )
    ]


def _confidence(amplitude: Amplitude, within: slice, least: float) -> float:
    """From .5 for the smallest drop that the rule allows to 1 for a complete one."""
    return margin(1 - float(amplitude.share(within).mean()), least, 1)

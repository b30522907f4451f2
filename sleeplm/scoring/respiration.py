"""Apnoeas and hypopnoeas by the rules of the AASM manual, from flow, belts and oxygen saturation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d, percentile_filter

from sleeplm.night import Event
from sleeplm.scoring.found import Found
from sleeplm.scoring.oximetry import clean_spo2, desaturations
from sleeplm.vocabulary import APNEAS

SOURCE = "sleeplm respiration"
MIN_SFREQ_HZ = 4.0
MIN_DURATION_S, MAX_DURATION_S = 10.0, 120.0  # what is flat for longer than two minutes is a sensor that is off
APNEA_DROP, HYPOPNEA_DROP, DESATURATION_PCT = 0.9, 0.3, 3.0
BASELINE_S = 120.0
REACH_S = 30.0  # circulation and the oximeter's average: how long after an event its desaturation may begin
HYPOPNEA_RULE_NAME = "hypopneas by the AASM 3% rule, without arousals"
HYPOPNEA_RULE = "AASM hypopnea 3% rule: flow down by 30% or more for 10 s, with a 3% desaturation (no arousals)"
_ANALYSIS_HZ = 8.0
_WINDOW_S = 4.0  # holds an inspiration or an expiration of the slowest breathing
_RETURN_S, _RETURN_TO = 15.0, 0.5  # within which flow is back at half its baseline; else the sensor has slipped
_EFFORT_ABSENT = 0.25  # of the baseline of a belt
_NOTHING = 1e-9
_CONNECTED = 0.05  # of the night's usual amplitude: a baseline under it is no breathing
_APNEA_RULE = "AASM apnea rule: flow down by 90% or more for 10 s"
_BY_EFFORT = {
    "apnea_obstructive": ", effort continuing",
    "apnea_central": ", effort absent throughout",
    "apnea_mixed": ", effort absent at first, then resumed",
    "apnea": ", effort not known",
}


@dataclass(frozen=True)
class _Amplitude:
    """Peak-to-peak amplitude within `_WINDOW_S`, its baseline, and where the sensor is on: ``[samples]``."""

    peak_to_peak: np.ndarray
    baseline: np.ndarray
    usable: np.ndarray

    def share(self, where: slice) -> np.ndarray:
        """What is left of the baseline."""
        return self.peak_to_peak[where] / np.maximum(self.baseline[where], _NOTHING)


def respiration(recording) -> Found:
    """Score the breathing of a recording.

    Parameters
    ----------
    recording : Recording
        AF is needed; THX and ABD tell the type of an apnoea, SPO2 allows hypopnoeas.

    Returns
    -------
    Found
        Nothing scored, and why, where flow is missing, too slow (under 4 Hz) or dead.
    """
    channel = recording.channels.get("AF")
    if channel is None:
        belt = {"THX", "ABD"} & set(recording.channels)
        why = ("Without an airflow channel apneas and hypopneas are not scored.",) if belt else ()
        return Found(warnings=why)
    if channel.sfreq_hz < MIN_SFREQ_HZ:
        why = "The airflow is sampled too slowly (under 4 Hz) to find apneas and hypopneas in it."
        return Found(warnings=(why,))
    rate = min(_ANALYSIS_HZ, channel.sfreq_hz)
    flow = recording.signal("AF", rate)
    if not _amplitude(flow, rate).usable.any():
        return Found(warnings=("The airflow channel holds no breathing; apneas and hypopneas are not scored.",))
    belts = {
        name: recording.signal(name, rate)
        for name in ("THX", "ABD")
        if name in recording.channels and recording.channels[name].sfreq_hz >= MIN_SFREQ_HZ
    }
    belts = {name: x for name, x in belts.items() if _amplitude(x, rate).usable.any()}
    falls = _falls(recording)
    warnings = []
    if falls is None:
        warnings.append("Without a valid oxygen saturation hypopneas are not scored, only apneas.")
    if not belts:
        warnings.append("Without a breathing belt apneas are not told apart as obstructive, central or mixed.")
    scored = (*(APNEAS if belts else ("apnea",)), *(() if falls is None else ("hypopnea",)))
    rules = {} if falls is None else {"hypopnea": HYPOPNEA_RULE_NAME}
    return Found(respiratory_events(flow, rate, belts, falls), scored, tuple(warnings), rules)


def respiratory_events(
    flow: np.ndarray,
    sfreq_hz: float,
    belts: Mapping[str, np.ndarray] | None = None,
    falls: Sequence[Event] | None = None,
) -> list[Event]:
    """Find apnoeas and hypopnoeas.

    The amplitude of flow is its peak-to-peak value within 4 s, its baseline the 75th percentile of this over the
    120 s before. An apnoea is a fall of it by 90% or more for 10 s or more; a hypopnoea one by 30% or more that
    is no apnoea and within whose reach (until 30 s after its end) the saturation begins to fall by 3% or more
    (AASM Manual 2.6, hypopnoea rule 1A, without its arousals). What lasts over 120 s, what
    flow does not come back from within 15 s (to half its baseline, above 70% of it after a hypopnoea), and flow
    whose baseline is under 5% of the night's median amplitude are taken for a sensor that is off or has slipped.

    An apnoea is central where neither belt moves (under 25% of its baseline) in 80% of it, mixed where they are
    still at first and for 20% or more of it, else obstructive; without a usable belt its type stays open.

    Parameters
    ----------
    flow : ndarray
        Any unit, ``[samples]``, at `sfreq_hz`.
    sfreq_hz : float
        Rate of flow and belts, 4 Hz or more.
    belts : mapping of str to ndarray, optional
        THX and ABD, any unit, ``[samples]``.
    falls : sequence of Event, optional
        Desaturations of 3% or more; None: hypopnoeas are not looked for.

    Returns
    -------
    list of Event
        In order of start. `Event.confidence` tells how far the mean drop of flow goes beyond the rule's: .5 for
        one that just meets it, 1 for a complete stop. It is no probability.
    """
    amplitude = _amplitude(flow, sfreq_hz)
    efforts = {name: _amplitude(x, sfreq_hz) for name, x in (belts or {}).items()}
    apneas = _reduced(amplitude, APNEA_DROP, sfreq_hz)
    events = [_apnea(span, amplitude, efforts, sfreq_hz) for span in apneas]
    if falls is not None:
        for span in _reduced(amplitude, HYPOPNEA_DROP, sfreq_hz):
            is_apnea = any(a < span[1] and span[0] < b for a, b in apneas)
            if not is_apnea and _saturation_falls(span, sfreq_hz, falls):
                events.append(_hypopnea(span, amplitude, sfreq_hz))
    return sorted(events, key=lambda e: e.start_s)


def _falls(recording) -> list[Event] | None:
    """Desaturations of the recording; None where it has no valid saturation."""
    if "SPO2" not in recording.channels:
        return None
    sfreq_hz = recording.channels["SPO2"].sfreq_hz
    spo2 = recording.signal("SPO2")
    if not np.isfinite(clean_spo2(spo2, sfreq_hz)).any():
        return None
    return desaturations(spo2, sfreq_hz, DESATURATION_PCT)


def _amplitude(signal: np.ndarray, sfreq_hz: float) -> _Amplitude:
    size = max(2, round(_WINDOW_S * sfreq_hz))
    x = np.nan_to_num(np.asarray(signal, dtype=np.float32))
    if len(x) < size:
        return _Amplitude(np.zeros(len(x)), np.zeros(len(x)), np.zeros(len(x), dtype=bool))
    peak_to_peak = maximum_filter1d(x, size) - minimum_filter1d(x, size)
    step = max(1, round(sfreq_hz))
    coarse = peak_to_peak[::step]
    window = round(BASELINE_S * sfreq_hz / step)
    before = percentile_filter(coarse, 75, size=window, origin=(window - 1) // 2, mode="nearest")
    baseline = np.repeat(before, step)[: len(x)]
    return _Amplitude(peak_to_peak, baseline, baseline > max(_CONNECTED * float(np.median(coarse)), _NOTHING))


def _reduced(amplitude: _Amplitude, drop: float, sfreq_hz: float) -> list[tuple[int, int]]:
    """Half-open runs of samples of reduced amplitude as long as an event is, after which it comes back."""
    low = ~amplitude.usable | (amplitude.peak_to_peak <= (1 - drop) * amplitude.baseline)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], low.astype(np.int8), [0]])))
    half = round(_WINDOW_S * sfreq_hz) // 2  # on both sides of a run, its window still holds normal breathing
    soon = round(_RETURN_S * sfreq_hz)
    spans = []
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        seconds = (last - first + 2 * half) / sfreq_hz
        if not MIN_DURATION_S <= seconds <= MAX_DURATION_S or not amplitude.usable[first:last].all():
            continue
        after = amplitude.peak_to_peak[last : last + soon]
        if after.size and after.max() > max(1 - drop, _RETURN_TO) * amplitude.baseline[first]:
            spans.append((max(first - half, 0), min(last + half, len(low))))
    return spans


def _core(span: tuple[int, int], sfreq_hz: float) -> slice:
    """Samples of an event whose window lies wholly within it."""
    half = round(_WINDOW_S * sfreq_hz) // 2
    return slice(span[0] + half, max(span[1] - half, span[0] + half + 1))


def _apnea(span, amplitude: _Amplitude, efforts: Mapping[str, _Amplitude], sfreq_hz: float) -> Event:
    core = _core(span, sfreq_hz)
    moving = {name: e for name, e in efforts.items() if e.usable[core].all()}
    kind = _by_effort([e.share(core) for e in moving.values()])
    drop = 1 - float(amplitude.share(core).mean())
    return Event(
        kind,
        span[0] / sfreq_hz,
        (span[1] - span[0]) / sfreq_hz,
        channels=("AF", *moving),
        source=SOURCE,
        confidence=_confidence(drop, APNEA_DROP),
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


def _saturation_falls(span, sfreq_hz: float, falls: Sequence[Event]) -> bool:
    """Whether a desaturation begins within an event or soon after it."""
    start_s, until_s = span[0] / sfreq_hz, span[1] / sfreq_hz + REACH_S
    return any(start_s <= f.start_s <= until_s for f in falls)


def _hypopnea(span, amplitude: _Amplitude, sfreq_hz: float) -> Event:
    drop = 1 - float(amplitude.share(_core(span, sfreq_hz)).mean())
    return Event(
        "hypopnea",
        span[0] / sfreq_hz,
        (span[1] - span[0]) / sfreq_hz,
        channels=("AF", "SPO2"),
        source=SOURCE,
        confidence=_confidence(drop, HYPOPNEA_DROP),
        rule=HYPOPNEA_RULE,
    )


def _confidence(drop: float, least: float) -> float:
    """From .5 for the smallest drop that the rule allows to 1 for a complete one."""
    return round(0.5 + 0.5 * min(max((drop - least) / (1 - least), 0), 1), 2)

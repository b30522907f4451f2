"""Lay a scoring on the time and the 30-s grid of its recording, or say why it does not fit."""

from datetime import date, datetime, time, timedelta

import numpy as np

from sleeplm.errors import NoOverlapError, UnknownScoringError
from sleeplm.kinds.events import EVENT_FAMILIES
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring, clock_at
from sleeplm.recording.annotations.clock import DAY_S
from sleeplm.recording.annotations.scored import MAX_S, Scored
from sleeplm.recording.annotations.unknown import listed, not_understood, unknown_words
from sleeplm.recording.dates import known_date
from sleeplm.recording.protocol import NightTime
from sleeplm.units import EPOCH_S

_EPOCHS_S = (30, 20, 10, 5, 60, 15, 1)  # lengths that people score in
_OVERLAP_S = 0.5  # by which stages may overlap as rounding goes
_POOR = 0.5  # share of the recording under which a warning says that a staging covers little of it
_EDGE = {"lights_off": "start", "lights_on": "end"}
_ORDER = (Stage.UNSCORED, Stage.W, Stage.N1, Stage.N2, Stage.N3, Stage.NREM, Stage.R)


def align(scored: Scored, recording: NightTime, name: str) -> Scoring:
    """Turn what a file scored into a `Scoring` of this recording.

    Stages off the grid go to the epochs that they cover most; an epoch mostly uncovered is unscored. What
    lies outside the recording is cut off, with a warning. `Scoring.event_sources` names each event type that the
    file contains, and the rest of its family: a file with any apnoea or hypopnoea in it has all apnoea types
    and hypopnoeas scored, one with a bradycardia also tachycardias and pauses.

    Raises
    ------
    UnknownScoringError
        A stage lasts for years.
    NoOverlapError
        The scoring lies before or after the recording, or counts far more or fewer epochs than it has.
    """
    if any(MAX_S <= duration_s < np.inf for _, duration_s, _ in scored.stages):
        raise UnknownScoringError(f"'{name}' has a stage with a duration of years; correct it or export it again.")
    shift_s = _shift(scored, recording, name)
    warnings = [f"'{name}': {w}." for w in scored.warnings]
    _check_overlap(scored, shift_s, recording, name)
    hypnogram: tuple[Stage, ...] = ()
    if scored.stages:
        hypnogram, seconds = _hypnogram(scored, shift_s, recording.n_epochs)
        warnings += _length_warnings(scored, shift_s, recording, name)
        warnings += _cover_warnings(seconds, name)
    events, outside = _events(scored, shift_s, recording.duration_s)
    if outside:
        lie = "one event lies" if outside == 1 else f"{outside} of {len(scored.events)} events lie"
        warnings.append(f"'{name}': {lie} outside the recording; left aside.")
    types = _scored_types({kind for kind, *_ in scored.events})
    unknown = unknown_words([(word, start_s + shift_s, length_s) for word, start_s, length_s in scored.unknown])
    warnings += [f"'{name}': {w}." for w in listed(unknown, recording.start_clock)]
    lights = {k: _within(at_s, shift_s, recording.duration_s) for k, at_s in scored.lights.items()}
    for which in (k for k, at_s in lights.items() if at_s is None):
        words = which.replace("_", " ")
        warnings.append(f"'{name}': {words} lies outside the recording, whose own {_EDGE[which]} is taken instead.")
    return Scoring(
        hypnogram=hypnogram,
        hypnogram_source="expert" if hypnogram else None,
        events=events,
        event_sources=dict.fromkeys(types, "expert"),
        by_epoch=scored.by_epoch,
        not_understood=not_understood(unknown, types),
        lights_off_s=lights.get("lights_off"),
        lights_on_s=lights.get("lights_on"),
        warnings=tuple(warnings),
    )


def _shift(scored: Scored, recording: NightTime, name: str) -> float:
    """Seconds from the first sample of the recording to second 0 of the scoring."""
    if scored.origin is None:
        return 0.0
    if recording.start_clock is None:
        raise NoOverlapError(
            f"'{name}' gives clock times, but '{recording.path.name}' does not say when it starts; give a scoring "
            "in seconds from its start."
        )
    clock = time.fromisoformat(recording.start_clock)
    day_known = isinstance(scored.origin, datetime) and known_date(scored.origin.date().isoformat()) is not None
    if isinstance(scored.origin, datetime) and day_known and recording.start_date is not None:
        start = datetime.combine(date.fromisoformat(recording.start_date), clock)
        return (scored.origin - start).total_seconds()
    origin = scored.origin.time() if isinstance(scored.origin, datetime) else scored.origin
    day = datetime(2000, 1, 1)  # any: only the difference of two clocks is taken
    after = (datetime.combine(day, origin) - datetime.combine(day, clock)) % timedelta(days=1)
    choices = (after.total_seconds(), after.total_seconds() - DAY_S)
    return max(choices, key=lambda shift: _overlap_s(scored, shift, recording.duration_s))


def _span(scored: Scored) -> tuple[float, float]:
    """First start and last end of what was scored; an open end counts as one epoch."""
    staged = _staged(scored)
    starts = [*staged[:1], *(s for _, s, *_ in scored.events), *scored.lights.values()]
    ends = [*staged[1:], *(s + d for _, s, d, _ in scored.events), *scored.lights.values()]
    return (min(starts), max(ends)) if starts else (0.0, 0.0)


def _staged(scored: Scored) -> tuple[float, float] | tuple[()]:
    """First start and last end of the stages; empty where there are none."""
    stages = [s for s in scored.stages if scored.counted or s[2] is not Stage.UNSCORED]
    ends = [s + (d if np.isfinite(d) else EPOCH_S) for s, d, _ in stages]
    return (min(s for s, *_ in stages), max(ends)) if stages else ()


def _overlap_s(scored: Scored, shift_s: float, duration_s: float) -> float:
    first, last = _span(scored)
    return min(last + shift_s, duration_s) - max(first + shift_s, 0.0)


def _check_overlap(scored: Scored, shift_s: float, recording: NightTime, name: str) -> None:
    if not scored.stages and not scored.events and not scored.lights:
        return
    first, last = _span(scored)
    outside = first + shift_s >= recording.duration_s or last + shift_s < 0
    far_off = False
    if scored.counted:
        epochs = sum(duration_s for _, duration_s, _ in scored.stages) / EPOCH_S
        there = recording.duration_s / EPOCH_S
        far_off = epochs > there + max(10, 0.1 * there) or epochs < 0.5 * there
    if outside or far_off:
        hint = _fitting_epoch(scored, recording)
        spans = [_when(t, scored, recording) for t in (first + shift_s, last + shift_s, 0.0, recording.duration_s)]
        raise NoOverlapError(
            f"'{name}' does not overlap '{recording.path.name}' in time: it covers {spans[0]} to {spans[1]}, the "
            f"recording {spans[2]} to {spans[3]}; give the scoring of this recording{hint}."
        )


def _fitting_epoch(scored: Scored, recording: NightTime) -> str:
    """How to declare the length of epochs with which as many would fill the recording, where the file can."""
    if not scored.declare:
        return ""
    n, there_s = len(scored.stages), recording.duration_s
    fitting = next((s for s in _EPOCHS_S if abs(s * n - there_s) < max(2 * s, EPOCH_S)), None)
    return f", or {scored.declare.format(fitting)} if its epochs last {fitting} s" if fitting else ""


def _when(at_s: float, scored: Scored, recording: NightTime) -> str:
    """A moment of the recording as the scoring counts time: date and clock, clock, or seconds."""
    if scored.origin is None:
        return f"{at_s:.0f} s"
    if not isinstance(scored.origin, datetime) or recording.start_date is None:
        return clock_at(recording.start_clock, at_s) or f"{at_s:.0f} s"
    start = datetime.fromisoformat(f"{recording.start_date}T{recording.start_clock}")
    return (start + timedelta(seconds=at_s)).isoformat(" ", "seconds")


def _hypnogram(scored: Scored, shift_s: float, n_epochs: int) -> tuple[tuple[Stage, ...], np.ndarray]:
    """Stage that covers most of each epoch, and the seconds of each that stages cover ``[epochs]``."""
    spans = np.array([(start_s, start_s + duration_s) for start_s, duration_s, _ in scored.stages])
    spans = np.clip(spans + shift_s, 0.0, n_epochs * EPOCH_S)  # [stages, 2]
    kinds = np.array([_ORDER.index(stage) for *_, stage in scored.stages])
    until = [[_until(spans[kinds == k, side], n_epochs) for k in range(len(_ORDER))] for side in (0, 1)]
    covered = np.stack(until[1], axis=1) - np.stack(until[0], axis=1)  # [epochs, stages]
    seconds = covered.sum(axis=1)
    # What nobody scored is unscored; a tie goes to a stage.
    covered[:, 0] += EPOCH_S - seconds - 1e-6
    return tuple(_ORDER[i] for i in covered.argmax(axis=1)), seconds


def _until(times_s: np.ndarray, n_epochs: int) -> np.ndarray:
    """Seconds of each epoch that lie before each of these times, summed over them ``[epochs]``."""
    epochs = (times_s // EPOCH_S).astype(int)
    whole = np.bincount(epochs, minlength=n_epochs + 1)
    part = np.bincount(epochs, times_s - epochs * EPOCH_S, minlength=n_epochs + 1)
    return ((times_s.size - whole.cumsum()) * float(EPOCH_S) + part)[:n_epochs]


def _cover_warnings(seconds: np.ndarray, name: str) -> list[str]:
    """That the file covers little of the recording, or some of it twice."""
    warnings = []
    share = np.minimum(seconds, EPOCH_S).sum() / max(seconds.size * EPOCH_S, 1)
    if share < _POOR:
        warnings.append(f"'{name}' covers {100 * share:.0f} % of the recording; check that it is of this night.")
    doubled = int((seconds > EPOCH_S + _OVERLAP_S).sum())
    if doubled:
        warnings.append(f"'{name}' has overlapping stages in {_epochs(doubled)}; what covers most of each counts.")
    return warnings


def _length_warnings(scored: Scored, shift_s: float, recording: NightTime, name: str) -> list[str]:
    """What was cut off or left unscored, in epochs."""
    warnings = []
    first, last = (t + shift_s for t in _staged(scored) or (0.0, 0.0))
    beyond = last - recording.n_epochs * EPOCH_S
    if not np.isfinite(scored.stages[-1][1]):
        beyond = 0.0
    if first <= -EPOCH_S or beyond >= EPOCH_S - 1e-6:
        cut = max(0, int(-first // EPOCH_S)) + max(0, int((beyond + 1e-6) // EPOCH_S))
        warnings.append(f"'{name}' scores {_epochs(cut)} more than the recording has; cut off.")
    lacking = max(0, int(first // EPOCH_S)) + max(0, int((-beyond + 1e-6) // EPOCH_S))
    if lacking and np.isfinite(scored.stages[-1][1]):
        warnings.append(f"'{name}' scores {_epochs(lacking)} fewer than the recording has; they are unscored.")
    return warnings


def _epochs(n: int) -> str:
    return "one epoch" if n == 1 else f"{n} epochs"


def _events(scored: Scored, shift_s: float, duration_s: float) -> tuple[tuple[Event, ...], int]:
    """Events within the recording in order of start, cut at its ends, and how many lie outside."""
    kept = []
    for kind, start_s, length_s, label in scored.events:
        start, stop = start_s + shift_s, start_s + shift_s + length_s
        if start < duration_s and (stop > 0 or start >= 0):
            if start < 0 or stop > duration_s:
                start, stop = max(start, 0.0), min(stop, duration_s)
                length_s = stop - start
            kept.append(Event(kind, start, length_s, source="expert", label=label))
    kept.sort(key=lambda e: (e.start_s, e.duration_s))
    return tuple(kept), len(scored.events) - len(kept)


def _scored_types(contained: set[str]) -> list[str]:
    """The types that a file with these ones has scored."""
    types = set(contained)
    for family in EVENT_FAMILIES:
        if contained & family:
            types |= family
    return sorted(types)


def _within(at_s: float, shift_s: float, duration_s: float) -> float | None:
    """Where lights went off or on, if within the recording."""
    return at_s + shift_s if 0 <= at_s + shift_s <= duration_s else None

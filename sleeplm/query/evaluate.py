"""From a query to a fact: the value, what it rests on, where it lies, or why there is none."""

from dataclasses import replace

import numpy as np

from sleeplm.errors import UsageError
from sleeplm.facts.events import counted_once, evidence_of
from sleeplm.facts.finding import with_details
from sleeplm.facts.reasons import NO_CLOCK, why_not_counted
from sleeplm.intervals import epoch_ranges, true_intervals
from sleeplm.kinds.facts import FACT_KINDS, Rate
from sleeplm.night import Basis, Event, Fact, clock_at
from sleeplm.query.language import Events, Extent, Query, Saturation, Staged, When, parse
from sleeplm.query.tables import Tables
from sleeplm.query.words import what_words, when_words
from sleeplm.units import CLOCK, COUNT, EPOCH_S, MINUTES, PER_HOUR, PERCENT, SECONDS, format_value

_SUBJECTS = {
    "count": "the number of {}", "per_hour": "the hourly rate of {}", "minutes": "the time of {}",
    "share": "the share of {}", "mean": "the mean duration of {}", "median": "the median duration of {}",
    "longest": "the longest of {}", "shortest": "the shortest of {}", "first": "the first of {}",
    "last": "the last of {}",
}  # fmt: skip
_UNITS = {
    "count": COUNT, "per_hour": PER_HOUR, "minutes": MINUTES, "share": PERCENT, "mean": SECONDS, "median": SECONDS,
    "longest": SECONDS, "shortest": SECONDS, "first": CLOCK, "last": CLOCK,
}  # fmt: skip
_AWAKE_TOO = tuple(
    Events(kind.needs.events)
    for kind in FACT_KINDS.values()
    if isinstance(kind.measure, Rate) and kind.measure.awake_too
)
_TENTHS = 10  # events are laid on tenths of a second where their time counts


def run(text: str, tables: Tables) -> Fact:
    """Answer a query of a night.

    Parameters
    ----------
    text : str
        In the query language (`sleeplm.query.language`).
    tables : Tables
        What the night holds.

    Returns
    -------
    Fact
        Its id is the query itself; `value` is None where there is none, and `text` says why.

    Raises
    ------
    UsageError
        The text is no query.
    """
    query = parse(text)
    try:
        return (
            _of_events(text, query, query.what, tables)
            if isinstance(query.what, Events)
            else _of_stage(text, query, query.what, tables)
        )
    except _Unknown as error:
        return _fact(text, query, None, why=str(error))


class _Unknown(Exception):
    """Why a night has no answer to a query."""


def _seconds(query: Query, tables: Tables) -> np.ndarray:
    try:
        return tables.seconds(query.when)
    except UsageError as error:
        raise _Unknown(str(error)) from error


def _of_events(text: str, query: Query, what: Events, tables: Tables) -> Fact:
    if why := why_not_counted(what.types, tables.scoring, tables.recorded):
        raise _Unknown(why)
    of = _seconds(query, tables)
    searched = tables.of_epochs(tables.scoring.searched_for(what.types, tables.night.n_epochs))
    evidence = evidence_of(what.types, tables.night, tables.scoring, tables.recorded)
    if not (of & searched).any():
        raise _Unknown(f"Nothing of {when_words(query.when)} {'has a usable signal' if of.any() else 'was there'}")
    events = counted_once(tables.scoring, what.types)
    holds = tables.holds(_counted_in(query), events)
    there = [
        e for e, held in zip(events, holds, strict=True) if held and tables.night.touches(e, searched[::EPOCH_S])
    ]
    basis = Basis(len(there), float((of & searched).sum()) / 60, float(of.sum()) / 60, when_words(query.when))
    chosen, value = _measured(query.measure, there, of & searched, tables)
    why = f"There were no {what_words(what)} in {when_words(query.when)}" if value is None and not there else ""
    if value is None and not why:
        why = NO_CLOCK
    return _fact(text, query, value, why=why, basis=basis, epochs=tables.night.epochs_of(chosen), **evidence)


def _counted_in(query: Query) -> When:
    """Where its events must lie: a rate of sleep counts those awake in bed that its index counts (arousals)."""
    of_sleep = query.measure == "per_hour" and query.when == Extent("sleep") and isinstance(query.what, Events)
    return Extent("bed") if of_sleep and query.what in _AWAKE_TOO else query.when


def _measured(measure: str, events: list[Event], of: np.ndarray, tables: Tables):
    """The events that a value rests on, and the value; None where there are none of which it could be."""
    durations = np.array([e.duration_s for e in events])
    match measure:
        case "count":
            return events, len(events)
        case "per_hour":
            return events, 3600 * len(events) / of.sum()
        case "minutes" | "share":
            filled = np.zeros(len(of) * _TENTHS, dtype=bool)
            for e in events:
                filled[round(max(e.start_s, 0) * _TENTHS) : round(max(e.end_s, 0) * _TENTHS)] = True
            seconds = float((filled & np.repeat(of, _TENTHS)).sum()) / _TENTHS
            return events, seconds / 60 if measure == "minutes" else 100 * seconds / of.sum()
        case _ if not events:
            return [], None
        case "mean":
            return events, durations.mean()
        case "median":
            return events, np.median(durations)
        case "longest" | "shortest":
            one = events[int(durations.argmax() if measure == "longest" else durations.argmin())]
            return [one], one.duration_s
    one = (min if measure == "first" else max)(events, key=lambda e: e.start_s)
    return [one], clock_at(tables.night.start_clock, one.start_s)


def _of_stage(text: str, query: Query, what: Staged | Saturation, tables: Tables) -> Fact:
    of = _seconds(query, tables)
    try:
        there = tables.seconds(what) & of
        of = of & tables.measured if isinstance(what, Saturation) else of
    except UsageError as error:
        raise _Unknown(str(error)) from error
    runs = true_intervals(there)
    value: float | str | None
    if query.measure == "count":
        value = len(runs)
    elif query.measure == "minutes":
        value = float(there.sum()) / 60
    elif query.measure == "share":
        value = 100 * float(there.sum()) / of.sum() if of.any() else None
    elif not len(runs):
        raise _Unknown(f"There was no {what_words(what)} in {when_words(query.when)}")
    else:
        at = {"first": 0, "last": -1, "longest": int(np.diff(runs, axis=1).argmax())}[query.measure]
        runs = runs[[at]]
        first, last = runs[0].tolist()
        value = float(last - first) if query.measure == "longest" else clock_at(tables.night.start_clock, first)
        there = np.zeros_like(there)
        there[first:last] = True
    why = (
        f"Nothing of {when_words(query.when)} was there"
        if not of.any()
        else "The recording does not say at what time it began"
    )
    signal = isinstance(what, Saturation)
    source = "measured" if signal else tables.night.source or "measured"
    epochs = epoch_ranges(np.flatnonzero(there) // EPOCH_S + 1)
    return _fact(text, query, value, why=why, epochs=epochs, source=source, signals=("SPO2",) if signal else ())


def _fact(text: str, query: Query, value, why: str = "", basis: Basis | None = None, **evidence) -> Fact:
    """A value in words; where there is none, why."""
    unit = _UNITS[query.measure]
    subject = _SUBJECTS[query.measure].format(what_words(query.what))
    name = f"{subject} in {when_words(query.when)}"
    if isinstance(value, float | np.floating):
        value = round(float(value), 1)
    fact = Fact(text, name[0].upper() + name[1:], value, unit, f"{why}, so {name} is not known.", f"Query: {text}",
                basis=basis if query.measure in ("per_hour", "share") else None, **evidence)  # fmt: skip
    if value is None:
        return fact
    return replace(fact, text=with_details(f"{fact.name} was {format_value(value, unit)}.", fact))

"""A study's numbers and events as CSV, for people and their spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence

from sleeplm import RESEARCH_USE
from sleeplm.intervals import epochs_between
from sleeplm.kinds.events import MICRO_EVENTS
from sleeplm.night import clock_at
from sleeplm.study.study import Study

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run (OWASP, "CSV Injection")


def numbers_csv(study: Study) -> str:
    """The facts of a study, one a row; a number that does not exist is an empty cell, and `text` says why."""
    basis = "events searched_min of_min interval_low interval_high note rule"
    header = f"id name value unit {basis} source signals epochs text definition".split()
    rows = (
        (
            f.id,
            f.name,
            f.value,
            f.unit,
            *((f.basis.events, f.basis.searched_min, f.basis.of_min) if f.basis else ("", "", "")),
            *((round(f.interval.low, 2), round(f.interval.high, 2)) if f.interval else ("", "")),
            f.note,
            f.rule,
            f.source,
            " ".join(f.signals),
            _stretches(f.epochs),
            f.text,
            f.definition,
        )
        for f in study.facts
    )
    return _table(study, header, rows)


def events_csv(study: Study, micro: bool = True) -> str:
    """The events of a study, one a row, with the epoch and the clock time of their start.

    Parameters
    ----------
    study : Study
    micro : bool
        Whether to list spindles, slow waves and rapid eye movements, of which a night has thousands.
    """
    header = "type start_s duration_s epoch clock channels source confidence rule label".split()
    rows = (
        (
            e.type,
            e.start_s,
            e.duration_s,
            epochs_between(e.start_s, e.end_s, study.n_epochs)[0],
            clock_at(study.start_clock, e.start_s),
            " ".join(e.channels),
            e.source,
            e.confidence,
            e.rule,
            e.label,
        )
        for e in study.scoring.events
        if micro or e.type not in MICRO_EVENTS
    )
    return _table(study, header, rows)


def _stretches(epochs: Iterable[tuple[int, int]]) -> str:
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in epochs)


def _table(study: Study, header: Sequence[str], rows: Iterable[Sequence]) -> str:
    out = io.StringIO()
    out.write(f"# {RESEARCH_USE}{' This night is simulated.' if study.simulated else ''}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value):
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value

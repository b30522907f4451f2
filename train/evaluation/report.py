"""Figures as tables in Markdown, put between two marks of a document, and as JSON."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sleeplm.errors import UsageError
from sleeplm.files import write_whole
from train.evaluation.figures import Figure
from train.evaluation.targets import TARGETS

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
_START = f"""# Results

What the network can do. The tables below are written by `python -m train.evaluation.evaluate`; research use only.

{BEGIN}
{END}
"""


def tables(figures: Sequence[Figure], conditions: Mapping[str, object]) -> str:
    """All figures as Markdown under the conditions of the run: what was aimed at, then each of their tables."""
    parts = ["".join(f"- {key}: {value}\n" for key, value in conditions.items()), _targets(figures)]
    for table in dict.fromkeys(f.table for f in figures):
        parts.append(f"## {table}\n\n" + _table([f for f in figures if f.table == table]))
    return "\n".join(parts)


def _targets(figures: Sequence[Figure]) -> str:
    rows = []
    for target in TARGETS:
        figure = target.found_in(figures)
        wanted = f"{'under' if target.under else 'at least'} {target.value:g}"
        found = ("–", "–") if figure is None else (_found(figure), figure.n)
        rows.append((target.what, wanted, found[0], target.verdict(figure), found[1]))
    return "## Targets\n\n" + _markdown(("what", "target", "found (95% interval)", "result", "n"), rows)


def _table(figures: Sequence[Figure]) -> str:
    """A row for each name with a column for each measure, where all have the same; else a row for each figure."""
    measures = list(dict.fromkeys(f.measure for f in figures))
    of_name: dict[str, dict[str, Figure]] = {}
    for figure in figures:
        of_name.setdefault(figure.name, {})[figure.measure] = figure
    if all(set(found) == set(measures) for found in of_name.values()):
        rows = []
        for name, found in of_name.items():
            row = [found[measure] for measure in measures]
            rows.append((name, *map(_found, row), _beside(row), row[0].n))
        return _markdown(("what", *(f"{m} (95% interval)" for m in measures), "beside it", "n"), rows)
    rows = [(f.name, f.measure, _found(f), _beside([f]), f.n) for f in figures]
    return _markdown(("what", "measure", "found (95% interval)", "beside it", "n"), rows)


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = (f"| {' | '.join(row)} |\n" for row in (head, *rows))
    return f"{next(lines)}|{'---|' * len(head)}\n{''.join(lines)}"


def _number(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "–"


def _found(figure: Figure) -> str:
    if not (math.isfinite(figure.low) or math.isfinite(figure.high)):
        return _number(figure.value)
    return f"{_number(figure.value)} ({_number(figure.low)} to {_number(figure.high)})"


def _beside(figures: Sequence[Figure]) -> str:
    """What stands beside the measures of a row, each with a value for each of them."""
    names = dict.fromkeys(name for f in figures for name in f.baselines)
    columns = (f"{name} {' / '.join(_number(f.baselines.get(name, math.nan)) for f in figures)}" for name in names)
    return "; ".join(columns) or "–"


def around(document: Path) -> tuple[str, str]:
    """What stands in a document before and after its tables; of a new one, a heading.

    Raises
    ------
    UsageError
        It does not have the two marks that the tables stand between.
    """
    if not document.exists():
        before, after = _START.split(f"{BEGIN}\n{END}")
        return before, after
    whole = document.read_text()
    if whole.count(BEGIN) != 1 or whole.count(END) != 1 or whole.index(BEGIN) > whole.index(END):
        raise UsageError(f"{document.name} does not have one {BEGIN} before one {END}")
    return whole[: whole.index(BEGIN)], whole[whole.index(END) + len(END) :]


def write_tables(document: Path, text: str) -> None:
    """Put the tables between the document's marks; what stands around them stays. A new document gets a heading."""
    before, after = around(document)
    write_whole(document, f"{before}{BEGIN}\n{text}{END}{after}".encode())


def as_json(figures: Sequence[Figure], conditions: Mapping[str, object]) -> str:
    """The same as one JSON object, with the targets; what is not a number is null."""

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {k: plain(v) for k, v in value.items()}
        return None if isinstance(value, float) and not math.isfinite(value) else value

    targets = [
        {"what": t.what, "target": t.value, "found": getattr(f, "value", None), "verdict": t.verdict(f)}
        for t in TARGETS
        for f in [t.found_in(figures)]
    ]
    found = {"targets": [plain(t) for t in targets], "figures": [plain(asdict(f)) for f in figures]}
    return json.dumps({"conditions": conditions, **found}, indent=1)

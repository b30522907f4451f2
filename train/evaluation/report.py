"""Figures as tables in Markdown, put between two marks of a document, and as JSON."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from train.evaluation.figures import Figure

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
_START = f"""# Results

What the network can do. The tables below are written by `python -m train.evaluate`; research use only.

{BEGIN}
{END}
"""


def tables(figures: Sequence[Figure], conditions: Mapping[str, object]) -> str:
    """All figures as Markdown, a table for each of their tables, under the conditions of the run."""
    parts = ["".join(f"- {key}: {value}\n" for key, value in conditions.items())]
    for table in dict.fromkeys(f.table for f in figures):
        rows = [f for f in figures if f.table == table]
        lines = [
            f"## {table}",
            "",
            "| what | measure | found | 95% interval | beside it | n |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {f.name} | {f.measure} | {_number(f.value)} | {_number(f.low)} to {_number(f.high)} | "
            f"{_beside(f.baselines)} | {f.n} |"
            for f in rows
        ]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _number(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "–"


def _beside(baselines: Mapping[str, float]) -> str:
    return "; ".join(f"{name} {_number(value)}" for name, value in baselines.items()) or "–"


def write_tables(document: Path, text: str) -> None:
    """Put the tables between the document's marks; what stands around them stays. A new document gets a heading."""
    before, after = _START.split(f"{BEGIN}\n{END}")
    if document.exists():
        whole = document.read_text()
        if whole.count(BEGIN) != 1 or whole.count(END) != 1 or whole.index(BEGIN) > whole.index(END):
            raise ValueError(f"{document.name} does not have one {BEGIN} before one {END}")
        before, after = whole[: whole.index(BEGIN)], whole[whole.index(END) + len(END) :]
    partial = document.with_suffix(".partial")
    partial.write_text(f"{before}{BEGIN}\n{text}{END}{after}")
    partial.replace(document)


def as_json(figures: Sequence[Figure], conditions: Mapping[str, object]) -> str:
    """The same as one JSON object; what is not a number is null."""

    def plain(value):
        if isinstance(value, Mapping):
            return {k: plain(v) for k, v in value.items()}
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return json.dumps({"conditions": conditions, "figures": [plain(asdict(f)) for f in figures]}, indent=1)

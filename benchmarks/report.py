"""The common form of every benchmark: a list of figures, as a table or as JSON."""

import argparse
import json
import os
import platform
import re
import resource
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured figure, with the conditions that it holds under."""

    name: str
    value: float
    unit: str
    conditions: str = ""


def peak_memory_mb() -> float:
    """Largest resident memory of this process so far, in MB.

    Linux gives that of the program itself; what `getrusage` gives there begins with the memory of the process that
    started it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        largest = re.search(r"VmHWM:\s+(\d+)", status.read_text())
        if largest:
            return int(largest[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(name: str, measure: Callable[[], list[Figure]]) -> None:
    """Measure, and print the figures; ``--json`` prints them as one object."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    machine = {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}
    figures = measure()
    if as_json:
        print(json.dumps({"benchmark": name, "machine": machine, "figures": [asdict(f) for f in figures]}))
        return
    print(f"{name} on {machine['cores']} cores ({machine['processor']})")
    for f in figures:
        print(f"  {f.name:44} {f.value:10.2f} {f.unit:8} {f.conditions}")

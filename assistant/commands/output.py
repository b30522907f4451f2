"""What commands print: JSON to stdout alone, progress to stderr."""

import json
import sys


def print_json(value) -> None:
    """Write a value as one line of JSON."""
    json.dump(value, sys.stdout, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")


def print_progress(text: str) -> None:
    """Print one line of progress on stderr."""
    print(text, file=sys.stderr, flush=True)


def step_reporter():
    """Progress as one line a step on stderr."""
    printed = set()

    def progress(step: str, fraction: float) -> None:
        if step not in printed:
            printed.add(step)
            print_progress(f"{step} ...")

    return progress

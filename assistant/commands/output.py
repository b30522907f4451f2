"""What commands print: JSON to stdout alone, progress to stderr."""

import json
import sys


def print_json(value) -> None:
    """Write a value as one line of JSON."""
    json.dump(value, sys.stdout, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")


def say(text: str) -> None:
    """Tell something on stderr."""
    print(text, file=sys.stderr, flush=True)


def tell_steps():
    """Progress as one line a step on stderr."""
    told = set()

    def progress(step: str, fraction: float) -> None:
        if step not in told:
            told.add(step)
            say(f"{step} ...")

    return progress

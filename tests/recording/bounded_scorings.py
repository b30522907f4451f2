"""Read the scorings named on the command line, each in a process of its own within the limits of `bounded_reader`.

Not a test: tests run it.
"""

import os
import sys
import warnings
from pathlib import Path

# Libraries that readers load when they need them: their own cost is not that of a file.
import defusedxml.ElementTree  # noqa: F401
import edfio  # noqa: F401
from bounded_reader import limit
from scoring_helpers import night

from sleeplm.errors import ScoringError
from sleeplm.recording.annotations import read_scoring

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import wfdb  # noqa: F401


def say(path: Path) -> None:
    """One line on what came of reading a file."""
    limit()
    try:
        scoring = read_scoring(path, night(960))
        print("READ", len(scoring.events), *scoring.warnings, flush=True)
    except ScoringError as error:
        print("REFUSED", error, flush=True)
    except BaseException as error:
        print("UNCAUGHT", type(error).__name__, error, flush=True)


for path in map(Path, sys.argv[1:]):
    child = os.fork()
    if not child:
        say(path)
        os._exit(0)
    if status := os.waitpid(child, 0)[1]:
        print("KILLED", status, flush=True)

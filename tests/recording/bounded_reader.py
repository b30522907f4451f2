"""Open the files named on the command line, each within 4 s of processor and 512 MB; a line of JSON for each.

Not a test: tests run it as a process of its own, which the limits end where a file breaks them.
"""

import json
import math
import re
import resource
import sys
import time
from pathlib import Path

import numpy  # noqa: F401
import scipy.signal  # noqa: F401

from sleeplm.errors import SleepLMError
from sleeplm.recording import open_recording

SECONDS, MEGABYTES = 4, 512  # half as long is enough on a machine that nobody shares


def limit() -> None:
    """From now on: `SECONDS` more (the kernel counts whole ones) and `MEGABYTES` more."""
    (data_kb,) = map(int, re.findall(r"VmData:\s+(\d+)", Path("/proc/self/status").read_text()))
    # Memory of its own; what is mapped of the file itself can be dropped by the system at any time.
    resource.setrlimit(resource.RLIMIT_DATA, ((data_kb << 10) + (MEGABYTES << 20), resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + SECONDS, resource.RLIM_INFINITY))


def answer(path: Path) -> dict:
    """What comes of opening a file, and of reading what it holds."""
    try:
        night = open_recording(path)
        for name in night.channels:
            night.signal(name, 64)
        return {"channels": list(night.channels), "warnings": night.warnings}
    except SleepLMError as error:
        return {"refused": str(error)}
    except Exception as error:
        return {"uncaught": f"{type(error).__name__}: {error}"}


def main(paths: list[str]) -> None:
    """Say which file is being opened, then what came of it."""
    for path in map(Path, paths):
        print(json.dumps({"file": path.name}), flush=True)
        limit()
        print(json.dumps(answer(path)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

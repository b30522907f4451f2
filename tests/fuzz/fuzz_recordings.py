"""Feed the reader of recordings with whatever coverage-guided mutation comes upon (``make fuzz``).

What is opened must be a recording whose every signal can be read, or be refused in one sentence that names the
file; anything else is a finding, which libFuzzer writes down as ``crash-...``. Not part of the tests: atheris is
installed by ``make fuzz`` alone.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sleeplm.recording"]):
    from sleeplm.errors import SleepLMError
    from sleeplm.recording import open_recording

sys.path.insert(0, str(Path(__file__).parents[1] / "recording"))
from hostile import HOSTILE

SCRATCH = Path(tempfile.mkdtemp(prefix="sleeplm-fuzz-"))
FILE = SCRATCH / "fuzzed.edf"
MAX_SEED_BYTES = 100_000


def open_and_read(data: bytes) -> None:
    """Write the bytes as a file, open it, and read all of it."""
    FILE.write_bytes(data)
    try:
        night = open_recording(FILE)
        for name in night.channels:
            if night.signal(name, 64).size != round(night.duration_s * 64):
                raise AssertionError(f"{name} has another length than the recording")
    except SleepLMError as error:
        if FILE.name not in str(error) or "\n" in str(error):
            raise AssertionError(f"not one sentence about the file: {error}") from error


def main() -> None:
    """Begin with the hostile files of the tests; flags are those of libFuzzer."""
    seeds = SCRATCH / "seeds"
    seeds.mkdir()
    for name, content in HOSTILE.items():
        if len(content) <= MAX_SEED_BYTES:
            (seeds / name).write_bytes(content)
    atheris.Setup([*sys.argv, str(seeds)], open_and_read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Feed the readers of scorings with whatever coverage-guided mutation comes upon (``make fuzz``).

The first byte chooses the name of the file, the rest is its content. What is read must be a sound scoring, or be
refused in one sentence that names the file; anything else is a finding, which libFuzzer writes down as
``crash-...``. Not part of the tests: atheris is installed by ``make fuzz`` alone.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sleeplm.recording.annotations"]):
    import sleeplm.recording.annotations  # noqa: F401

sys.path.insert(0, str(Path(__file__).parents[1] / "recording"))
from scoring_samples import SAMPLES, check

SCRATCH = Path(tempfile.mkdtemp(prefix="sleeplm-fuzz-"))
NAMES = sorted(SAMPLES)


def read(data: bytes) -> None:
    """Write the bytes as a file of one of the formats' names, and read it."""
    if data:
        path = SCRATCH / NAMES[data[0] % len(NAMES)]
        path.write_bytes(data[1:])
        check(path)


def main() -> None:
    """Begin with a sound file of every format; flags are those of libFuzzer."""
    seeds = SCRATCH / "seeds"
    seeds.mkdir()
    for i, name in enumerate(NAMES):
        sample = SAMPLES[name]
        (seeds / name).write_bytes(bytes([i]) + (sample if isinstance(sample, bytes) else sample.encode()))
    atheris.Setup([*sys.argv, str(seeds)], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

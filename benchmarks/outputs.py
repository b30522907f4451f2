"""The package's outputs of a fixed set of nights, written to a folder, and compared with those of another version.

    python -m benchmarks.outputs runs/before          # at one commit
    python -m benchmarks.outputs runs/after           # at another
    python -m benchmarks.outputs --compare runs/before runs/after

Each night is analysed by the command ``sleeplm`` itself, into a folder of studies with a fixed key, so that ids are
the same each time. Written are the JSON of ``analyze``, every file of the study, captions of the night, answers to
ten questions, a cohort of three nights and a simulated recording; times are left out. A reorganisation of the code
changes none of it by a byte.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sleeplm.files import sha256, sha256_of

SHARED = Path(os.environ.get("SLEEPLM_TEST_DATA", Path(__file__).resolve().parents[2] / "shared"))
RECORDINGS = SHARED / "data" / "recordings"
NIGHTS = {
    "ucddb": ("ucddb018.edf", "--scoring", "ucddb018_stage.csv", "--scoring", "ucddb018_events.csv"),
    "ucddb_automatic": ("ucddb018.edf", "--hypopneas", "4%"),
    "dynamo": ("dynamo_84min.edf", "--scoring", "dynamo_84min_stages.csv"),
    "sleepedf": ("sleepedf_sc4001_5min.edf",),
    "nox": ("nox_a1_2min.edf", "--age", "50", "--sex", "F"),
    "cpap": ("cpap_night/20241127_004016_BRP.edf", "--scoring", "cpap_night/20241127_004009_EVE.edf"),
    "simulated": ("simulated.edf",),
}
QUESTIONS = (
    ("ucddb", "How long did the person sleep?"),
    ("ucddb", "What was the AHI?"),
    ("ucddb", "When was the longest period awake?"),
    ("ucddb", "What was the lowest oxygen saturation?"),
    ("ucddb", "Which stretch is most like epoch 300?"),
    ("simulated", "How much deep sleep was there?"),
    ("simulated", "What happened around 23:30?"),
    ("simulated", "How many apneas were there in REM sleep?"),
    ("simulated", "What was the heart rate variability in deep sleep?"),
    ("simulated", "Was anything not recorded?"),
)
TIMES = {"seconds", "created", "cost", "folder", "card"}  # what differs from run to run by its nature
KEY = bytes(range(32))


def main() -> None:
    """Write the outputs of this version, or compare two folders of outputs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.outputs", description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--compare", action="store_true", help="compare two folders instead")
    arguments = parser.parse_args()
    if arguments.compare:
        before, after = arguments.folders
        differing = list(differences(before, after))
        print("\n".join(differing) or f"the same: {len(list(before.rglob('*.json')))} outputs")
        sys.exit(bool(differing))
    write_outputs(*arguments.folders)


def write_outputs(out: Path) -> None:
    """Write the outputs of this version into a folder, which is made anew."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        studies = Path(folder, "studies")
        studies.mkdir()
        (studies / ".key").write_bytes(KEY)
        recording = Path(folder, "simulated.edf")
        _sleeplm("simulate", recording, "--seed", "3", "--hours", "1.5", "--profile", "osa-severe")
        _write(out / "simulate.json", {p.name: sha256_of(p) for p in sorted(Path(folder).glob("simulated*"))})
        for name, (file, *options) in NIGHTS.items():
            given = [o if o.startswith("--") or not (RECORDINGS / o).exists() else RECORDINGS / o for o in options]
            path = recording if name == "simulated" else RECORDINGS / file
            study = _json("analyze", path, *given, "--studies", studies, "--name", name)
            _write(out / f"analyze_{name}.json", study)
            _write(out / f"study_{name}.json", dict(_files_of(studies / study["study"])))
            _write(out / f"night_{name}.json", _json("caption", name, "--studies", studies))
        for number, (name, question) in enumerate(QUESTIONS, start=1):
            _write(out / f"ask_{number}.json", _json("ask", name, question, "--studies", studies))
        _write(out / "cohort.json", dict(_cohort(Path(folder), studies, recording)))


def _cohort(folder: Path, studies: Path, recording: Path) -> Iterator[tuple[str, Any]]:
    """The Parquet of a cohort of three nights and what a search in its index finds."""
    import pandas as pd

    files = (recording, RECORDINGS / "sleepedf_sc4001_5min.edf", RECORDINGS / "nox_a1_2min.edf")
    where = ("--out", folder / "cohort", "--index", folder / "index", "--studies", studies, "--workers", "1")
    _json("cohort", *files, *where)
    for file in sorted((folder / "cohort").rglob("*.parquet")):
        table = pd.read_parquet(file)
        table = table[[c for c in table.columns if c not in TIMES]]
        yield file.relative_to(folder).as_posix(), sha256(table.to_json().encode())
    yield "search", _json("search", folder / "index", "--text", "obstructive apnea", "--studies", studies)


def _files_of(study: Path) -> Iterator[tuple[str, object]]:
    """The files of a study: SHA-256 of each, of the manifest its content."""
    for path in sorted(study.iterdir()):
        yield path.name, _plain(json.loads(path.read_bytes())) if path.name == "manifest.json" else sha256_of(path)


def _sleeplm(*words: str | Path) -> str:
    command = [str(Path(sys.executable).with_name("sleeplm")), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _json(*words: str | Path) -> Any:
    return _plain(json.loads(_sleeplm(*words, "--json")))


def _plain(value: Any) -> Any:
    """A value without times and places of this run."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if k not in TIMES}
    return [_plain(v) for v in value] if isinstance(value, list) else value


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8")


def differences(before: Path, after: Path) -> Iterator[str]:
    """Each output that is not the same, and where it begins to differ."""
    names = sorted({p.name for folder in (before, after) for p in folder.glob("*.json")})
    for name in names:
        pair = [(folder / name).read_text() if (folder / name).exists() else "" for folder in (before, after)]
        if pair[0] != pair[1]:
            lines = zip(*(text.splitlines() or [""] for text in pair), strict=False)
            first = next(((n, a, b) for n, (a, b) in enumerate(lines, start=1) if a != b), ("end", "", ""))
            yield f"{name}: line {first[0]}: {first[1].strip()} -> {first[2].strip()}"


if __name__ == "__main__":
    main()

"""Reading, scoring, numbers, captions and the simulator need no torch, Gradio or FAISS."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "transformers", "peft", "accelerate", "safetensors", "gradio", "faiss", "llguidance", "dask")
CODE = f"""
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {HEAVY!r}:
            raise ImportError(name + " is not part of the core")

sys.meta_path.insert(0, Refuse())
import sleeplm
from sleeplm.recording.epochs import cut_epochs
from sleeplm.simulate import write_night

write_night(sleeplm.simulate_night(seed=2, hours=0.25, profile="osa-severe"), sys.argv[1])
recording = sleeplm.open_recording(sys.argv[1])
truth = sleeplm.read_scoring(sys.argv[1].replace(".edf", ".hypnogram.csv"), recording)
for experts in ([], [truth]):
    scoring = sleeplm.score(recording, experts)
facts = sleeplm.night_facts(recording, scoring)
captions = sleeplm.caption_night(recording, cut_epochs(recording), scoring)
print(sum(f.value is not None for f in facts), len(captions))
"""


def test_the_core_works_without_what_is_heavy(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path / "night.edf")], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    known, epochs = map(int, done.stdout.split())
    assert known > 50 and epochs == 30


def test_the_group_of_the_core_is_a_part_of_the_dependencies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = {name.split(">")[0] for name in project["project"]["dependencies"]}
    assert set(project["dependency-groups"]["core"]) <= names
    assert not set(project["dependency-groups"]["core"]) & set(HEAVY)

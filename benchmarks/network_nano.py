"""Our own small network on a simulated night: seconds to embed it and to caption it, and the size of its files."""

import tempfile
from pathlib import Path
from statistics import median

from benchmarks.report import Figure
from sleeplm.network.loading import SleepLM
from sleeplm.recording import open_recording
from sleeplm.recording.epochs import Epochs, cut_epochs
from sleeplm.simulate import simulate_night, write_night
from train.evaluation.speed import SPEED, speed_figures
from train.evaluation.targets import TARGETS

ROUNDS = 3
_UNDER = {target.name: target.value for target in TARGETS if target.table == SPEED}  # on two cores


def nano_figures() -> list[Figure]:
    """The figures of the shipped weights, medians of a few rounds."""
    model, night = SleepLM.from_pretrained(), _night()
    rounds = [speed_figures(model, night) for _ in range(ROUNDS)]
    figures = []
    for same in zip(*rounds, strict=True):
        name, unit, value = same[0].name, same[0].measure, median(f.value for f in same)
        figures.append(Figure(f"nano: {name}", value, unit, f"{same[0].n}; to be under {_UNDER[name]:g}"))
    return figures


def _night() -> Epochs:
    """Eight hours of 14 channels, written as EDF and read back."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "night.edf")
        write_night(simulate_night(seed=1, hours=8.0, profile="osa-mild"), file)
        return cut_epochs(open_recording(file))

"""Simulated nights beside real ones as small pictures, for docs/simulator.md."""

from pathlib import Path

import numpy as np

REAL, SIMULATED = "#4b5563", "#d97706"
PANELS = {
    "simulator_stages.png": (
        (", % of sleep", "Stages, %"),
        ("mean bout", "Mean bouts, min"),
        ("median bout", "Median bouts, min"),
    ),
    "simulator_transitions.png": ((" to ", "Where a stage leads, % of its bouts"),),
    "simulator_events.png": (("per hour", "Events per hour"), ("duration", "Durations of respiratory events, s")),
}


def plot(groups: list[list], folder: Path) -> None:
    """Write the pictures of the rows of `benchmarks.simulator` into `folder`."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    rows = [r for group in groups for r in group]
    for name, panels in PANELS.items():
        figure, axes = plt.subplots(1, len(panels), figsize=(4.6 * len(panels), 4.2), squeeze=False)
        for axis, (word, title) in zip(axes[0], panels, strict=True):
            own = [r for r in rows if word in r.name]
            _panel(axis, own, title)
        axes[0][0].legend(loc="upper right", fontsize=7, frameon=False)
        figure.tight_layout()
        figure.savefig(folder / name, dpi=80)
        plt.close(figure)


def _panel(axis, rows: list, title: str) -> None:
    """A line for each measure and source: 5th to 95th percentile thin, the middle half thick, the median a dot."""
    at = np.arange(len(rows))[::-1]
    for values, shift, colour, label in (
        ([r.real for r in rows], 0.16, REAL, "real"),
        ([r.simulated for r in rows], -0.16, SIMULATED, "simulated"),
    ):
        q = np.array(values).T
        axis.hlines(at + shift, q[0], q[4], color=colour, lw=1)
        axis.hlines(at + shift, q[1], q[3], color=colour, lw=4, alpha=0.55, label=label)
        axis.plot(q[2], at + shift, "o", color=colour, ms=3.5)
    axis.set_yticks(at, [_short(r.name) for r in rows], fontsize=7)
    axis.tick_params(axis="x", labelsize=7)
    axis.set_title(title, fontsize=9)
    axis.spines[["top", "right"]].set_visible(False)


def _short(name: str) -> str:
    for words in (", % of bouts", ", mean bout, min", ", median bout, min", " of duration, s", " duration, s"):
        name = name.replace(words, "")
    return name.replace("apneas and hypopneas", "events").replace("90th percentile", "90th pct.")

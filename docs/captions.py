"""Real epochs beside their captions: ``python docs/captions.py`` writes docs/captions.md and its pictures.

``--read FOLDER`` writes thirty instead, to be read beside their signals: all epochs of the Nox file and of five
minutes of Sleep-EDF, and sixteen of UCDDB 018 spread over its stages. Recordings lie in ``SLEEPLM_TEST_DATA``.
"""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sleeplm.captions import Caption, caption_night
from sleeplm.kinds.channels import CANONICAL, CHANNEL_NAMES
from sleeplm.kinds.events import EVENT_CHANNELS, MICRO_EVENTS
from sleeplm.night import Event, Scoring
from sleeplm.recording.epochs import Epochs, cut_epochs
from sleeplm.scoring import score
from sleeplm.study.pipeline import read_night
from sleeplm.units import EPOCH_S, MODEL_SFREQ_HZ

DATA = Path(os.environ.get("SLEEPLM_TEST_DATA", "../shared"), "data", "recordings")
HERE = Path(__file__).parent
SEED = 0
INTRO = """# Captions of real epochs
Six epochs of real recordings, with what is measured in them put into words, a caption a facet and one of the
whole. Signals and expert stages are real: a Nox A1 recording (two minutes, too short to stage), one night of
UCDDB (one EEG channel; the scale of its EEG is nominal) and five minutes of Sleep-EDF. Made by `python
docs/captions.py`; the epochs were chosen to differ, their captions were not. Shaded are events, on the channels
that they were scored by where these were recorded.

Every sentence comes from a measurement, and none says more than was measured: what was not recorded is not
spoken of, what is disturbed is said to be. Each caption can be read back to its claims
(`sleeplm.captions.read_back`). Words are drawn from a seed: people read all that was measured of a facet,
training sees other selections and orders each time. One thing to know: with a frontal derivation in wake,
blinks and rolling eyes count as delta power.

Research use only: not a medical device, not for diagnosis or treatment.
"""


@dataclass(frozen=True)
class Source:
    """A real recording and the epochs of it that are shown."""

    name: str
    recording: str
    scorings: tuple[str, ...]
    shown: tuple[int, ...]  # numbers, from 1

    def read(self) -> "Read":
        """Read, score and caption it."""
        recording, experts = read_night(DATA / self.recording, [DATA / s for s in self.scorings])
        scoring = score(recording, experts)
        epochs = cut_epochs(recording)
        notes = tuple(f"{c.name}: {c.note}" for c in recording.channels.values() if c.note)
        return Read(self, epochs, scoring, caption_night(recording, epochs, scoring, SEED), notes)


@dataclass(frozen=True)
class Read:
    """What a recording gave."""

    source: Source
    epochs: Epochs
    scoring: Scoring
    captions: list[dict[str, Caption]]
    notes: tuple[str, ...]  # which signal stands in for which channel

    def spread(self, n: int) -> list[int]:
        """Numbers of `n` epochs, of each stage in turn, evenly over its epochs."""
        hypnogram = np.array(self.scoring.hypnogram[: len(self.epochs)], dtype=str)
        if n >= len(self.epochs):
            return list(range(1, len(self.epochs) + 1))
        kinds = sorted(set(hypnogram))
        shares = [np.flatnonzero(hypnogram == k) for k in kinds]
        picked: list[int] = []
        for i, rows in enumerate(shares):
            wanted = n // len(kinds) + (i < n % len(kinds))
            picked += (rows[np.linspace(0, len(rows) - 1, wanted + 2).astype(int)[1:-1]] + 1).tolist()
        return sorted(set(picked))


SOURCES = (
    Source("Nox A1", "nox_a1_2min.edf", (), (1, 3)),
    Source("UCDDB 018", "ucddb018.edf", ("ucddb018_stage.csv", "ucddb018_events.csv"), (363, 431, 571)),
    Source("Sleep-EDF SC4001", "sleepedf_sc4001_5min.edf", ("sleepedf_sc4001_hypnogram.edf",), (4,)),
)


def draw(read: Read, number: int, out_png: Path) -> None:
    """The signals of one epoch, each on an axis of its own, events shaded."""
    from matplotlib.figure import Figure

    e = number - 1
    rows = [c for c in CANONICAL if read.epochs.present[e, CHANNEL_NAMES.index(c.name)]]
    picture = Figure(figsize=(9, 0.55 * len(rows) + 0.5), dpi=70, layout="constrained")
    axes = np.atleast_1d(picture.subplots(len(rows), 1, sharex=True))
    times = np.arange(EPOCH_S * MODEL_SFREQ_HZ) / MODEL_SFREQ_HZ
    for channel, axis in zip(rows, axes, strict=True):
        axis.plot(times, read.epochs.signals[e, CHANNEL_NAMES.index(channel.name)], lw=0.5, color="0.2")
        axis.set_ylabel(f"{channel.name}\n{channel.unit}", rotation=0, ha="right", va="center", fontsize=6)
        axis.tick_params(labelsize=5, length=2)
        for event in _within(read.scoring.events, e):
            if channel in _shown_on(event, rows):
                axis.axvspan(event.start_s - e * EPOCH_S, event.end_s - e * EPOCH_S, color="C1", alpha=0.2, lw=0)
    axes[-1].set(xlim=(0, EPOCH_S))
    axes[-1].set_xlabel("s", fontsize=6)
    picture.savefig(out_png, metadata={"Software": None})


def _shown_on(event: Event, rows: list) -> list:
    """The channels that an event rests on, or all where none of them was recorded."""
    return [c for c in rows if c.name in (event.channels or EVENT_CHANNELS.get(event.type, ()))] or rows


def _within(events: tuple[Event, ...], e: int) -> list[Event]:
    shaded = [v for v in events if v.type not in MICRO_EVENTS]
    return [v for v in shaded if v.start_s < (e + 1) * EPOCH_S and v.end_s > e * EPOCH_S]


def section(read: Read, number: int, picture: str) -> str:
    """An epoch as a section of the page."""
    lines = [f"## {read.source.name}, epoch {number}", f"![Signals of the epoch]({picture})", ""]
    lines += [f"- **{facet}**: {caption.text}" for facet, caption in read.captions[number - 1].items()]
    if read.notes:
        lines += ["", f"({'; '.join(read.notes)}.)"]
    return "\n".join(lines) + "\n"


def write(folder: Path, page: str, thirty: bool) -> None:
    """Write the page and its pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [INTRO]
    for source in SOURCES:
        read = source.read()
        for number in read.spread(16) if thirty else source.shown:
            picture = f"caption_{source.recording.split('.')[0]}_{number}.png"
            draw(read, number, folder / picture)
            parts.append(section(read, number, picture))
    (folder / page).write_text("\n".join(parts))


def main() -> None:
    """Write docs/captions.md, or thirty captions to be read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--read", type=Path, metavar="FOLDER")
    folder = parser.parse_args().read
    write(folder or HERE, "captions.md", thirty=folder is not None)


if __name__ == "__main__":
    main()

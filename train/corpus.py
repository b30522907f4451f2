"""Simulated nights as training material: signals, and what is true of each epoch in words.

Each night is written as EDF and opened as any lab's file, so that the network trains on what the reader gives. It
is then seen in several views: whole, and with only some channels recorded. The texts of a view are those that the
captions' own functions give for a recording without the other channels: nothing is said of what a view lacks.
"""

import argparse
import gzip
import hashlib
import json
import re
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from sleeplm.captions import attributes_of_night, spans_of, tell, training_phrases
from sleeplm.epochs import Epochs, cut_epochs
from sleeplm.night import Scoring
from sleeplm.recording import open_recording
from sleeplm.simulate import PROFILES, simulate_night, write_night
from sleeplm.vocabulary import CHANNEL_NAMES, EVENT_CHANNELS, EVENT_TYPES, FACETS

# A person is a seed; the ranges never meet, so that nobody is on two sides of a split.
FIRST_SEED = {"train": 1000, "validation": 500_000, "test": 900_000}
VIEWS: dict[str, tuple[str, ...]] = {
    "whole": CHANNEL_NAMES,
    "brain": ("EOG_L", "EOG_R", "C3", "C4", "EMG_CHIN"),
    "one EEG": ("C3",),
    "other EEG": ("C4",),
    "breathing": ("ABD", "THX", "AF", "SPO2", "SNORE"),
    "home test": ("ECG", "ABD", "THX", "AF", "POS", "SPO2", "SNORE"),
    "no breathing": ("ECG", "EOG_L", "EOG_R", "C3", "C4", "EMG_CHIN", "LEG_L", "LEG_R"),
    "body": ("EMG_CHIN", "POS", "LEG_L", "LEG_R"),
    "heart": ("ECG", "SPO2"),
}
VIEWS_A_NIGHT = 4
PHRASINGS = 2
# An epoch by itself shows neither who scored it nor what came before it.
_OF_CONTEXT = {
    "stage_event": ("previous_stage",),
    "respiratory": ("effort_pct", "snore_ratio"),
}
_SAYS_WHO = re.compile(r"\b(expert|scored|staged|scoring)\b", re.IGNORECASE)
_TRIES = 8


@dataclass(frozen=True)
class Row:
    """One epoch in one view.

    Attributes
    ----------
    epoch : int
        Index into the night's signals, from 0.
    present : list of bool
        By canonical channel.
    stage : str
    phrases : list of str
        Short phrases that are true.
    untold : list of str
        Phrases that are true of the person, but rest on channels that this view lacks.
    spans : list of (float, float, str)
        Seconds within the epoch where an event's phrase is true.
    captions : dict of str to list of str
        By facet, in several phrasings.
    same : dict of str to str
        By facet, a sum of what was measured: epochs that share it say the same.
    attributes : dict
        What was measured, by facet; kept for evaluation only.
    """

    epoch: int
    present: list[bool]
    stage: str
    phrases: list[str]
    untold: list[str]
    spans: list[tuple[float, float, str]]
    captions: dict[str, list[str]]
    same: dict[str, str]
    attributes: dict


class SomeChannels:
    """A recording as it would be had only these channels been recorded."""

    def __init__(self, recording, names: Sequence[str]):
        self._recording = recording
        self.channels = {k: v for k, v in recording.channels.items() if k in names}
        self.missing = [n for n in CHANNEL_NAMES if n not in self.channels]

    def __getattr__(self, name: str):
        return getattr(self._recording, name)


def only(scoring: Scoring, channels: Sequence[str]) -> Scoring:
    """A scoring without the events that rest on channels other than these."""
    seen = {t for t in EVENT_TYPES if t not in EVENT_CHANNELS or any(c in channels for c in EVENT_CHANNELS[t])}
    return replace(
        scoring,
        events=tuple(e for e in scoring.events if e.type in seen),
        event_sources={t: s for t, s in scoring.event_sources.items() if t in seen},
    )


def views_of(seed: int) -> list[str]:
    """The views of a night: the whole, and others drawn by its seed."""
    others = [name for name in VIEWS if name != "whole"]
    return ["whole", *np.random.default_rng(seed).choice(others, VIEWS_A_NIGHT - 1, replace=False)]


def rows_of(recording, scoring: Scoring, views: Sequence[str], seed: int) -> tuple[Epochs, list[Row]]:
    """Everything that is true of a recording's epochs, in each view; ``views[0]`` is the whole."""
    epochs = cut_epochs(recording)
    everything: list[dict] = []
    rows = []
    for number, view in enumerate(views):
        names = VIEWS[view]
        kept = epochs.present & np.array([n in names for n in CHANNEL_NAMES])
        seen = Epochs(np.where(kept[..., None], epochs.signals, np.float32(0)), kept)
        attributes = attributes_of_night(SomeChannels(recording, names), seen, only(scoring, names))
        everything = everything or attributes
        told = [tell_alone(attributes, f"{seed} {number} {i}") for i in range(PHRASINGS)]
        for e, (here, full) in enumerate(zip(attributes, everything, strict=True)):
            phrases = training_phrases(here)
            captions = {f: [t[e][f] for t in told if f in t[e]] for f in FACETS}
            rows.append(
                Row(
                    epoch=e,
                    present=kept[e].tolist(),
                    stage=str(scoring.hypnogram[e]) if e < len(scoring.hypnogram) else "?",
                    phrases=phrases,
                    untold=sorted(set(training_phrases(full)) - set(phrases)),
                    spans=spans_of(here),
                    captions={f: sorted(set(texts)) for f, texts in captions.items() if texts},
                    same={f: _sum_of(_without_context(f, values)) for f, values in here.items()},
                    attributes=here,
                )
            )
    return epochs, rows


def tell_alone(attributes: Sequence[dict[str, dict]], seed: str) -> list[dict[str, str]]:
    """Captions of epochs that say nothing of the epochs around them, nor of who scored."""
    alone = [{facet: _without_context(facet, values) for facet, values in row.items()} for row in attributes]
    told = [{f: c.text for f, c in row.items()} for row in tell(alone, seed)]
    for attempt in range(_TRIES):
        again = [e for e, row in enumerate(told) if _SAYS_WHO.search(row.get("stage_event", ""))]
        if not again:
            break
        for e, row in zip(again, tell([alone[e] for e in again], f"{seed} again {attempt}"), strict=True):
            told[e]["stage_event"] = row["stage_event"].text
    for row in told:
        if _SAYS_WHO.search(row.get("stage_event", "")):
            del row["stage_event"]
    return told


def _sum_of(values: dict) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]


def _without_context(facet: str, values: dict) -> dict:
    kept = {k: v for k, v in values.items() if k not in _OF_CONTEXT.get(facet, ())}
    if facet == "respiratory" and kept.get("flow_lowest_pct", 100) >= 25:
        kept = {k: v for k, v in kept.items() if not k.startswith("flow_")}  # relative to minutes unseen
    return kept


@dataclass(frozen=True)
class Night:
    """One night of a corpus on disk."""

    stem: Path

    @cached_property
    def signals(self) -> np.ndarray:
        """float16 ``[epochs, 14, 1920]``, in memory: batches draw epochs from everywhere."""
        return np.load(self.stem.with_suffix(".npy"), allow_pickle=False)

    def rows(self) -> list[Row]:
        """All rows, read from the disk."""
        with gzip.open(self.stem.with_suffix(".json.gz"), "rt") as file:
            return [Row(**values) for values in json.load(file)]


def write_corpus_night(folder: Path, split: str, profile: str, number: int, hours: float) -> str:
    """Simulate one night and write its signals and rows; a night that is there already is left alone."""
    seed = FIRST_SEED[split] + number
    stem = folder / split / f"{profile}_{seed}"
    rows_file = stem.with_suffix(".json.gz")
    if rows_file.exists():
        return stem.name
    stem.parent.mkdir(parents=True, exist_ok=True)
    night = simulate_night(seed=seed, hours=hours, profile=profile)
    scoring = true_scoring(night)
    with tempfile.TemporaryDirectory() as scratch:
        edf = Path(scratch) / "night.edf"
        write_night(night, edf)
        recording = open_recording(edf)
        views = views_of(seed) if split == "train" else ["whole", "brain", "breathing", "one EEG"]
        epochs, rows = rows_of(recording, scoring, views, seed)
    np.save(stem.with_suffix(".npy"), epochs.signals.astype(np.float16))
    partial = stem.with_suffix(".partial")
    with gzip.open(partial, "wt", compresslevel=3) as file:
        json.dump([vars(row) | ({"attributes": {}} if split == "train" else {}) for row in rows], file)
    partial.rename(rows_file)
    return stem.name


def true_scoring(night) -> Scoring:
    """The truth of a simulated night as a scoring, every type of event looked for."""
    return Scoring(
        hypnogram=tuple(night.hypnogram),
        hypnogram_source="truth",
        events=tuple(sorted(night.events, key=lambda e: e.start_s)),
        event_sources=dict.fromkeys(EVENT_TYPES, "truth"),
    )


def nights(folder: Path, split: str) -> list[Night]:
    """The nights of a split that lie in a corpus folder, in order of name."""
    return [Night(f.with_name(f.name.removesuffix(".json.gz"))) for f in sorted((folder / split).glob("*.json.gz"))]


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate the nights of one split."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--split", choices=sorted(FIRST_SEED), default="train")
    parser.add_argument("--nights", type=int, default=16)
    parser.add_argument("--first", type=int, default=0, help="number of the first person")
    parser.add_argument("--hours", type=float, default=6.0)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args(arguments)
    profiles = list(PROFILES)
    numbers = range(given.first, given.first + given.nights)
    with ProcessPoolExecutor(given.processes) as pool:
        jobs = [
            pool.submit(write_corpus_night, given.folder, given.split, profiles[n % len(profiles)], n, given.hours)
            for n in numbers
        ]
        for job in jobs:
            print(job.result(), flush=True)


if __name__ == "__main__":
    main()

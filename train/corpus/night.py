"""The nights of a cohort as training data: epochs with several subsets of channels, captions anew with each seed.

Read from the Parquet that `sleeplm cohort --signals` writes (simulated: `python -m train.corpus.simulate`). A
night comes whole, and with only some channels recorded: the attributes of a channel subset are those of a recording
without the other channels (`sleeplm.captions.features.channel_subsets.with_channels`), so that nothing is stated of
what a subset lacks.
"""

import json
import multiprocessing
import os
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol, Self

import numpy as np
import pyarrow.parquet as pq

from index.cohort.folder import load_settings, manifests
from sleeplm.captions import doubtful_phrases, render_captions, spans_of, training_phrases
from sleeplm.captions.features.channel_subsets import with_channels
from sleeplm.errors import UsageError
from sleeplm.files import sha256
from sleeplm.kinds.channels import CHANNEL_NAMES, FACETS
from sleeplm.kinds.events import EVENT_CHANNELS
from sleeplm.network.nano.measured import fill_placeholders, numbers_of, with_placeholders
from sleeplm.units import SAMPLES_PER_EPOCH

CHANNEL_SUBSETS: dict[str, tuple[str, ...]] = {
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
EVALUATED_SUBSETS = ("whole", "one EEG", "brain", "breathing")  # of everybody who is not trained on
ALONE = ("one EEG", "other EEG")  # in training each night comes with one: the poorest subset is the commonest
SUBSETS_A_NIGHT = 4  # in training
PHRASINGS = 2  # of each caption
# An epoch by itself shows neither who scored it nor what came before and after it.
_OF_CONTEXT = {
    "stage_event": ("previous_stage", "next_stage"),
    "respiratory": ("effort_pct", "snore_ratio"),
}
_NAMES_SCORER = re.compile(r"\b(expert|scored|staged|scoring)\b", re.IGNORECASE)
_STOPS_PCT = 25  # of the usual airflow: under it a breath all but stops, which shows without the minutes before
_TRIES = 8  # of a caption that names the scorer; after so many it is left out
_MANY_NIGHTS = 8  # from here on starting processes costs less than rendering in one


@dataclass(frozen=True)
class Row:
    """One epoch with one subset of channels.

    Attributes
    ----------
    epoch : int
        Index into the night's signals, from 0.
    present : list of bool
        By canonical channel.
    stage : str
    phrases : list of str
        Short phrases that are true.
    unknown : list of str
        Phrases that are true of the person but rest on channels that this subset lacks, and doubtful ones.
    spans : list of (float, float, str)
        Seconds within the epoch where an event's phrase is true.
    captions : dict of str to list of str
        By facet, in several phrasings.
    templates : dict of str to list of str
        The same with placeholders for numbers (see `sleeplm.network.nano.measured`).
    checksums : dict of str to str
        By facet, of what was measured: epochs that share it have the same captions.
    attributes : dict
        What was measured, by facet; kept for evaluation only.
    """

    epoch: int
    present: list[bool]
    stage: str
    phrases: list[str]
    unknown: list[str]
    spans: list[tuple[float, float, str]]
    captions: dict[str, list[str]]
    templates: dict[str, list[str]]
    checksums: dict[str, str]
    attributes: dict


class TrainingNight(Protocol):
    """What training asks of a night."""

    @property
    def signals(self) -> np.ndarray:
        """float16 ``[epochs, 14, 1920]``."""

    def rendered(self, seed: int) -> Self:
        """The same night, its channel subsets and captions drawn by another seed."""

    def rows(self) -> list[Row]:
        """A row for each epoch with each channel subset, the whole first."""


@dataclass(frozen=True)
class Night:
    """One night of a corpus on disk.

    Attributes
    ----------
    epochs_file, signals_file : Path
        Its tables.
    study, person, split : str
    n_epochs : int
    simulated : bool
    seed : int
        Of the draw of channel subsets and of captions.
    channels : tuple of str
        Those that a network reads: subsets and captions are as if nothing else had been recorded.
    """

    epochs_file: Path
    signals_file: Path
    study: str
    person: str
    split: str
    n_epochs: int
    simulated: bool
    seed: int = 0
    channels: tuple[str, ...] = CHANNEL_NAMES

    def rendered(self, seed: int) -> "Night":
        """The same night, its channel subsets and captions drawn by another seed."""
        return replace(self, seed=seed)

    def with_channels(self, channels: tuple[str, ...]) -> "Night":
        """The same night as a network of these channels reads it."""
        return replace(self, channels=channels)

    @cached_property
    def signals(self) -> np.ndarray:
        """float16 ``[epochs, 14, 1920]``, in memory: batches draw epochs from everywhere."""
        column = pq.read_table(self.signals_file, columns=["signals"], partitioning=None)["signals"]
        return column.combine_chunks().flatten().to_numpy().reshape(-1, len(CHANNEL_NAMES), SAMPLES_PER_EPOCH)

    @property
    def subsets(self) -> Sequence[str]:
        """Names of channel subsets: in training the whole and others drawn by the seed, else always the same."""
        return subsets_of(self.study, self.seed) if self.split == "train" else EVALUATED_SUBSETS

    def stages_and_presence(self) -> tuple[list[str], list[np.ndarray]]:
        """The stages ``[epochs]``, and for each subset which channels an epoch has, bool ``[epochs, 14]``."""
        epochs = self._epochs("stage", "channels")
        present = [
            np.array([_present(epoch, names) for epoch in epochs]) for names in self._channels_of_subsets(epochs)
        ]
        return [epoch["stage"] for epoch in epochs], present

    def rows(self) -> list[Row]:
        """A row for each epoch with each channel subset, the whole first."""
        epochs = self._epochs("stage", "channels", "attributes")
        measured = [json.loads(epoch["attributes"]) for epoch in epochs]
        whole = [{*training_phrases(row), *doubtful_phrases(row)} for row in measured]
        rows = []
        for number, names in enumerate(self._channels_of_subsets(epochs)):
            of_subset = [with_channels(attributes, names) for attributes in measured]
            marked = [with_placeholders(attributes) for attributes in of_subset]
            seeds = [f"{self.seed} {self.study} {number} {i}" for i in range(PHRASINGS)]
            rendered = [render_without_context(marked, seed) for seed in seeds]
            for e, (epoch, attributes) in enumerate(zip(epochs, of_subset, strict=True)):
                phrases = training_phrases(attributes)
                texts = {f: sorted({r[e][f] for r in rendered if f in r[e]}) for f in attributes if f in FACETS}
                texts = {f: those for f, those in texts.items() if those}
                numbers = numbers_of(attributes).tolist()
                rows.append(
                    Row(
                        epoch=e,
                        present=_present(epoch, names),
                        stage=epoch["stage"],
                        phrases=phrases,
                        unknown=sorted(whole[e] - set(phrases)),
                        spans=spans_of(attributes),
                        captions={f: [fill_placeholders(t, numbers) for t in those] for f, those in texts.items()},
                        templates=texts,
                        checksums={f: _checksum(_without_context(f, values)) for f, values in attributes.items()},
                        attributes={} if self.split == "train" else attributes,
                    )
                )
        return rows

    def _epochs(self, *columns: str) -> list[dict]:
        return pq.read_table(self.epochs_file, columns=list(columns), partitioning=None).to_pylist()

    def _channels_of_subsets(self, epochs: Sequence[dict]) -> list[frozenset[str]]:
        """The channels of each subset; of a recording of few channels several subsets are one, or none."""
        recorded = {name for epoch in epochs for name in epoch["channels"]}.intersection(self.channels)
        found = dict.fromkeys(frozenset(recorded & set(CHANNEL_SUBSETS[name])) for name in self.subsets)
        return [names for names in found if names]


def _present(epoch: dict, names: frozenset[str]) -> list[bool]:
    return [name in epoch["channels"] and name in names for name in CHANNEL_NAMES]


def nights(folder: Path, split: str) -> list[Night]:
    """The nights of a split of a corpus, in order of study.

    Raises
    ------
    StudyError
        There is no cohort in the folder.
    UsageError
        It was made without signals.
    """
    if not load_settings(folder)["signals"]:
        raise UsageError("the cohort was made without signals; make it with --signals, in a new folder")
    return [
        Night(
            folder / "epochs" / split / f"{night['study']}.parquet",
            folder / "signals" / split / f"{night['study']}.parquet",
            night["study"],
            night["person"],
            split,
            night["counts"]["epochs"],
            night["simulated"],
        )
        for night in manifests(folder)
        if night["split"] == split
    ]


def rows_of(nights: Sequence[TrainingNight]) -> list[list[Row]]:
    """The rows of each night; of many nights on all cores, for rendering takes longer than reading."""
    if len(nights) < _MANY_NIGHTS:
        return [night.rows() for night in nights]
    fresh = multiprocessing.get_context("spawn")  # a fork would inherit the threads of what computes already
    with ProcessPoolExecutor(os.cpu_count(), mp_context=fresh) as pool:
        return list(pool.map(_rows, nights))


def _rows(night: TrainingNight) -> list[Row]:
    return night.rows()


def by_subset(rows: Iterable[Row]) -> list[list[Row]]:
    """The rows of a night, a list for each channel subset, the whole first; a subset begins at epoch 0."""
    subsets: list[list[Row]] = []
    for row in rows:
        if row.epoch == 0:
            subsets.append([])
        subsets[-1].append(row)
    return subsets


def sameness(rows: Sequence[Row]) -> np.ndarray:
    """Numbers ``[rows, facets]`` shared by rows whose captions state the same; -1 where there is no caption."""
    numbers: dict[str, int] = {}
    same = np.full((len(rows), len(FACETS)), -1)
    for r, row in enumerate(rows):
        for f, facet in enumerate(FACETS):
            if facet in row.captions:
                same[r, f] = numbers.setdefault(facet + row.checksums[facet], len(numbers))
    return same


def subsets_of(study: str, seed: int) -> list[str]:
    """The channel subsets of a night in training: the whole, one EEG alone, others drawn by its id and a seed."""
    rng = np.random.default_rng([seed, *study.encode()])
    alone = str(rng.choice(ALONE))
    others = [name for name in CHANNEL_SUBSETS if name not in ("whole", alone)]
    return ["whole", alone, *rng.choice(others, SUBSETS_A_NIGHT - 2, replace=False).tolist()]


def render_without_context(attributes: Sequence[dict[str, dict]], seed: str) -> list[dict[str, str]]:
    """Captions of epochs by facet that state nothing of the epochs around them, nor of who scored."""
    alone = [{facet: _without_context(facet, values) for facet, values in row.items()} for row in attributes]
    rendered = [{f: c.text for f, c in row.items()} for row in render_captions(alone, seed)]
    for attempt in range(_TRIES):
        again = [e for e, row in enumerate(rendered) if _NAMES_SCORER.search(row.get("stage_event", ""))]
        if not again:
            break
        others = render_captions([alone[e] for e in again], f"{seed} again {attempt}")
        for e, other in zip(again, others, strict=True):
            rendered[e]["stage_event"] = other["stage_event"].text
    for row in rendered:
        if _NAMES_SCORER.search(row.get("stage_event", "")):
            del row["stage_event"]
    return rendered


def _checksum(values: dict) -> str:
    return sha256(json.dumps(values, sort_keys=True).encode())[:12]


def _without_context(facet: str, values: dict) -> dict:
    kept = {k: v for k, v in values.items() if k not in _OF_CONTEXT.get(facet, ())}
    if "events" in kept:
        kept["events"] = [_within(event) for event in kept["events"]]
    if facet != "respiratory":
        return kept
    # Sizes are relative to minutes outside the epoch; a breath that all but stops shows by itself.
    if kept.get("flow_lowest_pct", 100) >= _STOPS_PCT:
        kept = {k: v for k, v in kept.items() if not k.startswith("flow_")}
    return {k: _without_size(v) if k in EVENT_CHANNELS["hypopnea"] else v for k, v in kept.items()}


def _within(event: dict) -> dict:
    """An event without its whole duration, where it goes on beyond the epoch."""
    beyond = event["from_before"] or event["into_next"]
    return {k: v for k, v in event.items() if not (beyond and k == "duration_s")}


def _without_size(signal: dict) -> dict:
    stops = signal.get("lowest_pct", 100) < _STOPS_PCT
    return {k: v for k, v in signal.items() if k != "amplitude_pct" and (stops or not k.startswith("lowest_"))}

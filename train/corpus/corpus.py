"""A cohort's data set as training material: epochs in several views, told anew with each seed.

Read from the Parquet that `sleeplm cohort --signals` writes (simulated: `python -m train.corpus.simulate`). A
night is seen whole, and with only some channels recorded: the attributes of a view are those of a recording without
the other channels (`captions.views.with_channels`), so that nothing is said of what a view lacks.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from index.cohort.folder import load_settings, manifests
from sleeplm.captions import doubtful_phrases, render_captions, spans_of, training_phrases
from sleeplm.captions.features.channel_subsets import with_channels
from sleeplm.errors import UsageError
from sleeplm.kinds.channels import CHANNEL_NAMES, FACETS
from sleeplm.kinds.events import EVENT_CHANNELS
from sleeplm.network.nano.measured import fill_placeholders, numbers_of, with_placeholders
from sleeplm.units import SAMPLES_PER_EPOCH

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
MEASURED_VIEWS = ("whole", "one EEG", "brain", "breathing")  # of everybody who is not trained on
ALONE = ("one EEG", "other EEG")  # in training each night is seen by one of them: the poorest view is the commonest
VIEWS_A_NIGHT = 4
PHRASINGS = 2
# An epoch by itself shows neither who scored it nor what came before and after it.
_OF_CONTEXT = {
    "stage_event": ("previous_stage", "next_stage"),
    "respiratory": ("effort_pct", "snore_ratio"),
}
_SAYS_WHO = re.compile(r"\b(expert|scored|staged|scoring)\b", re.IGNORECASE)
_STOPS_PCT = 25
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
        Phrases that are true of the person but rest on channels that this view lacks, and doubtful ones.
    spans : list of (float, float, str)
        Seconds within the epoch where an event's phrase is true.
    captions : dict of str to list of str
        By facet, in several phrasings.
    marked : dict of str to list of str
        The same with marks for numbers (see `sleeplm.network.nano.measured`).
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
    marked: dict[str, list[str]]
    same: dict[str, str]
    attributes: dict


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
        Which views are seen, and how they are told.
    channels : tuple of str
        Those that a network reads: the night is seen and told as if nothing else had been recorded.
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

    def told(self, seed: int) -> "Night":
        """The same night, seen and told by another seed."""
        return replace(self, seed=seed)

    @cached_property
    def signals(self) -> np.ndarray:
        """float16 ``[epochs, 14, 1920]``, in memory: batches draw epochs from everywhere."""
        column = pq.read_table(self.signals_file, columns=["signals"], partitioning=None)["signals"]
        return column.combine_chunks().flatten().to_numpy().reshape(-1, len(CHANNEL_NAMES), SAMPLES_PER_EPOCH)

    @property
    def views(self) -> Sequence[str]:
        """The views that are seen: in training the whole and others drawn by the seed, else always the same."""
        return views_of(self.study, self.seed) if self.split == "train" else MEASURED_VIEWS

    def seen(self) -> tuple[list[str], list[np.ndarray]]:
        """The stages ``[epochs]``, and for each view which channels an epoch has, bool ``[epochs, 14]``."""
        epochs = self._epochs("stage", "channels")
        present = [np.array([_present(epoch, names) for epoch in epochs]) for names in self._seen_in(epochs)]
        return [epoch["stage"] for epoch in epochs], present

    def rows(self) -> list[Row]:
        """A row for each epoch in each view, the whole first."""
        epochs = self._epochs("stage", "channels", "attributes")
        measured = [json.loads(epoch["attributes"]) for epoch in epochs]
        whole = [{*training_phrases(row), *doubtful_phrases(row)} for row in measured]
        rows = []
        for number, names in enumerate(self._seen_in(epochs)):
            seen = [with_channels(attributes, names) for attributes in measured]
            with_marks = [with_placeholders(attributes) for attributes in seen]
            told = [tell_alone(with_marks, f"{self.seed} {self.study} {number} {i}") for i in range(PHRASINGS)]
            for e, (epoch, attributes) in enumerate(zip(epochs, seen, strict=True)):
                phrases = training_phrases(attributes)
                texts = {f: sorted({t[e][f] for t in told if f in t[e]}) for f in attributes if f in FACETS}
                texts = {f: those for f, those in texts.items() if those}
                numbers = numbers_of(attributes)
                rows.append(
                    Row(
                        epoch=e,
                        present=_present(epoch, names),
                        stage=epoch["stage"],
                        phrases=phrases,
                        untold=sorted(whole[e] - set(phrases)),
                        spans=spans_of(attributes),
                        captions={f: [fill_placeholders(t, numbers) for t in those] for f, those in texts.items()},
                        marked=texts,
                        same={f: _sum_of(_without_context(f, values)) for f, values in attributes.items()},
                        attributes={} if self.split == "train" else attributes,
                    )
                )
        return rows

    def _epochs(self, *columns: str) -> list[dict]:
        return pq.read_table(self.epochs_file, columns=list(columns), partitioning=None).to_pylist()

    def _seen_in(self, epochs: Sequence[dict]) -> list[frozenset[str]]:
        """The channels of each view; of a recording of few channels several views are one, or none."""
        recorded = {name for epoch in epochs for name in epoch["channels"]}.intersection(self.channels)
        found = dict.fromkeys(frozenset(recorded & set(VIEWS[view])) for view in self.views)
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


def views_of(study: str, seed: int) -> list[str]:
    """The views of a night in training: the whole, one EEG alone, and others drawn by its id and a seed."""
    rng = np.random.default_rng([seed, *study.encode()])
    alone = str(rng.choice(ALONE))
    others = [name for name in VIEWS if name not in ("whole", alone)]
    return ["whole", alone, *rng.choice(others, VIEWS_A_NIGHT - 2, replace=False).tolist()]


def tell_alone(attributes: Sequence[dict[str, dict]], seed: str) -> list[dict[str, str]]:
    """Captions of epochs that say nothing of the epochs around them, nor of who scored."""
    alone = [{facet: _without_context(facet, values) for facet, values in row.items()} for row in attributes]
    told = [{f: c.text for f, c in row.items()} for row in render_captions(alone, seed)]
    for attempt in range(_TRIES):
        again = [e for e, row in enumerate(told) if _SAYS_WHO.search(row.get("stage_event", ""))]
        if not again:
            break
        for e, row in zip(
            again, render_captions([alone[e] for e in again], f"{seed} again {attempt}"), strict=True
        ):
            told[e]["stage_event"] = row["stage_event"].text
    for row in told:
        if _SAYS_WHO.search(row.get("stage_event", "")):
            del row["stage_event"]
    return told


def _sum_of(values: dict) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]


def _without_context(facet: str, values: dict) -> dict:
    kept = {k: v for k, v in values.items() if k not in _OF_CONTEXT.get(facet, ())}
    if "events" in kept:
        kept["events"] = [_within(event) for event in kept["events"]]
    if facet != "respiratory":
        return kept
    # Sizes are relative to minutes unseen; a breath that all but stops is seen by itself.
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

"""A cohort's nights in an index, as the index reads a study."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from index.cohort.folder import load_settings, manifests
from index.store import Index
from sleeplm.captions import Caption
from sleeplm.errors import UsageError
from sleeplm.kinds.channels import FACETS
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring

NIGHTS_AT_ONCE = 100  # between two writes of the vectors: a hundred thousand epochs, 100 MB


@dataclass(frozen=True)
class IndexedNight:
    """What an index asks of a study, read from a cohort's tables."""

    id: str
    label: str
    person_id: str
    person: dict
    simulated: bool
    n_epochs: int
    start_clock: str | None
    scoring: Scoring
    captions: list[dict[str, Caption]]
    embeddings: np.ndarray
    model: dict
    created: str


def add_cohort(folder: Path, index_folder: Path) -> int:
    """Put the nights of a cohort that are not there yet into an index, in order of study; gives back how many.

    Raises
    ------
    UsageError
        The cohort has no embeddings.
    SearchError
        The index holds vectors of another network.
    """
    model = load_settings(folder)["model"]
    if model is None:
        raise UsageError("a cohort without embeddings cannot be searched; make it with them, in a new folder")
    index = None
    added, waiting = 0, []
    for night in _nights(folder, model):
        index = index or Index.open_or_create(index_folder, night)
        if not index.holds(night):
            waiting.append(night)
        if len(waiting) == NIGHTS_AT_ONCE:
            added += index.add_all(waiting)
            waiting = []
    return added + (index.add_all(waiting) if index is not None and waiting else 0)


def _nights(folder: Path, model: dict) -> Iterator[IndexedNight]:
    for manifest in manifests(folder):
        files = {name.partition("/")[0]: name for name in manifest["files"]}
        (study,) = pq.read_table(folder / files["studies"], partitioning=None).to_pylist()
        epochs = pq.read_table(folder / files["epochs"], partitioning=None)
        vectors = epochs["embedding"].combine_chunks()
        yield IndexedNight(
            id=study["study"],
            label=f"night-{study['study'][:6]}",
            person_id=study["person"],
            person={"age_years": study["age_years"], "sex": study["sex"]},
            simulated=study["simulated"],
            n_epochs=study["epochs"],
            start_clock=study["start_clock"],
            scoring=Scoring(
                hypnogram=tuple(Stage(s) for s in study["hypnogram"]),
                hypnogram_source=study["hypnogram_source"],
                events=tuple(Event.from_dict(e) for e in study["events"]),
            ),
            captions=[_captions(row) for row in epochs.drop_columns(["embedding", "spans"]).to_pylist()],
            embeddings=vectors.flatten().to_numpy().reshape(len(epochs), -1).astype(np.float32),
            model=model,
            created=f"sha256:{manifest['files'][files['epochs']]['sha256']}",  # which analysis it was, not when
        )


def _captions(row: dict) -> dict[str, Caption]:
    attributes = json.loads(row["attributes"])
    texts = {facet: row[f"caption_{facet}"] for facet in FACETS}
    return {f: Caption(text or "", attributes.get(f, {})) for f, text in texts.items() if text or f in attributes}

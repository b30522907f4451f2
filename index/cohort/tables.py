"""The three tables of a cohort, studies, epochs and signals, as rows of one night each, in Parquet."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from index.rows import types_by_epoch
from sleeplm.captions import describe_night, spans_of
from sleeplm.kinds.channels import CHANNEL_NAMES, FACETS, SUMMARY
from sleeplm.kinds.stages import Stage
from sleeplm.night import clock_at
from sleeplm.study.folder import plain
from sleeplm.study.pipeline import Derived
from sleeplm.units import EPOCH_S, SAMPLES_PER_EPOCH

CAPTIONS = (*FACETS, SUMMARY)
SIGNALS_A_GROUP = 64  # epochs: 3.4 MB that a reader takes at once
_LEVEL = 9  # of zstd; the tables are written once and read many times
# Columns whose values come again and again; a dictionary of texts and of vectors would only be carried beside them.
_SAID_AGAIN = (
    "study", "person", "split", "stage", "stage_source", "events.list.element", "channels.list.element",
    "spans.list.element.phrase",
)  # fmt: skip
_LARGEST = np.finfo(np.float16).max

SPAN = pa.struct([("start_s", pa.float64()), ("end_s", pa.float64()), ("phrase", pa.string())])
EVENT = pa.struct(
    [
        ("type", pa.string()),
        ("start_s", pa.float64()),
        ("duration_s", pa.float64()),
        ("channels", pa.list_(pa.string())),
        ("source", pa.string()),
        ("confidence", pa.float32()),
        ("rule", pa.string()),
    ]
)
WHO = [("study", pa.string()), ("person", pa.string()), ("split", pa.string())]
STUDIES = pa.schema(
    [
        *WHO,
        ("simulated", pa.bool_()),
        ("age_years", pa.int32()),
        ("age_90_plus", pa.bool_()),
        ("sex", pa.string()),
        ("epochs", pa.int32()),
        ("start_clock", pa.string()),
        ("lights_off_s", pa.float64()),
        ("lights_on_s", pa.float64()),
        ("channels", pa.list_(pa.string())),
        ("missing", pa.list_(pa.string())),
        ("recording", pa.string()),
        ("hypnogram", pa.list_(pa.string())),
        ("hypnogram_source", pa.string()),
        ("events", pa.list_(EVENT)),
        ("event_sources", pa.string()),
        ("rules", pa.string()),
        ("facts", pa.string()),
        ("caption", pa.string()),
        ("warnings", pa.list_(pa.string())),
    ]
)
EPOCHS = pa.schema(
    [
        *WHO,
        ("epoch", pa.int32()),
        ("start_s", pa.float64()),
        ("clock", pa.string()),
        ("simulated", pa.bool_()),
        ("stage", pa.string()),
        ("stage_source", pa.string()),
        ("events", pa.list_(pa.string())),
        ("channels", pa.list_(pa.string())),
        *((f"caption_{name}", pa.string()) for name in CAPTIONS),
        ("attributes", pa.string()),
        ("spans", pa.list_(SPAN)),
    ]
)
SIGNALS = pa.schema(
    [
        ("study", pa.string()),
        ("epoch", pa.int32()),
        ("signals", pa.list_(pa.float16(), len(CHANNEL_NAMES) * SAMPLES_PER_EPOCH)),
    ]
)


def json_text(value) -> str:
    """A value as JSON, always in the same bytes."""
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def study_table(night: Derived, who: dict, recording: dict, person: dict, warnings: list[str], simulated: bool):
    """The one row of a night.

    Parameters
    ----------
    night : Derived
    who : dict
        ``study``, ``person`` and ``split``.
    recording : dict
        What was recorded (`analysis.recording_json`).
    person : dict
        As `sleeplm.study.person.recorded_person` has it.
    warnings : list of str
        Without names.
    simulated : bool
    """
    scoring = night.scoring
    events = [{k: v for k, v in e.as_dict().items() if k != "label"} for e in scoring.events]
    row = {
        **who,
        "simulated": simulated,
        **{key: person[key] for key in ("age_years", "age_90_plus", "sex")},
        "epochs": len(night.epochs),
        "start_clock": recording["start"]["clock"],
        "lights_off_s": scoring.lights_off_s,
        "lights_on_s": scoring.lights_on_s,
        "channels": night.channels,
        "missing": [n for n in CHANNEL_NAMES if n not in night.channels],
        "recording": json_text(recording),
        "hypnogram": stages_of(night),
        "hypnogram_source": scoring.hypnogram_source,
        "events": events,
        "event_sources": json_text(dict(scoring.event_sources)),
        "rules": json_text(dict(scoring.rules)),
        "facts": json_text([f.as_dict() for f in night.facts]),
        "caption": describe_night(night.facts, scoring, person["age_years"]).text,
        "warnings": warnings,
    }
    return pa.Table.from_pylist([row], STUDIES)


def stages_of(night: Derived) -> list[str]:
    """A stage an epoch, ``?`` where nothing was staged."""
    return [str(s) for s in night.scoring.hypnogram] or [str(Stage.UNSCORED)] * len(night.epochs)


def epochs_table(night: Derived, who: dict, start_clock: str | None, simulated: bool) -> pa.Table:
    """A row an epoch; with a column ``embedding`` where a network read the night."""
    stages, touched = stages_of(night), types_by_epoch(night.scoring, len(night.epochs))
    names = np.array(CHANNEL_NAMES)
    rows = [
        {
            **who,
            "epoch": i + 1,
            "start_s": float(i * EPOCH_S),
            "clock": clock_at(start_clock, i * EPOCH_S),
            "simulated": simulated,
            "stage": stages[i],
            "stage_source": night.scoring.hypnogram_source if stages[i] != Stage.UNSCORED else None,
            "events": sorted(touched[i]),
            "channels": names[night.epochs.present[i]].tolist(),
            **{f"caption_{name}": caption.text for name, caption in night.captions[i].items()},
            "attributes": json_text(night.attributes[i]),
            "spans": [
                dict(zip(("start_s", "end_s", "phrase"), s, strict=True)) for s in spans_of(night.attributes[i])
            ],
        }
        for i in range(len(night.epochs))
    ]
    table = pa.Table.from_pylist(rows, EPOCHS)
    if night.encoded is None:
        return table
    vectors = np.ascontiguousarray(night.encoded.embeddings, np.float16)
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    return table.append_column("embedding", column)


def signals_table(night: Derived, study: str) -> pa.Table:
    """Each epoch's signals, 14 channels of 1920 samples in a row, in canonical order and units; 0 where absent."""
    n = len(night.epochs)
    flat = night.epochs.signals.reshape(n, -1)
    half = np.clip(flat, -_LARGEST, _LARGEST).astype(np.float16)
    column = pa.FixedSizeListArray.from_arrays(pa.array(half.ravel()), half.shape[1])
    numbers = pa.array(np.arange(1, n + 1, dtype=np.int32))
    return pa.Table.from_arrays([pa.array([study] * n, pa.string()), numbers, column], schema=SIGNALS)


def write_table(table: pa.Table, path: Path, rows_a_group: int | None = None) -> None:
    """Write Parquet (zstd): the same bytes for the same table, whoever writes it."""
    again = [column for column in _SAID_AGAIN if column.partition(".")[0] in table.column_names]
    how = {"compression": "zstd", "compression_level": _LEVEL, "use_dictionary": again or False}
    pq.write_table(table, path, row_group_size=rows_a_group, **how)


def counts_of(night: Derived) -> dict:
    """What the card of a cohort sums over its nights."""
    return {
        "epochs": len(night.epochs),
        "stages": dict(sorted(Counter(stages_of(night)).items())),
        "stage_source": night.scoring.hypnogram_source,
        "events": dict(sorted(Counter(e.type for e in night.scoring.events).items())),
        "event_sources": dict(sorted(night.scoring.event_sources.items())),
        "captions": sum(len(row) for row in night.captions),
        "missing": [n for n in CHANNEL_NAMES if n not in night.channels],
        "warnings": len(night.warnings),
    }

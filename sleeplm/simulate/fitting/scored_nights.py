"""Read the scorings of real nights that the simulator is fitted to and compared with."""

import csv
import gzip
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sleeplm.units import EPOCH_S

UNKNOWN = -1
CINC = "cinc2018_994_nights_stages_arousals.json.gz"
BOAS = "boas_128.csv"
UCDDB = "ucddb_epochs_events.csv"
KINDS = {"HYP": "hypopnea", "APNEA-O": "apnea_obstructive", "APNEA-C": "apnea_central", "APNEA-M": "apnea_mixed"}
R_AND_K = {0: 0, 1: 4, 2: 1, 3: 2, 4: 3, 5: 3}  # UCDDB's stages, 3 and 4 merged
CINC_STAGES = {0: 0, 1: 1, 2: 2, 3: 3, 5: 4}
MIT_STAGES = {"W": 0, "1": 1, "2": 2, "3": 3, "4": 3, "R": 4}
LEAD_S = 2.0  # CinC's arousal regions begin two seconds early


@dataclass(frozen=True)
class RealNight:
    """One scored night.

    Attributes
    ----------
    source : str
        "CinC 2018", "BOAS", "DOD" or "UCDDB".
    codes : ndarray of int, ``[epochs]``
        Indices into `STAGES`, -1 where unknown.
    arousals : list of float, or None
        Starts in seconds of arousals that end no apnoea or hypopnoea (those that CinC 2018 marks); None where
        arousals are not scored.
    respiratory : list of (str, float, float), or None
        Type, start, and duration in seconds; None where they are not scored.
    age_years : float or None
    sex : str or None
    """

    source: str
    codes: np.ndarray
    arousals: list[float] | None = None
    respiratory: list[tuple[str, float, float]] | None = None
    age_years: float | None = None
    sex: str | None = None


@dataclass(frozen=True)
class Beats:
    """RR intervals in seconds of one MIT-BIH record, those between two normal beats, by stage."""

    record: str
    rr_s: dict[int, list[np.ndarray]] = field(default_factory=dict)  # stage -> one array for each epoch


def _known(codes: np.ndarray) -> np.ndarray:
    return np.where((codes >= 0) & (codes <= 4), codes, UNKNOWN)


def read_stages(folder: Path) -> list[RealNight]:
    """Nights of DOD-H and DOD-O (scorer 1), BOAS (consensus) and CinC 2018 under `folder`."""
    nights = [
        RealNight("DOD", _known(np.array(json.loads(path.read_text()), dtype=int)))
        for path in sorted(folder.glob("dod/*/scorer_1/*.json"))
    ]
    with open(folder / BOAS, newline="") as file:
        for row in csv.DictReader(file):
            codes = _known(np.array(row["stages_human"].split(), dtype=float).astype(int))
            age = float(row["age"]) if row["age"].isdigit() else None
            nights.append(RealNight("BOAS", codes, age_years=age, sex=row["sex"]))
    with gzip.open(folder / CINC) as file:
        scored = json.load(file)
    for name in sorted(scored):
        night = scored[name]
        codes = np.full(int(night["dur_s"] // EPOCH_S), UNKNOWN)
        begin = night["stages"][0][1] % EPOCH_S if night["stages"] else 0.0  # epochs are off the grid of the file
        for start, end, code in night["stages"]:
            first, last = (max(round((t - begin) / EPOCH_S), 0) for t in (start, end))
            codes[first:last] = CINC_STAGES.get(code, UNKNOWN)
        arousals = [start + LEAD_S - begin for start, _ in night["arousal_target"]]
        nights.append(RealNight("CinC 2018", codes, arousals))
    return [n for n in nights if np.sum(n.codes > 0) > 240]


def read_respiratory(folder: Path) -> list[RealNight]:
    """The nights of UCDDB with their apnoeas and hypopnoeas; central and mixed hypopnoeas are hypopnoeas."""
    rows: dict[str, list[dict]] = {}
    with open(folder / UCDDB, newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["record_id"], []).append(row)
    nights = []
    for own in rows.values():
        codes = np.array([R_AND_K.get(int(float(r["sleep_stage"] or 8)), UNKNOWN) for r in own])
        found = set()
        for r in own:
            columns = ("event_types", "event_start_sec", "event_duration_sec")
            for kind, start, duration in zip(*(r[c].split(";") for c in columns), strict=True):
                name = KINDS.get(kind.strip()) or KINDS.get(kind.strip().split("-")[0])
                if name:
                    found.add((float(start), name, float(duration)))
        events = [(name, start, duration) for start, name, duration in sorted(found)]
        nights.append(RealNight("UCDDB", codes, respiratory=events))
    return nights


def _seconds(clock: str) -> float:
    out = 0.0
    for part in clock.split(":"):
        out = 60 * out + float(part)
    return out


def read_beats(folder: Path) -> list[Beats]:
    """RR intervals of the MIT-BIH polysomnographic records, by stage."""
    records = []
    for path in sorted(folder.glob("slpdb/*.rr")):
        stages = {}
        for line in path.with_suffix(".an").read_text().splitlines()[1:]:
            words = line.split()
            if len(words) > 6 and words[6] in MIT_STAGES:
                stages[round(_seconds(words[0]) / EPOCH_S)] = MIT_STAGES[words[6]]
        rows = [line.split() for line in path.read_text().splitlines()]
        normal = [(_seconds(r[0]), float(r[2])) for r in rows if len(r) == 5 and r[1] == r[3] == "N"]
        times, rr = np.array(normal).reshape(-1, 2).T
        epochs = (times // EPOCH_S).astype(int)
        by_stage: dict[int, list[np.ndarray]] = {}
        for epoch in np.unique(epochs):
            if epoch in stages:
                by_stage.setdefault(stages[epoch], []).append(rr[epochs == epoch])
        records.append(Beats(path.stem, by_stage))
    return records

"""Body position of a night, and breathing by position."""

from collections.abc import Sequence

import numpy as np

from sleeplm.facts.events import breathing_in
from sleeplm.facts.finding import Finding
from sleeplm.facts.parts import position_by_stage_findings
from sleeplm.facts.timeline import Timeline, epoch_at
from sleeplm.intervals import epoch_ranges
from sleeplm.kinds.channels import POSITIONS
from sleeplm.night import Scoring
from sleeplm.scoring.position import position_changes


def position_findings(
    night: Timeline, codes: np.ndarray, sfreq_hz: float, scoring: Scoring, recorded: Sequence[str]
) -> dict[str, Finding]:
    """Time in each body position in bed, and breathing by position; nothing where no position in bed is known.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    codes : ndarray
        Position codes (`POSITIONS`), ``[samples]``.
    sfreq_hz : float
        Their rate.
    scoring : Scoring
        Its apneas and hypopneas.
    recorded : sequence of str
        Canonical channels of the recording.
    """
    seconds = np.arange(len(codes)) / sfreq_hz
    in_bed = (seconds >= night.start_s) & (seconds < night.end_s)
    codes = np.round(codes)
    masks = {name: in_bed & (codes == code) for code, name in POSITIONS.items() if name != "unknown"}
    known = sum(int(mask.sum()) for mask in masks.values())
    if not known:
        return {}
    found = {}
    for name, mask in masks.items():
        epochs = epoch_ranges(np.unique(epoch_at(seconds[mask])))
        found[f"{name}_min"] = Finding(mask.sum() / sfreq_hz / 60, signals=("POS",), epochs=epochs)
    share = 100 * masks["supine"].sum() / known
    found["supine_pct"] = Finding(share, signals=("POS",), epochs=found["supine_min"].epochs)
    changes = position_changes(np.where(in_bed, codes, -1), sfreq_hz)
    found["position_changes_n"] = Finding(
        len(changes), signals=("POS",), epochs=epoch_ranges(np.unique(epoch_at(changes)))
    )
    asleep = np.concatenate([night.asleep, [False]])[np.minimum(epoch_at(seconds) - 1, night.n_epochs)]
    on_back = masks["supine"]
    off_back = np.logical_or.reduce([mask for name, mask in masks.items() if name != "supine"])
    for place, words, mask in (("supine", "on the back", on_back), ("nonsupine", "off the back", off_back)):
        found[f"ahi_{place}_per_h"] = breathing_in(night, scoring, recorded, mask & asleep, mask, sfreq_hz, words)
    there = {"supine": on_back, "nonsupine": off_back}
    return found | position_by_stage_findings(night, scoring, recorded, there, sfreq_hz)

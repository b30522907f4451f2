"""Muscle tone of REM sleep."""

from typing import Any

import numpy as np

from sleeplm.facts.events import both_sources
from sleeplm.facts.finding import Finding
from sleeplm.facts.reasons import NOT_STAGED
from sleeplm.facts.timeline import Timeline
from sleeplm.intervals import epoch_ranges
from sleeplm.kinds.stages import Stage
from sleeplm.recording.montage.questions import unit_is_known
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.derivations import MIN_SFREQ_HZ
from sleeplm.scoring.muscle import MIN_REM_S, rem_atonia_index
from sleeplm.scoring.usable import read_usable


def atonia_findings(night: Timeline, recording: NightSignals) -> dict[str, Finding]:
    """The REM atonia index; none where the unit of the chin EMG is not known, for its limits are absolute."""
    evidence: dict[str, Any] = {"signals": ("EMG_CHIN",)}
    rem = night.of_stage(Stage.R)
    why = f"Fewer than {MIN_REM_S // 60} min of usable chin EMG lie in REM sleep"
    if not night.staged:
        why = NOT_STAGED
    elif not unit_is_known(recording, "EMG_CHIN"):
        why = "The unit of the chin EMG is not known"
    elif recording.channels["EMG_CHIN"].sfreq_hz < MIN_SFREQ_HZ:
        why = f"The chin EMG is sampled too slowly (under {MIN_SFREQ_HZ:g} Hz)"
    else:
        stages = np.where(rem, str(Stage.R), str(Stage.UNSCORED))
        chin_uv, sfreq_hz = read_usable(recording, "EMG_CHIN"), recording.channels["EMG_CHIN"].sfreq_hz
        index = rem_atonia_index(chin_uv, sfreq_hz, stages.tolist()) if rem.any() else None
        if index is not None:
            source = both_sources({"measured"}, night.source)
            epochs = epoch_ranges(np.flatnonzero(rem) + 1)
            return {"rem_atonia_ratio": Finding(index, source=source, epochs=epochs, **evidence)}
    return {"rem_atonia_ratio": Finding(why=why, **evidence)}

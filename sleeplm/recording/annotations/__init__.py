"""Scoring files, a file a format: each module's ``parse`` gives what the file scored, or None if it is not its own.

To add a format, write its module and name it in `FORMATS`.
"""

from pathlib import Path

from sleeplm.errors import UnknownScoringError
from sleeplm.night import Scoring
from sleeplm.recording.annotations import (
    bids_events,
    edf_plus,
    event_csv,
    luna_annot,
    luna_eannot,
    noxturnal,
    nsrr_xml,
    profusion_xml,
    remlogic,
    stage_csv,
    visbrain,
)
from sleeplm.recording.annotations.align import align
from sleeplm.recording.annotations.scored import ScoringFile, sort_out

__all__ = ["embedded_scoring", "read_scoring"]

# The first that knows the file reads it.
FORMATS = (
    edf_plus, nsrr_xml, profusion_xml, noxturnal, remlogic, luna_annot, luna_eannot, bids_events, visbrain,
    event_csv, stage_csv,
)  # fmt: skip


def read_scoring(path: str | Path, recording) -> Scoring:
    """Read a scoring file and lay it on the recording.

    Parameters
    ----------
    path : path-like
        EDF+ annotations, NSRR or Profusion XML, a Noxturnal or RemLogic export, Luna's .annot or .eannot, BIDS
        events, a hypnogram of Visbrain or YASA, a CSV or TSV of events or of stages.
    recording : Recording
        The night that it describes.

    Returns
    -------
    Scoring
        Hypnogram, events, or both, with source ``"expert"``.

    Raises
    ------
    ScoringError
        `UnknownScoringError` or `NoOverlapError`, each with one sentence.
    """
    file = ScoringFile(Path(path))
    scored = next((s for s in (f.parse(file) for f in FORMATS) if s is not None), None)
    if scored is None:
        raise UnknownScoringError(
            f"'{file.name}' is in no scoring format that we read; give EDF+ annotations, NSRR or Profusion XML, a "
            "Noxturnal or RemLogic export, Luna's .annot, or a CSV with 'epoch,stage' or 'type,start_s,duration_s'."
        )
    if not scored.stages and not scored.events and not scored.lights and not scored.warnings:
        raise UnknownScoringError(f"'{file.name}' holds neither stages nor events; export the scoring again.")
    return align(scored, recording, file.name)


def embedded_scoring(recording) -> Scoring | None:
    """The recording's own annotations as a scoring; None where they hold neither stages nor events."""
    scored = sort_out(recording.annotations)
    if not scored.stages and not scored.events:
        return None
    return align(scored, recording, recording.path.name)

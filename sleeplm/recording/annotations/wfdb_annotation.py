"""WFDB annotations of PhysioNet: stages and events in notes, with the sampling rate in a ``.hea`` beside the file.

Two ways of writing the notes are known: that of CinC 2018 (``.arousal``: ``N1``, ``(arousal_rera``,
``arousal_rera)``; https://physionet.org/content/challenge-2018) and that of the MIT-BIH Polysomnographic Database
(``.st``, an epoch a note: ``2 HA``; https://physionet.org/content/slpdb). What ``rdann -v`` prints is read as well.
"""

import math
import re
import tempfile
import warnings
from pathlib import Path

from sleeplm.errors import UnknownScoringError
from sleeplm.kinds.stages import Stage
from sleeplm.recording.annotations.scored import MAX_S, Scored, ScoringFile
from sleeplm.recording.annotations.words import stage_of
from sleeplm.units import EPOCH_S

ORDER = 2
NAME = "WFDB annotations (.st, .arousal) with their .hea beside them"
SUFFIXES = (".st", ".arousal", ".ann")

_MAX_BYTES = 256 * 1024  # twenty times a night full of notes; reading costs 1.5 s a megabyte
_RESOLUTION = re.compile(r"## time resolution: (\d{1,7}(?:\.\d{1,6})?)")
_ONE_LATER = (
    b"\0\xec\0\0\1\0"  # a skip of one sample: wfdb takes every note at sample 0 for a definition and drops it
)
_PRINTED = re.compile(r"Elapsed time +Sample # +Type +Sub +Chan +Num\tAux")
_PRINTED_ROW = re.compile(r" *(?:(\d{1,3}):)?(\d{1,2}):(\d{2}(?:\.\d+)?) [^\t]*\t(.*)", re.ASCII)
_EPOCH_STAGES = {
    "W": Stage.W, "1": Stage.N1, "2": Stage.N2, "3": Stage.N3, "4": Stage.N3, "R": Stage.R,
    "MT": Stage.UNSCORED, "M": Stage.UNSCORED,
}  # fmt: skip
# What a note of the Polysomnographic Database says beside the stage: event types of that epoch.
_EPOCH_EVENTS = {
    "H": ("hypopnea",), "HA": ("hypopnea", "arousal"),
    "OA": ("apnea_obstructive",), "X": ("apnea_obstructive", "arousal"),
    "CA": ("apnea_central",), "CAA": ("apnea_central", "arousal"),
    "L": ("leg_movement",), "LA": ("leg_movement", "arousal"), "A": ("arousal",),
}  # fmt: skip
_INTERVALS = {
    "resp_obstructiveapnea": "apnea_obstructive", "resp_centralapnea": "apnea_central",
    "resp_mixedapnea": "apnea_mixed", "resp_hypopnea": "hypopnea", "resp_hypoventilation": "other",
    "resp_partialobstructive": "other", "resp_cheynestokesbreath": "cheyne_stokes", "arousal_rera": "rera",
    "arousal": "arousal", "arousal_spontaneous": "arousal", "arousal_noise": "arousal", "arousal_plm": "arousal",
    "arousal_snore": "arousal", "arousal_bruxism": "arousal",
}  # fmt: skip


def parse(file: ScoringFile) -> Scored | None:
    """Stages and events of WFDB annotations, known by their ending or by a ``.hea`` of the same name.

    Raises
    ------
    UnknownScoringError
        The sampling rate is nowhere, the file is unsound, or none of its notes is a stage or an event.
    """
    notes = _printed(file)
    if notes is None:
        if file.path.suffix.lower() not in SUFFIXES and (file.text is not None or not _header(file).is_file()):
            return None
        notes = _notes(file)
    notes = sorted((at, note) for at, note in notes if note[:2] not in ("", "##") and 0 <= at < MAX_S)
    in_epochs = [_epoch(note) for _, note in notes]
    if sum(e is not None for e in in_epochs) > 0.5 * len(notes) and not any(n[0] == "(" for _, n in notes):
        scored = _by_epochs(notes, in_epochs)
    else:
        scored = _by_marks(notes)
    if not scored.stages and not scored.events:
        raise UnknownScoringError(
            f"None of the notes of '{file.name}' is a stage or an event; give annotations such as .st or .arousal."
        )
    return scored


def _header(file: ScoringFile) -> Path:
    return file.path.with_suffix(".hea")


def _printed(file: ScoringFile) -> list[tuple[float, str]] | None:
    """Seconds and note of each line that ``rdann -v`` printed; None if the file is something else."""
    if not _PRINTED.match((file.text or "")[:200]):
        return None
    notes = []
    for n, line in enumerate(file.lines[1:], 1):
        if not line.strip():
            continue
        row = _PRINTED_ROW.fullmatch(line)
        if row is None:
            raise UnknownScoringError(
                f"Row {n} of '{file.name}' has no elapsed time and note; print it again with 'rdann -v'."
            )
        notes.append((int(row[1] or 0) * 3600 + int(row[2]) * 60 + float(row[3]), row[4].strip()))
    return notes


def _notes(file: ScoringFile) -> list[tuple[float, str]]:
    """Seconds and note of each annotation; wfdb reads copies under names of ours: it takes some names for URLs."""
    if len(file.data) > _MAX_BYTES:
        raise UnknownScoringError(
            f"'{file.name}' is too large for WFDB annotations of stages (over {_MAX_BYTES // 1024} KB); give the "
            "file with the scoring alone."
        )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "record.ann").write_bytes(_ONE_LATER + file.data)
        if _header(file).is_file() and _header(file).stat().st_size <= _MAX_BYTES:
            (Path(folder) / "record.hea").write_bytes(_header(file).read_bytes())
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of what wfdb 4.3 asks of pandas 3 at import
                import wfdb
            found = wfdb.rdann(f"{folder}/record", "ann", return_label_elements="label_store")
            if len(found.sample) != len(found.aux_note):
                raise ValueError("it gives more notes than places")
        except Exception as error:  # of any kind: wfdb trusts the bytes that it reads
            raise UnknownScoringError(
                f"'{file.name}' holds no sound WFDB annotations; download or export it again."
            ) from error
    notes = [note.strip(" \0") for note in found.aux_note]
    own_hz = next((m[1] for m in map(_RESOLUTION.fullmatch, notes) if m), None)
    sfreq_hz = float(own_hz or found.fs or 0)
    if not 0 < sfreq_hz < math.inf:
        raise UnknownScoringError(
            f"'{file.name}' counts in samples and does not say how many a second has; put '{_header(file).name}' "
            "beside it, the header of its record."
        )
    return [(float(s - 1) / sfreq_hz, note) for s, note in zip(found.sample, notes, strict=True)]


def _epoch(note: str) -> tuple[Stage, list[str]] | None:
    """Stage and words of events of an epoch's note; None if it is none."""
    stage, *words = note.split() or [""]
    # Some notes have an event and no stage ("LA"), or leg movements in one word ("LL").
    words = [letter for word in words for letter in (word if set(word) == {"L"} else [word])]
    return (_EPOCH_STAGES[stage], words) if stage in _EPOCH_STAGES else None


def _by_epochs(notes: list[tuple[float, str]], epochs: list[tuple[Stage, list[str]] | None]) -> Scored:
    """Notes of an epoch each, whose events lie somewhere in it: they are given all of it."""
    scored = Scored(by_epoch=True)
    for (at, note), epoch in zip(notes, epochs, strict=True):
        if epoch is None:
            scored.unknown.append((note, at, 0.0))
            continue
        at = EPOCH_S * round(at / EPOCH_S)  # the first note is often at sample 1
        scored.stages.append((at, EPOCH_S, epoch[0]))
        for word in epoch[1]:
            if word not in _EPOCH_EVENTS:
                scored.unknown.append((word, at, float(EPOCH_S)))
            scored.events += [(kind, at, float(EPOCH_S), word) for kind in _EPOCH_EVENTS.get(word, ())]
    if scored.events:
        scored.warnings.append("its events are known to the epoch alone, so that each is given the whole of it")
    return scored


def _by_marks(notes: list[tuple[float, str]]) -> Scored:
    """Stages that last until the next, the last until the end; intervals from ``(name`` to ``name)``."""
    scored, unfinished = Scored(), 0
    begun: dict[str, float] = {}
    changes: list[tuple[float, Stage]] = []
    for at, note in notes:
        name = note.strip("()")
        if (stage := stage_of(note)) is not None:
            changes.append((at, stage))
        elif name not in _INTERVALS or note not in (f"({name}", f"{name})"):
            scored.unknown.append((note, at, 0.0))
        elif note[0] == "(":
            unfinished += name in begun
            begun[name] = at
        elif name in begun:
            start = begun.pop(name)
            scored.events.append((_INTERVALS[name], start, at - start, name))
        else:
            unfinished += 1
    ends = [at for at, _ in changes[1:]] + [math.inf]
    scored.stages = [(at, end - at, stage) for (at, stage), end in zip(changes, ends, strict=False) if end > at]
    unfinished += len(begun)
    if unfinished:
        scored.warnings.append(
            f"{unfinished} events with one end alone were left aside"
            if unfinished > 1
            else "one event with one end alone was left aside"
        )
    return scored

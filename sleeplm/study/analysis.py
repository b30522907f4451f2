"""From a recording to a study folder: read, score, measure, caption, embed, save; each step named and timed."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from sleeplm import __version__
from sleeplm.errors import StudyError, UsageError
from sleeplm.intervals import true_intervals
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.network.encoder import Encoder, model_of
from sleeplm.night import Fact, Scoring
from sleeplm.recording.privacy import safe_text
from sleeplm.recording.privacy.redaction import Redaction
from sleeplm.recording.privacy.subject import Subject
from sleeplm.scoring.oximetry import cleaned_by_second
from sleeplm.study import folder as store
from sleeplm.study.choices import USUAL, Choices
from sleeplm.study.person import UNSAID, Person, recorded_person
from sleeplm.study.pipeline import Progress, Steps, derive, read_night
from sleeplm.study.study import Study, list_studies

log = logging.getLogger(__name__)


def analyze(
    path: str | Path,
    scorings: Sequence[str | Path] = (),
    choices: Choices = USUAL,
    *,
    studies_dir: str | Path | None = None,
    label: str | None = None,
    encoder: Encoder | None = None,
    progress: Progress = lambda step, fraction: None,
    notices: Sequence[str] = (),
    person: Person = UNSAID,
) -> Study:
    """Turn a recording into a study, or open the study that the same input already has.

    A study that another version of the package or other weights made is made anew. The names of the files are not
    kept: they may say who the patient is.

    Parameters
    ----------
    path : path
        The recording.
    scorings : sequence of path
        Scoring files of people; the recording's own annotations count too.
    choices : Choices
        Channels, units, lights and rules that are not left to the reader.
    studies_dir : path, optional
        Where studies are kept (`study.folder.studies_folder`).
    label : str, optional
        A name for people; ``night-`` and the beginning of the id where none is given.
    encoder : Encoder, optional
        The network; the one that comes with the package where none is given.
    progress : callable
        Called with a step (`study.pipeline.STEPS`) as it begins, and the share of the work done; 1.0 last.
    notices : sequence of str
        What else the study's warnings should say, first.
    person : Person, optional
        Whose night it is. It is no part of the study's id: said anew of a night that is there, it is corrected.

    Raises
    ------
    RecordingError, ScoringError, UsageError, ModelError, StudyError
        One sentence each.
    """
    path, scoring_paths = Path(path), [Path(s) for s in scorings]
    directory = store.studies_folder(studies_dir)
    label = clean_label(label)
    choices.refuse_lights_in_disorder()
    steps = Steps(progress)
    with steps("reading"):
        recording, experts = read_night(path, scoring_paths, choices)
        encoder = encoder or _default_encoder()
        identity = store.study_id(directory, path, scoring_paths, choices)
        refuse_taken_label(label, identity, directory)
        model = model_of(encoder)
        there = _same_study(directory, identity, model)
    if there is None:
        redaction = Redaction(recording, scoring_paths)
        contents, manifest = _derive(recording, experts, choices, encoder, steps, redaction)
        manifest["model"] = model
        manifest["warnings"] = redaction.sentences([*notices, *manifest["warnings"]])
        before = _person_before(directory, identity)
        manifest["person"] = recorded_person(person, recording.subject, _person_id(directory, person), before)
        there = _write(directory, identity, label, contents, manifest, steps)
    if label not in (None, there.label):
        there = relabel(there, label)
    if person != UNSAID:
        there = correct_person(there, person)
    progress("saving", 1.0)
    return there


def _default_encoder():
    from sleeplm.network.loading import SleepLM

    return SleepLM.from_pretrained()


def _same_study(directory: Path, identity: str, model: dict) -> Study | None:
    """The whole study of this id that this package and these weights made, if there is one."""
    if not (directory / identity).is_dir():
        return None
    try:
        there = Study(directory / identity)
    except StudyError as error:
        log.warning("%s", error)
        return None
    return there if (there.package, there.model) == (__version__, model) else None


def _derive(recording, experts, choices, encoder, steps, redaction) -> tuple[dict, dict]:
    """Everything that a study holds: contents of its folder by file name, and what goes into its manifest."""
    night = derive(recording, experts, choices, encoder, steps)
    scoring, epochs, encoded = night.scoring, night.epochs, night.encoded
    if encoded is None:
        raise ValueError("a study needs a network that embeds it")
    levels, ranges = _pack(epochs, night.channels)
    contents = {
        "scoring.json": _scoring_json(scoring),
        "facts.json": [f.as_dict() for f in night.facts],
        "captions.json": [{facet: c.as_dict() for facet, c in row.items()} for row in night.captions],
        "presence.npy": epochs.present,
        "quality.npy": recording.quality.faults,
        "signals.npy": levels,
        "ranges.npy": ranges,
        "embeddings.npy": np.asarray(encoded.embeddings, np.float32),
        "patches.npy": np.asarray(encoded.patches, np.float16),
        "tokens.npy": np.asarray(encoded.tokens, np.float16),
    }
    if scoring.probabilities is not None:
        contents["probabilities.npy"] = np.asarray(scoring.probabilities, np.float32)
    if "SPO2" in recording.channels:
        contents["saturation.npy"] = cleaned_by_second(recording).astype(np.float32)
    return contents, {
        "simulated": bool(recording.simulated),
        "recording": recording_json(recording, redaction),
        "questions": [asdict(q) | {"text": redaction.text(q.text)} for q in recording.questions],
        "warnings": night.warnings,
        "channels": night.channels,
        "counts": {"epochs": recording.n_epochs, "events": len(scoring.events), "facts": _known(night.facts)},
        "package": __version__,
    }


def _known(facts: Sequence[Fact]) -> int:
    return sum(f.value is not None for f in facts)


def _pack(epochs, channels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Levels int16 ``[channels, epochs, 1920]`` and their ranges, a channel at a time to spare memory."""
    packed = [store.pack(epochs.signals[:, CHANNEL_NAMES.index(name)]) for name in channels]
    return np.stack([levels for levels, _ in packed]), np.stack([ranges for _, ranges in packed])


def recording_json(recording, redaction: Redaction) -> dict:
    """What was recorded, as the JSON contract has it."""
    return {
        "duration_s": recording.duration_s,
        "start": {"date": recording.start_date, "clock": recording.start_clock},
        "channels": {
            name: {
                "label": redaction.label(c.label),
                "sfreq_hz": c.sfreq_hz,
                "unit": c.unit,
                "note": c.note and redaction.text(c.note),
            }
            for name, c in recording.channels.items()
        },
        "missing": list(recording.missing),
        "others": [
            {"label": redaction.label(s.label), "sfreq_hz": s.sfreq_hz, "unit": safe_text.unit(s.unit)}
            for s in recording.others
        ],
    }


def _scoring_json(scoring: Scoring) -> dict:
    return {
        "hypnogram": [str(s) for s in scoring.hypnogram],
        "hypnogram_source": scoring.hypnogram_source,
        "events": [e.as_dict() for e in scoring.events],
        "event_sources": dict(scoring.event_sources),
        "lights_off_s": scoring.lights_off_s,
        "lights_on_s": scoring.lights_on_s,
        "split_s": scoring.split_s,
        "warnings": list(scoring.warnings),
        "rules": dict(scoring.rules),
        "not_understood": dict(scoring.not_understood),
        "searched": {t: true_intervals(mask).tolist() for t, mask in scoring.searched.items()},
    }


def _write(directory, identity, label, contents, manifest, steps) -> Study:
    with store.locked(directory):
        there = _same_study(directory, identity, manifest["model"])  # another process may just have made it
        return there or _write_locked(directory, identity, label, contents, manifest, steps)


def _write_locked(directory, identity, label, contents, manifest, steps) -> Study:
    with store.new_folder(directory, identity) as folder:
        label = label or _stored_label(identity, directory)
        refuse_taken_label(label, identity, directory)
        with steps("saving"):
            store.save(folder, contents)
        manifest = {
            "format": store.FORMAT,
            "id": identity,
            "label": label,
            "created": datetime.now(UTC).isoformat(timespec="microseconds"),
            "seconds": {step: round(s, 3) for step, s in steps.seconds.items()},
            "files": store.file_sizes(folder),
            **manifest,
        }
        store.save(folder, {store.MANIFEST: manifest})
    return Study(directory / identity)


def clean_label(label: str | None) -> str | None:
    """A label fit to be shown and typed: one line of 1 to 60 printable characters, without a slash."""
    if label is None:
        return None
    label = label.strip()
    if not 1 <= len(label) <= 60 or not label.isprintable() or set(label) & set("/\\"):
        raise UsageError("a label is one line of 1 to 60 printable characters, without a slash")
    return label


def refuse_taken_label(label: str | None, identity: str, directory: Path) -> None:
    """UsageError where another study has this label, or this label for an id."""
    for other in list_studies(directory) if label else ():
        if other.id != identity and label in (other.label, other.id):
            raise UsageError(f"the label {label!r} is taken by study {other.id}; give another")


def _stored_label(identity: str, directory: Path) -> str:
    """The label that the study already has, else a free one made of its id."""
    labels = {s.id: s.label for s in list_studies(directory)}
    candidates = (f"night-{identity[:n]}" for n in range(6, len(identity) + 1))
    return labels.get(identity) or next(c for c in candidates if c not in labels.values())


def relabel(study: Study, label: str) -> Study:
    """Give a study another label."""
    directory = study.folder.parent
    with store.locked(directory):
        refuse_taken_label(label, study.id, directory)
        store.save(study.folder, {store.MANIFEST: store.load_manifest(study.folder) | {"label": label}})
    return Study(study.folder)


def correct_person(study: Study, person: Person) -> Study:
    """Correct whose night it is; what is not said stays as it was."""
    directory = study.folder.parent
    person_id = _person_id(directory, person)
    with store.locked(directory):
        manifest = store.load_manifest(study.folder)  # as it is now: another process may have said something too
        before = manifest["person"]
        header = Subject(**{field: before[field] for field, by in before["source"].items() if by == "header"})
        corrected = recorded_person(person, header, person_id, before)
        if corrected != before:
            store.save(study.folder, {store.MANIFEST: manifest | {"person": corrected}})
    return Study(study.folder)


def _person_id(directory: Path, given: Person) -> str | None:
    return None if given.key is None else store.person_id(directory, given.key)


def _person_before(directory: Path, identity: str) -> dict | None:
    """What the study said of its person before it is made anew."""
    try:
        return Study(directory / identity).person
    except StudyError:
        return None

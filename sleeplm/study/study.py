"""A study: all that is derived from one recording, kept in one folder."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sleeplm import RESEARCH_USE
from sleeplm.errors import StudyError, UsageError
from sleeplm.intervals import mask_of
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Fact, Scoring
from sleeplm.recording.epochs import Epochs
from sleeplm.recording.montage.questions import Question
from sleeplm.recording.quality import Quality
from sleeplm.study import folder as store
from sleeplm.units import EPOCH_S, MODEL_SFREQ_HZ, SAMPLES_PER_EPOCH

if TYPE_CHECKING:
    from sleeplm.captions import Caption

log = logging.getLogger(__name__)


class Study:
    """One analysed night, read from its folder as it is asked for.

    Attributes
    ----------
    id : str
        The same for the same bytes and settings, within one folder of studies.
    label : str
        A name for people, unique in its folder of studies.
    folder : Path
        Where it is kept.
    simulated : bool
        Whether the recording says that it was simulated.
    recording : dict
        What was recorded, as the JSON contract has it.
    person : dict
        Whose night it is, as `sleeplm.study.person.recorded_person` has it; its ``id`` is None where the study is
        its own person.
    questions : list of Question
        What only a person can say of the recording: units and codings that are missing or make no sense.
    warnings : list of str
        What a reader of the numbers should know.
    seconds : dict of str to float
        How long each step of the analysis took.
    model : dict
        Name, SHA-256 and size of the space of the network that embedded it.
    n_epochs : int
        Whole epochs of 30 s.
    channels : list of str
        Canonical channels that hold anything, in canonical order.
    start_clock : str or None
        ``HH:MM:SS`` of the first sample.
    """

    def __init__(self, folder: Path):
        manifest = store.load_manifest(folder)
        try:
            self.id: str = manifest["id"]
            self.label: str = manifest["label"]
            self.simulated: bool = manifest["simulated"]
            self.recording: dict = manifest["recording"]
            self.person: dict = manifest["person"]
            self.questions = [Question(**(q | {"choices": tuple(q["choices"])})) for q in manifest["questions"]]
            self.warnings: list[str] = manifest["warnings"]
            self.seconds: dict[str, float] = manifest["seconds"]
            self.model: dict = manifest["model"]
            self.package: str = manifest["package"]
            self.created: str = manifest["created"]
            self.n_epochs: int = manifest["counts"]["epochs"]
            self.channels: list[str] = manifest["channels"]
            self.start_clock: str | None = self.recording["start"]["clock"]
            self.person_id: str = self.person["id"] or self.id  # by which nights are split into groups of people
        except (KeyError, TypeError) as error:
            raise StudyError(f"the manifest of {folder} is damaged; analyse the recording again") from error
        self.folder = folder

    def __repr__(self) -> str:
        return f"Study({self.id!r}, {self.label!r}, {self.n_epochs} epochs)"

    @cached_property
    def scoring(self) -> Scoring:
        """Hypnogram and events in force."""
        values = store.load_json(self.folder, "scoring.json")
        probabilities = None
        if (self.folder / "probabilities.npy").exists():
            probabilities = store.load_array(self.folder, "probabilities.npy")
        return Scoring(
            hypnogram=tuple(Stage(s) for s in values["hypnogram"]),
            hypnogram_source=values["hypnogram_source"],
            events=tuple(Event.from_dict(e) for e in values["events"]),
            event_sources=values["event_sources"],
            probabilities=probabilities,
            lights_off_s=values["lights_off_s"],
            lights_on_s=values["lights_on_s"],
            split_s=values["split_s"],
            warnings=tuple(values["warnings"]),
            rules=values["rules"],
            not_understood=values["not_understood"],
            searched={t: mask_of(spans, self.n_epochs) for t, spans in values["searched"].items()},
        )

    @cached_property
    def facts(self) -> list[Fact]:
        """The numbers of the night."""
        return [Fact.from_dict(f) for f in store.load_json(self.folder, "facts.json")]

    @cached_property
    def captions(self) -> "list[dict[str, Caption]]":
        """Per epoch, its captions by facet; a facet without its signals is absent."""
        from sleeplm.captions import Caption

        rows = store.load_json(self.folder, "captions.json")
        return [{facet: Caption.from_dict(caption) for facet, caption in row.items()} for row in rows]

    @cached_property
    def embeddings(self) -> np.ndarray:
        """Float32 ``[epochs, dim]``, of unit length."""
        return store.load_array(self.folder, "embeddings.npy")

    @cached_property
    def patches(self) -> np.ndarray:
        """Float16 ``[epochs, patches, dim]``, of unit length, memory-mapped."""
        return store.load_array(self.folder, "patches.npy", mapped=True)

    @cached_property
    def tokens(self) -> np.ndarray:
        """Float16 ``[epochs, tokens, width]``, memory-mapped: what the projector reads."""
        return store.load_array(self.folder, "tokens.npy", mapped=True)

    @cached_property
    def present(self) -> np.ndarray:
        """Bool ``[epochs, 14]``: which channels hold anything in which epoch."""
        return store.load_array(self.folder, "presence.npy")

    @cached_property
    def quality(self) -> Quality:
        """What is wrong with which channel in which epoch."""
        faults = store.load_array(self.folder, "quality.npy")
        return Quality(faults, tuple(self.recording["channels"]), self.start_clock)

    @cached_property
    def _levels(self) -> np.ndarray:  # int16 [channels, epochs, 1920]
        return store.load_array(self.folder, "signals.npy", mapped=True)

    @cached_property
    def _ranges(self) -> np.ndarray:  # float32 [channels, epochs, 2]
        return store.load_array(self.folder, "ranges.npy")

    def signal(self, name: str, start_s: float, end_s: float) -> tuple[np.ndarray, np.ndarray]:
        """A stretch of one channel at 64 Hz, in its canonical unit.

        Parameters
        ----------
        name : str
            Canonical channel.
        start_s, end_s : float
            Seconds from the first sample; cut to the night.

        Returns
        -------
        seconds, values : ndarray
            float64 and float32, of one length; NaN where the channel holds nothing. Values are kept to 1/131068 of
            the range of their epoch.

        Raises
        ------
        UsageError
            The channel was not recorded, or the stretch is empty.
        """
        if name not in self.channels:
            raise UsageError(f"{name} was not recorded; the channels are {', '.join(self.channels)}")
        first = int(np.ceil(max(start_s, 0) * MODEL_SFREQ_HZ))
        last = int(np.ceil(min(end_s, self.n_epochs * EPOCH_S) * MODEL_SFREQ_HZ))
        if first >= last:
            raise UsageError(f"nothing lies between {start_s:g} s and {end_s:g} s of this night")
        epochs = slice(first // SAMPLES_PER_EPOCH, (last - 1) // SAMPLES_PER_EPOCH + 1)
        row = self.channels.index(name)
        values = store.unpack(self._levels[row, epochs], self._ranges[row, epochs])
        values[~self.present[epochs, CHANNEL_NAMES.index(name)]] = np.nan
        offset = epochs.start * SAMPLES_PER_EPOCH
        return np.arange(first, last) / MODEL_SFREQ_HZ, values.ravel()[first - offset : last - offset]

    def query(self, text: str) -> Fact:
        """Answer a query (`sleeplm.query`); UsageError where the text is none."""
        from sleeplm.facts.timeline import Timeline
        from sleeplm.query import run
        from sleeplm.query.tables import Tables

        scoring = self.scoring
        night = Timeline.of(
            scoring.hypnogram, self.n_epochs, scoring.staged_by, scoring.lights_off_s, scoring.lights_on_s,
            self.start_clock, scoring.probabilities,
        )  # fmt: skip
        return run(
            text, Tables(night, scoring, tuple(self.recording["channels"]), self._positions, self._saturation)
        )

    def _positions(self) -> np.ndarray:
        """Position codes at 1 Hz, ``[seconds]``."""
        _, codes = self.signal("POS", 0, self.n_epochs * EPOCH_S)
        return np.round(codes[::MODEL_SFREQ_HZ])

    def _saturation(self) -> np.ndarray:
        """Cleaned oxygen saturation in percent by second, which the facts rest on; NaN where it is not valid."""
        if "SPO2" not in self.recording["channels"]:
            raise UsageError("Oxygen saturation was not recorded")
        return np.asarray(store.load_array(self.folder, "saturation.npy"), dtype=float)

    def epochs(self, numbers: Sequence[int]) -> Epochs:
        """These epochs (numbers from 1) as the network reads them.

        Raises
        ------
        UsageError
            A number is outside the night.
        """
        wanted = np.asarray(numbers, dtype=int).reshape(-1) - 1
        if wanted.size and not (0 <= wanted.min() and wanted.max() < self.n_epochs):
            raise UsageError(f"epochs go from 1 to {self.n_epochs}")
        signals = np.zeros((len(wanted), len(CHANNEL_NAMES), SAMPLES_PER_EPOCH), np.float32)
        for row, name in enumerate(self.channels):
            values = store.unpack(self._levels[row, wanted], self._ranges[row, wanted])
            signals[:, CHANNEL_NAMES.index(name)] = np.nan_to_num(values, nan=0.0)
        return Epochs(signals, self.present[wanted])

    def as_json(self) -> dict:
        """The study as ``sleeplm analyze --json`` prints it."""
        scoring = self.scoring
        hypnogram = [str(s) for s in scoring.hypnogram] or [str(Stage.UNSCORED)] * self.n_epochs
        return {
            "study": self.id,
            "label": self.label,
            "simulated": self.simulated,
            "folder": str(self.folder),
            "recording": self.recording,
            "person": self.person,
            "scoring": {
                "hypnogram": hypnogram,
                "hypnogram_source": scoring.hypnogram_source,
                "events": [e.as_dict() for e in scoring.events],
                "event_sources": dict(scoring.event_sources),
                "rules": dict(scoring.rules),
                "lights_off_s": scoring.lights_off_s,
                "lights_on_s": scoring.lights_on_s,
                "split_s": scoring.split_s,
            },
            "facts": [f.as_dict() for f in self.facts],
            "quality": self.quality.rows(),
            "questions": [asdict(q) for q in self.questions],
            "warnings": self.warnings,
            "seconds": self.seconds,
            "model": self.model,
            "research_use": RESEARCH_USE,
        }


def open_study(ref: str | Path, studies_dir: str | Path | None = None) -> Study:
    """Open a study by its id, its label or its folder.

    Raises
    ------
    StudyError
        There is none, more than one answers, or its folder is not whole.
    """
    directory = store.studies_folder(studies_dir)
    text = str(ref)
    if store.is_id(text) and (directory / text).is_dir():
        return Study(directory / text)
    studies = list_studies(directory)
    found = [s for s in studies if text == s.label]
    if len(found) > 1:
        raise StudyError(f"{text!r} is the label of {len(found)} studies: {', '.join(s.id for s in found)}")
    if found:
        return found[0]
    folder = Path(ref).expanduser()
    if text and folder.is_dir():
        return Study(folder.absolute())
    there = ", ".join(f"{s.label} ({s.id})" for s in studies[:20]) or "none yet"
    raise StudyError(f"there is no study {text!r}; the studies in {directory} are: {there}")


def list_studies(studies_dir: str | Path | None = None) -> list[Study]:
    """All whole studies, the latest first; one that is not whole is named in the log."""
    directory = store.studies_folder(studies_dir)
    studies = []
    for folder in sorted(directory.iterdir()) if directory.is_dir() else ():
        if store.is_id(folder.name) and folder.is_dir():
            try:
                studies.append(Study(folder))
            except StudyError as error:
                log.warning("%s", error)
    return sorted(studies, key=lambda s: s.created, reverse=True)

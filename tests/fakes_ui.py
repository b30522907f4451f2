"""A night, a folder of nights and an assistant for testing the page: in memory, scripted, and plainly made up."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from assistant.grounding.answers import Answer, Citation, TextStep, ToolStep
from assistant.network import Network
from sleeplm.errors import NotARecordingError, StudyError
from sleeplm.kinds.channels import CHANNEL, CHANNEL_NAMES, RECORDABLE_NAMES
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Fact, Scoring
from sleeplm.recording.quality import FAULTS, Quality
from sleeplm.study.choices import USUAL
from sleeplm.study.person import Person
from sleeplm.units import MODEL_SFREQ_HZ

HOSTILE = '<img src=x onerror="window.hacked = true"><script>window.hacked = true</script>`${window.hacked = true}`'


NETWORK = Network(None, {"name": "made-up-net", "sha256": "0" * 64, "dim": 8}, "")


@dataclass
class FakeStudy:
    """What the page reads of a study (see `sleeplm.study.study.Study`)."""

    id: str = "fake-1"
    label: str = "Made-up night"
    simulated: bool = True
    n_epochs: int = 960
    start_clock: str | None = "22:49:02"
    channels: list[str] = field(default_factory=lambda: list(CHANNEL_NAMES))
    warnings: list[str] = field(default_factory=lambda: ["C3 stands in: the file names no derivation."])
    folder: Path = Path("/nowhere/fake-1")
    event_label: str | None = None
    questions: list = field(default_factory=list)
    person: dict = field(default_factory=lambda: {"id": None, "age_years": 54, "sex": "F"})
    model: dict = field(default_factory=lambda: dict(NETWORK.model))

    @property
    def quality(self) -> Quality:
        faults = np.zeros((self.n_epochs, len(RECORDABLE_NAMES)), np.uint8)
        for name, fault, first, last in (
            ("C4", "flat", 700, 790),
            ("C4", "movement", 300, 303),
            ("AF", "clipped", 5, 40),
        ):
            if name in self.channels:
                faults[first:last, list(RECORDABLE_NAMES).index(name)] |= 1 << FAULTS.index(fault)
        return Quality(faults, tuple(self.channels), self.start_clock)

    @property
    def recording(self) -> dict:
        return {
            "duration_s": self.n_epochs * 30.0,
            "start": {"date": None, "clock": self.start_clock},
            "channels": {n: {"label": n, "sfreq_hz": 64.0, "unit": CHANNEL[n].unit} for n in self.channels},
            "missing": [n for n in CHANNEL_NAMES if n not in self.channels],
        }

    @cached_property
    def scoring(self) -> Scoring:
        cycle = ["W"] * 10 + ["N1"] * 8 + ["N2"] * 70 + ["N3"] * 50 + ["N2"] * 20 + ["R"] * 34
        stages = tuple(Stage(cycle[i % len(cycle)]) for i in range(self.n_epochs))
        kinds = {
            "apnea_obstructive": 307,
            "hypopnea": 211,
            "desaturation": 240,
            "arousal": 503,
            "leg_movement": 811,
        }
        end_s = self.n_epochs * 30 - 40
        events = [
            Event(kind, float(s), 18.0 if kind != "arousal" else 4.0, source="simulator", label=self.event_label)
            for kind, every in kinds.items()
            for s in range(every, end_s, every)
        ]
        events.sort(key=lambda e: e.start_s)
        sources = {**dict.fromkeys(kinds, "expert"), "apnea_central": "expert"}
        return Scoring(stages, "expert", tuple(events), sources)

    @cached_property
    def facts(self) -> list[Fact]:
        rows = [
            ("tst_min", "Total sleep time", 431.5, "min", ((11, 900),)),
            ("n3_min", "N3", 112.0, "min", ((89, 138),)),
        ]
        facts = [
            Fact(
                i,
                name,
                value,
                unit,
                f"{name} was {value} {unit}.",
                "Sum of its epochs (AASM).",
                (),
                "expert",
                epochs,
            )
            for i, name, value, unit, epochs in rows
        ]
        return [
            *facts,
            Fact("ahi_per_h", "AHI", None, "/h", "Respiration was not scored.", "Events per hour of sleep."),
        ]

    @cached_property
    def captions(self):
        return [
            {
                "stage_event": SimpleNamespace(text=f"Stage of epoch {n}.", attributes={}, source="measured"),
                "brain": SimpleNamespace(text="Slow waves over a third of it.", attributes={}, source="measured"),
            }
            for n in range(1, self.n_epochs + 1)
        ]

    def signal(self, name: str, start_s: float, end_s: float):
        t = (
            np.arange(int(start_s * MODEL_SFREQ_HZ), int(min(end_s, self.n_epochs * 30) * MODEL_SFREQ_HZ))
            / MODEL_SFREQ_HZ
        )
        kind = CHANNEL[name].kind
        wave = {
            "eeg": 25 * np.sin(2 * np.pi * 1.1 * t) + 8 * np.sin(2 * np.pi * 11 * t),
            "eog": 40 * np.sin(2 * np.pi * 0.3 * t),
            "ecg": np.exp(-(((t % 0.95) - 0.4) ** 2) / 0.0008),
            "spo2": 95 - 6 * np.exp(-((((t % 240) - 60) / 15) ** 2)),
            "position": 2.0 * np.ones_like(t),
        }.get(kind, np.sin(2 * np.pi * 0.25 * t) * (5 if kind == "emg" else 1))
        return t, wave.astype(np.float32)


@dataclass
class FakeNights:
    """Nights in memory (see `assistant.ui.stored_nights.StoredNights`); a file that is not an EDF is refused."""

    studies: list = field(default_factory=lambda: [FakeStudy()])
    folder: Path = Path("/nowhere")
    asked: list = field(default_factory=list)
    unknown: list = field(default_factory=list)
    units: dict | None = None
    words_said: dict | None = None
    person: Person | None = None
    network: Network = NETWORK

    def entries(self):
        return [(f"{s.label}{' (SIMULATED)' if s.simulated else ''}", s.id) for s in self.studies]

    def open(self, study_id):
        found = [s for s in self.studies if s.id == study_id]
        if not found:
            raise StudyError(f"there is no study {study_id!r}")
        return found[0]

    def questions(self, path):
        return self.asked

    def words(self, path, scorings):
        return self.unknown

    def add(
        self, path, scorings=(), choices=USUAL, lights=(None, None), label=None, person=None,
        progress=lambda s, f: None,
    ):  # fmt: skip
        progress("Reading", 0.0)
        self.units, self.words_said, self.person = dict(choices.units), dict(choices.words), person
        if not Path(path).read_bytes().startswith(b"0       "):
            raise NotARecordingError(f"{Path(path).name} is in no format that we read; save it as EDF or BDF")
        for i, step in enumerate(("Scoring", "Measuring", "Captions", "Embedding", "Saving", "Indexing")):
            progress(step, i / 6)
        study = FakeStudy(id=f"fake-{len(self.studies) + 1}", label=label or Path(path).stem, simulated=False)
        self.studies.insert(0, study)
        return study

    def delete(self, study_id):
        self.studies.remove(self.open(study_id))
        return [f"study {study_id}", "960 rows of the index"]

    def index(self, study):
        return None


class ScriptedAssistant:
    """Says the same true-looking thing of every night, slowly enough to be stopped where `pause` says so."""

    def __init__(self, pause=lambda: None, fact_name: str = "longest wake"):
        self.pause, self.fact_name, self.histories = pause, fact_name, []

    def answer(self, question, study, index=None, history=()):
        self.histories.append(list(history))
        yield ToolStep("stage_bouts", {"stage": "W"}, "looked up the stretches awake")
        words = "The longest period awake was 4.5 min, from 03:27 to 03:32. Source: expert scoring.".split()
        for n in range(1, len(words)):
            self.pause()
            yield TextStep(" ".join(words[:n]))
        fact = Fact("longest_wake_min", self.fact_name, 4.5, "min", "t", "d", source="expert", epochs=((557, 566),))
        citation = Citation(556 * 30.0, 566 * 30.0, (557, 566), "longest_wake_min")
        yield Answer(" ".join(words), [fact], [citation], [{"tool": "stage_bouts", "arguments": {"stage": "W"}}])

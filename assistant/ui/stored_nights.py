"""The nights that the page can open: kept on this machine, the last ones held open."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

from assistant import library as nights
from assistant.network import Network
from sleeplm.recording.annotations import UnknownWord
from sleeplm.recording.montage.questions import Question
from sleeplm.study.choices import USUAL, Choices
from sleeplm.study.folder import studies_folder
from sleeplm.study.person import UNSAID, Person
from sleeplm.study.study import Study, list_studies, open_study

MAX_OPEN = 8  # studies held in memory


class StoredNights:
    """Studies and their indices in one folder.

    Parameters
    ----------
    network : Network
        What embeds nights that are added.
    studies_dir : str, Path or None
        None: ``SLEEPLM_STUDIES``, else the platform's data folder.
    """

    def __init__(self, network: Network, studies_dir: str | Path | None = None):
        self.network = network
        self.folder = studies_folder(studies_dir)
        self._open: dict[str, Study] = {}
        self._lock = Lock()

    def entries(self) -> list[tuple[str, str]]:
        """Name for people and id of every night, the latest first."""
        return [(f"{s.label}{' (SIMULATED)' if s.simulated else ''}", s.id) for s in list_studies(self.folder)]

    def open(self, study_id: str) -> Study:
        """Open a night; raises StudyError where there is none."""
        with self._lock:
            study = self._open.pop(study_id, None)
            if study is None or not study.folder.is_dir():
                study = open_study(study_id, self.folder)
            self._open[study_id] = study
            while len(self._open) > MAX_OPEN:
                self._open.pop(next(iter(self._open)))
            return study

    def questions(self, path: Path) -> list[Question]:
        """What only a person can say of a recording and has not said before for its montage."""
        return nights.questions_about(path, self.folder)

    def words(self, path: Path, scorings: Sequence[Path]) -> list[UnknownWord]:
        """Words of its scorings that only the lab knows, and that it has not explained before for its montage."""
        return nights.words_about(path, scorings, self.folder)

    def add(
        self,
        path: Path,
        scorings: Sequence[Path] = (),
        choices: Choices = USUAL,
        lights: tuple[str | None, str | None] = (None, None),
        label: str | None = None,
        person: Person = UNSAID,
        progress: Callable[[str, float], None] = lambda step, fraction: None,
    ) -> Study:
        """Analyse a recording and index it; see `assistant.library.add_night`."""
        study = nights.add_night(
            path,
            scorings=scorings,
            choices=choices,
            lights=lights,
            studies_dir=self.folder,
            label=label,
            encoder=self.network.encoder,
            person=person,
            progress=progress,
        )
        with self._lock:
            self._open[study.id] = study
        return study

    def delete(self, study_id: str) -> list[str]:
        """Delete a night with its index rows; says what was removed."""
        with self._lock:
            self._open.pop(study_id, None)
        return nights.delete_night(study_id, self.folder)

    def index(self, study: Study):
        """The index with a night and those that the same network embedded; None where there is none."""
        return nights.open_index(study)

"""The home of the nights: studies and the indices over them, one a network, kept in step."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from index import Index
from index.by_network import folder_for, indices_in
from sleeplm import __version__
from sleeplm.files import cache_folder
from sleeplm.network.encoder import Encoder
from sleeplm.night import seconds_at
from sleeplm.recording import montage_of, open_recording
from sleeplm.recording.annotations import UnknownWord, words_to_ask
from sleeplm.recording.montage.questions import Question
from sleeplm.study.analysis import analyze
from sleeplm.study.choices import USUAL, Choices
from sleeplm.study.folder import locked, new_folder, remove_folder, studies_folder
from sleeplm.study.montages import forget, recall, remember
from sleeplm.study.person import UNSAID, Person
from sleeplm.study.pipeline import Progress
from sleeplm.study.study import Study, open_study

INDEX_FOLDER = "index"  # with an index for each network
DEMO_LABEL = "demo"
DEMO_SEED, DEMO_HOURS, DEMO_PROFILE = 18, 7.0, "osa-mild"
DEMO_NOTICE = "Simulated night: the scoring is the simulation's own truth, not an expert's reading."


def add_night(
    path: str | Path,
    scorings: Sequence[str | Path] = (),
    choices: Choices = USUAL,
    lights: tuple[str | None, str | None] = (None, None),
    *,
    split: str | None = None,
    studies_dir: str | Path | None = None,
    label: str | None = None,
    encoder: Encoder | None = None,
    progress: Progress = lambda step, fraction: None,
    notices: Sequence[str] = (),
    person: Person = UNSAID,
    forget_montage: bool = False,
) -> Study:
    """Analyse a recording (`sleeplm.study.analysis.analyze`) and put its epochs into the index.

    The channels, units and words that a user names are remembered for files with the same signals
    (`sleeplm.study.montages`), and the study says where that was used.

    Parameters
    ----------
    lights : (str or None, str or None)
        Clock times ``HH:MM`` or ``HH:MM:SS`` of lights off and on, within the recording.
    split : str, optional
        Clock time at which treatment of a split night began.
    forget_montage : bool
        Whether to drop first what was chosen before for files with these signals.

    Raises
    ------
    SleepLMError
        One sentence that says what is wrong.
    """
    directory, montage = studies_folder(studies_dir), montage_of(path)
    if forget_montage:
        forget(directory, montage)
    before = recall(directory, montage)
    chosen = before.under(choices)
    study = analyze(
        path,
        scorings,
        _with_clocks(path, chosen, lights, split),
        studies_dir=studies_dir,
        label=label,
        encoder=encoder,
        progress=lambda step, fraction: progress(step, 0.97 * fraction),
        notices=[*notices, *before.notices(choices)],
        person=person,
    )
    remember(directory, montage, choices)
    progress("indexing", 0.97)
    began = time.perf_counter()
    _into_index(study)
    study.seconds["indexing"] = round(time.perf_counter() - began, 3)
    progress("indexing", 1.0)
    return study


def questions_about(path: str | Path, studies_dir: str | Path | None = None) -> list[Question]:
    """What only a person can say of a recording, less what was said before for files with the same signals.

    Raises
    ------
    RecordingError
        The file cannot be used.
    """
    before = recall(studies_folder(studies_dir), montage_of(path))
    return open_recording(path, before.channels, before.units).questions


def words_about(
    path: str | Path,
    scorings: Sequence[str | Path],
    studies_dir: str | Path | None = None,
    choices: Choices = USUAL,
) -> list[UnknownWord]:
    """Words of a recording's scorings that only their lab knows, less those that it explained before.

    Raises
    ------
    RecordingError, ScoringError
        A file cannot be used.
    """
    chosen = recall(studies_folder(studies_dir), montage_of(path)).under(choices)
    return words_to_ask(open_recording(path, chosen.channels, chosen.units), scorings, chosen.words)


def _with_clocks(path: str | Path, choices: Choices, lights: Sequence[str | None], split: str | None) -> Choices:
    """The choices with clock times of lights and treatment as seconds from the first sample of a recording."""
    if not any(lights) and not split:
        return choices
    recording = open_recording(path, choices.channels)
    clocks = (*lights, split)
    *lights_s, split_s = (seconds_at(c, recording.start_clock, recording.duration_s) if c else None for c in clocks)
    return choices.with_lights(lights_s).with_split(split_s) if any(lights) else choices.with_split(split_s)


def _into_index(study: Study) -> None:
    """Put a study into the index of the network that embedded it, and out of the others."""
    folder = study.folder.parent / INDEX_FOLDER
    index = Index.open_or_create(folder_for(folder, study.model), study)
    if not index.holds(study):
        index.add(study)
    for other in indices_in(folder):
        if other.folder != index.folder:
            other.remove(study.id)  # as another network embedded it before


def open_index(study: Study) -> Index | None:
    """The index beside a study that holds what its network embedded; None where there is none."""
    there = indices_in(study.folder.parent / INDEX_FOLDER)
    return next((index for index in there if index.model == study.model), None)


def delete_night(ref: str | Path, studies_dir: str | Path | None = None) -> list[str]:
    """Delete a study: its folder, its rows in the index, and what was cached for it.

    Returns
    -------
    list of str
        What was removed, in words.

    Raises
    ------
    StudyError
        There is no such study, or it cannot be deleted.
    """
    study = open_study(ref, studies_dir)
    removed = []
    for index in indices_in(study.folder.parent / INDEX_FOLDER):
        if n := index.remove(study.id):
            removed.append(f"{n} rows of the index {index.folder}")
    remove_folder(study.folder)
    removed.append(f"the study folder {study.folder}")
    if study.simulated and study.label == DEMO_LABEL and _demo_folder().is_dir():
        shutil.rmtree(_demo_folder())
        removed.append(f"the simulated recording in {_demo_folder()}")
    return removed


def demo_night(
    encoder=None, progress: Progress = lambda step, fraction: None, studies_dir: str | Path | None = None
) -> Study:
    """The demo night: simulated once, analysed with the simulation's truth as its scoring, labelled "demo"."""
    folder = _demo_folder()
    if not folder.is_dir():
        progress("simulating", 0.0)
        _simulate_demo(folder)
    truth = [folder / "demo.hypnogram.csv", folder / "demo.events.csv"]
    return add_night(
        folder / "demo.edf",
        truth,
        studies_dir=studies_dir,
        label=DEMO_LABEL,
        encoder=encoder,
        progress=progress,
        notices=[DEMO_NOTICE],
    )


def _demo_folder() -> Path:
    return cache_folder() / f"demo-{__version__}-{DEMO_PROFILE}-{DEMO_SEED}-{DEMO_HOURS:g}h"


def _simulate_demo(folder: Path) -> None:
    from sleeplm.simulate import simulate_night, write_night

    with locked(folder.parent):
        if not folder.is_dir():  # another process may have just made it
            with new_folder(folder.parent, folder.name) as making:
                write_night(simulate_night(DEMO_SEED, DEMO_HOURS, DEMO_PROFILE), making / "demo.edf")

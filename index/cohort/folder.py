"""A cohort's folder on disk: what it was made with, and a night's part, whole or not there at all.

cohort.json                      what made it, and how: all nights of a folder are made alike
nights/STUDY.json                a night's manifest, written last: without it the night is not there
studies/SPLIT/STUDY.parquet      one row
epochs/SPLIT/STUDY.parquet       a row an epoch
signals/SPLIT/STUDY.parquet      the epochs' signals, where they were asked for
card.json, README.md             the card
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from sleeplm.errors import StudyError, UsageError
from sleeplm.files import sha256_of, written_whole
from sleeplm.study.choices import Choices
from sleeplm.study.folder import load_json, save

FORMAT = "sleeplm-cohort 2"
MANIFEST, CARD, README = "cohort.json", "card.json", "README.md"
NIGHTS, TABLES = "nights", ("studies", "epochs", "signals")
_LOCK, _NEW = ".lock", ".new"


@dataclass(frozen=True)
class Settings:
    """What every night of a cohort is made with.

    Attributes
    ----------
    package : str
        Version of this package.
    model : dict or None
        Name, SHA-256 and size of the network's space (`analysis.model_of`); None: nothing is embedded.
    weights : str or None
        Folder of the network, or its name on the hub; None: the one that comes with the package.
    signals : bool
        Whether the epochs' signals are kept too.
    seed : int
        Chooses the captions' phrasing.
    choices : Choices
        Channels, units and rules of all nights.
    bf16 : bool
        Whether the network computes in bfloat16.
    """

    package: str
    model: dict | None
    weights: str | None
    signals: bool
    seed: int
    choices: Choices
    bf16: bool = False

    def as_stored(self) -> dict:
        """What the folder says of it; how the network was loaded is not stored, which it was is."""
        return {
            "package": self.package,
            "model": self.model,
            "signals": self.signals,
            "hypopnea_rule": self.choices.hypopnea_rule,
            "seed": self.seed,
            "overrides": dict(self.choices.channels),
            "units": dict(self.choices.units),
        }


@contextmanager
def opened(folder: Path, settings: Settings) -> Iterator[None]:
    """Hold a cohort's folder for writing, made where it is not there, cleared of what interrupted writes left.

    Raises
    ------
    UsageError
        It holds something else, or nights that were made otherwise, or another process is at it.
    StudyError
        It cannot be written.
    """
    with _saying_so(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / _LOCK, timeout=0)
    try:
        with _saying_so(folder):
            lock.acquire()
            _begin(folder, settings.as_stored())
        yield
        with _saying_so(folder):
            tidy(folder)
    except Timeout:
        raise UsageError(f"another process is making the cohort in {folder}; wait for it to end") from None
    finally:
        lock.release()


@contextmanager
def _saying_so(folder: Path) -> Iterator[None]:
    try:
        yield
    except Timeout:  # an OSError too
        raise
    except OSError as error:
        raise StudyError(f"a cohort cannot be written to {folder}: {error.strerror or error}") from error


def _begin(folder: Path, made: dict) -> None:
    if not (folder / MANIFEST).exists():
        if {p.name for p in folder.iterdir()} - {_LOCK, f"{MANIFEST}{_NEW}"}:
            raise UsageError(f"{folder} holds something else; name a new folder for the cohort")
        save(folder, {MANIFEST: {"format": FORMAT, **made}})
    there = load_settings(folder)
    different = sorted(key for key in made if there.get(key) != made[key])
    if different:
        raise UsageError(f"the nights in {folder} were made with another {', '.join(different)}; name a new folder")
    for name in (NIGHTS, *TABLES):
        (folder / name).mkdir(exist_ok=True)
    tidy(folder)


def load_settings(folder: Path) -> dict:
    """What a cohort's folder says that it was made with; StudyError where it is none."""
    if not (folder / MANIFEST).is_file():
        raise StudyError(f"there is no cohort in {folder}; make one with `sleeplm cohort`")
    settings = load_json(folder, MANIFEST)
    if not isinstance(settings, dict) or settings.get("format") != FORMAT:
        raise StudyError(f"{folder} is not a cohort that this version reads; make it anew")
    return settings


def tidy(folder: Path) -> None:
    """Remove tables that belong to no whole night: of interrupted writes, or of nights that changed their split."""
    wanted = {folder / name for manifest in manifests(folder) for name in manifest["files"]}
    for table in TABLES:
        for file in sorted((folder / table).rglob("*")):
            if file.is_file() and file not in wanted:
                file.unlink(missing_ok=True)
    for file in (folder / NIGHTS).glob(f"*{_NEW}"):  # a worker of a run cut short may still be renaming its own
        file.unlink(missing_ok=True)


def manifests(folder: Path) -> list[dict]:
    """What is known of each whole night, in order of study."""
    names = sorted(p.name for p in (folder / NIGHTS).glob("*.json"))
    return [load_json(folder / NIGHTS, name) for name in names]


def remove_nights(folder: Path, studies: Iterable[str]) -> None:
    """Take nights out: without their manifests they are not there, and `tidy` removes their tables."""
    for study in studies:
        (folder / NIGHTS / f"{study}.json").unlink()


def is_whole(folder: Path, study: str, stated: Mapping) -> bool:
    """Whether a night's part is there, with all its files, made with what is stated of the night now."""
    if not (folder / NIGHTS / f"{study}.json").is_file():
        return False
    manifest = load_json(folder / NIGHTS, f"{study}.json")
    there = all(_size(folder / name) == file["bytes"] for name, file in manifest["files"].items())
    return there and manifest["stated"] == dict(stated)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def write_part(folder: Path, manifest: dict, tables: Mapping[str, Callable[[Path], None]]) -> None:
    """Write a night's tables, then its manifest.

    Parameters
    ----------
    folder : Path
    manifest : dict
        With ``study`` and ``split``; ``files`` is added, each with its size and SHA-256.
    tables : mapping of str to callable
        Name of a table to what writes it to a path.
    """
    files = {}
    for table, write in tables.items():
        path = folder / table / manifest["split"] / f"{manifest['study']}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as partial:
            write(partial)
            written = {"bytes": partial.stat().st_size, "sha256": sha256_of(partial)}
        files[path.relative_to(folder).as_posix()] = written
    save(folder / NIGHTS, {f"{manifest['study']}.json": manifest | {"files": files}})

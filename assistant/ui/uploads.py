"""Files that come together: which is the recording and which score it, and that none of them stays behind."""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from sleeplm.errors import UsageError
from sleeplm.recording.annotations import SUFFIXES
from sleeplm.recording.suffixes import MAY_SCORE, WFDB_HEADER

SCORING_SUFFIXES = SUFFIXES | {".json"}  # which no format of ours has, and no recording either
_EDF_LABELS_AT = 256  # fixed header of EDF and BDF, then 16 bytes a label
_ANNOTATIONS = (b"EDF Annotations", b"BDF Annotations")


def sort_uploads(paths: Sequence[str | Path]) -> tuple[Path, list[Path]]:
    """Tell the recording from the files that score it, and put the header of WFDB annotations beside them.

    Raises
    ------
    UsageError
        No recording among them, or more than one.
    """
    given = [Path(p) for p in paths]
    files = [f for f in given if f.suffix.lower() != WFDB_HEADER]
    if not files:
        raise UsageError("choose a recording first (EDF, EDF+, BDF or another format of signals)")
    scorings = [f for f in files if f.suffix.lower() in SCORING_SUFFIXES or only_annotations(f)]
    recordings = [f for f in files if f not in scorings]
    if not recordings:
        raise UsageError("none of these files is a recording of signals; add the EDF that the scoring belongs to")
    if len(recordings) > 1:
        raise UsageError(f"{len(recordings)} recordings were chosen; analyse one night at a time")
    # Its reader looks for the header beside the annotations; each upload has a folder of its own.
    for header in set(given) - set(files):
        for scoring in scorings:
            if scoring.stem == header.stem and not scoring.with_suffix(WFDB_HEADER).exists():
                shutil.copyfile(header, scoring.with_suffix(WFDB_HEADER))
    return recordings[0], scorings


def only_annotations(path: Path) -> bool:
    """Whether an EDF+ or BDF+ file carries annotations and no signal, as a file of scoring does."""
    if path.suffix.lower() not in MAY_SCORE:
        return False
    with path.open("rb") as file:
        head = file.read(_EDF_LABELS_AT)
        count = head[252:256].strip()
        if not count.isdigit() or not 1 <= int(count) <= 8:
            return False
        labels = file.read(16 * int(count))
    return all(labels[i : i + 15] in _ANNOTATIONS for i in range(0, 16 * int(count), 16))


def remove_uploads(paths: Iterable[str | Path]) -> None:
    """Delete uploaded files with the folders made for them; never anything outside the folder of uploads."""
    from gradio.utils import get_upload_folder

    root = Path(get_upload_folder()).resolve()
    for path in map(Path, paths):
        folder = path.resolve().parent
        if folder.parent == root:
            shutil.rmtree(folder, ignore_errors=True)

"""What a user once chose for a montage, kept beside the studies, so that the next file with it gets the same.

A montage is known by the labels and units of all its signals, whatever their order. Only a hash of them is kept,
and which of them was chosen, as its place in the alphabet: a label may be somebody's name. So may a scorer's word,
of which the hash is kept with its meaning.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from sleeplm.errors import StudyError, UsageError
from sleeplm.files import sha256
from sleeplm.kinds.channels import CHANNEL
from sleeplm.recording.annotations.words import said_of
from sleeplm.study.choices import Choices
from sleeplm.study.folder import locked, save

FILE = "montages.json"
FORMAT = "sleeplm-montages 3"
_READ = (FORMAT, "sleeplm-montages 2")  # which has no words


def montage_key(montage: Iterable[tuple[str, str]]) -> str:
    """SHA-256 of the labels and units of all signals, in no order.

    Parameters
    ----------
    montage : iterable of (str, str)
        As `sleeplm.recording.montage_of` gives it.
    """
    return sha256(json.dumps(sorted(map(list, montage))).encode())


def recall(directory: Path, montage: Iterable[tuple[str, str]]) -> Choices:
    """What was chosen before for a file with these signals; empty where nothing was.

    Parameters
    ----------
    directory : Path
        Folder of studies (`study.folder.studies_folder`).
    montage : iterable of (str, str)
        Label and unit of each signal (`sleeplm.recording.montage_of`).

    Raises
    ------
    StudyError
        The file of choices is damaged.
    """
    montage = list(montage)
    return _choices(_read(directory), montage)


def remember(
    directory: Path,
    montage: Iterable[tuple[str, str]],
    choices: Choices,
) -> None:
    """Keep what a user chose for a montage, over what was chosen before; call it once the choice has worked.

    Raises
    ------
    StudyError
        The file of choices is damaged or cannot be written.
    """
    if not choices.channels and not choices.units and not choices.words:
        return
    montage = list(montage)
    labels = _labels(montage)
    with locked(directory):
        all_ = _read(directory)
        chosen = _choices(all_, montage).under(choices)
        places = {name: labels.index(label) for name, label in chosen.channels.items()}
        entry = {"overrides": places, "units": chosen.units, "words": chosen.words}
        _write(directory, all_ | {montage_key(montage): entry})


def forget(directory: Path, montage: Iterable[tuple[str, str]] | None = None) -> bool:
    """Drop what was chosen for a montage, or for all of them; whether there was anything.

    Raises
    ------
    StudyError
        The file of choices is damaged (only where one montage is named) or cannot be written.
    """
    if not (directory / FILE).exists():
        return False
    with locked(directory):
        if montage is None:
            (directory / FILE).unlink(missing_ok=True)
            return True
        all_ = _read(directory)
        found = all_.pop(montage_key(montage), None) is not None
        if found:
            _write(directory, all_)
        return found


def _labels(montage: Iterable[tuple[str, str]]) -> list[str]:
    """Each label once, in the order by which a choice is kept."""
    return sorted({label for label, _ in montage})


def _choices(all_: Mapping, montage: list[tuple[str, str]]) -> Choices:
    there, labels = all_.get(montage_key(montage), {}), _labels(montage)
    places = there.get("overrides", {})
    channels = {n: labels[at] for n, at in places.items() if at < len(labels)}
    return Choices(channels, there.get("units", {}), words=there.get("words", {}))


def _read(directory: Path) -> dict[str, dict[str, dict]]:
    try:
        content = json.loads((directory / FILE).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or content.get("format") not in _READ or not _whole(content.get("montages")):
        raise StudyError(
            f"the choices of channels in {directory / FILE} are damaged; delete the file and choose them again"
        )
    return content["montages"]


def _whole(montages) -> bool:
    """Whether this is names to places (``overrides``) and text (``units``), and hashes to meanings (``words``)."""
    return isinstance(montages, dict) and all(
        isinstance(m, dict)
        and set(m) <= {"overrides", "units", "words"}
        and all(isinstance(c, dict) for c in m.values())
        and all(set(m.get(part, ())) <= set(CHANNEL) for part in ("overrides", "units"))
        and _sound_words(m.get("words", {}))
        and all(type(at) is int and at >= 0 for at in m.get("overrides", {}).values())
        and all(isinstance(unit, str) for unit in m.get("units", {}).values())
        for m in montages.values()
    )


def _sound_words(words: Mapping) -> bool:
    """Whether this is hashes of words to meanings that we know."""
    try:
        return all(isinstance(means, str) for means in words.values()) and said_of(words) == words
    except UsageError:
        return False


def _write(directory: Path, montages: Mapping) -> None:
    try:
        save(directory, {FILE: {"format": FORMAT, "montages": montages}})
    except OSError as error:
        raise StudyError(
            f"choices of channels cannot be written to {directory}: {error.strerror or error}"
        ) from error

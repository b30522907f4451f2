"""Labels that number the contacts of a cap, a net or depth electrodes, and name no place of the 10-20 system.

BioSemi caps call their electrodes A1 to A32, B1 to B32 and so on (https://www.biosemi.com/headcap.htm), EGI nets E1
to E256, and depth electrodes and grids count contacts on a shaft: LA1, LA2, ..., B'1, B'2, ... Their C3, A1 or LAT2
are no C3, mastoid or tibialis.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

_CONTACT = re.compile(
    r"(?:(?:s|i)?eeg|ecog|pol)?[ _-]*(?P<shaft>[a-z]{1,4}'?)[ _]?0?(?P<number>\d{1,3})"
    r"(?:[ _]*[-:/][ _]*(?P<other>[a-z]{1,4}'?)[ _]?0?(?P<other_number>\d{0,3}))?"
)
# Which numbers stand behind which letters in the 10-10 system (ACNS 2006, guideline 5), on eyes and as references.
_TEN_TEN = {
    "fp": 2, "af": 10, "f": 10, "ft": 10, "fc": 6, "t": 10, "c": 6, "tp": 10, "cp": 6, "p": 10, "po": 10, "o": 2,
    "i": 2, "a": 2, "m": 2, "e": 4, "n": 2,
}  # fmt: skip
_ALSO = {"o": {9, 10}}  # below the inion
# Letters before the numbers of sensors and inputs, which recorders count as well.
_SENSORS = frozenset((
    "eeg", "eog", "emg", "ecg", "ekg", "chin", "leg", "lleg", "rleg", "dc", "ch", "aux", "bip", "exg", "resp", "x",
    "v", "mic", "imp", "acc", "plm", "spo", "sao", "ext", "misc", "trig", "stim", "ref", "tib",
))  # fmt: skip
_SHAFT = 3  # contacts, numbered from 1 on, that make a shaft; a cap or a net has more
_LONE = 8  # contacts of the only shaft of a file


def numbered_contacts(labels: Iterable[str]) -> frozenset[str]:
    """The labels that are contacts of a cap, a net or depth electrodes.

    A file has such contacts where two letters or more are counted beyond what the 10-10 system knows (A3, B1 to B4,
    C7), or one is up to eight. Of its labels those of these letters are contacts; also those of a letter that is
    counted from 1 on and has no midline electrode beside it (C1, C2, C3 without Cz), and A1 and A2.

    >>> sorted(numbered_contacts(["A1", "A2", "A3", "B1", "B2", "B3", "ECG"]))
    ['A1', 'A2', 'A3', 'B1', 'B2', 'B3']
    >>> numbered_contacts(["C3", "C4", "Cz", "A1", "A2", "E1", "E2", "EMG1", "EMG2", "EMG3"])
    frozenset()
    """
    labels = list(labels)
    shafts = _shafts(labels)
    beyond = {shaft for shaft, numbers in shafts.items() if _is_beyond(shaft, numbers)}
    if len(beyond) < 2 and not any(len(shafts[shaft]) >= _LONE for shaft in beyond):
        return frozenset()
    midline = {label.casefold().strip() for label in labels}
    counted = beyond | {"a"} | {shaft for shaft in shafts if "'" in shaft}
    counted |= {
        shaft
        for shaft, numbers in shafts.items()
        if shaft not in _SENSORS and {1, 2, 3} <= numbers and not any(f"{shaft}z" in label for label in midline)
    }
    return frozenset(label for label in labels if (found := _contact(label)) and found[0] in counted)


def _contact(label: str) -> tuple[str, set[int]] | None:
    """Shaft and numbers of a contact, or of two of one shaft against each other."""
    found = _CONTACT.fullmatch(label.strip().casefold().replace("’", "'").replace("`", "'"))
    if not found:
        return None
    numbers = {int(found["number"])}
    if found["other"] == found["shaft"] and found["other_number"]:
        numbers.add(int(found["other_number"]))
    return found["shaft"], numbers


def _shafts(labels: Iterable[str]) -> Mapping[str, set[int]]:
    shafts: dict[str, set[int]] = defaultdict(set)
    for found in map(_contact, labels):
        if found:
            shafts[found[0]] |= found[1]
    return shafts


def _is_beyond(shaft: str, numbers: set[int]) -> bool:
    """Whether these letters are counted as no place of the 10-10 system and no sensor is."""
    if shaft in _SENSORS or len(numbers) < _SHAFT:
        return False
    if shaft in _TEN_TEN:
        return bool(numbers - set(range(1, _TEN_TEN[shaft] + 1)) - _ALSO.get(shaft, set()))
    return {1, 2, 3} <= numbers or len(numbers) > _SHAFT

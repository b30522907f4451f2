"""Time-stamped annotation lists (TALs) of EDF+ and BDF+: the annotations, and when each data record begins.

Layout: https://www.edfplus.info/specs/edfplus.html, 2.2. edfio reads the same (and writes what we write), but not
when records begin, and BDF only whole in memory.
"""

import re
from dataclasses import dataclass

import numpy as np

from sleeplm.recording.formats.source import printable

MAX_LISTS = 400_000  # eleven hours of records of a tenth of a second; more is damage
_LIST = re.compile(rb"[^\x00]+")  # a list ends with a NUL, and NULs fill the rest of a record
STAMP = re.compile(rb"([+-]\d{1,15}(?:\.\d{0,15})?)(?:\x15(\d{1,15}(?:\.\d{0,15})?))?\x14")


@dataclass(frozen=True)
class Tals:
    """What the annotation signals of a file say.

    Attributes
    ----------
    record_starts_s : ndarray of float64
        ``[records]``, seconds after the header's start time at which each data record begins; NaN where a record
        does not say.
    annotations : list of (float, float, str)
        Onset in the same seconds, duration in seconds, text; in order of onset.
    damaged : bool
        Whether some bytes could not be read as annotations.
    """

    record_starts_s: np.ndarray
    annotations: list[tuple[float, float, str]]
    damaged: bool


def read_tals(signals: list[np.ndarray], n_records: int) -> Tals:
    """Read the annotation signals of a file.

    Parameters
    ----------
    signals : list of ndarray of uint8
        ``[records, bytes]`` of each annotation signal, in the order of the file: the first one keeps the time.
    n_records : int
        Number of data records.
    """
    starts_s = np.full(n_records, np.nan)
    annotations: list[tuple[float, float, str]] = []
    damaged, count = False, 0
    for number, raw in enumerate(signals):
        width = raw.shape[1] + 1
        block = np.zeros((n_records, width), np.uint8)  # a NUL after each record: no list reaches into the next
        block[:, :-1] = raw
        last = -1
        for found in _LIST.finditer(block.tobytes()):
            record, first_of_record = found.start() // width, found.start() // width != last
            last = record
            stamp = STAMP.match(found.group())
            if (count := count + 1) > MAX_LISTS:
                return Tals(starts_s, sorted(annotations), damaged=True)
            texts = found.group()[stamp.end() :].split(b"\x14") if stamp else []
            if stamp is None or texts.pop():  # what follows the last separator: nothing, in a whole list
                damaged = True
                continue
            onset_s, duration_s = float(stamp[1]), float(stamp[2] or 0)
            if number == 0 and first_of_record and texts and not texts[0]:
                starts_s[record] = onset_s
            annotations += [(onset_s, duration_s, text) for raw in texts if (text := printable(_decoded(raw)))]
    return Tals(starts_s, sorted(annotations), damaged)


def _decoded(raw: bytes) -> str:
    """UTF-8, as the standard asks; Latin-1 where older software wrote that."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")

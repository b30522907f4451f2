"""Which suffixes the files and folders of recordings have: every list of suffixes comes from this table."""

from dataclasses import dataclass
from typing import Literal

Format = Literal["EDF", "BDF", "MNE", "WFDB"]


@dataclass(frozen=True)
class Suffix:
    """One suffix.

    Attributes
    ----------
    suffix : str
        In small letters, with its dot.
    format : str
        Who reads it: our own reader (EDF, BDF) or MNE; WFDB is not read, and named to the user as such.
    is_folder : bool
        Whether the recording is a folder.
    is_whole : bool
        Whether the file is the whole recording; else what has its stem beside it may hold the signals.
    is_searched : bool
        Whether a search for the recordings in a folder finds it.
    may_score : bool
        Whether such a file may hold annotations and no signal: a scoring of another file.
    """

    suffix: str
    format: Format
    is_folder: bool = False
    is_whole: bool = False
    is_searched: bool = True
    may_score: bool = False


WFDB_HEADER = ".hea"
TABLE = (
    Suffix(".edf", "EDF", is_whole=True, may_score=True),
    Suffix(".bdf", "BDF", is_whole=True, may_score=True),
    Suffix(".rec", "EDF", is_whole=True),
    Suffix(".vhdr", "MNE"),
    Suffix(".set", "MNE"),
    Suffix(".fif", "MNE"),
    Suffix(".gdf", "MNE"),
    Suffix(".cnt", "MNE"),
    Suffix(".nwb", "MNE"),
    Suffix(".snirf", "MNE"),
    Suffix(".mff", "MNE", is_folder=True),
    Suffix(".ds", "MNE", is_folder=True, is_searched=False),
    Suffix(WFDB_HEADER, "WFDB", is_searched=False),
    Suffix(".mat", "WFDB", is_searched=False),
    Suffix(".dat", "WFDB", is_searched=False),
)

EDF = tuple(s.suffix for s in TABLE if s.format == "EDF")
BDF = tuple(s.suffix for s in TABLE if s.format == "BDF")
WFDB = tuple(s.suffix for s in TABLE if s.format == "WFDB")
FOLDERS = tuple(s.suffix for s in TABLE if s.is_folder)
WHOLE = tuple(s.suffix for s in TABLE if s.is_whole)
SEARCHED = tuple(s.suffix for s in TABLE if s.is_searched)
MAY_SCORE = tuple(s.suffix for s in TABLE if s.may_score)

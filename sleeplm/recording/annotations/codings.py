"""Numbers for stages: what each system means by them, and how a file makes known whose numbers it has."""

import re
from collections.abc import Set

from sleeplm.errors import UnknownScoringError
from sleeplm.kinds.stages import Stage
from sleeplm.recording.annotations.scored import ScoringFile
from sleeplm.recording.annotations.words import stage_of
from sleeplm.units import EPOCH_S

W, N1, N2, N3, R, NONE = Stage.W, Stage.N1, Stage.N2, Stage.N3, Stage.R, Stage.UNSCORED

# Rechtschaffen & Kales as EDF, NSRR, ISRUC and Profusion number it; 6 is movement, 7, 9, -1 and 255 are unscored.
RK = {
    "0": W, "1": N1, "2": N2, "3": N3, "4": N3, "5": R, "6": NONE, "7": NONE, "9": NONE, "-1": NONE, "255": NONE,
}  # fmt: skip
# YASA's (https://yasa-sleep.org): artefact -1, unscored -2; BOAS (ds005555) adds 8 for a lost headband.
YASA = {"-2": NONE, "-1": NONE, "0": W, "1": N1, "2": N2, "3": N3, "4": R, "8": NONE}
# pyDYNAM-O's, known by its header and the lack of 0: https://github.com/preraulab/pyDYNAM-O
DYNAMO = {"5": W, "4": R, "3": N1, "2": N2, "1": N3, "0": NONE}
# DREAMS, as its hypnograms say in their first line: https://zenodo.org/records/2650142
DREAMS = {"5": W, "4": R, "3": N1, "2": N2, "1": N3, "0": N3, "-1": NONE, "-2": NONE, "-3": NONE}
# UCDDB, as its files are named (ucddb002_stage.txt): https://physionet.org/content/ucddb
UCDDB = {"0": W, "1": R, "2": N1, "3": N2, "4": N3, "5": N3, "6": NONE, "7": NONE, "8": NONE}

STG_HEADER = "user defined stage"  # of WSC's stg tables
_DECLARED = re.compile(r"(-?\d+) ?= ?(\S+?)(?:[,;]|\s|$)")
_EPOCH = re.compile(
    r"epoch(?:[ _]?(?:length|duration))?[ _]?(?:s|sec|seconds)? ?[=:] ?(\d{1,3}(?:\.\d{1,3})?)", re.I
)


def coding_of(file: ScoringFile, numbers: Set[str], header: list[str]) -> dict[str, Stage]:
    """The coding of these numbers, where the file makes it known or they can mean one thing alone.

    Raises
    ------
    UnknownScoringError
        They can mean several things; the sentence says how to declare which.
    """
    declared = _declared(file)
    if declared:
        return declared
    if header[:2] == ["time", "stage"] and "0" not in numbers and numbers <= set(DYNAMO):
        return DYNAMO  # elsewhere 0 is wake
    if "stage hum" in header and numbers <= set(YASA):
        return YASA  # BOAS names its column so
    if re.match(r"ucddb\d{3}_?stage", file.name, re.I) and numbers <= set(UCDDB):
        return UCDDB
    if "5" in numbers and numbers & {"-2", "-3"} and numbers <= set(DREAMS):
        return DREAMS  # no other has both
    if "5" in numbers and (STG_HEADER in header or file.path.suffix.lower() == ".sta") and numbers <= set(RK):
        return RK  # WSC's and Stanford's have REM at 5
    # With a 5 and no 4 nothing else is in use: in the numberings that end with REM at 4 there is no 5, in UCDDB's
    # (4 and 5 are S3 and S4) no night with 5 is without 4. A 9 stands beside REM at 5 alone.
    if "5" in numbers and ("4" not in numbers or "9" in numbers) and numbers <= set(RK):
        return RK
    if "-2" in numbers and numbers <= set(YASA):
        return YASA  # -2 is in no numbering with another REM
    raise UnknownScoringError(
        f"The stages of '{file.name}' are numbers that different systems mean differently; write W, N1, N2, N3, "
        "R, or say what they mean in a first line such as '# 0=W 1=N1 2=N2 3=N3 4=R'."
    )


def _declared(file: ScoringFile) -> dict[str, Stage]:
    """The coding that a comment of the file declares; empty where none does."""
    pairs = [pair for comment in file.comments for pair in _DECLARED.findall(comment)]
    coding = {number: stage_of(word) for number, word in pairs}
    return {number: stage for number, stage in coding.items() if stage is not None}


def declared_epoch_s(file: ScoringFile) -> float | None:
    """The length of an epoch that a comment such as ``# epoch_s=20`` declares; None where none does.

    Raises
    ------
    UnknownScoringError
        It is none that anybody scores in.
    """
    found = next((m for m in map(_EPOCH.search, file.comments) if m), None)
    if found is None:
        return None
    if not 1 <= float(found[1]) <= 300:
        raise UnknownScoringError(
            f"'{file.name}' declares epochs of {float(found[1]):g} s; write their length in seconds, from 1 to 300 "
            f"(such as '# epoch_s={EPOCH_S}')."
        )
    return float(found[1])

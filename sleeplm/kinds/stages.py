"""Sleep stages: one row says what a stage is called, how it is asked for, and how it is drawn."""

from dataclasses import dataclass
from enum import StrEnum

MIN_STAGING_S = 300  # under five minutes nothing is staged
LOW_CONFIDENCE = 0.6  # see `sleeplm.scoring.stages.low_confidence`


class Stage(StrEnum):
    """Sleep stages of the AASM manual, NREM sleep of unknown depth, and unscored."""

    W = "W"
    N1 = "N1"
    N2 = "N2"
    N3 = "N3"
    R = "R"
    NREM = "NREM"  # N1, N2 or N3, where what was recorded does not tell which
    UNSCORED = "?"

    @property
    def key(self) -> str:
        """The stage in the id of a fact: ``n3``."""
        return self.value.lower()


@dataclass(frozen=True)
class StageKind:
    """All that is true of a stage.

    Attributes
    ----------
    stage : Stage
    name : str
        In answers: ``deep sleep (N3)``.
    short : str
        In a clause: ``N3``, ``REM sleep``.
    sleep : str
        As the name of a fact has it: ``N3 (deep) sleep``.
    plain : str
        As a reason has it: ``deep sleep``.
    asked : str
        Regular expression of the words by which a question names it; empty where none does.
    caption_forms : tuple of str
        How captions say it, one of which is drawn.
    caption_nouns : tuple of str
        How captions are read back.
    phrases : tuple of str
        How people search for it.
    prompts : tuple of str
        By which the network names it without examples (zero-shot).
    level : int
        Row of the hypnogram, from the floor up.
    color : str
        Of its likelihood.
    """

    stage: Stage
    name: str
    short: str
    sleep: str
    plain: str
    asked: str
    caption_forms: tuple[str, ...]
    caption_nouns: tuple[str, ...]
    phrases: tuple[str, ...]
    prompts: tuple[str, ...]
    level: int | None
    color: str


STAGE_KINDS = {
    kind.stage: kind
    for kind in (
        StageKind(
            Stage.W, "wake", "wake", "Wake", "wake",
            r"wake|awake|wakefulness|stage w|w",
            ("wakefulness", "wake", "wakefulness (stage W)", "stage W (wake)"),
            ("wakefulness", "wake", "stage W", "awake"),
            ("awake", "wake", "person awake", "wakefulness", "lying awake", "not sleeping", "stage W"),
            ("awake", "wakefulness"),
            4, "#e9dcc0",
        ),
        StageKind(
            Stage.N1, "N1", "N1", "N1 sleep", "N1 sleep",
            r"n1|stage (?:1|one)",
            ("N1 sleep", "stage N1", "light sleep (N1)", "drowsy, transitional sleep (N1)",
             "the lightest sleep (N1)"),
            ("N1 sleep", "stage N1", "N1"),
            ("N1 sleep", "light sleep", "drowsiness", "stage N1", "transition to sleep"),
            ("N1 sleep", "stage N1"),
            2, "#bcd7e0",
        ),
        StageKind(
            Stage.N2, "N2", "N2", "N2 sleep", "N2 sleep",
            r"n2|stage (?:2|two)",
            ("N2 sleep", "stage N2", "stage N2 sleep", "light sleep (stage N2)", "non-REM sleep (stage N2)"),
            ("N2 sleep", "stage N2", "N2"),
            ("N2 sleep", "stage N2", "light sleep", "stage 2 sleep", "non-REM sleep stage N2"),
            ("N2 sleep", "stage N2"),
            1, "#6ea6bd",
        ),
        StageKind(
            Stage.N3, "deep sleep (N3)", "N3", "N3 (deep) sleep", "deep sleep",
            r"deep(?:er|est)? sleep|deep|n3|slow[- ]?wave sleep|sws|delta sleep|stage (?:3|three)",
            ("N3 sleep", "deep sleep (N3)", "slow-wave sleep (stage N3)", "stage N3", "deep slow-wave sleep (N3)"),
            ("N3 sleep", "stage N3", "N3", "slow-wave sleep", "deep sleep"),
            ("deep sleep", "slow-wave sleep", "N3 sleep", "stage N3", "delta sleep", "deepest sleep"),
            ("deep sleep", "N3 sleep"),
            0, "#1f5269",
        ),
        StageKind(
            Stage.R, "REM sleep", "REM sleep", "REM sleep", "REM sleep",
            r"rem|dream(?:s|ing)?|dream sleep|stage r|r",
            ("REM sleep", "stage R", "rapid eye movement sleep", "REM sleep (stage R)"),
            ("REM sleep", "stage R", "rapid eye movement sleep"),
            ("REM sleep", "stage R", "rapid eye movement sleep", "dream sleep", "REM"),
            ("REM sleep", "rapid eye movement sleep"),
            3, "#cf7f8b",
        ),
        StageKind(
            Stage.NREM, "NREM sleep", "NREM sleep", "NREM sleep", "NREM sleep",
            "",
            ("non-REM sleep", "NREM sleep", "NREM sleep of unknown depth"),
            ("non-REM sleep", "NREM sleep"),
            (), (),
            1, "",
        ),
        StageKind(Stage.UNSCORED, "unscored", "unscored", "", "", "", (), (), (), (), None, ""),
    )
}  # fmt: skip

STAGES = (Stage.W, Stage.N1, Stage.N2, Stage.N3, Stage.R)  # the order of all probability columns
DEPTHS = (Stage.N1, Stage.N2, Stage.N3)
NREM_STAGES = (*DEPTHS, Stage.NREM)
SLEEP_STAGES = (*NREM_STAGES, Stage.R)
STAGE_NAMES = {stage: kind.name for stage, kind in STAGE_KINDS.items()}
STAGE_PROMPTS = {str(stage): STAGE_KINDS[stage].prompts for stage in STAGES}

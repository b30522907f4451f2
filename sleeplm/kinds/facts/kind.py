"""What a row of a fact says: its words, formula and source, what it needs, and how it is asked for."""

from dataclasses import dataclass
from enum import StrEnum

from sleeplm.kinds.events import EVENT_KINDS
from sleeplm.kinds.stages import DEPTHS, Stage

AASM = "AASM Manual 2.6"
IN_SLEEP = "events that touch an epoch of sleep"
TST = "hours of total sleep time"


@dataclass(frozen=True)
class Needs:
    """What must be there before a fact has a value; why it has none follows from what is not.

    Attributes
    ----------
    modality : str
        Of `MODALITIES`: one of its channels.
    events : tuple of str
        Types of events, one of which must have been scored.
    staging : bool
        Sleep stages.
    stage : Stage or None
        Epochs of this stage.
    depth : bool
        N1, N2 and N3 told apart; always so where `stage` is one of them.
    """

    modality: str = ""
    events: tuple[str, ...] = ()
    staging: bool = False
    stage: Stage | None = None
    depth: bool = False

    @property
    def told_apart(self) -> bool:
        """Whether it needs N1, N2 and N3 told apart."""
        return self.depth or self.stage in DEPTHS

    @property
    def modalities(self) -> frozenset[str]:
        """Modalities of the fact and of its events."""
        return frozenset({self.modality, *(EVENT_KINDS[event].modality for event in self.events)} - {""})


@dataclass(frozen=True)
class Count:
    """Measured as the number of the events that the fact needs."""


@dataclass(frozen=True)
class Rate:
    """Measured as events per hour of sleep, or of some stages of it, that could be searched.

    Attributes
    ----------
    stages : tuple of Stage or None
        Those alone; None for all sleep.
    awake_too : bool
        Whether events in bed that touch no sleep count as well.
    of : str
        What the hours are of: ``"sleep"``, ``"REM sleep"``.
    """

    stages: tuple[Stage, ...] | None = None
    awake_too: bool = False
    of: str = "sleep"


@dataclass(frozen=True)
class RecordingRate:
    """Measured as events in bed per hour of it that could be searched, where sleep was not staged."""


@dataclass(frozen=True)
class Density:
    """Measured as events that begin in the epochs of the stage that the fact needs, per minute of these."""


@dataclass(frozen=True)
class Duration:
    """Measured as how long the events last, in minutes."""


@dataclass(frozen=True)
class ShareOfSleep:
    """Measured as the share of total sleep time that the events fill."""


Measure = Count | Rate | RecordingRate | Density | Duration | ShareOfSleep


class Asked(StrEnum):
    """How a question comes to a fact."""

    BY_ID = "id"  # the language model writes its id
    BY_NAME = "name"  # `names` stand in the question or do not
    BY_TOOL = "tool"  # bouts of a stage and counts of events have tools of their own


@dataclass(frozen=True)
class FactKind:
    """What is the same of a fact for every night.

    Attributes
    ----------
    id, name, unit : str
        As in `Fact`.
    sentence : str
        The fact in words, with ``{value}`` where value and unit go, and ``{where}`` where the place in the night
        does.
    formula : str
        Formula and denominator, with ``{source}`` where its source is named.
    source : str
        Where the formula comes from.
    needs : Needs
    names : str
        Regular expression of the names by which questions ask for it, where it has some of its own.
    rank : int
        Place among facts of the same names: the smaller is told first.
    bout_of : str
        ``sleep`` or the stage whose longest bout it is.
    share_of : str
        Id of the fact of the same minutes, of which it is the share of total sleep time.
    stands_in : str
        Id of the fact that is shown in its place where it has no value.
    measure : Count, Rate, RecordingRate, Density, Duration, ShareOfSleep or None
        How it is measured from events; None where a function of its own measures it.
    """

    id: str
    name: str
    unit: str
    sentence: str
    formula: str
    source: str = ""
    needs: Needs = Needs()
    names: str = ""
    rank: int = 0
    bout_of: str = ""
    share_of: str = ""
    stands_in: str = ""
    measure: Measure | None = None

    @property
    def definition(self) -> str:
        """Formula and denominator with their source."""
        return self.formula.replace("{source}", self.source)

    @property
    def asked(self) -> Asked:
        """How a question comes to it."""
        if self.bout_of or isinstance(self.measure, Count):
            return Asked.BY_TOOL
        return Asked.BY_NAME if self.names else Asked.BY_ID

    @property
    def has_place(self) -> bool:
        """Whether its sentence says where in the night."""
        return "{where}" in self.sentence

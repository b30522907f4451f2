"""What a plan may write between the parentheses of a tool: one rule each, made from the question and its study."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from assistant.question.slots import Slots
from sleeplm.kinds.stages import Stage

MAX_FACTS = 4  # ids in one call
STAGE, PHRASE = "STAGE", "PHRASE"  # terminals of the plan's grammar: a stage, words of the question


@dataclass(frozen=True)
class Offer:
    """What the calls of one plan may name.

    Attributes
    ----------
    slots : Slots
        Moments and epochs of the question.
    stages : tuple of Stage
        Stages that the question names; empty where it names none, so that any may be looked up.
    fact_ids : tuple of str
        Facts of the study that fit the question.
    events : tuple of str
        Types and groups of events that fit the question.
    """

    slots: Slots
    stages: tuple[Stage, ...]
    fact_ids: tuple[str, ...]
    events: tuple[str, ...]

    @property
    def moments(self) -> list[str]:
        """Moments as a plan writes them."""
        return [moment.text for moment in self.slots.moments]

    @property
    def epochs(self) -> list[str]:
        """Epochs as a plan writes them."""
        return [str(number) for number in self.slots.epochs]


# Either Lark of what stands between the parentheses, or all texts that may; empty where no call makes sense.
Arguments = Callable[[Offer], str | Sequence[str]]


def choice(words: Iterable[str]) -> str:
    """Lark of one of several words."""
    return " | ".join(f'"{word}"' for word in words)


def none(offer: Offer) -> Sequence[str]:
    """No argument at all."""
    return [""]


def one_to_four_facts(offer: Offer) -> str:
    """Ids of facts: at most `MAX_FACTS`."""
    one = f"({choice(offer.fact_ids)})"
    return f'{one} ("," {one}){{0,{MAX_FACTS - 1}}}' if offer.fact_ids else ""


def one_stage(offer: Offer) -> str:
    """A stage."""
    return STAGE


def sleep_or_stage(offer: Offer) -> str:
    """Sleep as a whole, or a stage."""
    return f'("sleep" | {STAGE})'


def events_and_stage(offer: Offer) -> str:
    """A type of event, and the stage that the question names or may ask for."""
    stage = f'"," {STAGE}' if offer.stages else f'("," {STAGE})?'
    return f"({choice(offer.events)}) {stage}" if offer.events else ""


def one_moment(offer: Offer) -> Sequence[str]:
    """A moment of the question."""
    return offer.moments


def one_epoch(offer: Offer) -> Sequence[str]:
    """An epoch of the question."""
    return offer.epochs


def two_moments_or_epochs(offer: Offer) -> Sequence[str]:
    """The first two moments of the question, or its first two epochs."""
    return [f"{named[0]},{named[1]}" for named in (offer.moments, offer.epochs) if len(named) > 1]


def one_phrase(offer: Offer) -> str:
    """Words of the question, in quotes."""
    return rf'"\"" {PHRASE} "\""'


def one_of(words: Iterable[str]) -> Arguments:
    """Make the rule of a tool that takes one of fixed words."""
    known = tuple(words)
    return lambda offer: f"({choice(known)})"

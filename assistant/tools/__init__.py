"""The closed list of tools that a plan may call: pure functions from a study to evidence."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, signature

from assistant.grounding.evidence import Evidence
from assistant.timeline import event_name
from assistant.tools import arguments as take
from assistant.tools.arguments import Arguments, Offer
from assistant.tools.context import Context
from assistant.tools.limits import DECLINES, decline, signals
from assistant.tools.numbers import facts, longest, overview
from assistant.tools.passage import at, epoch, window
from assistant.tools.scored import events, stages
from assistant.tools.similarity import find, look, similar
from sleeplm.kinds.stages import STAGE_NAMES, Stage


@dataclass(frozen=True)
class Tool:
    """One tool: how a plan calls it, what it does, and how it is shown.

    Attributes
    ----------
    name : str
        As a plan writes it.
    run : callable
        From a `Context` and the arguments of a call, as text, to evidence.
    arguments : callable
        From an `Offer` to what a plan may write between the parentheses.
    use : str
        What it is for, in a few words for a language model without our adapter.
    label : callable
        From the arguments of a call to what was done, in words for people.
    at_place : bool
        Whether it may come first where a question names a time or an epoch.
    on_topic : bool
        Whether it may come first where a question names a topic that rests on a signal.
    """

    name: str
    run: Callable[..., Evidence]
    arguments: Arguments
    use: str
    label: Callable[..., str]
    at_place: bool = False
    on_topic: bool = False

    def rule(self, offer: Offer) -> str | None:
        """Lark of all calls of it that make sense; None where none does."""
        allowed = self.arguments(offer)
        if not allowed:
            return None
        if isinstance(allowed, str):
            return f'"{self.name}(" {allowed} ")"'
        return " | ".join(f'"{self.name}({one})"' for one in allowed)


def _events_label(kind: str, stage: str | None = None) -> str:
    return f"counted {event_name(kind)}" + (f" in stage {stage}" if stage else "")


def _stage_name(stage: str) -> str:
    return STAGE_NAMES[Stage(stage)] if stage in STAGE_NAMES else stage


TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "facts", facts, take.one_to_four_facts, "numbers of the night by id",
            lambda *ids: "looked up " + ", ".join(ids), on_topic=True,
        ),
        Tool(
            "overview", overview, take.none, "summary of the whole night",
            lambda: "looked up the main numbers of the night",
        ),
        Tool(
            "stages", stages, take.one_stage, "when and how long one stage was",
            lambda stage: f"looked for {_stage_name(stage)}",
        ),
        Tool(
            "events", events, take.events_and_stage, "how many events of a type and when, also within one stage",
            _events_label, on_topic=True,
        ),
        Tool(
            "longest", longest, take.sleep_or_stage, "longest stretch of W, sleep or a stage",
            lambda state: f"looked for the longest {_stage_name(state)}",
        ),
        Tool(
            "at", at, take.one_moment, "what happened around a time",
            lambda moment: f"looked around {moment}", at_place=True, on_topic=True,
        ),
        Tool(
            "window", window, take.two_moments_or_epochs, "what happened between two",
            lambda begin, end: f"looked from {begin} to {end}", at_place=True, on_topic=True,
        ),
        Tool(
            "epoch", epoch, take.one_epoch, "describe one epoch",
            lambda number: f"looked at epoch {number}", at_place=True, on_topic=True,
        ),
        Tool(
            "look", look, take.one_epoch, "how the raw signal of an epoch reads",
            lambda number: f"read the signal of epoch {number}", at_place=True, on_topic=True,
        ),
        Tool(
            "similar", similar, take.one_epoch, "stretches most like an epoch",
            lambda number: f"compared the night with epoch {number}", at_place=True, on_topic=True,
        ),
        Tool(
            "find", find, take.one_phrase, "where the signals look like a phrase",
            lambda phrase: f"looked for “{phrase}” in the signals", on_topic=True,
        ),
        Tool(
            "signals", signals, take.none, "what was recorded or is missing",
            lambda: "looked at what was recorded", on_topic=True,
        ),
        Tool(
            "decline", decline, take.one_of(DECLINES), "nothing of this recording can answer",
            lambda reason: "found nothing to look up", at_place=True, on_topic=True,
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One call of a plan: the tool and its arguments as written."""

    tool: str
    arguments: tuple[str, ...] = ()

    def run(self, context: Context) -> Evidence:
        """Collect the evidence."""
        return TOOLS[self.tool].run(context, *self.arguments)

    @property
    def label(self) -> str:
        """The call in words for people."""
        return TOOLS[self.tool].label(*self.arguments)

    def named(self) -> dict[str, str | list[str]]:
        """The arguments by name, as they are shown and stored."""
        _, *parameters = signature(TOOLS[self.tool].run).parameters.values()
        if parameters and parameters[0].kind is Parameter.VAR_POSITIONAL:
            return {parameters[0].name: list(self.arguments)}
        return dict(zip((p.name for p in parameters), self.arguments, strict=False))

    def __str__(self) -> str:
        return f"{self.tool}({','.join(self.arguments)})"


__all__ = ["TOOLS", "Call", "Offer", "Tool"]

"""The closed list of tools that a plan may call: pure functions from a study to evidence."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, signature

from assistant.evidence import Context, Evidence
from assistant.timeline import event_name
from assistant.tools.likeness import find, look, similar
from assistant.tools.limits import DECLINES, decline, signals
from assistant.tools.numbers import facts, longest, overview
from assistant.tools.passage import at, epoch, window
from assistant.tools.scored import events, stages
from sleeplm.kinds.stages import STAGE_NAMES


@dataclass(frozen=True)
class Tool:
    """One tool: what it is for (told to a language model without our adapter) and how it is shown to people."""

    name: str
    run: Callable[..., Evidence]
    use: str
    label: Callable[..., str]


def _events_label(kind: str, stage: str | None = None) -> str:
    return f"counted {event_name(kind)}" + (f" in stage {stage}" if stage else "")


TOOLS = {
    tool.name: tool
    for tool in (
        Tool("facts", facts, "numbers of the night by id", lambda *ids: "looked up " + ", ".join(ids)),
        Tool("overview", overview, "summary of the whole night", lambda: "looked up the main numbers of the night"),
        Tool("stages", stages, "when and how long one stage was", lambda s: f"looked for {STAGE_NAMES.get(s, s)}"),
        Tool("events", events, "how many events of a type and when, also within one stage", _events_label),
        Tool(
            "longest",
            longest,
            "longest stretch of W, sleep or a stage",
            lambda s: f"looked for the longest {STAGE_NAMES.get(s, s)}",
        ),
        Tool("at", at, "what happened around a time", lambda t: f"looked around {t}"),
        Tool("window", window, "what happened between two", lambda a, b: f"looked from {a} to {b}"),
        Tool("epoch", epoch, "describe one epoch", lambda n: f"looked at epoch {n}"),
        Tool("look", look, "how the raw signal of an epoch reads", lambda n: f"read the signal of epoch {n}"),
        Tool("similar", similar, "stretches most like an epoch", lambda n: f"compared the night with epoch {n}"),
        Tool("find", find, "where the signals look like a phrase", lambda p: f"looked for “{p}” in the signals"),
        Tool("signals", signals, "what was recorded or is missing", lambda: "looked at what was recorded"),
        Tool("decline", decline, "nothing of this recording can answer", lambda reason: "found nothing to look up"),
    )
}


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


__all__ = ["DECLINES", "TOOLS", "Call", "Tool"]

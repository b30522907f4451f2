"""The count of each type of event, from the row of the type."""

from sleeplm.kinds.events import EVENT_KINDS
from sleeplm.kinds.facts.kind import Count, FactKind, Needs
from sleeplm.units import COUNT


def count(event: str) -> FactKind:
    """The row of the count of a type of event."""
    kind = EVENT_KINDS[event]
    return FactKind(
        f"{event}_n",
        kind.count,
        COUNT,
        kind.count_sentence or f"{kind.count}: {{value}}.",
        kind.count_formula or "Events scored in the whole recording, asleep or awake.",
        needs=Needs(events=(event,)),
        measure=Count(),
    )

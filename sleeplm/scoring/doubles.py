"""Events that a file holds twice: each counts once."""

from collections.abc import Sequence
from dataclasses import replace

from sleeplm.kinds.events import APNEAS, APNEAS_HYPOPNEAS, EVENT_KINDS
from sleeplm.night import Event

# Of the shorter of two events: so much of it within the other, and they are one. Two scorings of one event overlap
# by .83 to 1 and neighbours by .06 to .22 (psgscoring, CHANGELOG 0.14.9); half also joins events of 10 s, the
# shortest, that two scorers put 5 s apart.
SAME_EVENT = 0.5
_EXACT_S = 0.01  # to which exports write times
# What cannot overlap itself in one person. Waves of two electrodes can; movements of two legs that overlap are one
# (AASM Manual 2.6: those whose onsets are under 5 s apart).
_SINGLE = (
    APNEAS_HYPOPNEAS,
    *((kind.id,) for kind in EVENT_KINDS.values()
      if kind.modality and not kind.micro and kind.id not in APNEAS_HYPOPNEAS),
)  # fmt: skip


def counted_once(events: Sequence[Event]) -> tuple[list[Event], list[str]]:
    """Events without those that are another one, and what was put together, in words.

    Rows of one type and time are one event. Two apneas or hypopneas are one where half or more of the shorter lies
    within the other; so are other events of one type, waves and eye movements apart. The longer one stays. Where
    one of the two is an apnea, so is the event: what is an apnea in a part is one as a whole (AASM Manual 2.6,
    respiratory rules, note on hypopneas). Events that touch, or share less, are two.

    Parameters
    ----------
    events : sequence of Event
        Of one file, in order of start.
    """
    different: dict[tuple[str, int, int], Event] = {}
    for event in events:
        key = (event.type, round(event.start_s / _EXACT_S), round(event.duration_s / _EXACT_S))
        different.setdefault(key, event)
    kept, inside = list(different.values()), 0
    for types in _SINGLE:
        single = [e for e in kept if e.type in types]
        once = _single(single)
        inside += len(single) - len(once)
        kept = [e for e in kept if e.type not in types] + once
    said = []
    if identical := len(events) - len(different):
        are = "One event is" if identical == 1 else f"{identical} of {len(events)} events are"
        said.append(f"{are} in the scoring twice, and counted once.")
    if inside:
        lie = "One event lies" if inside == 1 else f"{inside} events lie"
        which = "is" if inside == 1 else "are"
        said.append(f"{lie} half or more within another of the same kind, and {which} counted with it.")
    return sorted(kept, key=lambda e: (e.start_s, e.duration_s)), said


def _single(events: Sequence[Event]) -> list[Event]:
    """Events of one kind in order of start, none of which is mostly within another."""
    kept: list[Event] = []
    reach: list[int] = []  # which of them go on into the event
    for event in events:
        reach = [i for i in reach if kept[i].end_s > event.start_s]
        same = next((i for i in reversed(reach) if _same(kept[i], event)), None)
        if same is None:
            reach.append(len(kept))
            kept.append(event)
        else:
            kept[same] = _longer(kept[same], event)
    return kept


def _same(a: Event, b: Event) -> bool:
    shared_s = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
    return shared_s > 0 and shared_s >= SAME_EVENT * min(a.duration_s, b.duration_s)


def _longer(a: Event, b: Event) -> Event:
    """The longer of two that are one event (the first of equals); an apnea if either is."""
    long, short = (a, b) if a.duration_s >= b.duration_s else (b, a)
    if short.type in APNEAS and long.type not in APNEAS and long.type in APNEAS_HYPOPNEAS:
        return replace(long, type=short.type, label=short.label)
    return long

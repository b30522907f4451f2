"""An epoch as a whole: one to four sentences from all of its facets, what matters most first."""

from collections.abc import Mapping
from functools import partial

from sleeplm.captions.features.brain import GRAPHOELEMENTS
from sleeplm.captions.features.somatic import LEG_EVENTS
from sleeplm.captions.features.thresholds import HEART_BPM, NEARLY_GONE_PCT, SPO2_PCT
from sleeplm.captions.text import brain, cardiac, respiratory, somatic
from sleeplm.captions.text.clauses import faults
from sleeplm.captions.text.events import events_of
from sleeplm.captions.text.stages import events_by_type, stage_with_context, stage_with_event
from sleeplm.captions.text.templates import Clause, Renderer, capitalized
from sleeplm.kinds.channels import FACETS
from sleeplm.kinds.events import EVENT_KINDS

# How much a clause matters, beside the salience of events (`EventKind.salience`): 20 stands first, mostly, 7 and 8
# are findings, 3 is usual, 1 is an absence.
_STAGE = 20
_JITTER = 3  # added at random, so that clauses of about equal weight change places
_CLAUSES = (2, 6)  # how many are written
_STARTS_WITH_STAGE = 0.85  # a share: else the second clause is first, so that training sees both orders


def summary_text(renderer: Renderer) -> str | None:
    """The caption of an epoch as a whole; None where nothing is known of it.

    The renderer's attributes are those of the epoch by facet.
    """
    candidates = _candidates(renderer.attributes)
    if not candidates:
        return None
    ranked = sorted(candidates, key=lambda c: -c[0] - _JITTER * renderer.draw.random())
    chosen = ranked[: renderer.draw.randint(*_CLAUSES)]
    if chosen[0][0] >= _STAGE and len(chosen) > 1 and renderer.draw.random() > _STARTS_WITH_STAGE:
        chosen[0], chosen[1] = chosen[1], chosen[0]
    return _sentences(renderer, [clause(renderer.of(renderer.attributes[facet])) for _, facet, clause in chosen])


def _sentences(renderer: Renderer, clauses: list[str]) -> str:
    """One to four sentences of clauses in their order."""
    n = min(len(clauses), renderer.draw.randint(1, 4))
    ends = {0, *renderer.draw.sample(range(1, len(clauses)), n - 1)}
    text = ""
    for i, clause in enumerate(clauses):
        text += (". " if i else "") + capitalized(clause) if i in ends else f"; {clause}"
    return f"{text}."


def _candidates(by_facet: Mapping[str, Mapping]) -> list[tuple[float, str, Clause]]:
    """Every clause that could be written, with how much it matters and its facet."""
    found: list[tuple[float, str, Clause]] = []
    for facet in FACETS:
        if facet in by_facet:
            found += [(weight, facet, clause) for weight, clause in _OF_FACET[facet](by_facet[facet])]
    if any(e["type"] in LEG_EVENTS for e in by_facet.get("stage_event", {}).get("events", ())):
        found = [c for c in found if c[2] is not somatic.legs]  # they are among the events
    return found


def _of_events(values: Mapping) -> list[tuple[float, Clause]]:
    groups: list[tuple[float, Clause]] = [
        (EVENT_KINDS[kind].salience, partial(events_of, kind=kind, events=events))
        for kind, events in events_by_type(values)
    ]
    groups.sort(key=lambda g: -g[0])
    if "stage" not in values:
        return groups
    if not groups:
        return [(_STAGE, stage_with_context)]
    (_, first), *others = groups
    return [(_STAGE, partial(stage_with_event, event=first)), *others]


def _of_brain(values: Mapping) -> list[tuple[float, Clause]]:
    clear = brain.known_derivations(values)
    found: list[tuple[float, Clause]] = []
    if clear:
        found.append((6, lambda renderer: brain.rhythm(renderer, renderer.one_of(clear))))
    for name, clause in brain.WAVES_AND_EYES.items():
        if name in values:
            kind = GRAPHOELEMENTS.get(name, "rapid_eye_movement")
            absent = kind == "spindle" and not values[name]
            found.append((1 if absent else EVENT_KINDS[kind].salience, clause))
    return found + _faulty(values)


def _of_heart(values: Mapping) -> list[tuple[float, Clause]]:
    found: list[tuple[float, Clause]] = []
    if "hr_mean_bpm" in values:
        usual = HEART_BPM[0] <= values["hr_mean_bpm"] <= HEART_BPM[1]
        found.append((5 if usual else 8, cardiac.heart))
    if "spo2_mean_pct" in values:
        found.append((4 if values["spo2_min_pct"] >= SPO2_PCT[0] else 8, cardiac.oxygen))
    return found + _faulty(values)


def _of_breathing(values: Mapping) -> list[tuple[float, Clause]]:
    found: list[tuple[float, Clause]] = []
    if "rate_per_min" in values or "regularity" in values:
        found.append((5, respiratory.breathing))
    if "flow_pct" in values:
        gone = values.get("flow_lowest_pct", 100) < NEARLY_GONE_PCT
        found.append((7 if gone else 2, respiratory.flow))
    if "phase" in values:
        found.append((1 if values["phase"] == "in phase" else 6, respiratory.phase))
    if "snore_ratio" in values:
        found.append((4, respiratory.snoring))
    return found + _faulty(values)


def _of_body(values: Mapping) -> list[tuple[float, Clause]]:
    found: list[tuple[float, Clause]] = []
    if "chin_uv" in values:
        found.append((3 if values.get("chin_tone", "usual") == "usual" else 5, somatic.chin))
    if "position" in values:
        found.append((8 if "position_change" in values else 3, somatic.position))
    if "leg_movements" in values:
        found.append((5 if values["leg_movements"] else 1, somatic.legs))
    return found + _faulty(values)


def _faulty(values: Mapping) -> list[tuple[float, Clause]]:
    return [(4, faults)] if values.get("faults") else []


_OF_FACET = {
    "stage_event": _of_events,
    "brain": _of_brain,
    "cardiac": _of_heart,
    "respiratory": _of_breathing,
    "somatic": _of_body,
}

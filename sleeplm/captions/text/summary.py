"""An epoch as a whole: one to four sentences from all of its facets, what tells most first."""

from collections.abc import Mapping
from functools import partial

from sleeplm.captions.text import brain as brain_words
from sleeplm.captions.text import cardiac as cardiac_words
from sleeplm.captions.text import respiratory as respiratory_words
from sleeplm.captions.text import somatic as somatic_words
from sleeplm.captions.text.events import events_of
from sleeplm.captions.text.faults import faults
from sleeplm.captions.text.stages import Clause, events_by_type, stage_with_context, stage_with_event
from sleeplm.captions.text.templates import Renderer, capitalized
from sleeplm.kinds.channels import FACETS
from sleeplm.kinds.events import EVENT_KINDS

_STAGE = 20  # first, mostly
_LOW_SPO2_PCT = 90
_JITTER = 3
_CLAUSES = (2, 6)  # how many things are said
_STARTS_WITH_STAGE = 0.85


def summary_text(renderer: Renderer) -> str | None:
    """The caption of an epoch as a whole; None where nothing is known of it.

    The renderer's attributes are those of the epoch by facet.
    """
    candidates = _candidates(renderer.attributes)
    if not candidates:
        return None
    ranked = sorted(candidates, key=lambda c: -c[0] - _JITTER * renderer.draw.random())
    kept = ranked[: renderer.draw.randint(*_CLAUSES)]
    if kept[0][0] >= _STAGE and len(kept) > 1 and renderer.draw.random() > _STARTS_WITH_STAGE:
        kept[0], kept[1] = kept[1], kept[0]
    told = [say(renderer.of(renderer.attributes[facet])) for _, facet, say in kept]
    return _sentences(renderer, told)


def _sentences(renderer: Renderer, clauses: list[str]) -> str:
    """One to four sentences of clauses in their order."""
    n = min(len(clauses), renderer.draw.randint(1, 4))
    ends = {0, *renderer.draw.sample(range(1, len(clauses)), n - 1)}
    text = ""
    for i, clause in enumerate(clauses):
        text += (". " if i else "") + capitalized(clause) if i in ends else f"; {clause}"
    return f"{text}."


def _candidates(by_facet: Mapping[str, Mapping]) -> list[tuple[float, str, Clause]]:
    """Everything that could be said, with how much it tells."""
    found: list[tuple[float, str, Clause]] = []
    for facet in FACETS:
        if facet in by_facet:
            found += [(weight, facet, say) for weight, say in _OF_FACET[facet](by_facet[facet])]
    if any(e["type"] in ("plm", "leg_movement") for e in by_facet.get("stage_event", {}).get("events", ())):
        found = [c for c in found if c[2] is not somatic_words.legs]  # told as events
    return found


def _of_events(values: Mapping) -> list[tuple[float, Clause]]:
    groups = [
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
    clear = brain_words.clear_leads(values)
    found: list[tuple[float, Clause]] = [(6, lambda t: brain_words.rhythm(t, t.one_of(clear)))] if clear else []
    weights = {"spindles": 3 if values.get("spindles") else 1, "slow_waves": 2, "rapid_eye_movements": 4}
    found += [(weights[name], say) for name, say in brain_words.GRAPHOELEMENTS if name in values]
    return found + _faulty(values)


def _of_heart(values: Mapping) -> list[tuple[float, Clause]]:
    found: list[tuple[float, Clause]] = []
    if "hr_mean_bpm" in values:
        usual = cardiac_words.HEART_BPM[0] <= values["hr_mean_bpm"] <= cardiac_words.HEART_BPM[1]
        found.append((5 if usual else 8, cardiac_words.heart))
    if "spo2_mean_pct" in values:
        found.append((4 if values["spo2_min_pct"] >= _LOW_SPO2_PCT else 8, cardiac_words.oxygen))
    return found + _faulty(values)


def _of_breathing(values: Mapping) -> list[tuple[float, Clause]]:
    found: list[tuple[float, Clause]] = []
    if "rate_per_min" in values or "regularity" in values:
        found.append((5, respiratory_words.breathing))
    if "flow_pct" in values:
        gone = values.get("flow_lowest_pct", 100) < respiratory_words.NEARLY_GONE_PCT
        found.append((7 if gone else 2, respiratory_words.flow))
    if "phase" in values:
        found.append((1 if values["phase"] == "in phase" else 6, respiratory_words.phase))
    if "snore_ratio" in values:
        found.append((4, respiratory_words.snoring))
    return found + _faulty(values)


def _of_body(values: Mapping) -> list[tuple[float, Clause]]:
    found: list[tuple[float, Clause]] = []
    if "chin_uv" in values:
        found.append((3 if values.get("chin_tone", "usual") == "usual" else 5, somatic_words.chin))
    if "position" in values:
        found.append((8 if "position_change" in values else 3, somatic_words.position))
    if "leg_movements" in values:
        found.append((5 if values["leg_movements"] else 1, somatic_words.legs))
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

"""The somatic facet in words: chin tone and bursts, position, legs."""

from typing import Any

from sleeplm.captions.text.clauses import count_alone, faults, none_of
from sleeplm.captions.text.lexicon import EVENT_NOUNS, POSITION_NOUNS
from sleeplm.captions.text.templates import Clause, Renderer, counted
from sleeplm.kinds.channels import POSITION_KINDS
from sleeplm.kinds.events import EVENT_KINDS, plural_of

_MANY_TIMES = 6  # more than this are not listed: a list of times is long to read
_LYING = (
    "[lying|resting] {=where}", "the body [is|lies|rests] {=where}", "position: {=where}",
    "the person [is|lies] {=where}",
    "{=where} for most of the epoch", "body position is {=where}", "the sleeper [is|lies] {=where}",
)  # fmt: skip
_WHERE = {kind.name: kind.caption_forms for kind in POSITION_KINDS}
_SITTING = tuple(
    w.replace("[lying|resting]", "sitting").replace("[is|lies|rests]", "is").replace("[is|lies]", "is")
    for w in _LYING
)
_TONE = (
    "{chin_tone} chin muscle tone ({chin_uv} uV[ RMS|])",
    "chin tone {chin_tone}, [{chin_uv}|{~chin_uv}] uV",
    "{chin_tone} chin tone",
    "the chin muscle tone is {chin_tone}[, {chin_uv} uV|]",
    "chin muscle at {chin_uv} uV, {chin_tone}",
    "at the chin, {chin_tone} chin tone of [{chin_uv}|{~chin_uv}] uV",
    "the chin EMG measures {chin_uv} uV",
    "chin EMG {chin_uv} uV RMS",
)
_CHIN = (
    "chin EMG {chin_uv} uV[ RMS|]",
    "chin muscle at [{chin_uv}|{~chin_uv}] uV",
    "the chin EMG measures {chin_uv} uV",
)
_TURN = (
    "[turning|the body turns] from {=before} to {=after} at {at_s} s",
    "position change from {=before} to {=after} at {at_s} s",
    "at {at_s} s, a turn from {=before} to {=after}",
    "a turn from {=before} to {=after} at {at_s} s",
)


def somatic_text(renderer: Renderer) -> str | None:
    """The caption of the somatic facet; None where nothing is known of chin, legs and position."""
    values = renderer.attributes
    clauses: list[Clause] = [clause for name, clause in _CLAUSES if name in values]
    clauses += [_bursts] if values.get("chin_bursts_n") else []
    clauses += [faults] if values.get("faults") else []
    return renderer.compose(clauses) if clauses else None


def chin(renderer: Renderer) -> str:
    """Tone of the chin muscle."""
    return renderer.render(*(_TONE if "chin_tone" in renderer.attributes else _CHIN))


def _chin_hz(renderer: Renderer) -> str:
    return renderer.render(
        "median frequency of the chin EMG {chin_median_hz} Hz",
        "the chin EMG has a median frequency of {chin_median_hz} Hz",
        "chin median frequency {chin_median_hz} Hz",
        "the chin's median frequency is {chin_median_hz} Hz",
    )


def _bursts(renderer: Renderer) -> str:
    values = renderer.attributes
    bursts, n = values.get("chin_bursts", []), values["chin_bursts_n"]
    noun = renderer.one_of(EVENT_NOUNS["chin_burst"])
    several = counted(n, noun, plural_of(noun))
    renderer.claim("chin_burst_n", n)
    ways = [renderer.one_of(count_alone(n))]
    if bursts and len(bursts) <= _MANY_TIMES:
        ways += ["{=several} at {at} s", "{=several} [starting|beginning] at {at} s"]
    if len(bursts) == 1:
        ways.append("{=several} from {span} s")
    span = (bursts[0]["start_s"], bursts[0]["end_s"]) if bursts else ()
    times = [burst["start_s"] for burst in bursts]
    return renderer.render(*ways, prefix="chin_burst.", several=several, at=times, span=span)


def position(renderer: Renderer) -> str:
    """How the body lies, or how it turns."""
    change = renderer.attributes.get("position_change")
    if change is None:
        renderer.claim("position", renderer.attributes["position"])
        where = renderer.one_of(_WHERE[renderer.attributes["position"]])
        return renderer.render(*(_SITTING if where == "upright" else _LYING), where=where)
    renderer.claim("position_change", (change["from"], change["to"]))
    before, after = (POSITION_NOUNS[change[key]][0] for key in ("from", "to"))
    return renderer.render(*_TURN, prefix="position_change.", before=before, after=after, at_s=change["at_s"])


def legs(renderer: Renderer) -> str:
    """Leg movements with their times."""
    movements = renderer.attributes["leg_movements"]
    if not movements:
        renderer.claim("leg_movement_n", 0)
        return none_of(renderer, "leg movements")
    kinds = {leg["type"] for leg in movements}
    kind = "plm" if kinds == {"plm"} else "leg_movement"
    noun = EVENT_KINDS[kind].noun
    renderer.claim(f"{kind}_n", len(movements))
    times = [leg["start_s"] for leg in movements]
    slots: dict[str, Any] = {"several": counted(len(movements), noun), "noun": noun, "at": times}
    plain = renderer.one_of(count_alone(len(movements)))
    if len(movements) == 1:
        span = (times[0], movements[0]["end_s"])
        ways = (
            "a {=noun} [at|starting at] {at} s",
            "a {=noun} from {span} s",
            "one {=noun} between {&span} s",
            plain,
        )
        return renderer.render(*ways, prefix=f"{kind}.", span=span, **slots)
    ways = ("{=several} at {at} s", plain, "{=several} [starting|beginning] at {at} s", plain)
    return renderer.render(*ways, prefix=f"{kind}.", **slots)


_CLAUSES = (("chin_uv", chin), ("position", position), ("leg_movements", legs), ("chin_median_hz", _chin_hz))

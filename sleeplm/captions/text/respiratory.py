"""The respiratory facet in words: rate and rhythm of each signal, its size, effort, belts, snoring."""

from functools import partial

from sleeplm.captions.features.respiratory import BREATHING
from sleeplm.captions.features.thresholds import AMPLITUDE_PCT, BREATHS_PER_MIN, NEARLY_GONE_PCT, level
from sleeplm.captions.text.clauses import faults
from sleeplm.captions.text.lexicon import CHANNEL_NOUNS, TOPIC_NOUNS
from sleeplm.captions.text.templates import Clause, Renderer, listed

_PER_MIN = "[per minute|breaths per minute|breaths/min|a minute]"
_BEFORE = "of [the preceding minutes|the minutes before]"
_RATE = tuple(
    w.replace("PER_MIN", _PER_MIN)
    for w in (
        "SPEED breathing at [{rate_per_min}|{~rate_per_min}] PER_MIN, {regularity}",
        "{regularity} SPEED breathing, {rate_per_min} PER_MIN",
        "[breathing rate|respiratory rate] {rate_per_min} PER_MIN",
        "[the breathing rate|the respiratory rate] is [{rate_per_min}|{~rate_per_min}] PER_MIN",
        "{regularity} SPEED breathing at {~rate_per_min} PER_MIN",
        "breathing is {regularity}, {rate_per_min} PER_MIN",
        "the person breathes at {rate_per_min} PER_MIN",
        "{regularity} SPEED breathing",
    )
)
_NO_RHYTHM = (
    "breathing has {regularity}", "{regularity}", "{regularity} can be found", "there is {regularity}",
    "the breathing signals show {regularity}", "{regularity} in this epoch", "the breaths follow {regularity}",
    "{regularity}, so no rate is given", "of breathing, {regularity}",
)  # fmt: skip
_FLOW = {
    "gone": (
        "airflow [falls to|is down to] {flow_lowest_pct}% " + _BEFORE + " from {flow_lowest_s} s",
        "airflow nearly [ceases|stops] from {flow_lowest_s} s ({flow_lowest_pct}% " + _BEFORE + ")",
        "from then on airflow nearly stops: {flow_lowest_pct}%, from {flow_lowest_s} s",
    ),
    "low": (
        "{flow_level} airflow ([{flow_pct}|{~flow_pct}]% " + _BEFORE + ")",
        "airflow is {flow_level}, {flow_pct}% " + _BEFORE,
    ),
    "high": (
        "{flow_level} airflow, {flow_pct}% " + _BEFORE,
        "airflow is {flow_level} ({~flow_pct}% " + _BEFORE + ")",
    ),
    "usual": (
        "airflow is {flow_level}",
        "{flow_level} airflow",
        "airflow {flow_level} ({flow_pct}% " + _BEFORE + ")",
    ),
    "any": ("airflow [amplitude |]{flow_pct}% " + _BEFORE, "airflow at [{flow_pct}|{~flow_pct}]% " + _BEFORE),
}
_EFFORT = (
    "{effort_level} breathing effort",
    "[breathing |]effort {effort_pct}% " + _BEFORE,
    "{effort_level} effort ([{effort_pct}|{~effort_pct}]%)",
    "[breathing |]effort is {effort_level}[, {effort_pct}% " + _BEFORE + "|]",
    "effort at {effort_pct}% " + _BEFORE,
)


def respiratory_text(renderer: Renderer) -> str | None:
    """The caption of the respiratory facet; None where nothing of breathing is known."""
    values = renderer.attributes
    clauses: list[Clause] = [breathing] if "rate_per_min" in values or "regularity" in values else []
    clauses += [clause for name, clause in _CLAUSES if name in values]
    for name, clause in _OF_SIGNALS.items():
        there = [s for s in BREATHING if name in values.get(s, {}) and (name != "amplitude_pct" or s != "AF")]
        if there and (name != "flattened_pct" or _flattening(renderer)):
            clauses.append(partial(clause, there=there))
    clauses += [faults] if values.get("faults") else []
    return renderer.compose(clauses) if clauses else None


def _flattening(renderer: Renderer) -> bool:
    """Whether flattening is worth a word: its absence seldom is."""
    return bool(renderer.attributes["AF"]["flattened_pct"]) or renderer.draw.random() < 0.2


def breathing(renderer: Renderer) -> str:
    """Rate and regularity, or that there is no rhythm."""
    values = renderer.attributes
    if "rate_per_min" not in values or values.get("regularity") == "no rhythm":
        return renderer.render(*_NO_RHYTHM)
    grade = ("low", "", "high")[level(values["rate_per_min"], BREATHS_PER_MIN)]
    speed = "{breathing_speed} " if grade else ""
    if "regularity" not in values:
        return renderer.render(f"{speed}breathing at {{rate_per_min}} {_PER_MIN}", breathing_speed=grade)
    return renderer.render(renderer.one_of(_RATE).replace("SPEED ", speed), breathing_speed=grade)


def flow(renderer: Renderer) -> str:
    """How much air flows against the minutes before."""
    values = renderer.attributes
    if values.get("flow_lowest_pct", 100) < NEARLY_GONE_PCT:
        return renderer.render(*_FLOW["gone"])
    grade = _size(values["flow_pct"])
    return renderer.render(*_FLOW[grade], *_FLOW["any"], flow_level=grade)


def _effort(renderer: Renderer) -> str:
    return renderer.render(*_EFFORT, effort_level=_size(renderer.attributes["effort_pct"]))


def _size(amplitude_pct: float) -> str:
    """The word of a size against the minutes before."""
    low, high = AMPLITUDE_PCT
    return "low" if amplitude_pct < low else "high" if amplitude_pct > high else "usual"


def phase(renderer: Renderer) -> str:
    """How chest and abdomen move to each other."""
    belts = renderer.one_of(TOPIC_NOUNS["belts"])
    kind = renderer.attributes["phase"]
    return renderer.render(*_PHASE[kind], belts=belts)


_PHASE = {
    "in phase": ("{=belts} [move |]in phase{!phase}", "{=belts} moving together{!phase}"),
    "opposite": (
        "{=belts} in opposite phase{!phase}[ (paradoxical breathing)|]",
        "{=belts} [move|moving] against each other{!phase}",
        "paradoxical{!phase} breathing, {=belts} [moving |]against each other",
    ),
    "out of step": (
        "{=belts} out of step{!phase}",
        "{=belts} out of step{!phase} by {phase_deg} degrees",
        "{=belts} not quite together{!phase} ({phase_deg} degrees)",
    ),
}


def snoring(renderer: Renderer) -> str:
    """How loud the snoring is."""
    return renderer.render(
        "snore signal {snore_ratio} times its [usual level|median of the night]",
        "{snoring_level} snore signal[, {snore_ratio} times the median of the night|]",
        "{snoring_level} snoring sound",
        snoring_level="high",
    )


def _rates(renderer: Renderer, there: list[str]) -> str:
    """Breathing rates by signal; one of them where all are the same."""
    differ = len({renderer.attributes[s]["rate_per_min"] for s in there}) > 1
    parts = [
        renderer.render(
            "{rate_per_min} per minute by the {=noun}", "{rate_per_min} breaths/min at the {=noun}",
            prefix=f"{s}.", noun=renderer.one_of(CHANNEL_NOUNS[s]),
            rate_per_min=renderer.attributes[s]["rate_per_min"],
        )
        for s in (_some(renderer, there) if differ else there[:1])
    ]  # fmt: skip
    return renderer.render("{=parts}", "[the rate is|breathing] {=parts}", parts=listed(parts))


def _variability(renderer: Renderer, there: list[str]) -> str:
    signal = renderer.one_of(there)
    return renderer.render(
        "breath-to-breath variability of {variability_pct}% at the {=noun}",
        "breath length varies by [{variability_pct}|{~variability_pct}]% at the {=noun}",
        "breath lengths vary by {variability_pct}% at the {=noun}",
        prefix=f"{signal}.",
        noun=renderer.one_of(CHANNEL_NOUNS[signal]),
        variability_pct=renderer.attributes[signal]["variability_pct"],
    )


def _amplitudes(renderer: Renderer, there: list[str]) -> str:
    """How large the belts' movements are against the minutes before; the airflow has its own clause."""
    parts = [
        renderer.render(
            "{amplitude_pct}% at the {=noun}",
            prefix=f"{s}.", noun=renderer.one_of(CHANNEL_NOUNS[s]),
            amplitude_pct=renderer.attributes[s]["amplitude_pct"],
        )
        for s in _some(renderer, there)
    ]  # fmt: skip
    return renderer.render(
        "against the minutes before, [the movement is |]{=parts}", "amplitude {=parts}",
        "breaths of {=parts} in size",
        parts=listed(parts),
    )  # fmt: skip


def _flattened(renderer: Renderer, there: list[str]) -> str:
    share = renderer.attributes["AF"]["flattened_pct"]
    if not share:
        return renderer.render("no flattened breaths{!flattened_pct}", prefix="AF.", flattened_pct=0)
    return renderer.render(
        "flattened inspiration in [{flattened_pct}|{~flattened_pct}]% of the breaths",
        "inspiratory flattening in {flattened_pct}% of breaths",
        "flattened breaths make up {flattened_pct}%",
        prefix="AF.",
        flattened_pct=share,
    )


def _some(renderer: Renderer, there: list[str]) -> list[str]:
    return there if renderer.draw.random() < 0.4 else [renderer.one_of(there)]


_CLAUSES = (("flow_pct", flow), ("effort_pct", _effort), ("phase", phase), ("snore_ratio", snoring))
_OF_SIGNALS = {
    "rate_per_min": _rates, "variability_pct": _variability, "amplitude_pct": _amplitudes,
    "flattened_pct": _flattened,
}  # fmt: skip

"""The cardiac facet in words: heart rate and its stretches, variability, pauses, oxygen."""

from collections.abc import Iterable, Mapping

from sleeplm.captions.features.thresholds import HEART_BPM
from sleeplm.captions.text.clauses import faults
from sleeplm.captions.text.lexicon import EVENT_NOUNS, QUALITIES, TOPIC_NOUNS
from sleeplm.captions.text.templates import Clause, Renderer, counted, listed
from sleeplm.kinds.events import plural_of

_UNITS = ("bpm", "beats per minute", "beats/min")
_RATE = (
    "[heart rate|pulse] {hr_mean_bpm} {=bpm}, {hr_trend}",
    "{hr_trend} [heart rate|pulse] of [{hr_mean_bpm}|{~hr_mean_bpm}] {=bpm}",
    "{hr_level} [heart rate|pulse], {hr_mean_bpm} {=bpm}",
    "the heart beats at {hr_mean_bpm} {=bpm}",
    "a [heart rate|pulse] of {~hr_mean_bpm} {=bpm}",
    "[mean|average] heart rate {hr_mean_bpm} {=bpm}[, {hr_trend}|]",
    "the pulse is {hr_level}, {hr_mean_bpm} {=bpm}",
)
_RANGED = (
    "heart rate {hr_mean_bpm} {=bpm} (from {hr_min_bpm} to {hr_max_bpm} {=bpm}), {hr_trend}",
    "the heart beats at {hr_mean_bpm} {=bpm}, between {hr_min_bpm} and {hr_max_bpm} {=bpm}",
    "{hr_trend} [heart rate|pulse], between {hr_min_bpm} and {hr_max_bpm} {=bpm}",
    "pulse {hr_mean_bpm} {=bpm}, [lowest {hr_min_bpm} {=bpm}, highest|at most] {hr_max_bpm} {=bpm}",
)


def cardiac_text(renderer: Renderer) -> str | None:
    """The caption of the cardiac facet; None where nothing is known of ECG and SpO2."""
    values = renderer.attributes
    clauses: list[Clause] = [clause for name, clause in _CLAUSES if name in values]
    clauses += [_pauses] if values.get("pauses") else []
    clauses += [clause for name, clause in _STRETCHES if _moves(values.get(name, ()))]
    clauses += [faults] if values.get("faults") else []
    return renderer.compose(clauses) if clauses else None


def heart(renderer: Renderer) -> str:
    """The heart rate in one clause."""
    values = renderer.attributes
    ranged = values["hr_min_bpm"] < values["hr_max_bpm"]
    rate = values["hr_mean_bpm"]
    grade = "low" if rate < HEART_BPM[0] else "high" if rate > HEART_BPM[1] else "normal"
    return renderer.render(*_RATE, *(_RANGED if ranged else ()), hr_level=grade, bpm=renderer.one_of(_UNITS))


def _rmssd(renderer: Renderer) -> str:
    return renderer.render(
        "RMSSD {rmssd_ms} ms",
        "RMSSD of [{~rmssd_ms}|{rmssd_ms}] ms",
        "beat-to-beat variability (RMSSD) {rmssd_ms} ms",
        "[an|with an] RMSSD of {rmssd_ms} ms",
        "RMSSD is {rmssd_ms} ms",
        "the beats vary by an RMSSD of {rmssd_ms} ms",
    )


def _pauses(renderer: Renderer) -> str:
    pauses = renderer.attributes["pauses"]
    noun = renderer.one_of(EVENT_NOUNS["pause"])
    renderer.claim("pause_n", len(pauses))
    if len(pauses) == 1:
        (pause,) = pauses
        return renderer.render(
            "a {=noun} at {at} s[, lasting {duration_s} s|]", "a {=noun} lasting {duration_s} s, at {at} s",
            prefix="pause.", noun=noun, at=pause["start_s"], duration_s=pause["duration_s"],
        )  # fmt: skip
    several = counted(len(pauses), noun, plural_of(noun))
    times = [pause["start_s"] for pause in pauses]
    return renderer.render("{=several} at {at} s", prefix="pause.", several=several, at=times)


def oxygen(renderer: Renderer) -> str:
    """The oxygen saturation in one clause."""
    values = renderer.attributes
    name = renderer.one_of(TOPIC_NOUNS["spo2"])
    if values["spo2_max_pct"] == values["spo2_min_pct"]:
        return renderer.render(
            "{=name} {spo2_steady} at {spo2_mean_pct}%", "{spo2_steady} {=name} of {spo2_mean_pct}%",
            "{=name} is {spo2_mean_pct}%", "{=name} [stands at|reads] {spo2_mean_pct}%",
            "{=name} {spo2_mean_pct}% and {spo2_steady}",
            name=name, spo2_steady=True,
        )  # fmt: skip
    ways = [
        "{=name} between {spo2_min_pct} and {spo2_max_pct}%",
        "[mean|average] {=name} {spo2_mean_pct}%",
        "{=name} from {spo2_min_pct} to {spo2_max_pct}%",
        "{=name} [of|is] {spo2_mean_pct}%",
    ]
    if values["spo2_min_pct"] < values["spo2_mean_pct"]:
        ways += [
            "{=name} {spo2_mean_pct}%, lowest {spo2_min_pct}%",
            "{=name} [averages|averaging] {spo2_mean_pct}% with a minimum of {spo2_min_pct}%",
        ]
    return renderer.render(*ways, name=name)


def _moves(stretches: Iterable[Mapping]) -> bool:
    """Whether stretches are worth a clause: not where one level fills the epoch."""
    return any(s["trend"] != "stable" for s in stretches)


def _stretches(renderer: Renderer, what: str, unit: str, noun: str) -> str:
    """When a rate or a saturation rises, falls and stays: all its stretches, or one of those that move."""
    stretches = renderer.attributes[f"{what}_stretches"]
    if len(stretches) > 1 and renderer.draw.random() < 0.4:
        stretches = [renderer.one_of([s for s in stretches if s["trend"] != "stable"])]
    return f"{noun} {listed([_stretch(renderer, s, what, unit) for s in stretches])}"


def _stretch(renderer: Renderer, stretch: dict, what: str, unit: str) -> str:
    trend, ends = stretch["trend"], (stretch[f"from_{unit}"], stretch[f"to_{unit}"])
    written = " bpm" if unit == "bpm" else "%"
    if trend == "stable" and ends[0] == ends[1]:
        course = f"at {{!{unit}}}{{=level}}{written} from {{span}} s"
    elif trend == "stable":
        course = f"at {{{unit}}}{written} from {{span}} s"
    else:
        course = f"from {{{unit}}}{written} between {{&span}} s"
    return renderer.render(
        f"{{=moves}} {course}",
        prefix=f"{what}_{trend}.",
        moves=renderer.one_of(QUALITIES[f"{what}_moves"][trend][1]),
        level=ends[0],
        span=(stretch["start_s"], stretch["end_s"]),
        **{unit: ends},
    )


def _heart_stretches(renderer: Renderer) -> str:
    return _stretches(renderer, "hr", "bpm", renderer.one_of(("the heart rate", "the pulse", "heart rate")))


def _oxygen_stretches(renderer: Renderer) -> str:
    return _stretches(renderer, "spo2", "pct", renderer.one_of(("SpO2", "the oxygen saturation", "saturation")))


_CLAUSES = (("hr_mean_bpm", heart), ("rmssd_ms", _rmssd), ("spo2_mean_pct", oxygen))
_STRETCHES = (("hr_stretches", _heart_stretches), ("spo2_stretches", _oxygen_stretches))

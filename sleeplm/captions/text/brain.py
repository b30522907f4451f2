"""The brain facet in words: rhythms and their size, spindles, slow waves, eyes."""

from collections.abc import Callable, Mapping
from functools import partial

from sleeplm.captions.features.brain import EEG, EOG, GRAPHOELEMENTS
from sleeplm.captions.features.thresholds import (
    ALPHA_RHYTHM_PCT,
    BAND_LEVELS_PCT,
    EEG_UV,
    MIXED_DELTA_PCT,
    MIXED_UV,
    level,
)
from sleeplm.captions.text.clauses import count_alone, faults, none_of
from sleeplm.captions.text.lexicon import CHANNEL_NOUNS, EVENT_NOUNS
from sleeplm.captions.text.templates import Clause, Renderer, counted, listed
from sleeplm.kinds.bands import EEG_BANDS
from sleeplm.kinds.events import plural_of

_MANY_TIMES = 4  # more than this are not listed: a list of times is long to read
_RHYTHMS = (
    "{amplitude} {=band} activity [dominates|prevails]{!dominant} at {=derivation}"
    " ({BAND_pct}% of power, {rms_uv} uV RMS)",
    "{=band} is the [strongest band|largest band]{!dominant} at {=derivation}"
    " ({BAND_pct}% of power, {rms_uv} uV RMS)",
    "[the EEG at {=derivation} is {amplitude}|{amplitude} EEG at {=derivation}] ({rms_uv} uV RMS),"
    " [mostly|chiefly]{!dominant} {=band}[ ({BAND_pct}%)|]",
    "{amplitude} {=band} activity at {=derivation}, [{~rms_uv}|{rms_uv}] uV RMS",
    "[an EEG|{=derivation} shows a {amplitude} EEG] dominated by{!dominant} {=band}"
    " ([{BAND_pct}|{~BAND_pct}]% of power)",
    "{=band} [dominates|prevails]{!dominant} with {BAND_pct}% of the power[ at {=derivation}|]",
    "at {=derivation}, {=band} [makes up|takes] {BAND_pct}% of the power[, {rms_uv} uV RMS|]",
    "{=band} power {BAND_pct}%[ at {=derivation}, {amplitude} EEG|, {amplitude} EEG of {rms_uv} uV RMS]",
)
_SLOW = (
    "large slow activity{!pattern} at {=derivation} ({delta_pct}% delta, {rms_uv} uV RMS)",
    "{amplitude} delta EEG at {=derivation}[, {rms_uv} uV RMS|]",
)
_ALPHA = (
    "[clear|pronounced] alpha rhythm{!pattern} at {=derivation}, alpha [making up|taking] {alpha_pct}% of power",
    "an alpha-rich{!pattern} EEG at {=derivation}, {rms_uv} uV RMS",
)
_MIXED = (
    "mixed-frequency{!pattern} EEG of [{rms_uv}|{~rms_uv}] uV RMS at {=derivation}",
    "mixed frequencies{!pattern} at {=derivation}, {delta_pct}% delta",
)
_BANDS = (
    "{=band} is {level}", "{=band} is {level} ({pct}%)", "{level} {=band}", "{level} {=band} ({pct}%)",
    "{=band} {pct}%", "{pct}% {=band}", "{=band} [power |]at [{pct}|{~pct}]%",
)  # fmt: skip

_BESIDE = (
    "{=figures}", "of the other bands, {=figures}", "among the other bands, {=figures}",
    "{=figures} among the other bands", "in the spectrum, {=figures}", "{=figures} in the spectrum",
)  # fmt: skip


def brain_text(renderer: Renderer) -> str | None:
    """The caption of the brain facet; None where neither EEG nor eyes were recorded."""
    values = renderer.attributes
    derivations = [name for name in EEG if name in values]
    clear = known_derivations(values)
    clauses: list[Clause] = []
    if clear:
        first = renderer.one_of(clear)
        clauses += [partial(rhythm, derivation=first), partial(_bands, derivation=first)]
        clauses += [partial(_other, derivation=name) for name in clear if name != first]
    elif unscaled := [name for name in derivations if "delta_pct" in values[name]]:  # of unknown unit: shares alone
        clauses.append(lambda renderer: _bands(renderer, renderer.one_of(unscaled)))
    elif derivations:
        clauses.append(lambda renderer: _unreadable(renderer, renderer.one_of(derivations)))
    clauses += [clause for name, clause in WAVES_AND_EYES.items() if name in values]
    eyes = [eye for eye in EOG if "slow_uv" in values.get(eye, {})]
    clauses += [partial(_eye_powers, eyes=eyes)] if eyes else []
    clauses += [faults] if values.get("faults") else []
    return renderer.compose(clauses) if clauses else None


def known_derivations(values: Mapping) -> list[str]:
    """The derivations of a brain facet whose numbers are known."""
    return [name for name in EEG if "rms_uv" in values.get(name, {})]


def rhythm(renderer: Renderer, derivation: str) -> str:
    """The main rhythm of a derivation and its size."""
    values = renderer.attributes[derivation]
    dominant = _dominant(values)
    ways, pattern = _pattern(values)
    chosen = renderer.one_of((*_RHYTHMS, *ways)).replace("BAND", dominant)
    amplitude = ("low", "medium", "high")[level(values["rms_uv"], EEG_UV)]
    return _at(renderer, derivation, chosen, band=dominant, dominant=dominant, pattern=pattern, amplitude=amplitude)


def _dominant(values: Mapping) -> str:
    return max(EEG_BANDS, key=lambda band: values[f"{band}_pct"])


def _at(renderer: Renderer, derivation: str, *templates: str, **slots) -> str:
    """Something of a derivation; the claims are its own where its name is written."""
    before = len(renderer.claims)
    slots = {**renderer.attributes[derivation], "derivation": derivation, **slots}
    text = renderer.render(*templates, prefix="EEG.", **slots)
    if derivation in text:
        of = f"{derivation}."
        renderer.claims[before:] = [(name.replace("EEG.", of, 1), v) for name, v in renderer.claims[before:]]
    return text


def _pattern(values: Mapping) -> tuple[tuple[str, ...], str]:
    """What a reader of EEG would call these powers, where they have a name."""
    if values["delta_pct"] >= BAND_LEVELS_PCT["delta"][1] and values["rms_uv"] >= EEG_UV[1]:
        return _SLOW, "slow"
    if values["alpha_pct"] >= ALPHA_RHYTHM_PCT:
        return _ALPHA, "alpha"
    if values["delta_pct"] < MIXED_DELTA_PCT and values["rms_uv"] < MIXED_UV:
        return _MIXED, "mixed"
    return (), ""


def _bands(renderer: Renderer, derivation: str) -> str:
    """Some of the other bands, all in one form, those that stand out first."""
    values = renderer.attributes[derivation]
    shares = {band: values[f"{band}_pct"] for band in EEG_BANDS}
    others = [b for b in EEG_BANDS if b != _dominant(values)]
    chosen = [b for b in others if level(shares[b], BAND_LEVELS_PCT[b]) != 1]
    if not chosen or renderer.draw.random() < 0.25:
        chosen = others
    renderer.draw.shuffle(chosen)
    form = renderer.one_of(_BANDS)
    rendered = [
        renderer.render(
            form,
            prefix=f"EEG.{band}_",
            band=band,
            level=("low", "moderate", "high")[level(shares[band], BAND_LEVELS_PCT[band])],
            pct=shares[band],
        )
        for band in chosen[: renderer.draw.randint(1, len(chosen))]
    ]
    return renderer.render(*_BESIDE, figures=listed(rendered))


def _other(renderer: Renderer, derivation: str) -> str:
    """The other derivation in brief."""
    band = _dominant(renderer.attributes[derivation])
    ways = (
        "{=derivation} has {BAND_pct}% {=band}[ and {rms_uv} uV RMS|]",
        "at {=derivation}, {BAND_pct}% {=band}",
        "{=derivation} [measures|shows] {rms_uv} uV RMS",
        "{BAND_pct}% {=band} at {=derivation}[, {rms_uv} uV RMS|]",
        "the other side ({=derivation}) has {BAND_pct}% {=band}",
        "on the other side, at {=derivation}, {=band} takes {BAND_pct}%",
    )
    return _at(renderer, derivation, renderer.one_of(ways).replace("BAND", band), band=band)


def _unreadable(renderer: Renderer, derivation: str) -> str:
    ways = (
        "the EEG at {=derivation} is {artifact}", "[the trace|brain activity] at {=derivation} is {artifact}",
        "{=derivation} is {artifact}", "the derivation {=derivation} is {artifact}, so no rhythm can be read",
        "an EEG {artifact} at {=derivation}", "{artifact}: the EEG at {=derivation}",
        "no rhythm can be read, {=derivation} being {artifact}",
        "at {=derivation} the [EEG|record] is {artifact}",
        "the brain's rhythm at {=derivation} stays hidden, {artifact}",
    )  # fmt: skip
    return _at(renderer, derivation, *ways, artifact=True)


def _graphoelements(renderer: Renderer, name: str, kind: str) -> str:
    """How many spindles, slow waves or others there are, and when."""
    waves = renderer.attributes[name]
    renderer.claim(f"{kind}_n", len(waves))
    if not waves:
        return none_of(renderer, plural_of(EVENT_NOUNS[kind][0]))
    return _WAYS.get(kind, _first_times)(renderer, kind, waves)


def _all_times(renderer: Renderer, kind: str, waves: list[dict]) -> str:
    """All of an epoch's, with their times: spindles are few."""
    noun = renderer.one_of(EVENT_NOUNS[kind])
    several = counted(len(waves), noun, plural_of(noun))
    times = [w["start_s"] for w in waves]
    ways = [
        renderer.one_of(count_alone(len(times))),
        "{=several}[,| seen|] at {at} s",
        "{=several} [starting|beginning] at {at} s",
    ]
    if len(times) == 1:
        ways.append("{=several} from {span} s")
    return renderer.render(*ways, prefix=f"{kind}.", several=several, at=times, span=(times[0], waves[0]["end_s"]))


def _first_times(renderer: Renderer, kind: str, waves: list[dict]) -> str:
    """All of an epoch's where they are few, else only when they begin: slow waves are many."""
    times = [w["start_s"] for w in waves]
    noun = renderer.one_of(EVENT_NOUNS[kind])
    several = counted(len(waves), noun, plural_of(noun))
    ways = [renderer.one_of(count_alone(len(waves)))]
    if len(times) <= _MANY_TIMES:
        ways += ["{=several} at {at} s", "{=several} [starting|beginning] at {at} s"]
    else:
        ways += ["{=several}, the first at {at} s", "{=several} from {at} s on"]
        times = times[:1]
    return renderer.render(*ways, prefix=f"{kind}.", several=several, at=times)


def _eye_movements(renderer: Renderer) -> str:
    times = renderer.attributes["rapid_eye_movements"]
    renderer.claim("rapid_eye_movement_n", len(times))
    if not times:
        return none_of(renderer, "rapid eye movements")
    several, ways = counted(len(times), "rapid eye movement"), [renderer.one_of(count_alone(len(times)))]
    if len(times) > _MANY_TIMES:
        ways += ["[frequent|many] rapid eye movements ({=n})", "rapid eye movements are [frequent|many] ({=n})"]
    else:
        ways += ["{=several} at {at} s", "{=several} [starting|seen] at {at} s"]
    return renderer.render(*ways, prefix="rapid_eye_movement.", several=several, at=list(times), n=len(times))


def _eye_powers(renderer: Renderer, eyes: list[str]) -> str:
    """How large the slow and the fast movements of one or both eyes are."""
    name, noun = renderer.one_of((("slow_uv", "slow eye activity"), ("saccadic_uv", "saccadic activity")))
    chosen = eyes if renderer.draw.random() < 0.4 else [renderer.one_of(eyes)]
    values = [
        renderer.render(
            f"[{{{name}}}|{{{name}}}|{{~{name}}}] uV in the {{=eye}}",
            prefix=f"{eye}.",
            eye=CHANNEL_NOUNS[eye][-1],
            **renderer.attributes[eye],
        )
        for eye in chosen
    ]
    return renderer.render(
        "{=noun} of {=values}", "{=noun} [measuring|reaching] {=values}", noun=noun, values=listed(values)
    )


_WAYS: dict[str, Callable[[Renderer, str, list[dict]], str]] = {"spindle": _all_times}
WAVES_AND_EYES: dict[str, Clause] = {
    **{name: partial(_graphoelements, name=name, kind=kind) for name, kind in GRAPHOELEMENTS.items()},
    "rapid_eye_movements": _eye_movements,
}

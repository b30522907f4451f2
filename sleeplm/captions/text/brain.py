"""The brain facet in words: rhythms and their size, spindles, slow waves, eyes."""

from sleeplm.captions.features.brain import BANDS_HZ
from sleeplm.captions.text.events import bare, none_of
from sleeplm.captions.text.faults import faults
from sleeplm.captions.text.templates import Renderer, counted, listed

# Below the first a band's share is called low, from the second on high (% of .5 to 30 Hz at a central derivation).
BAND_LEVELS_PCT = {"delta": (45, 75), "theta": (10, 22), "alpha": (6, 18), "sigma": (3, 8), "beta": (3, 12)}
AMPLITUDE_UV = (10, 24)  # RMS: low below, high from
LEADS = ("C3", "C4")
_MANY_TIMES = 4  # more than this are not listed
_RHYTHMS = (
    "{amplitude} {=band} activity [dominates|prevails]{!dominant} at {=lead}"
    " ({BAND_pct}% of power, {rms_uv} uV RMS)",
    "{=band} is the [strongest band|largest band]{!dominant} at {=lead} ({BAND_pct}% of power, {rms_uv} uV RMS)",
    "[the EEG at {=lead} is {amplitude}|{amplitude} EEG at {=lead}] ({rms_uv} uV RMS), [mostly|chiefly]{!dominant}"
    " {=band}[ ({BAND_pct}%)|]",
    "{amplitude} {=band} activity at {=lead}, [{~rms_uv}|{rms_uv}] uV RMS",
    "[an EEG|{=lead} shows a {amplitude} EEG] dominated by{!dominant} {=band} ([{BAND_pct}|{~BAND_pct}]% of power)",
    "{=band} [dominates|prevails]{!dominant} with {BAND_pct}% of the power[ at {=lead}|]",
    "at {=lead}, {=band} [makes up|takes] {BAND_pct}% of the power[, {rms_uv} uV RMS|]",
    "{=band} power {BAND_pct}%[ at {=lead}, {amplitude} EEG|, {amplitude} EEG of {rms_uv} uV RMS]",
)
_SLOW = (
    "large slow activity{!pattern} at {=lead} ({delta_pct}% delta, {rms_uv} uV RMS)",
    "{amplitude} delta EEG at {=lead}[, {rms_uv} uV RMS|]",
)
_ALPHA = (
    "[clear|pronounced] alpha rhythm{!pattern} at {=lead}, alpha [making up|taking] {alpha_pct}% of power",
    "an alpha-rich{!pattern} EEG at {=lead}, {rms_uv} uV RMS",
)
_MIXED = (
    "mixed-frequency{!pattern} EEG of [{rms_uv}|{~rms_uv}] uV RMS at {=lead}",
    "mixed frequencies{!pattern} at {=lead}, {delta_pct}% delta",
)
_BANDS = (
    "{=band} is {level}", "{=band} is {level} ({pct}%)", "{level} {=band}", "{level} {=band} ({pct}%)",
    "{=band} {pct}%", "{pct}% {=band}", "{=band} [power |]at [{pct}|{~pct}]%",
)  # fmt: skip

_BESIDE = (
    "{=figures}", "of the other bands, {=figures}", "among the other bands, {=figures}",
    "{=figures} among the other bands", "in the spectrum, {=figures}", "{=figures} in the spectrum",
)  # fmt: skip


def level(value: float, edges: tuple[float, float]) -> int:
    """0 below the first edge, 2 from the second on, 1 between."""
    return int(value >= edges[0]) + int(value >= edges[1])


def brain_text(renderer: Renderer) -> str | None:
    """The caption of the brain facet; None where neither EEG nor eyes were recorded."""
    values = renderer.attributes
    leads = [name for name in LEADS if name in values]
    clear = clear_leads(values)
    clauses = []
    if clear:
        lead = renderer.one_of(clear)
        clauses += [lambda t: rhythm(t, lead), lambda t: _bands(t, lead)]
        clauses += [lambda t: _other(t, next(c for c in clear if c != lead))] if len(clear) > 1 else []
    elif unscaled := [name for name in leads if "delta_pct" in values[name]]:  # of unknown unit: shares alone
        clauses.append(lambda t: _bands(t, t.one_of(unscaled)))
    elif leads:
        clauses.append(lambda t: _unreadable(t, renderer.one_of(leads)))
    clauses += [say for name, say in GRAPHOELEMENTS if name in values]
    eyes = [e for e in ("EOG_L", "EOG_R") if "slow_uv" in values.get(e, {})]
    clauses += [lambda t: _eye_powers(t, eyes)] if eyes else []
    clauses += [faults] if values.get("faults") else []
    return renderer.compose(clauses) if clauses else None


def clear_leads(values) -> list[str]:
    """The derivations of a brain facet whose numbers are known."""
    return [name for name in LEADS if "rms_uv" in values.get(name, {})]


def rhythm(renderer: Renderer, lead: str) -> str:
    """The main rhythm of a derivation and its size."""
    values = renderer.attributes[lead]
    shares = {band: values[f"{band}_pct"] for band in BANDS_HZ}
    dominant = max(shares, key=shares.get)
    ways, pattern = _pattern(values)
    chosen = renderer.one_of((*_RHYTHMS, *ways)).replace("BAND", dominant)
    return _at(renderer, lead, chosen, band=dominant, dominant=dominant, pattern=pattern, amplitude=_size(values))


def _at(renderer: Renderer, lead: str, *templates: str, **slots) -> str:
    """Say something of a derivation; the claims are its own where its name is said."""
    before = len(renderer.claims)
    text = renderer.say(*templates, prefix="EEG.", lead=lead, **{**renderer.attributes[lead], **slots})
    if lead in text:
        renderer.claims[before:] = [(n.replace("EEG.", f"{lead}.", 1), v) for n, v in renderer.claims[before:]]
    return text


def _size(values) -> str:
    return ("low", "medium", "high")[level(values["rms_uv"], AMPLITUDE_UV)]


def _pattern(values) -> tuple[tuple[str, ...], str]:
    """What a reader of EEG would call these powers, where they have a name."""
    if values["delta_pct"] >= 75 and values["rms_uv"] >= AMPLITUDE_UV[1]:
        return _SLOW, "slow"
    if values["alpha_pct"] >= 30:
        return _ALPHA, "alpha"
    if values["delta_pct"] < 60 and values["rms_uv"] < 18:
        return _MIXED, "mixed"
    return (), ""


def _bands(renderer: Renderer, lead: str) -> str:
    """Some of the other bands, all in one form, those that stand out first."""
    values = renderer.attributes[lead]
    shares = {band: values[f"{band}_pct"] for band in BANDS_HZ}
    others = [b for b in BANDS_HZ if b != max(shares, key=shares.get)]
    marked = [b for b in others if level(shares[b], BAND_LEVELS_PCT[b]) != 1]
    if not marked or renderer.draw.random() < 0.25:
        marked = others
    renderer.draw.shuffle(marked)
    form = renderer.one_of(_BANDS)
    said = [
        renderer.say(
            form,
            prefix=f"EEG.{band}_",
            band=band,
            level=("low", "moderate", "high")[level(shares[band], BAND_LEVELS_PCT[band])],
            pct=shares[band],
        )
        for band in marked[: renderer.draw.randint(1, len(marked))]
    ]
    figures = listed(said)
    return renderer.say(*_BESIDE, figures=figures)


def _other(renderer: Renderer, lead: str) -> str:
    """The other derivation in brief."""
    values = renderer.attributes[lead]
    band = max(BANDS_HZ, key=lambda b: values[f"{b}_pct"])
    ways = (
        "{=lead} has {BAND_pct}% {=band}[ and {rms_uv} uV RMS|]",
        "at {=lead}, {BAND_pct}% {=band}",
        "{=lead} [measures|shows] {rms_uv} uV RMS",
        "{BAND_pct}% {=band} at {=lead}[, {rms_uv} uV RMS|]",
        "the other side ({=lead}) has {BAND_pct}% {=band}",
        "on the other side, at {=lead}, {=band} takes {BAND_pct}%",
    )
    return _at(renderer, lead, renderer.one_of(ways).replace("BAND", band), band=band)


def _unreadable(renderer: Renderer, lead: str) -> str:
    ways = (
        "the EEG at {=lead} is {artifact}", "[the trace|brain activity] at {=lead} is {artifact}",
        "{=lead} is {artifact}", "the derivation {=lead} is {artifact}, so no rhythm can be read",
        "an EEG {artifact} at {=lead}", "{artifact}: the EEG at {=lead}",
        "no rhythm can be read, {=lead} being {artifact}",
        "at {=lead} the [EEG|record] is {artifact}", "the brain's rhythm at {=lead} stays hidden, {artifact}",
    )  # fmt: skip
    return _at(renderer, lead, *ways, artifact=True)


def _spindles(renderer: Renderer) -> str:
    spindles = renderer.attributes["spindles"]
    renderer.claim("spindle_n", len(spindles))
    if not spindles:
        return none_of(renderer, "spindles")
    several = counted(len(spindles), renderer.one_of(("spindle", "sleep spindle")))
    times = [s["start_s"] for s in spindles]
    ways = [
        renderer.one_of(bare(len(times))),
        "{=several}[,| seen|] at {at} s",
        "{=several} [starting|beginning] at {at} s",
    ]
    if len(times) == 1:
        ways.append("{=several} from {span} s")
    return renderer.say(*ways, prefix="spindle.", several=several, at=times, span=(times[0], spindles[0]["end_s"]))


def _slow_waves(renderer: Renderer) -> str:
    waves = renderer.attributes["slow_waves"]
    renderer.claim("slow_wave_n", len(waves))
    if not waves:
        return none_of(renderer, "slow waves")
    times = [w["start_s"] for w in waves]
    several = counted(len(waves), renderer.one_of(("slow wave", "large slow wave")))
    ways = [renderer.one_of(bare(len(waves)))]
    if len(times) <= _MANY_TIMES:
        ways += ["{=several} at {at} s", "{=several} [starting|beginning] at {at} s"]
    else:
        ways += ["{=several}, the first at {at} s", "{=several} from {at} s on"]
        times = times[:1]
    return renderer.say(*ways, prefix="slow_wave.", several=several, at=times)


def _eyes(renderer: Renderer) -> str:
    times = renderer.attributes["rapid_eye_movements"]
    renderer.claim("rapid_eye_movement_n", len(times))
    if not times:
        return none_of(renderer, "rapid eye movements")
    several, ways = counted(len(times), "rapid eye movement"), [renderer.one_of(bare(len(times)))]
    if len(times) > _MANY_TIMES:
        ways += ["[frequent|many] rapid eye movements ({=n})", "rapid eye movements are [frequent|many] ({=n})"]
    else:
        ways += ["{=several} at {at} s", "{=several} [starting|seen] at {at} s"]
    return renderer.say(*ways, prefix="rapid_eye_movement.", several=several, at=list(times), n=len(times))


def _eye_powers(renderer: Renderer, eyes: list[str]) -> str:
    """How large the slow and the fast movements of one or both eyes are."""
    name, noun = renderer.one_of((("slow_uv", "slow eye activity"), ("saccadic_uv", "saccadic activity")))
    kept = eyes if renderer.draw.random() < 0.4 else [renderer.one_of(eyes)]
    values = [
        renderer.say(
            f"[{{{name}}}|{{{name}}}|{{~{name}}}] uV in the {{=eye}}",
            prefix=f"{e}.",
            eye=_EYES[e],
            **renderer.attributes[e],
        )
        for e in kept
    ]
    return renderer.say(
        "{=noun} of {=values}", "{=noun} [measuring|reaching] {=values}", noun=noun, values=listed(values)
    )


_EYES = {"EOG_L": "left eye", "EOG_R": "right eye"}
GRAPHOELEMENTS = (("spindles", _spindles), ("slow_waves", _slow_waves), ("rapid_eye_movements", _eyes))

"""The four facets that are measured from signals, in words: brain, cardiac, respiratory, somatic."""

from sleeplm.captions.brain import BANDS_HZ
from sleeplm.captions.grammar import Teller, counted, listed
from sleeplm.captions.rounding import printed

# Below the first a band's share is called low, from the second on high (% of .5 to 30 Hz at a central derivation).
BAND_LEVELS_PCT = {"delta": (45, 75), "theta": (10, 22), "alpha": (6, 18), "sigma": (3, 8), "beta": (3, 12)}
AMPLITUDE_UV = (10, 24)  # RMS: low below, high from
HEART_BPM = (50, 90)  # slow below, fast above
BREATHS_PER_MIN = (10, 22)
SHALLOW_PCT, DEEP_PCT = 70, 140  # amplitude against the minutes before
NEARLY_GONE_PCT = 25
_SIGNAL_WORDS = {"AF": "airflow", "THX": "[chest belt|thoracic belt]", "ABD": "[abdominal belt|belly belt]"}
_PER_MINUTE = "[per minute|breaths per minute|breaths/min|a minute]"
POSITION_WORDS = {
    "supine": "[body supine|lying supine|lying on the back|supine position]",
    "left": "[lying on the left side|body on the left side|left lateral position]",
    "right": "[lying on the right side|body on the right side|right lateral position]",
    "prone": "[lying prone|body prone|lying on the stomach|prone position]",
    "upright": "[body upright|sitting up|upright position]",
}
_SHORT_POSITION = {"supine": "supine", "left": "the left side", "right": "the right side", "prone": "prone"} | {
    "upright": "upright"
}


def level(value: float, edges: tuple[float, float]) -> int:
    """0 below the first edge, 2 from the second on, 1 between."""
    return int(value >= edges[0]) + int(value >= edges[1])


def brain_text(teller: Teller) -> str | None:
    """The caption of the brain facet; None where neither EEG nor eyes were recorded."""
    leads = [name for name in ("C3", "C4") if name in teller.attributes]
    clear = [name for name in leads if "artifact" not in teller.attributes[name]]
    clauses = []
    if clear:
        lead = teller.draw.choice(clear)
        clauses += _rhythms(teller, lead)
        clauses += [_spindles(teller), _slow_waves(teller)]
    elif leads:
        clauses.append(
            teller.say(
                "the EEG at {where} is [disturbed|overlaid] by artifact",
                "artifact at {where}, no brain activity [readable|can be read]",
                where=listed(leads),
            )
        )
    clauses.append(_eyes(teller))
    return teller.compose(clauses) if any(clauses) else None


def _rhythms(teller: Teller, lead: str) -> list[str]:
    values = teller.attributes[lead]
    shares = {band: values[f"{band}_pct"] for band in BANDS_HZ}
    dominant = max(shares, key=shares.get)
    size = ("low", "medium", "high")[level(values["rms_uv"], AMPLITUDE_UV)]
    slots = {**values, "lead": lead, "band": dominant, "share": printed(shares[dominant]), "size": size}
    ways = [
        "{size}-amplitude {band} activity [dominates|prevails] ({share}% of power, {rms_uv} uV RMS at {lead})",
        "{band} is the [strongest rhythm|largest band] at {lead} ({share}% of power, {rms_uv} uV RMS)",
        "{size}-amplitude EEG at {lead} ({rms_uv} uV RMS), [mostly|chiefly] {band} ({share}%)",
        "{size}-amplitude {band} activity at {lead}, {~rms_uv} uV RMS",
        "EEG of {size} amplitude, [dominated by|with most power in] {band}",
    ]
    main = teller.say(*ways, *_pattern(values), **slots)
    others = [b for b in BANDS_HZ if b != dominant]
    marked = [b for b in others if level(shares[b], BAND_LEVELS_PCT[b]) != 1] or others
    teller.draw.shuffle(marked)
    named = marked[: teller.draw.randint(1, len(marked))]
    if teller.draw.random() < 0.3:
        figures = listed([f"{b} {printed(shares[b])}%" for b in others])
        return [main, teller.say("{figures} [of power|of the power|]", figures=figures).rstrip()]
    return [main, _bands(teller, {b: shares[b] for b in named})]


def _pattern(values: dict) -> list[str]:
    """What a reader of EEG would call these powers, where they have a name."""
    if values["delta_pct"] >= 75 and values["rms_uv"] >= AMPLITUDE_UV[1]:
        return [
            "large slow activity at {lead} ({delta_pct}% delta, {rms_uv} uV RMS)",
            "high-voltage delta EEG at {lead}",
        ]
    if values["alpha_pct"] >= 30:
        return [
            "[clear|pronounced] alpha rhythm at {lead} ({alpha_pct}% of power)",
            "alpha-rich EEG, {rms_uv} uV RMS",
        ]
    if values["delta_pct"] < 60 and values["rms_uv"] < 18:
        return [
            "mixed-frequency EEG of {rms_uv} uV RMS at {lead}",
            "mixed-frequency EEG at {lead}, {delta_pct}% delta",
        ]
    return []


def _bands(teller: Teller, shares: dict[str, int]) -> str:
    """Bands as low, moderate or high, all in one form."""
    form = teller.draw.choice(("{band} is {word}", "{band} is {word} ({share}%)", "{word} {band}"))
    words = ("[low|weak]", "[moderate|intermediate]", "[high|strong|prominent]")
    said = [
        teller.say(form.replace("{word}", words[level(share, BAND_LEVELS_PCT[band])]), band=band, share=share)
        for band, share in shares.items()
    ]
    return listed(said)


def _spindles(teller: Teller) -> str | None:
    spindles = teller.attributes.get("spindles")
    if spindles is None:
        return None
    if not spindles:
        return teller.say("no [sleep |]spindles [detected|]").rstrip()
    several = counted(len(spindles), teller.say("[sleep |]spindle"))
    times = listed([printed(s["start_s"]) for s in spindles])
    return teller.say(
        "{several}", "{several} at {times} s", "{several}, at {times} s", several=several, times=times
    )


def _slow_waves(teller: Teller) -> str | None:
    waves = teller.attributes.get("slow_waves")
    if waves is None:
        return None
    several = counted(len(waves), teller.say("[large |]slow wave"))
    return teller.say("{several}", "{several} [detected|counted]", several=several)


def _eyes(teller: Teller) -> str | None:
    times = teller.attributes.get("rapid_eye_movements")
    if times is None:
        return None
    if not times:
        return teller.say("no rapid eye movements", "the eyes [make no rapid movements|are quiet]")
    several = counted(len(times), "rapid eye movement")
    if len(times) > 4:
        return teller.say(
            "{several}", "[frequent|many] rapid eye movements ({rapid_eye_movements_n})", several=several
        )
    listing = listed([printed(t) for t in times])
    return teller.say("{several}", "{several} at {listing} s", several=several, listing=listing)


def cardiac_text(teller: Teller) -> str | None:
    """The caption of the cardiac facet; None where neither ECG nor SpO2 could be read."""
    clauses = []
    if "hr_mean_bpm" in teller.attributes:
        clauses += _heart(teller)
    if "spo2_mean_pct" in teller.attributes:
        clauses.append(_oxygen(teller))
    return teller.compose(clauses) if clauses else None


def _heart(teller: Teller) -> list[str | None]:
    values = teller.attributes
    unit = teller.say("[bpm|beats per minute|beats/min]")
    grade = 0 if values["hr_mean_bpm"] < HEART_BPM[0] else 2 if values["hr_mean_bpm"] > HEART_BPM[1] else 1
    word = ("[slow|low]", "[normal|unremarkable]", "[fast|high]")[grade]
    trend = {"stable": "[stable|steady]", "variable": "[variable|changing]"}.get(
        values["hr_trend"], values["hr_trend"]
    )
    ways = [
        f"[heart rate|pulse] {{hr_mean_bpm}} {unit}, {trend}",
        f"{trend} heart rate of {{~hr_mean_bpm}} {unit}",
        f"{word} heart rate, {{hr_mean_bpm}} {unit}",
    ]
    if values["hr_min_bpm"] < values["hr_max_bpm"]:
        ways += [
            f"heart rate {{hr_mean_bpm}} {unit} ({{hr_min_bpm}} to {{hr_max_bpm}}), {trend}",
            f"the heart beats at {{hr_mean_bpm}} {unit}, between {{hr_min_bpm}} and {{hr_max_bpm}}",
            f"{trend} heart rate, between {{hr_min_bpm}} and {{hr_max_bpm}} {unit}",
        ]
    rate = teller.say(*ways)
    if "rmssd_ms" not in values:
        return [rate]
    return [
        rate,
        teller.say(
            "RMSSD {rmssd_ms} ms", "RMSSD of {~rmssd_ms} ms", "beat-to-beat variability (RMSSD) {rmssd_ms} ms"
        ),
    ]


def _oxygen(teller: Teller) -> str:
    values = teller.attributes
    name = teller.say("[SpO2|oxygen saturation|saturation]")
    if values["spo2_max_pct"] == values["spo2_min_pct"]:
        return teller.say("{name} [steady at|constant at|unchanged at] {spo2_mean_pct}%", name=name)
    ways = ["{name} between {spo2_min_pct} and {spo2_max_pct}%", "mean {name} {spo2_mean_pct}%"]
    if values["spo2_min_pct"] < values["spo2_mean_pct"]:
        ways += [
            "{name} {spo2_mean_pct}%, lowest {spo2_min_pct}%",
            "{name} [averages|averaging] {spo2_mean_pct}% with a minimum of {spo2_min_pct}%",
        ]
    return teller.say(*ways, name=name)


def respiratory_text(teller: Teller) -> str | None:
    """The caption of the respiratory facet; None where nothing of breathing was recorded."""
    values = teller.attributes
    clauses = []
    if "rate_per_min" in values:
        clauses.append(_rate(teller))
    elif "regularity" in values:
        clauses.append(teller.say("[breathing has no steady rhythm|no steady breathing rhythm]"))
    clauses += [_flow(teller), _effort(teller), _phase(teller)]
    if "snore_ratio" in values:
        clauses.append(
            teller.say(
                "snore signal {snore_ratio} times its [usual level|median of the night]", "loud snore signal"
            )
        )
    return teller.compose(clauses) if any(clauses) else None


def _rate(teller: Teller) -> str:
    values = teller.attributes
    grade = level(values["rate_per_min"], BREATHS_PER_MIN)
    speed = ("slow ", "", "fast ")[grade]
    signal = teller.say(_SIGNAL_WORDS[values["rate_signal"]])
    return teller.say(
        f"{speed}breathing at {{rate_per_min}} {_PER_MINUTE}, {{regularity}}",
        f"{{regularity}} {speed}breathing, {{rate_per_min}} {_PER_MINUTE}",
        f"[breathing rate|respiratory rate] {{rate_per_min}} {_PER_MINUTE}",
        f"{{regularity}} {speed}breathing at {{~rate_per_min}} {_PER_MINUTE}",
        "{rate_per_min} breaths [per minute|a minute] by the {signal}, {regularity}",
        signal=signal,
    )


def _flow(teller: Teller) -> str | None:
    values = teller.attributes
    if "flow_pct" not in values:
        return None
    if values["flow_lowest_pct"] < NEARLY_GONE_PCT:
        return teller.say(
            "airflow [falls to|is down to] {flow_lowest_pct}% of the preceding minutes from {flow_lowest_s} s",
            "airflow nearly [ceases|stops] from {flow_lowest_s} s ({flow_lowest_pct}% of the preceding minutes)",
        )
    if values["flow_pct"] < SHALLOW_PCT:
        return teller.say(
            "airflow amplitude {flow_pct}% of the preceding minutes",
            "[reduced|shallow] airflow ([{flow_pct}|{~flow_pct}]% of the minutes before)",
        )
    if values["flow_pct"] > DEEP_PCT:
        return teller.say(
            "[large|deep] airflow, {flow_pct}% of the preceding minutes", "airflow amplitude up to {flow_pct}%"
        )
    return teller.say(
        "airflow amplitude [unchanged|as in the preceding minutes]", "airflow {flow_pct}% of the preceding minutes"
    )


def _effort(teller: Teller) -> str | None:
    if "effort_pct" not in teller.attributes:
        return None
    effort = teller.attributes["effort_pct"]
    word = (
        "[weak|reduced]"
        if effort < SHALLOW_PCT
        else "[strong|increased]"
        if effort > DEEP_PCT
        else "[steady|usual]"
    )
    return teller.say(
        f"{word} breathing effort",
        "effort {effort_pct}% of the preceding minutes",
        f"{word} effort ({{effort_pct}}%)",
    )


def _phase(teller: Teller) -> str | None:
    phase = teller.attributes.get("phase")
    belts = teller.say("[chest and abdomen|chest and belly|the belts]")
    if phase == "in phase":
        return teller.say("{belts} [in phase|moving together]", belts=belts)
    if phase == "opposite":
        return teller.say("{belts} in opposite phase [(paradoxical breathing)|]", belts=belts).rstrip()
    if phase == "out of step":
        return teller.say("{belts} out of step ({phase_deg} degrees)", "{belts} out of step", belts=belts)
    return None


def somatic_text(teller: Teller) -> str | None:
    """The caption of the somatic facet; None where neither chin, legs nor position could be read."""
    values = teller.attributes
    clauses = [_chin(teller), _position(teller), _legs(teller)]
    if values.get("chin_bursts_n"):
        clauses.insert(1, teller.say("{n} of chin activity", n=counted(values["chin_bursts_n"], "short burst")))
    return teller.compose(clauses) if any(clauses) else None


def _chin(teller: Teller) -> str | None:
    if "chin_uv" not in teller.attributes:
        return None
    tone = {"low": "[low|slack]", "usual": "[usual|moderate]", "high": "[high|raised]"}.get(
        teller.attributes.get("chin_tone")
    )
    if tone is None:
        return teller.say("chin EMG {chin_uv} uV [RMS|]", "chin muscle at {chin_uv} uV").rstrip()
    return teller.say(
        f"{tone} chin muscle tone ([{{chin_uv}} uV|{{chin_uv}} uV RMS])",
        f"chin [EMG|tone] {tone}, {{chin_uv}} uV",
        f"{tone} chin tone",
    )


def _position(teller: Teller) -> str | None:
    if "position" not in teller.attributes:
        return None
    change = teller.attributes.get("position_change")
    if change is None:
        return teller.say(POSITION_WORDS[teller.attributes["position"]])
    before, after = _SHORT_POSITION[change["from"]], _SHORT_POSITION[change["to"]]
    at_s = printed(change["at_s"])
    return teller.say(
        "[turning|the body turns] from {before} to {after} at {at_s} s",
        "position change from {before} to {after} at {at_s} s",
        before=before,
        after=after,
        at_s=at_s,
    )


def _legs(teller: Teller) -> str | None:
    legs = teller.attributes.get("leg_movements")
    if legs is None:
        return None
    if not legs:
        return teller.say("[no leg movements|legs still|the legs are still]")
    kinds = {leg["type"] for leg in legs}
    noun = "periodic leg movement" if kinds == {"plm"} else "leg movement"
    if len(legs) == 1:
        return teller.say("a {noun} at {start_s} s", "a {noun} from {start_s} to {end_s} s", noun=noun, **legs[0])
    times = listed([printed(leg["start_s"]) for leg in legs])
    return teller.say("{several} at {times} s", "{several}", several=counted(len(legs), noun), times=times)

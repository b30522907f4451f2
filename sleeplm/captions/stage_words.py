"""The stage_event facet in words: the stage, where it came from, and the events of the epoch with their times."""

from itertools import groupby

from sleeplm.captions.grammar import Teller, counted, listed, with_article
from sleeplm.captions.rounding import printed

STAGE_WORDS = {
    "W": "[wakefulness|wake|wakefulness, stage W|stage W (wake)]",
    "N1": "[N1 sleep|stage N1|light sleep (N1)|drowsy, transitional sleep (N1)|the lightest sleep, stage N1]",
    "N2": "[N2 sleep|stage N2|stage N2 sleep|light sleep, stage N2|non-REM sleep, stage N2]",
    "N3": "[N3 sleep|deep sleep (N3)|slow-wave sleep, stage N3|deep slow-wave sleep (N3)|deepest sleep, stage N3]",
    "NREM": "[non-REM sleep|NREM sleep|NREM sleep of unknown depth]",
    "R": "[REM sleep|stage R|rapid eye movement sleep|REM sleep (stage R)]",
}
SHORT_STAGE = {"W": "wake", "N1": "N1", "N2": "N2", "N3": "N3", "NREM": "NREM sleep", "R": "REM sleep"}

# Singular nouns of each event type; plural by -s unless the pair says otherwise.
EVENT_NOUNS = {
    "apnea_obstructive": ("obstructive apnea",),
    "apnea_central": ("central apnea",),
    "apnea_mixed": ("mixed apnea",),
    "apnea": ("apnea", "apnea of unstated type"),
    "hypopnea": ("hypopnea",),
    "rera": ("respiratory effort-related arousal", "RERA"),
    "desaturation": ("oxygen desaturation", "desaturation"),
    "arousal": ("arousal", "cortical arousal"),
    "leg_movement": ("leg movement",),
    "plm": ("periodic leg movement",),
    "snore": ("stretch of snoring", "run of snoring"),
    "bradycardia": ("bradycardia episode", "episode of slow heartbeat"),
    "tachycardia": ("tachycardia episode", "episode of fast heartbeat"),
    "pause": ("pause of the heart", "cardiac pause"),
    "cheyne_stokes": ("Cheyne-Stokes run", "run of Cheyne-Stokes breathing"),
    "artifact": ("artifact", "stretch of artifact"),
    "other": ("event of another kind",),
}
_PLURALS = {
    "apnea of unstated type": "apneas of unstated type",
    "episode of slow heartbeat": "episodes of slow heartbeat",
    "episode of fast heartbeat": "episodes of fast heartbeat",
    "stretch of snoring": "stretches of snoring",
    "run of snoring": "runs of snoring",
    "pause of the heart": "pauses of the heart",
    "run of Cheyne-Stokes breathing": "runs of Cheyne-Stokes breathing",
    "stretch of artifact": "stretches of artifact",
    "event of another kind": "events of another kind",
}
_NOT_FOUND = {
    "respiratory": "respiratory event",
    "arousal": "arousal",
    "desaturation": "oxygen desaturation",
}


def stage_event_text(teller: Teller) -> str | None:
    """The caption of the stage_event facet; None where there is neither a stage nor an event."""
    attributes = teller.attributes
    stage = _stage(teller) if "stage" in attributes else None
    events = _events(teller)
    if stage is None and not events:
        return None
    if stage:
        came, drawn = _came_from(teller), teller.draw.random()
        if drawn < 0.3:
            stage += _by_whom(teller, plain="(" in stage)
        elif drawn < 0.6 and came:
            stage += f", {came}"
        elif events:
            stage, events = f"{stage} {teller.say('with', 'containing')} {events[0]}", events[1:]
    told = [clause for clause in (stage, *events) if clause]
    return teller.compose([*told, _quiet(teller) if stage else None], always=len(told))


def _stage(teller: Teller) -> str:
    words = teller.say(STAGE_WORDS[teller.attributes["stage"]])
    return teller.say("{words}", "{words}", "[scored|staged] as {words}", "an epoch of {words}", words=words)


def _by_whom(teller: Teller, plain: bool) -> str:
    """Who staged the epoch, with a comma where there is a bracket already."""
    if teller.attributes["stage_source"] == "expert":
        return teller.say(", by expert scoring", ", according to the expert" if plain else " (expert scoring)")
    source = {"yasa": "YASA", "sleepecg": "SleepECG"}.get(teller.attributes["stage_source"])
    if source is None:  # such as the truth of a simulated night
        return ""
    if "stage_confidence_pct" in teller.attributes:
        ways = [", {stage_confidence_pct}% likely according to {source}"]
        if not plain:
            ways.append(" ({source}, {stage_confidence_pct}% confident)")
            ways.append(" ([automatic|automatically staged], confidence {stage_confidence_pct}%)")
        return teller.say(*ways, source=source)
    return teller.say(", staged automatically", ", staged by {source}", source=source)


def _came_from(teller: Teller) -> str | None:
    previous = teller.attributes.get("previous_stage")
    if previous is None:
        return None
    if previous == teller.attributes["stage"]:
        return teller.say(
            "[the same stage as|unchanged from] the epoch before", "continuing the stage of the epoch before"
        )
    word = SHORT_STAGE[previous]
    return teller.say("coming from {word}", "the epoch before was {word}", "a change from {word}", word=word)


def _quiet(teller: Teller) -> str | None:
    """What was looked for and is not there; of sleep only."""
    kinds = [_NOT_FOUND[k] for k in teller.attributes["looked_for"]]
    if not kinds or teller.attributes["stage"] == "W":
        return None
    if len(kinds) > 1 and teller.draw.random() < 0.5:
        kinds = [teller.draw.choice(kinds)]
    several = listed([k + "s" for k in kinds], "or")
    return teller.say(
        "no {several} [scored|were scored|in this epoch]", "without {several}", "free of {several}", several=several
    )


def _events(teller: Teller) -> list[str]:
    """One clause for each type of event in the epoch, in order of time."""
    events = sorted(teller.attributes["events"], key=lambda e: (e["start_s"], e["type"]))
    order = {t: i for i, t in reversed(list(enumerate(e["type"] for e in events)))}
    by_type = groupby(sorted(events, key=lambda e: order[e["type"]]), key=lambda e: e["type"])
    return [_of_one_type(teller, kind, list(group)) for kind, group in by_type]


def _of_one_type(teller: Teller, kind: str, events: list[dict]) -> str:
    noun = teller.draw.choice(EVENT_NOUNS[kind])
    if len(events) == 1:
        return f"{with_article(noun)} {_when(teller, events[0])}{_consequence(teller, events[0])}"
    several = counted(len(events), noun, _PLURALS.get(noun))
    if any(e["from_before"] for e in events) or teller.draw.random() < 0.4:
        return f"{several}: {listed([_when_briefly(e) for e in events])}"
    times = listed([printed(e["start_s"]) for e in events])
    text = teller.say("{several} [starting at|at] {times} s", several=several, times=times)
    return text + (", the last continuing into the next epoch" if events[-1]["into_next"] else "")


def _when_briefly(event: dict) -> str:
    """Where one of several events lies."""
    if event["from_before"] and event["into_next"]:
        return "one throughout"
    if event["from_before"]:
        return f"one from before until {printed(event['end_s'])} s"
    if event["into_next"]:
        return f"one from {printed(event['start_s'])} s into the next epoch"
    return f"one from {printed(event['start_s'])} to {printed(event['end_s'])} s"


def _when(teller: Teller, event: dict) -> str:
    """Where in the epoch an event lies, and whether it crosses its edges."""
    if event["from_before"] and event["into_next"]:
        return teller.say(
            "throughout the epoch, begun before it and continuing into the next",
            "[lasting|filling] the whole epoch, {duration_s} s in all",
            "under way from the first to the last second, begun earlier and not yet over",
            **event,
        )
    if event["from_before"]:
        return teller.say(
            "[carried over|continuing] from the epoch before, ending at {end_s} s",
            "already under way at the start, until {end_s} s",
            "begun in the epoch before and over at {end_s} s, {duration_s} s in all",
            **event,
        )
    if event["into_next"]:
        return teller.say(
            "from {start_s} s, continuing into the next epoch",
            "[beginning|starting] at {start_s} s and [running|going on] into the next epoch",
            "from {start_s} s to the end of the epoch and beyond, {duration_s} s in all",
            **event,
        )
    return teller.say(
        "from {start_s} s to {end_s} s [of the epoch|into the epoch]",
        "from {start_s} to {end_s} s",
        "between {start_s} and {end_s} s",
        "[at|starting at] {start_s} s, lasting {duration_s} s",
        "of {duration_s} s [beginning|starting] at {start_s} s",
        **event,
    )


def _consequence(teller: Teller, event: dict) -> str:
    if event.get("nadir_pct") is not None:
        return teller.say("", ", down to {nadir_pct}%", ", with [SpO2|saturation] falling to {nadir_pct}%", **event)
    if event.get("arousal") and not event["into_next"]:
        return teller.say("", ", [followed|ended] by an arousal", ", with an arousal at its end")
    return ""

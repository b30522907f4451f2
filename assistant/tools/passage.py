"""Tools over a passage of the night: around a time, between two, one epoch."""

from assistant.grounding.evidence import Evidence, statement
from assistant.timeline import counted, event_name, span, stage_sequence, when
from assistant.tools.context import Context
from assistant.tools.numbers import not_staged
from sleeplm.intervals import epochs_between
from sleeplm.kinds.channels import FACETS
from sleeplm.kinds.stages import STAGE_NAMES, Stage
from sleeplm.night import Fact
from sleeplm.units import EPOCH_S

AROUND_S = 150.0  # what counts as around a time: two and a half minutes on either side


def at(context: Context, moment: str) -> Evidence:
    """What happened around a time: stages, events, and what the epoch itself looks like."""
    study, time = context.study, context.slots.moment(moment)
    if time.seconds is None:
        return Evidence(declined=_outside(study, moment))
    number = min(int(time.seconds // EPOCH_S) + 1, study.n_epochs)
    first, last = epochs_between(max(0.0, time.seconds - AROUND_S), time.seconds + AROUND_S, study.n_epochs)
    return Evidence((*_passage(study, first, last, "around"), *describe_epoch(study, number)))


def window(context: Context, begin: str, end: str) -> Evidence:
    """What happened between two times, or between two epochs."""
    study = context.study
    if begin.isdigit():
        first, last = sorted((int(begin), int(end)))
        for number in (first, last):
            if not 1 <= number <= study.n_epochs:
                return Evidence(declined=no_such_epoch(study, number))
        return Evidence(tuple(_passage(study, first, last, "window")))
    seconds = []
    for text in (begin, end):
        time = context.slots.moment(text)
        if time.seconds is None:
            return Evidence(declined=_outside(study, text))
        seconds.append(time.seconds)
    first, last = epochs_between(min(seconds), max(seconds), study.n_epochs)
    return Evidence(tuple(_passage(study, first, last, "window")))


def epoch(context: Context, number: str) -> Evidence:
    """Describe one epoch: its stage, its events, and what was measured in it."""
    study, n = context.study, int(number)
    if not 1 <= n <= study.n_epochs:
        return Evidence(declined=no_such_epoch(study, n))
    return Evidence(tuple(describe_epoch(study, n)))


def describe_epoch(study, number: int) -> list[Fact]:
    """The stage, the events and the captions of one epoch, each as a statement."""
    begin = (number - 1) * EPOCH_S
    scoring, place = study.scoring, [(number, number)]
    staged = scoring.hypnogram_source is not None
    words = f"epoch {number}, {when(study, begin, True)} to {when(study, begin + EPOCH_S, True)}, is "
    words += f"scored {STAGE_NAMES[Stage(scoring.hypnogram[number - 1])]}" if staged else "not staged"
    inside = [e for e in scoring.events if e.start_s < begin + EPOCH_S and e.end_s > begin]
    if inside:
        words += f" and holds {counted(inside)}"
    sources = dict.fromkeys(filter(None, (scoring.hypnogram_source, *(e.source for e in inside))))
    found = [statement(f"epoch_{number}", f"epoch {number}", words, place, source=_joined(sources))]
    captions = study.captions[number - 1]
    measured = [captions[f].text.rstrip(".") for f in FACETS[1:] if f in captions]
    if measured:
        found.append(statement(f"measured_{number}", f"signals of epoch {number}", ". ".join(measured), place))
    return found if staged else [*found, _no_stages(study)]


def _passage(study, first: int, last: int, id: str) -> list[Fact]:
    scoring, place = study.scoring, [(first, last)]
    where = span(study, first, last)
    found = []
    if scoring.hypnogram_source is not None:
        stages = f"{where} the stages were {stage_sequence(scoring.hypnogram, first, last)}"
        found.append(statement(f"{id}_stages", f"stages {where}", stages, place, source=scoring.hypnogram_source))
    begin, end = (first - 1) * EPOCH_S, last * EPOCH_S
    inside = [e for e in scoring.events if e.start_s < end and e.end_s > begin]
    if inside:
        events = (
            f"the events {where} were {counted(inside)}"
            if not found
            else f"the events there were {counted(inside)}"
        )
        sources = dict.fromkeys(e.source for e in inside)
        found.append(statement(f"{id}_events", f"events {where}", events, place, source=_joined(sources)))
    elif scoring.event_sources:
        looked_for = ", ".join(event_name(t) for t in scoring.event_sources)
        events = f"no event was scored {where} (looked for: {looked_for})"
        sources = dict.fromkeys(scoring.event_sources.values())
        found.append(statement(f"{id}_events", f"events {where}", events, place, source=_joined(sources)))
    return found if scoring.hypnogram_source is not None else [*found, _no_stages(study)]


def _no_stages(study) -> Fact:
    return statement("not_staged", "staging", not_staged(study))


def _joined(sources) -> str:
    return " and ".join(sources) or "measured"


def _outside(study, moment: str) -> str:
    duration_s = study.recording["duration_s"]
    if study.start_clock is None and not moment.startswith("+"):
        return f"The recording carries no clock time, so {moment} cannot be placed in it; ask for an epoch instead."
    return (
        f"{moment} is outside this study: it runs from {when(study, 0)} to {when(study, duration_s)} "
        f"({duration_s / 60:.0f} min)."
    )


def no_such_epoch(study, number: int) -> str:
    """The sentence for an epoch that the study does not have."""
    return f"Epoch {number} is outside this study: it has epochs 1 to {study.n_epochs}."

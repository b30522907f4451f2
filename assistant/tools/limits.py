"""Tools that say what there is to ask about: what was recorded, and what no answer can be given to."""

from assistant.grounding.evidence import Evidence, absence, statement
from assistant.tools.context import Context
from sleeplm.kinds.channels import CHANNEL

_MAX_OTHERS = 20  # of the signals that are not analysed: a file may hold a hundred impedances
DECLINES = {
    "out_of_scope": "I can only answer questions about this sleep recording: its sleep, events and signals.",
    "medical_advice": (
        "I cannot diagnose or advise on treatment; please ask a clinician. "
        "I can tell you what was recorded and scored."
    ),
    "other_person": "I only know this one recording, and nothing of other people or nights.",
}


def signals(context: Context) -> Evidence:
    """What was recorded, on which of the file's channels, what is missing, and what the reader should know."""
    study = context.study
    recorded = [f"{CHANNEL[name].words} ({name})" for name in study.channels]
    words = "the recorded signals are " + ", ".join(recorded)
    found = [statement("recorded", "recorded signals", words, signals=study.channels)]
    if others := study.recording.get("others"):
        named = ", ".join(other["label"] for other in others[:_MAX_OTHERS])
        more = f" and {len(others) - _MAX_OTHERS} more" if len(others) > _MAX_OTHERS else ""
        found.append(statement("others", "other signals", f"recorded, though not analysed: {named}{more}"))
    missing = [CHANNEL[name].words for name in study.recording["missing"] if name in CHANNEL]
    if missing:
        found.append(statement("missing", "missing signals", "not recorded: " + ", ".join(missing)))
    if study.warnings:
        words = "to be known: " + " ".join(w.rstrip(".") + "." for w in study.warnings)
        found.append(statement("warnings", "warnings", words))
    return Evidence(tuple(found))


def decline(context: Context, reason: str) -> Evidence:
    """Say why there is no answer."""
    return Evidence((absence(reason, reason, DECLINES[reason]),), DECLINES[reason])

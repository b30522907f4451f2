"""Arousals by what goes with them: breathing, legs, or nothing that was scored."""

import re
from collections.abc import Sequence

import numpy as np

from sleeplm.facts.events import PLM_AROUSAL_S, evidence_of, per_hour_of_sleep
from sleeplm.facts.finding import Finding
from sleeplm.facts.reasons import why_not_scored
from sleeplm.facts.timeline import Timeline
from sleeplm.kinds.events import EVENT_KINDS, RESPIRATORY
from sleeplm.kinds.facts import Rate
from sleeplm.kinds.facts.causes import CAUSES
from sleeplm.night import Event, Scoring
from sleeplm.scoring.respiration import AROUSAL_REACH_S

_LEGS = ("leg_movement", "plm")
# What scorers write beside an arousal, by the beginnings of words of several languages.
_WRITTEN = {
    "respiratory": re.compile(r"\b(?:resp|atm|apn|hypop|hipop|rera|snor|desat)", re.IGNORECASE),
    "leg": re.compile(r"\b(?:leg|limb|plm|lm[lrb]?\b|mj\b|bein)", re.IGNORECASE),
    "spontaneous": re.compile(r"\b(?:spont|spon\b|espont)", re.IGNORECASE),
}


def cause_findings(night: Timeline, scoring: Scoring, recorded: Sequence[str]) -> dict[str, Finding]:
    """Indices of respiratory arousals, of those with leg movements, and of spontaneous ones.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    scoring : Scoring
        Its arousals, respiratory events and leg movements.
    recorded : sequence of str
        Canonical channels of the recording.
    """
    if not scoring.was_scored("arousal"):
        return {}
    arousals = scoring.events_of("arousal")
    causes = [cause_of(e) for e in arousals]
    written = bool(causes) and all(causes)
    by_window = _by_window(arousals, scoring)
    causes = [word or seen for word, seen in zip(causes, by_window, strict=True)]
    found = {}
    for cause, groups in CAUSES.items():
        unknown = [g for g in groups if not any(scoring.was_scored(t) for t in g)]
        if unknown and not written:
            found[f"arousal_{cause}_per_h"] = Finding(why=_why(unknown[0], recorded))
            continue
        types = ("arousal", *(t for g in groups for t in g if scoring.was_scored(t)))
        evidence = evidence_of(types, night, scoring, recorded)
        evidence["rule"] = scoring.rules.get("arousal", "")
        events = [e for e, its in zip(arousals, causes, strict=True) if its == cause]
        searched = scoring.searched_for(types, night.n_epochs)
        noun = (EVENT_KINDS["arousal"].noun, EVENT_KINDS["arousal"].plural)
        found[f"arousal_{cause}_per_h"] = per_hour_of_sleep(
            night, events, Rate(awake_too=True), searched, noun=noun, **evidence
        )
    return found


def cause_of(arousal: Event) -> str:
    """The cause that a scorer wrote beside an arousal; empty where none is."""
    label = arousal.label or ""
    return next((cause for cause, words in _WRITTEN.items() if words.search(label)), "")


def _by_window(arousals: Sequence[Event], scoring: Scoring) -> list[str]:
    """What each arousal goes with, by the windows of the manual; each has one cause."""
    starts, ends = (np.array([getattr(e, side) for e in arousals]) for side in ("start_s", "end_s"))
    breathing, legs = (
        np.array([(e.start_s, e.end_s) for e in scoring.events_of(*types)]).reshape(-1, 2)
        for types in (RESPIRATORY, _LEGS)
    )
    after_s = _apart(starts, breathing[:, 1])
    respiratory = ((_apart(starts, breathing[:, 0]) >= 0) & (after_s <= AROUSAL_REACH_S)).any(axis=1)
    leg = ((_apart(starts, legs[:, 1]) < PLM_AROUSAL_S) & (_apart(ends, legs[:, 0]) > -PLM_AROUSAL_S)).any(axis=1)
    return [
        "respiratory" if breath else "leg" if moved else "spontaneous"
        for breath, moved in zip(np.atleast_1d(respiratory), np.atleast_1d(leg), strict=True)
    ]


def _apart(later_s: np.ndarray, earlier_s: np.ndarray) -> np.ndarray:
    """Seconds from each of the second to each of the first, to a microsecond, as files write times in decimals."""
    return np.round(later_s[:, None] - earlier_s[None, :], 6)


def _why(group: tuple[str, ...], recorded: Sequence[str]) -> str:
    why = why_not_scored(group[0], recorded)
    return why.replace(EVENT_KINDS["apnea_obstructive"].count, "Apneas and hypopneas")

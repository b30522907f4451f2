"""Arousals by what goes with them."""

from sleeplm.kinds.events import RESPIRATORY
from sleeplm.kinds.facts.kind import FactKind, Needs
from sleeplm.units import PER_HOUR

_LEGS = ("leg_movement", "plm")
_ONCE = "Each arousal counts once, breathing before legs"
_WORD = "A cause that the scorer wrote beside an arousal goes before these windows"
# Who looked for one of each of these groups has looked for the cause.
CAUSES = {"respiratory": (RESPIRATORY,), "leg": (RESPIRATORY, _LEGS), "spontaneous": (RESPIRATORY, _LEGS)}
_WORDS = {
    "respiratory": ("Respiratory arousal index", "that begin between the begin of an apnea, a hypopnea or a RERA "
                    "and 5 s after its end"),
    "leg": ("Index of arousals with leg movements", "with no such event and less than .5 s between them and a leg "
            "movement, whichever is first"),
    "spontaneous": ("Spontaneous arousal index", "with neither a respiratory event nor a leg movement in these "
                    "windows: 5 s after an event's end, .5 s around a movement"),
}  # fmt: skip
_NAMES = {
    "respiratory": r"respiratory(?:.related)? arousal|arousals? (?:with|from|due to|by) (?:breath|resp|apn|hypop)",
    "leg": r"(?:leg|limb)(?: movement)?s?(?:.related)? arousal|arousals? (?:with|from|due to|by) (?:leg|limb)",
    "spontaneous": r"spontaneous arousal",
}
_BY_CAUSE = r"arousals?.*(?:cause|go(?:es)? with)|caus\w+.*arousals?"

AROUSAL_CAUSES = tuple(
    FactKind(f"arousal_{cause}_per_h", name, PER_HOUR, f"The {name[0].lower() + name[1:]} was {{value}} of sleep.",
             f"Arousals in bed {which} / hours of total sleep time. {_ONCE}. {_WORD} ({{source}}).",
             "AASM Manual 2.6; WASM 2016, Sleep Med 26:86",
             Needs(events=("arousal",), staging=True), names=rf"{_NAMES[cause]}|{_BY_CAUSE}")
    for cause, (name, which) in _WORDS.items()
)  # fmt: skip
